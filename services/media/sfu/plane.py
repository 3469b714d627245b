"""The media plane: the core that decides, the forwarder that does, and the time that moves both."""

import asyncio
import logging
import random
import socket
from collections.abc import Callable, Sequence
from typing import Final, assert_never

from services.media.domain.core import MediaCore
from services.media.domain.outcome import (
    Event,
    FirstPacket,
    SpeakersChanged,
    StreamStateChanged,
    WantedLayersChanged,
)
from services.media.domain.ports import (
    Limit,
    Path,
    PeerId,
    PlaneListener,
    PublishedMedia,
    QualityFacts,
    RoomId,
    SrtpKeys,
    SubscribedMedia,
    SubscriptionId,
    TrackId,
)
from services.media.sfu.forwarder import Counters, Forwarder

TICK_SECONDS: Final = 0.020
_log = logging.getLogger(__name__)


class MediaPlane:
    """Implements `services.media.domain.ports.Plane` on UDP sockets; its methods are described there."""

    def __init__(self, sockets: Sequence[socket.socket], clock: Callable[[], float], listener: PlaneListener) -> None:
        """Takes over bound non-blocking sockets (`forwarder.open_udp_socket`), one an announced address.

        Args:
            sockets: Closed by `aclose`; their order is the `socket_index` of a `Path`.
            clock: Monotonic seconds.
            listener: Told what happens, in the loop that runs `start`.
        """
        self._clock = clock
        self._listener = listener
        self._core = MediaCore(random.SystemRandom().getrandbits)
        self._forwarder = Forwarder(sockets, self, self._on_error, self._clock)
        self._timer: asyncio.TimerHandle | None = None
        self._in_batch = False
        self._closed = False

    def start(self) -> None:
        """Begins to read and to keep time, on the running loop."""
        self._forwarder.start()
        self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    async def aclose(self) -> None:
        """Stops and closes the sockets; may be called twice."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._forwarder.close()

    @property
    def counters(self) -> Counters:
        """What became of arriving datagrams."""
        return self._forwarder.counters

    @property
    def sent(self) -> int:
        """Media datagrams the kernel took."""
        return self._forwarder.sent

    @property
    def unsent(self) -> int:
        """Media datagrams the kernel had no room for or refused."""
        return self._forwarder.unsent

    # The port: peers and paths

    def add_peer(self, peer: PeerId, room: RoomId) -> None:
        """Admits a peer."""
        self._forwarder.add_peer(peer)
        self._core.add_peer(peer, room, self._clock())

    def bind(self, peer: PeerId, path: Path) -> bool:
        """Accepts datagrams from a path, unless it is another's."""
        bound = self._forwarder.bind(peer, path)
        if bound:
            self._core.heard(peer, self._clock())
        return bound

    def select(self, peer: PeerId, path: Path) -> bool:
        """Sends to a path, unless it is another's."""
        selected = self._forwarder.select(peer, path)
        if selected:
            self._core.heard(peer, self._clock())
        return selected

    def unbind(self, peer: PeerId, path: Path) -> None:
        """Accepts no more from a path."""
        self._forwarder.unbind(peer, path)

    def start_srtp(self, peer: PeerId, keys: SrtpKeys) -> None:
        """Begins media."""
        self._forwarder.start_srtp(peer, keys)
        self._core.connect_peer(peer, self._clock())
        self._settle()

    def remove_peer(self, peer: PeerId) -> None:
        """Forgets a peer."""
        self._core.remove_peer(peer)
        self._settle()
        self._forwarder.remove_peer(peer)

    def send(self, peer: PeerId, datagram: bytes) -> bool:
        """Sends DTLS."""
        return self._forwarder.send(peer, datagram)

    def send_to(self, path: Path, datagram: bytes) -> bool:
        """Sends a STUN answer."""
        return self._forwarder.send_to(path, datagram)

    # The port: tracks and subscriptions

    def publish(self, track: TrackId, peer: PeerId, media: PublishedMedia) -> None:
        """Expects a track."""
        self._core.publish(track, peer, media)

    def unpublish(self, track: TrackId) -> None:
        """Forgets a track."""
        self._core.unpublish(track)
        self._settle()

    def set_muted(self, track: TrackId, muted: bool) -> None:
        """Mutes or unmutes a track."""
        self._core.set_muted(track, muted, self._clock())
        self._settle()

    def subscribe(self, subscription: SubscriptionId, track: TrackId, peer: PeerId, media: SubscribedMedia) -> None:
        """Sends a track to a peer."""
        self._core.subscribe(subscription, track, peer, media, self._clock())
        self._settle()

    def unsubscribe(self, subscription: SubscriptionId) -> None:
        """Ends a subscription."""
        self._core.unsubscribe(subscription)
        self._settle()

    def set_limit(self, subscription: SubscriptionId, limit: Limit) -> None:
        """Limits a subscription."""
        self._core.set_limit(subscription, limit, self._clock())
        self._settle()

    def request_keyframe(self, track: TrackId) -> None:
        """Asks for key frames."""
        self._core.request_keyframe(track, self._clock())
        self._settle()

    def set_round_trip(self, peer: PeerId, seconds: float) -> None:
        """Takes the round trip of signalling."""
        self._core.set_round_trip(peer, seconds)

    def sample(self, peer: PeerId) -> QualityFacts:
        """Ends a quality window."""
        return self._core.sample(peer, self._clock())

    # What the forwarder hands on

    def on_stun(self, path: Path, datagram: bytes) -> None:
        """Hands STUN to the listener."""
        self._listener.on_stun(path, datagram)

    def on_dtls(self, peer: PeerId, datagram: bytes) -> None:
        """Hands DTLS to the listener."""
        self._core.heard(peer, self._clock())
        self._listener.on_dtls(peer, datagram)

    def on_rtp(self, peer: PeerId, packet: bytes) -> None:
        """Forwards media."""
        self._core.on_rtp(peer, packet, self._clock())

    def on_rtcp(self, peer: PeerId, packet: bytes) -> None:
        """Acts on reports."""
        self._core.on_rtcp(peer, packet, self._clock())

    def on_batch_end(self) -> None:
        """Sends and tells what the arrivals of one wake-up caused."""
        self._settle()

    # Execution

    def _settle(self) -> None:
        """Sends and tells what the core decided; a listener that calls the plane meanwhile is served in the same run."""
        if self._in_batch or self._closed:
            return
        self._in_batch = True
        try:
            self._send_decided()
            while events := self._core.take_events():
                for event in events:
                    self._tell(event)
                self._send_decided()
        finally:
            self._in_batch = False

    def _send_decided(self) -> None:
        self._forwarder.send_rtcp(self._core.take_rtcp())
        self._forwarder.send_rtp(self._core.take_rtp())
        for peer, ssrc in self._core.take_ended():
            self._forwarder.forget_source(peer, ssrc)
        self._forwarder.flush()

    def _tell(self, event: Event) -> None:
        try:
            match event:
                case FirstPacket(track, rid):
                    self._listener.on_first_packet(track, rid)
                case SpeakersChanged(room, changes):
                    self._listener.on_speakers(room, changes)
                case StreamStateChanged(subscription, state):
                    self._listener.on_stream_state(subscription, state)
                case WantedLayersChanged(track, wanted):
                    self._listener.on_wanted_layers(track, wanted)
                case _:
                    assert_never(event)
        except Exception as error:  # noqa: BLE001 (a listener's fault must not stop media)
            self._on_error(error)

    def _tick(self) -> None:
        if self._closed:
            return
        self._timer = asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
        try:
            self._core.tick(self._clock())
            self._settle()
        except Exception as error:  # noqa: BLE001 (the loop's edge: the next tick must come)
            self._on_error(error)

    def _on_error(self, error: Exception) -> None:
        _log.error("media plane fault", exc_info=error)
