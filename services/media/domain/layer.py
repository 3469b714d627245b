"""The receiving end of one layer of a track: counts it, keeps it, finds its gaps, and asks for key frames."""

from typing import Final

from services.media.domain.arrival import RateMeter, ReceiveStatistics
from services.media.domain.flow import LayerFlow
from services.media.domain.history import PacketHistory
from services.media.domain.keyframes import KeyframeGate
from services.media.domain.nack import GapTracker
from services.media.domain.packet import MediaPacket
from services.media.domain.ports import Codec
from services.media.domain.quality import StreamQuality
from services.media.domain.rtp import FIXED_HEADER_BYTES, MalformedPacket, RtpPacket
from services.media.domain.sequence import Unwrapper
from services.media.domain.vp8 import parse as parse_vp8

# So many packets in a row from behind are no repeats: the publisher numbers anew under the same SSRC.
_RESTART_PACKETS: Final = 30
# Browsers tell the clock of a picture about once a second.
_CLOCK_SECONDS: Final = 0.5


class Layer:
    """One stream of packets with its own SSRC, from the first packet to the restart of its numbers."""

    __slots__ = (
        "_clock_told_at",
        "_codec",
        "_refused",
        "_sampled",
        "_unwrapper",
        "flow",
        "gaps",
        "gate",
        "history",
        "index",
        "meter",
        "quality",
        "source",
        "ssrc",
        "statistics",
    )

    def __init__(self, index: int, source: int, ssrc: int, codec: Codec, quality: StreamQuality) -> None:
        """Begins empty; `source` names this stream in what was rewritten from it, and is never used again."""
        self.index = index
        self.source = source
        self.ssrc = ssrc
        self.flow = LayerFlow()
        self.statistics = ReceiveStatistics(codec.clock_rate)
        self.gaps = GapTracker()
        self.history = PacketHistory()
        self.gate = KeyframeGate()
        self.meter = RateMeter()
        self.quality = quality
        self._clock_told_at = float("-inf")
        self._codec = codec
        self._refused = 0
        self._unwrapper = Unwrapper()
        self._sampled = (0, 0)

    @property
    def restarted(self) -> bool:
        """Whether the publisher seems to have begun to number anew."""
        return self._refused >= _RESTART_PACKETS

    def tells_clock(self, now: float) -> bool:
        """Answers whether subscribers may be told the publisher's clock again, and takes it that they are."""
        if now - self._clock_told_at < _CLOCK_SECONDS:
            return False
        self._clock_told_at = now
        return True

    def receive(
        self, packet: RtpPacket, audio_level: bytes | None, now: float, *, repaired: bool
    ) -> MediaPacket | None:
        """Takes a packet; None for a duplicate or one too old to be of use.

        Raises:
            MalformedPacket: The payload descriptor is broken.
        """
        descriptor = None
        if self._codec is Codec.VP8 and not packet.padding_only:
            descriptor = parse_vp8(packet.payload)
        if repaired and self._unwrapper.highest is None:
            return None
        extended = self._unwrapper.extend(packet.sequence)
        kept = MediaPacket(
            extended,
            packet.timestamp,
            packet.payload,
            marker=packet.marker,
            padding_only=packet.padding_only,
            descriptor=descriptor,
            audio_level=audio_level,
        )
        if not self.history.put(kept):
            self._refused += not repaired
            return None
        self._refused = 0
        size = FIXED_HEADER_BYTES + len(packet.payload)
        if not repaired:
            self.flow.on_packet(now)
        if not packet.padding_only:
            self.meter.add(size, now)
        self.quality.on_bytes(size)
        self.statistics.on_packet(extended, packet.timestamp, now, repaired=repaired)
        if self.gaps.on_packet(extended, now):
            self.gate.want(now)
        if kept.opens_stream:
            self.gate.on_keyframe()
        return kept

    def sample(self) -> None:
        """Books what was expected and lost since the call before."""
        expected, received = self.statistics.expected, self.statistics.received
        if expected == self._sampled[0]:
            return
        new_expected, new_received = expected - self._sampled[0], received - self._sampled[1]
        self._sampled = (expected, received)
        self.quality.on_report(new_expected, new_expected - new_received, self.statistics.jitter_ms)


def unwrap_repair(packet: RtpPacket, media_ssrc: int, payload_type: int) -> RtpPacket | None:
    """Answers the packet an RTX packet repeats (RFC 4588 §4); None for one that only probes.

    Raises:
        MalformedPacket: There is no room for the original sequence number.
    """
    if packet.padding_only:
        return None
    if len(packet.payload) < 2:
        raise MalformedPacket("RTX without original sequence number")
    return RtpPacket(
        marker=packet.marker,
        payload_type=payload_type,
        sequence=int.from_bytes(packet.payload[:2], "big"),
        timestamp=packet.timestamp,
        ssrc=media_ssrc,
        extensions=packet.extensions,
        payload=packet.payload[2:],
        padding_only=len(packet.payload) == 2,
    )
