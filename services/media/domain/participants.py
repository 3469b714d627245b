"""Participants, their tracks and their subscriptions, as plain objects."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from services.media.domain.client import ClientLink, GradeChange
from services.media.domain.grants import RoomToken, Source
from services.media.domain.negotiation import Negotiation
from services.media.domain.ports import (
    Codec,
    Kind,
    LayerSize,
    Limit,
    PeerId,
    RoomId,
    SsrcPair,
    StreamState,
    SubscriptionId,
    TrackId,
)
from services.media.domain.transport import PeerTransport

Identity = NewType("Identity", str)


class Presence(StrEnum):
    """How far a participant has come."""

    JOINED = "joined"
    ACTIVE = "active"
    GONE = "gone"


class LayerDescription(NamedTuple):
    """What a publisher said of one layer; `quality` is 0 (low) to 2 (high)."""

    quality: int
    width: int
    height: int
    max_bitrate_bps: int
    rid: str = ""


@dataclass(frozen=True, slots=True)
class TrackDescription:
    """What a publisher said of a track; relayed to the others.

    Attributes:
        labels: Its own ids for it; the first is the one to answer with.
        group: Tracks of one group are played in step.
        features: Opaque numbers of audio features.
    """

    labels: tuple[str, ...]
    kind: Kind
    name: str = ""
    source: Source = Source.UNKNOWN
    width: int = 0
    height: int = 0
    layers: tuple[LayerDescription, ...] = ()
    group: str = ""
    dtx: bool = True
    stereo: bool = False
    redundancy: bool = True
    features: tuple[int, ...] = ()

    def sizes(self, rids: tuple[str, ...]) -> tuple[LayerSize, ...]:
        """Answers the sizes of layers in the order of their section; without layers that of the whole picture."""
        by_rid = {layer.rid: layer for layer in self.layers if layer.rid}
        ordered = sorted(self.layers, key=lambda layer: layer.quality)
        if rids and all(rid in by_rid for rid in rids):
            ordered = [by_rid[rid] for rid in rids]
        ordered = ordered[: len(rids)] if len(rids) > 1 else ordered[-1:]
        return tuple(LayerSize(layer.width, layer.height, layer.max_bitrate_bps) for layer in ordered)

    @property
    def codec(self) -> Codec:
        """The one codec of its kind."""
        return Codec.OPUS if self.kind is Kind.AUDIO else Codec.VP8


@dataclass(slots=True)
class Track:
    """A published track.

    Attributes:
        live: A packet arrived.
        announced: Others were told of it: it flows, or it will once it is unmuted. What was told is never taken back.
        rids: Layers of its section, the lowest first.
        subscribers: Who is subscribed, by participant.
        unheard_mute: What was asked of its publisher while that could not hear it.
        wanted: Which layers anybody wants, the lowest first; None while the plane said nothing of it.
    """

    sid: TrackId
    owner: PeerId
    description: TrackDescription
    muted: bool
    mid: str = ""
    rids: tuple[str, ...] = ()
    live: bool = False
    announced: bool = False
    subscribers: set[PeerId] = field(default_factory=set)
    unheard_mute: bool | None = None
    wanted: tuple[bool, ...] | None = None


@dataclass(slots=True)
class Subscription:
    """One participant receives one track.

    Attributes:
        state: Whether packets flow; None while the plane said nothing of it.
    """

    sid: SubscriptionId
    track: TrackId
    subscriber: PeerId
    ssrc: SsrcPair
    limit: Limit = field(default_factory=Limit)
    laid: bool = False
    state: StreamState | None = None


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What a client said of itself when it joined.

    Attributes:
        protocol: Its version of the data protocol; others decide from it how to send to this one.
        capabilities: Opaque numbers, relayed.
        keeps_stream_groups: Whether tracks of one stream keep their ids; Firefox's do not.
    """

    protocol: int = 0
    capabilities: tuple[int, ...] = ()
    auto_subscribe: bool = True
    keeps_stream_groups: bool = True


@dataclass(slots=True)
class Participant:
    """Somebody in a room.

    Attributes:
        version: Grows with each change that others are told of.
        link: Its signalling connection; None while that is cut.
        absent_since: When the signalling was cut, on the monotonic clock.
        last_sequence: Of the last reliable data message received from it.
        refreshed_at: When it last got a token, on the monotonic clock.
        missed: Who it knew and who went while its signalling was cut.
        grade: How its line was judged last; None before the first time.
        unwanted: Tracks it unsubscribed from; they are not given to it again by themselves.
        waiting: Tracks it would publish, and whether muted, by a label under which another one of it is published still.
    """

    sid: PeerId
    identity: Identity
    room: RoomId
    token: RoomToken
    facts: ClientFacts
    join_time: datetime
    transport: PeerTransport
    link: ClientLink | None
    joined_at: float
    display_name: str = ""
    metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    presence: Presence = Presence.JOINED
    version: int = 1
    absent_since: float | None = None
    last_sequence: int = 0
    refreshed_at: float = 0.0
    missed: list["Participant"] = field(default_factory=list)
    grade: GradeChange | None = None
    tracks: dict[TrackId, Track] = field(default_factory=dict)
    subscriptions: dict[TrackId, Subscription] = field(default_factory=dict)
    unwanted: set[TrackId] = field(default_factory=set)
    waiting: dict[str, tuple[TrackDescription, bool]] = field(default_factory=dict)
    negotiation: Negotiation = field(default_factory=Negotiation)

    @property
    def hidden(self) -> bool:
        """Whether the others are not told of it."""
        return self.token.rights.hidden

    @property
    def microphone_open(self) -> bool:
        """Whether its microphone is published and not muted."""
        return any(
            track.description.source is Source.MICROPHONE and not track.muted and track.announced
            for track in self.tracks.values()
        )
