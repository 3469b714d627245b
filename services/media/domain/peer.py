"""What the core keeps of one peer: its line in both directions, its tracks and its subscriptions."""

from services.media.domain.demux import Demultiplexer
from services.media.domain.downlink import DownlinkEstimate
from services.media.domain.ports import Feedback, Kind, PeerId, RoomId, SubscriptionId, TrackId
from services.media.domain.subscription import Subscription
from services.media.domain.track import Track
from services.media.domain.twcc import FeedbackRecorder
from services.media.domain.uplink import UplinkEstimate


class Peer:
    """One peer, both as publisher and as subscriber."""

    __slots__ = (
        "connected",
        "demux",
        "downlink",
        "dropped",
        "heard_at",
        "identifier",
        "recorder",
        "room",
        "rtcp_round_trip",
        "sampled_at",
        "signal_round_trip",
        "subscriptions",
        "subscriptions_by_ssrc",
        "tracks",
        "uplink",
    )

    def __init__(self, identifier: PeerId, room: RoomId, now: float) -> None:
        self.identifier = identifier
        self.room = room
        self.connected = False
        self.heard_at: float | None = None
        self.sampled_at = now
        self.rtcp_round_trip: float | None = None
        self.signal_round_trip: float | None = None
        self.demux = Demultiplexer()
        self.tracks: dict[TrackId, Track] = {}
        self.subscriptions: dict[SubscriptionId, Subscription] = {}
        self.subscriptions_by_ssrc: dict[int, Subscription] = {}
        self.recorder = FeedbackRecorder()
        self.uplink = UplinkEstimate()
        self.downlink = DownlinkEstimate()
        self.dropped = 0
        """Packets of this peer that were authentic and yet of no use."""

    @property
    def round_trip(self) -> float | None:
        """Seconds, from RTCP if it told any, else from signalling."""
        return self.rtcp_round_trip if self.rtcp_round_trip is not None else self.signal_round_trip

    def uses(self, feedback: Feedback) -> bool:
        """Answers whether any track of the peer was promised this feedback."""
        return any(track.media.feedback is feedback for track in self.tracks.values())

    def sent_bps(self) -> float:
        """Answers what the peer is sent now."""
        return sum(subscription.meter.bps or 0.0 for subscription in self.subscriptions.values())

    def sent_audio_bps(self) -> float:
        """Answers how much of it is sound."""
        sounds = (each for each in self.subscriptions.values() if each.kind is Kind.AUDIO)
        return sum(subscription.meter.bps or 0.0 for subscription in sounds)
