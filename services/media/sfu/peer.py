"""One participant's transport, and all of a worker's: ICE, DTLS and data channels joined."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from aiortc.rtcdtlstransport import RTCCertificate

from services.media.domain.ports import Path, PeerId, Plane, RoomId, SrtpKeys
from services.media.domain.sdp import LocalTransport, Offer, SdpError
from services.media.domain.transport import Channel, TransportListener
from services.media.sfu.dtls import DtlsSession, fingerprint_of
from services.media.sfu.ice import Announced, IceAgent, IceCredentials
from services.media.sfu.sctp import DataChannels

log = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 2.0


class MediaPeer:
    """The transport of one participant; made by `MediaPeers.open`."""

    def __init__(self, peer: PeerId, owner: "MediaPeers", listener: TransportListener) -> None:
        self._peer = peer
        self._owner = owner
        self._listener = listener
        self._offer: Offer | None = None
        self._credentials: IceCredentials | None = None
        self._closing = False
        self._running: asyncio.Task[None] | None = None
        self.dtls: Final = DtlsSession(peer, owner.plane, owner.certificate, self._on_keys)
        self._data = DataChannels(self.dtls.transport, self._on_message, self._on_overflow)

    def accept(self, offer: Offer) -> LocalTransport:
        """Takes an offer's credentials and answers ours; see `services.media.domain.transport`."""
        before = self._offer
        if before is not None and set(before.fingerprints) != set(offer.fingerprints):
            raise SdpError("the certificate of a running session may not change")
        if self._credentials is None:
            self._credentials = self._owner.agent.admit(self._peer, self._on_path)
            self._running = self._owner.tasks.create_task(self._run(offer), name=f"transport {self._peer}")
        elif before is not None and before.ice_ufrag != offer.ice_ufrag:
            self._credentials = self._owner.agent.restart(self._peer)
        self._offer = offer
        return LocalTransport(
            self._credentials.ufrag, self._credentials.password, self._owner.fingerprint, self._owner.candidates
        )

    def send(self, channel: Channel, payload: bytes) -> bool:
        """Sends on a data channel; False when it was dropped."""
        return not self._closing and self._data.send(channel, payload)

    def heard(self) -> float | None:
        """Answers when the last verified connectivity check came, on the monotonic clock."""
        return self._owner.agent.heard(self._peer)

    def close(self) -> None:
        """Says goodbye and releases everything; may be called twice."""
        if self._closing:
            return
        self._closing = True
        self._owner.tasks.create_task(self._aclose(), name=f"close {self._peer}")

    async def _run(self, offer: Offer) -> None:
        try:
            if not await self.dtls.handshake(offer.fingerprints):
                self._lost("the DTLS handshake failed")
                return
            self.dtls.watch(self._on_state)
            await self._data.start()
        except Exception:
            # What a client can provoke here ends its own session only.
            log.exception("a transport failed", extra={"peer": self._peer})
            self._lost("the transport failed")
            return
        if not self._closing:
            self._listener.on_connected(self._peer)

    async def _aclose(self) -> None:
        if self._running is not None:
            self._running.cancel()
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._data.aclose()
                await self.dtls.aclose()
        except Exception:
            log.exception("a transport did not close cleanly", extra={"peer": self._peer})
        self._owner.forget(self._peer)

    def _lost(self, reason: str) -> None:
        if not self._closing:
            self._listener.on_lost(self._peer, reason)

    def _on_path(self) -> None:
        log.debug("a path to a peer was found", extra={"peer": self._peer})

    def _on_keys(self, keys: SrtpKeys) -> None:
        self._owner.plane.start_srtp(self._peer, keys)

    def _on_state(self) -> None:
        if not self.dtls.connected and not self._closing:
            self._listener.on_closed(self._peer)

    def _on_message(self, channel: Channel, payload: bytes) -> None:
        if not self._closing:
            self._listener.on_data(self._peer, channel, payload)

    def _on_overflow(self) -> None:
        self._lost("the client does not read its data")


class MediaPeers:
    """Makes the transports of a worker and hands them what arrives for them.

    Args:
        tasks: Runs what the transports do in the background; its owner awaits it.
        certificate: One for the process.
        announced: Addresses told to clients, in order of preference.
    """

    def __init__(
        self,
        plane: Plane,
        agent: IceAgent,
        tasks: asyncio.TaskGroup,
        certificate: RTCCertificate,
        announced: Sequence[Announced],
    ) -> None:
        self.plane: Final = plane
        self.agent: Final = agent
        self.tasks: Final = tasks
        self.certificate: Final = certificate
        self.fingerprint: Final = fingerprint_of(certificate)
        self.candidates: Final = tuple(address.candidate(index) for index, address in enumerate(announced))
        self._peers: dict[PeerId, MediaPeer] = {}

    def open(self, peer: PeerId, room: RoomId, listener: TransportListener) -> MediaPeer:
        """Admits a peer to the plane and makes its transport."""
        self.plane.add_peer(peer, room)
        transport = self._peers[peer] = MediaPeer(peer, self, listener)
        return transport

    def on_stun(self, path: Path, datagram: bytes) -> None:
        """Takes a datagram that begins like STUN."""
        self.agent.on_stun(path, datagram)

    def on_dtls(self, peer: PeerId, datagram: bytes) -> None:
        """Takes a DTLS record of a peer."""
        transport = self._peers.get(peer)
        if transport is not None:
            transport.dtls.feed(datagram)

    def forget(self, peer: PeerId) -> None:
        """Releases what a closed transport held."""
        self._peers.pop(peer, None)
        self.agent.forget(peer)
        self.plane.remove_peer(peer)
