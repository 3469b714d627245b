"""The sockets of one worker with everything that reads them: plane, ICE, transports."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from aiortc.rtcdtlstransport import RTCCertificate

from giaoban.clock import Clock
from services.media.domain.ports import Path, PeerId, RoomId, SpeakerChange, StreamState, SubscriptionId, TrackId
from services.media.domain.rooms import Rooms
from services.media.domain.transport import Channel, TransportListener
from services.media.sfu.forwarder import open_udp_socket
from services.media.sfu.ice import Announced, IceAgent
from services.media.sfu.peer import MediaPeers
from services.media.sfu.plane import MediaPlane


class Bound(NamedTuple):
    """An address to bind, the one announced for it, and whether only clients of this machine are served there."""

    host: str
    announced: str
    local: bool = False


@dataclass(slots=True)
class Switchboard:
    """Hands what plane and transports tell to whom it concerns; nobody is concerned before the fields are set."""

    peers: MediaPeers | None = field(default=None)
    rooms: Rooms | None = field(default=None)
    transports: TransportListener | None = field(default=None)

    def on_stun(self, path: Path, datagram: bytes) -> None:
        """Hands over a connectivity check."""
        if self.peers is not None:
            self.peers.on_stun(path, datagram)

    def on_dtls(self, peer: PeerId, datagram: bytes) -> None:
        """Hands over a DTLS record."""
        if self.peers is not None:
            self.peers.on_dtls(peer, datagram)

    def on_first_packet(self, track: TrackId, rid: str | None) -> None:
        """Hands over that a track flows."""
        del rid
        if self.rooms is not None:
            self.rooms.on_first_packet(track)

    def on_speakers(self, room: RoomId, changes: tuple[SpeakerChange, ...]) -> None:
        """Hands over who speaks."""
        if self.rooms is not None:
            self.rooms.on_speakers(room, changes)

    def on_stream_state(self, subscription: SubscriptionId, state: StreamState) -> None:
        """Hands over that a subscription is paused or flows again."""
        if self.rooms is not None:
            self.rooms.on_stream_state(subscription, state)

    def on_wanted_layers(self, track: TrackId, wanted: tuple[bool, ...]) -> None:
        """Hands over which layers anybody wants."""
        if self.rooms is not None:
            self.rooms.on_wanted_layers(track, wanted)

    def on_connected(self, peer: PeerId) -> None:
        """Hands over that media may flow."""
        if self.transports is not None:
            self.transports.on_connected(peer)

    def on_data(self, peer: PeerId, channel: Channel, payload: bytes) -> None:
        """Hands over a data message."""
        if self.transports is not None:
            self.transports.on_data(peer, channel, payload)

    def on_closed(self, peer: PeerId) -> None:
        """Hands over that a client closed its end."""
        if self.transports is not None:
            self.transports.on_closed(peer)

    def on_lost(self, peer: PeerId, reason: str) -> None:
        """Hands over that a transport is gone."""
        if self.transports is not None:
            self.transports.on_lost(peer, reason)


@dataclass(frozen=True, slots=True)
class MediaNode:
    """A running node; `announced` are the addresses clients are told."""

    plane: MediaPlane
    peers: MediaPeers
    switchboard: Switchboard
    announced: tuple[Announced, ...]


@asynccontextmanager
async def media_node(addresses: Sequence[Bound], port: int, clock: Clock) -> AsyncIterator[MediaNode]:
    """Opens the sockets and forwards until the block ends; transports that still close are waited for.

    Args:
        addresses: One socket each: an answer must leave from the address the client called.
        port: The same on each address; 0 takes free ones.
        clock: Time.

    Raises:
        OSError: An address is taken or not ours.
    """
    switchboard = Switchboard()
    sockets = [open_udp_socket(address.host, port, local=address.local) for address in addresses]
    announced = tuple(
        Announced(address.announced, int(sock.getsockname()[1]))
        for address, sock in zip(addresses, sockets, strict=True)
    )
    plane = MediaPlane(sockets, clock.monotonic, switchboard)
    plane.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            certificate = RTCCertificate.generateCertificate()
            peers = MediaPeers(plane, IceAgent(plane, clock), tasks, certificate, announced)
            switchboard.peers = peers
            yield MediaNode(plane, peers, switchboard, announced)
    finally:
        await plane.aclose()
