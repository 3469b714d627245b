"""What the core decided, as values for whoever owns sockets and listeners."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from services.media.domain.ports import PeerId, RoomId, SpeakerChange, StreamState, SubscriptionId, TrackId

SendRtp: TypeAlias = tuple[PeerId, bytes, bytes]
"""To whom, header and payload of an RTP packet to be encrypted; the payload is shared among subscribers, not copied.

No named tuple: one is made for each packet that leaves, and takes ten times as long to make.
"""


class SendRtcp(NamedTuple):
    """An RTCP packet to be encrypted."""

    peer: PeerId
    packet: bytes


@dataclass(frozen=True, slots=True)
class FirstPacket:
    """A layer delivered its first packet."""

    track: TrackId
    rid: str | None


@dataclass(frozen=True, slots=True)
class SpeakersChanged:
    """Voices of a room began, changed or stopped."""

    room: RoomId
    changes: tuple[SpeakerChange, ...]


@dataclass(frozen=True, slots=True)
class StreamStateChanged:
    """A subscription was paused or flows again."""

    subscription: SubscriptionId
    state: StreamState


@dataclass(frozen=True, slots=True)
class WantedLayersChanged:
    """Which layers of a track anybody wants, lowest first."""

    track: TrackId
    wanted: tuple[bool, ...]


Event: TypeAlias = FirstPacket | SpeakersChanged | StreamStateChanged | WantedLayersChanged
