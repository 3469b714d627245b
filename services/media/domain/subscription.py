"""The sending end of one track towards one subscriber."""

from collections import deque
from typing import Final

from services.media.domain.arrival import RateMeter
from services.media.domain.layer import Layer
from services.media.domain.outcome import SendRtp
from services.media.domain.packet import MediaPacket
from services.media.domain.ports import (
    Codec,
    Kind,
    Limit,
    PeerId,
    StreamState,
    SubscribedMedia,
    SubscriptionId,
    TrackId,
)
from services.media.domain.quality import StreamQuality
from services.media.domain.resend import ResendBudget
from services.media.domain.rewrite import Rewriter, Rewritten, align, apply
from services.media.domain.rtcp import ReportBlock, SenderReport
from services.media.domain.rtp import EXTENSION_BIT, HEADER, PADDING_BIT, VERSION_BYTE, abs_send_time, extension_block

# Repeats on the same SSRC are refused by the SRTP session beyond its window of 128.
_SAME_SSRC_WINDOW: Final = 120
_REMEMBERED_REPORTS: Final = 8
_SILENCE: Final = b"\x7f"


class HeaderWriter:
    """Writes RTP headers with the extensions one media section of a subscriber takes."""

    __slots__ = ("_block", "_first", "_level_at", "_time_at")

    def __init__(self, media: SubscribedMedia) -> None:
        ids = media.extensions
        elements: list[tuple[int, bytes]] = []
        self._time_at = self._level_at = 0
        if ids.abs_send_time:
            self._time_at = 5
            elements.append((ids.abs_send_time, bytes(3)))
        if ids.audio_level:
            self._level_at = 5 + 4 * len(elements)
            elements.append((ids.audio_level, _SILENCE))
        if ids.mid and 0 < len(media.mid) <= 16:
            elements.append((ids.mid, media.mid.encode()))
        self._block = bytearray(extension_block(elements))
        self._first = VERSION_BYTE | (EXTENSION_BIT if elements else 0)

    def write(
        self, packet: MediaPacket, payload_type: int, sequence: int, timestamp: int, ssrc: int, now: float
    ) -> bytes:
        """Writes the header of a packet that leaves now."""
        block = self._block
        if self._time_at:
            block[self._time_at : self._time_at + 3] = abs_send_time(now)
        if self._level_at:
            block[self._level_at] = (packet.audio_level or _SILENCE)[0]
        first = self._first | PADDING_BIT if packet.padding_only else self._first
        second = payload_type | 0x80 if packet.marker else payload_type
        return HEADER.pack(first, second, sequence & 0xFFFF, timestamp, ssrc) + block


class Subscription:
    """One track on its way to one peer."""

    __slots__ = (
        "_headers",
        "_octets",
        "_packets",
        "_reported_highest",
        "_reported_lost",
        "_reported_unsent",
        "_reports",
        "_resend",
        "_rewriter",
        "_rtx_sequence",
        "identifier",
        "kind",
        "limit",
        "media",
        "meter",
        "peer",
        "quality",
        "source",
        "state",
        "target",
        "track",
    )

    def __init__(
        self,
        identifier: SubscriptionId,
        track: TrackId,
        peer: PeerId,
        media: SubscribedMedia,
        codec: Codec,
        first_sequence: int,
    ) -> None:
        self.identifier = identifier
        self.track = track
        self.peer = peer
        self.kind = Kind.AUDIO if codec is Codec.OPUS else Kind.VIDEO
        self.limit = Limit()
        self.meter = RateMeter()
        self.quality = StreamQuality(self.kind)
        self.state = StreamState.ACTIVE
        self.target: int | None = 0
        """The layer allocation chose; None sends nothing."""
        self.source: int | None = None
        """The stream that is being sent, a packet of another one needs `switch`; None until one begins."""
        self._rewriter = Rewriter(first_sequence, codec.clock_rate)
        self._resend = ResendBudget()
        self._rtx_sequence = first_sequence & 0x7FFF
        self._packets = self._octets = 0
        self._reports: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED_REPORTS)
        self._reported_highest: int | None = None
        self._reported_lost = self._reported_unsent = 0
        self.replace_media(media)

    def replace_media(self, media: SubscribedMedia) -> None:
        """Takes other wire facts after a renegotiation."""
        self.media = media
        self._headers = HeaderWriter(media)

    def accepts(self, layer: Layer, packet: MediaPacket) -> bool:
        """Answers whether a packet goes out: of the stream that is sent, or opening the one that should be."""
        if self.target is None:
            return False
        if layer.index == self.target and layer.source != self.source:
            return packet.opens_stream
        return layer.source == self.source

    def switch(self, layer: Layer, before: SenderReport | None, packet: MediaPacket, now: float) -> None:
        """Turns to another layer with this packet; `before` is the last sender report of the layer sent until now."""
        stretch = self._rewriter.stretch
        aligned: int | None = None
        report = layer.statistics.sender_report()
        if stretch is not None and stretch.source == layer.source:
            aligned = stretch.timestamp_offset
        elif stretch is not None and before is not None and report is not None:
            aligned = align(stretch.timestamp_offset, before, report[0], self._clock_rate)
        self._rewriter.switch(layer.source, packet, now, aligned)
        self.source = layer.source

    @property
    def last_source(self) -> int | None:
        """The stream that was sent last, also after a pause."""
        stretch = self._rewriter.stretch
        return None if stretch is None else stretch.source

    @property
    def _clock_rate(self) -> int:
        return Codec.OPUS.clock_rate if self.kind is Kind.AUDIO else Codec.VP8.clock_rate

    def forward(self, packet: MediaPacket, now: float) -> SendRtp | None:
        """Makes the outgoing packet; None when it belongs before the switch."""
        rewritten = self._rewriter.forward(packet, now)
        if rewritten is None:
            return None
        media = self.media
        header = self._headers.write(
            packet, media.payload_type, rewritten.extended, rewritten.timestamp, media.ssrc, now
        )
        payload = rewritten.payload if not packet.padding_only else b"\x01"
        size = len(header) + len(payload)
        self._packets += 1
        self._octets += len(payload)
        self.meter.add(size, now)
        self.quality.on_bytes(size)
        if media.nack:
            self._resend.earn(size)
        return self.peer, header, payload

    def locate(self, sequence: int) -> tuple[int, int] | None:
        """Answers the source stream and its extended number for a sequence number that was sent."""
        found = self._rewriter.locate(sequence)
        return None if found is None else (found[0].source, found[1])

    def resend(self, sequence: int, packet: MediaPacket, now: float) -> SendRtp | None:
        """Makes the repeat of a packet; None when it may not cost more now, or SRTP would refuse it."""
        found = self._rewriter.locate(sequence)
        if found is None or not self.media.nack:
            return None
        extended = packet.extended + found[0].sequence_offset
        # A number that may not be repeated costs no rewriting.
        if not self._resend.spend(extended, len(packet.payload) + 40, now):
            return None
        rewritten = apply(found[0], packet)
        payload = rewritten.payload if not packet.padding_only else b"\x01"
        if self.media.rtx_ssrc is None or self.media.rtx_payload_type is None:
            return self._resend_same(rewritten, packet, payload, now)
        self._rtx_sequence += 1
        header = self._headers.write(
            packet, self.media.rtx_payload_type, self._rtx_sequence, rewritten.timestamp, self.media.rtx_ssrc, now
        )
        return self.peer, header, (rewritten.extended & 0xFFFF).to_bytes(2, "big") + payload

    def _resend_same(self, rewritten: Rewritten, packet: MediaPacket, payload: bytes, now: float) -> SendRtp | None:
        if self._rewriter.highest - rewritten.extended >= _SAME_SSRC_WINDOW:
            return None
        media = self.media
        header = self._headers.write(
            packet, media.payload_type, rewritten.extended, rewritten.timestamp, media.ssrc, now
        )
        return self.peer, header, payload

    def sender_report(self, layer: Layer, now: float) -> SenderReport | None:
        """Answers the publisher's clock in this subscription's timestamps, carried on to now; None while unknown."""
        known = layer.statistics.sender_report()
        stretch = self._rewriter.stretch
        if known is None or stretch is None or stretch.source != layer.source:
            return None
        report, came_at = known
        elapsed = now - came_at
        ntp = report.ntp + int(elapsed * 4294967296) & 0xFFFFFFFFFFFFFFFF
        timestamp = report.rtp_timestamp + int(elapsed * self._clock_rate) + stretch.timestamp_offset & 0xFFFFFFFF
        self._reports.append((ntp >> 16 & 0xFFFFFFFF, now))
        return SenderReport(self.media.ssrc, ntp, timestamp, self._packets & 0xFFFFFFFF, self._octets & 0xFFFFFFFF)

    def on_report_block(self, block: ReportBlock, now: float) -> tuple[int, int, float | None]:
        """Takes a receiver's report; answers packets expected and lost since the one before, and the round trip.

        The receiver counts by numbers. Those that never reached us are neither expected nor lost on its line.
        """
        expected = lost = 0
        unsent = self._rewriter.unsent(block.highest_sequence & 0xFFFF)
        if self._reported_highest is not None:
            never = unsent - self._reported_unsent
            expected = min(1 << 16, block.highest_sequence - self._reported_highest & 0xFFFFFFFF)
            expected = max(0, expected - never)
            lost = max(-expected, min(expected, block.packets_lost - self._reported_lost - never))
        if block.highest_sequence:
            self._reported_highest, self._reported_lost = block.highest_sequence, block.packets_lost
            self._reported_unsent = unsent
        self.quality.on_report(expected, lost, block.jitter * 1000 / self._clock_rate)
        round_trip: float | None = None
        for reference, sent_at in self._reports:
            if block.last_report and reference == block.last_report:
                round_trip = max(0.0, now - sent_at - block.delay / 65536)
        return expected, lost, round_trip
