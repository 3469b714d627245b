"""What the media plane and the rooms above it say to each other.

`Plane` is implemented by `services.media.sfu.plane.MediaPlane`; `PlaneListener` by whoever keeps the rooms. Everything
runs on one event loop: calls return at once, callbacks are plain functions that must not block and may call the plane.
Unknown peers, tracks and subscriptions are ignored by every method but the ones that create them, because departures
cross on the way.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, NewType, Protocol

PeerId = NewType("PeerId", str)
RoomId = NewType("RoomId", str)
TrackId = NewType("TrackId", str)
SubscriptionId = NewType("SubscriptionId", str)


class Kind(StrEnum):
    """What a track carries."""

    AUDIO = "audio"
    VIDEO = "video"


class Codec(StrEnum):
    """The codecs that are forwarded; an answer accepts no other."""

    OPUS = "opus"
    VP8 = "vp8"

    @property
    def clock_rate(self) -> int:
        """Ticks of the RTP timestamp per second."""
        return 48_000 if self is Codec.OPUS else 90_000


class Feedback(StrEnum):
    """What a publisher's bandwidth estimator was promised; promise only what the answer's `a=rtcp-fb` says."""

    NONE = "none"
    REMB = "goog-remb"
    TWCC = "transport-cc"


class StreamState(StrEnum):
    """Whether packets of a subscription flow; `PAUSED` means that its line has no room for them."""

    ACTIVE = "active"
    PAUSED = "paused"


class SrtpProfile(StrEnum):
    """DTLS-SRTP profiles, as OpenSSL names them."""

    AES128_CM_SHA1_80 = "SRTP_AES128_CM_SHA1_80"
    AEAD_AES_128_GCM = "SRTP_AEAD_AES_128_GCM"
    AEAD_AES_256_GCM = "SRTP_AEAD_AES_256_GCM"


class Path(NamedTuple):
    """One way to a peer: which of our sockets, and the peer's address as that socket sees it."""

    socket_index: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Keying material a DTLS handshake exported: master key followed by salt, for each direction."""

    profile: SrtpProfile
    receive: bytes = field(repr=False)
    send: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExtensionIds:
    """Ids (1-14) of the RTP header extensions negotiated in a media section; 0 where it was not negotiated.

    Sections of one bundle must agree on them (RFC 8843 §9.2), so the plane reads them per peer.
    """

    mid: int = 0
    rid: int = 0
    repaired_rid: int = 0
    abs_send_time: int = 0
    transport_wide_cc: int = 0
    audio_level: int = 0


class SsrcPair(NamedTuple):
    """A media SSRC announced by `a=ssrc`, with its RTX SSRC from `a=ssrc-group:FID`."""

    media: int
    rtx: int | None = None


class LayerSize(NamedTuple):
    """What a publisher said of one layer; zero where it said nothing."""

    width: int = 0
    height: int = 0
    max_bitrate_bps: int = 0


@dataclass(frozen=True, slots=True)
class PublishedMedia:
    """How a track arrives, as the answer to its publisher fixed it.

    Attributes:
        rids: Restriction ids from the lowest layer to the highest; empty without simulcast.
        ssrcs: Announced SSRCs; empty with simulcast, where header extensions tell.
        sizes: One a layer, lowest first; may be empty.
        nack: Whether `a=rtcp-fb nack` was answered, so that lost packets are asked for.
    """

    kind: Kind
    codec: Codec
    mid: str
    payload_type: int
    rtx_payload_type: int | None = None
    rids: tuple[str, ...] = ()
    ssrcs: tuple[SsrcPair, ...] = ()
    sizes: tuple[LayerSize, ...] = ()
    extensions: ExtensionIds = ExtensionIds()
    feedback: Feedback = Feedback.NONE
    nack: bool = False


@dataclass(frozen=True, slots=True)
class SubscribedMedia:
    """How a track leaves to one subscriber, as the answer to that subscriber fixed it.

    Attributes:
        ssrc: Ours to choose; unique within the peer, other than every SSRC it sends.
        rtx_ssrc: Together with `rtx_payload_type`, else lost packets are repeated on `ssrc` itself.
        mid: Stamped on the packets when `extensions.mid` is set.
        nack: Whether packets are kept back for repeats.
    """

    mid: str
    ssrc: int
    payload_type: int
    rtx_ssrc: int | None = None
    rtx_payload_type: int | None = None
    extensions: ExtensionIds = ExtensionIds()
    nack: bool = True


@dataclass(frozen=True, slots=True)
class Limit:
    """The most a subscriber wants of a track at the moment (`track_setting` of adaptive stream).

    Attributes:
        disabled: Nothing at all: the tile is out of sight. This is not a pause and makes no stream state.
        max_layer: Highest layer index, 0 the lowest; None for any.
        width: Width of the tile in pixels; 0 unknown. The lowest layer that fills it is enough.
        height: Height of the tile in pixels; 0 unknown.
        priority: Higher is served first when the line is narrow; the stage gets more than the gallery.
    """

    disabled: bool = False
    max_layer: int | None = None
    width: int = 0
    height: int = 0
    priority: int = 0


class SpeakerChange(NamedTuple):
    """One participant began to speak, goes on at another level, or stopped (`active` false, `level` 0)."""

    peer: PeerId
    level: float
    active: bool


@dataclass(frozen=True, slots=True)
class DirectionFacts:
    """One direction of a participant's line since the sample before; None is "no data", never "good".

    Attributes:
        loss: Share of packets lost, 0 to 1, after repeats where we can count them (upwards).
        audio_loss: The same of audio only.
        jitter_ms: The worst interarrival jitter of any sound; see `quality.StreamQuality`.
        bitrate_bps: Bits of RTP payload and headers per second.
        score: 0 to 100 of the worst track; None without a track in this direction.
    """

    loss: float | None = None
    audio_loss: float | None = None
    jitter_ms: float | None = None
    bitrate_bps: float | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """What the plane knows of a participant's line.

    Attributes:
        up: From the participant to us, measured here.
        down: From us to the participant, as its receiver reports tell; a receiver without media reports nothing.
        round_trip_ms: From RTCP, else what `set_round_trip` was told.
        silent_seconds: Since the last datagram of any kind from the participant; None before the first.
        score: The worse of both directions; None when neither is known.
    """

    up: DirectionFacts = DirectionFacts()
    down: DirectionFacts = DirectionFacts()
    round_trip_ms: float | None = None
    silent_seconds: float | None = None
    score: float | None = None


class PlaneListener(Protocol):
    """What the plane tells. An exception from here is logged, counted, and harms no other participant."""

    def on_stun(self, path: Path, datagram: bytes) -> None:
        """Hands over a datagram that begins like STUN, from any address; 20 to 1500 bytes, not verified."""

    def on_dtls(self, peer: PeerId, datagram: bytes) -> None:
        """Hands over a DTLS record from a bound path of a peer."""

    def on_first_packet(self, track: TrackId, rid: str | None) -> None:
        """Tells that a layer of a track delivered its first authentic packet; `rid` is None without simulcast."""

    def on_speakers(self, room: RoomId, changes: tuple[SpeakerChange, ...]) -> None:
        """Tells who began, changed or stopped speaking in a room; never empty."""

    def on_stream_state(self, subscription: SubscriptionId, state: StreamState) -> None:
        """Tells that a subscription was paused for want of bandwidth, or flows again."""

    def on_wanted_layers(self, track: TrackId, wanted: tuple[bool, ...]) -> None:
        """Tells which layers of a simulcast track anybody wants, lowest first; sent when that changes."""


class Plane(Protocol):
    """Forwards media between peers."""

    def add_peer(self, peer: PeerId, room: RoomId) -> None:
        """Admits a peer; nothing reaches it before `select` and `start_srtp`."""

    def bind(self, peer: PeerId, path: Path) -> bool:
        """Accepts datagrams from a path whose STUN check passed; the oldest of more than 16 is forgotten.

        A path belongs to one peer: binding takes it from the one before (a client that joins again from one port), unless
        that one sent authentic media over it within 5 s; then nothing changes and the answer is False.
        """

    def select(self, peer: PeerId, path: Path) -> bool:
        """Sends to this path from now on, and binds it: the nominated pair, also after the address changed.

        Answers False, and goes on sending where it did, when the path is not to be had; see `bind`.
        """

    def unbind(self, peer: PeerId, path: Path) -> None:
        """Accepts no more from a path."""

    def start_srtp(self, peer: PeerId, keys: SrtpKeys) -> None:
        """Begins media with the keys of a finished DTLS handshake; again after a new handshake.

        Subscribed video asks its publishers for key frames.

        Raises:
            ValueError: The keying material is too short for the profile.
        """

    def remove_peer(self, peer: PeerId) -> None:
        """Forgets a peer with its paths, keys, tracks and subscriptions, and the subscriptions to its tracks."""

    def publish(self, track: TrackId, peer: PeerId, media: PublishedMedia) -> None:
        """Expects a track from a peer; a repeat replaces what was said of the same track (renegotiation)."""

    def unpublish(self, track: TrackId) -> None:
        """Forgets a track and every subscription to it."""

    def set_muted(self, track: TrackId, muted: bool) -> None:
        """Counts silence as wanted (muted) or as loss; packets of a muted track are dropped."""

    def subscribe(self, subscription: SubscriptionId, track: TrackId, peer: PeerId, media: SubscribedMedia) -> None:
        """Sends a track to a peer, which may be its publisher (loopback); a repeat replaces the wire facts."""

    def unsubscribe(self, subscription: SubscriptionId) -> None:
        """Sends no more of a subscription."""

    def set_limit(self, subscription: SubscriptionId, limit: Limit) -> None:
        """Sets the most a subscriber wants; the default is everything at priority 0."""

    def request_keyframe(self, track: TrackId) -> None:
        """Asks the publisher for a key frame of each layer that is sent, at most each 500 ms a layer."""

    def send(self, peer: PeerId, datagram: bytes) -> bool:
        """Sends DTLS as it is over the selected path; False when there is none or the socket is full."""

    def send_to(self, path: Path, datagram: bytes) -> bool:
        """Sends a STUN answer to where its request came from; False when the socket is full."""

    def set_round_trip(self, peer: PeerId, seconds: float) -> None:
        """Takes the round trip of the signalling ping, for peers whose RTCP does not tell it."""

    def sample(self, peer: PeerId) -> QualityFacts:
        """Answers the facts since the call before; to be called each 5 s, nothing but "no data" for a stranger."""
