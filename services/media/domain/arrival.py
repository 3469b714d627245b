"""How one stream arrives: counts, jitter (RFC 3550 appendix A), receiver report blocks, bitrate."""

from typing import Final

from services.media.domain.rtcp import ReportBlock, SenderReport
from services.media.domain.sequence import forward_distance

_RATE_WINDOW_SECONDS: Final = 1.0


class RateMeter:
    """Bits per second over windows of at least a second; the last whole window speaks."""

    __slots__ = ("_bits", "_started", "bps")

    def __init__(self) -> None:
        self._started: float | None = None
        self._bits = 0
        self.bps: float | None = None

    def add(self, size: int, now: float) -> None:
        """Counts bytes."""
        if self._started is None:
            self._started = now
        self._bits += 8 * size
        if now - self._started >= _RATE_WINDOW_SECONDS:
            self.roll(now)

    def roll(self, now: float) -> None:
        """Closes a window that is over; to be called now and then where bytes may stop coming."""
        if self._started is not None and now - self._started >= _RATE_WINDOW_SECONDS:
            self.bps = self._bits / (now - self._started)
            self._started, self._bits = now, 0


class ReceiveStatistics:
    """Counts one SSRC. Repaired packets count as received, and not for jitter."""

    __slots__ = (
        "_base",
        "_clock_rate",
        "_last_timestamp",
        "_last_transit",
        "_reported_expected",
        "_reported_received",
        "_sender_report",
        "_sender_report_at",
        "highest",
        "jitter",
        "received",
    )

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._base: int | None = None
        self.highest = 0
        self.received = 0
        self.jitter = 0.0
        """Interarrival jitter in timestamp units."""
        self._last_transit: float | None = None
        self._last_timestamp = 0
        self._reported_expected = 0
        self._reported_received = 0
        self._sender_report: SenderReport | None = None
        self._sender_report_at = 0.0

    @property
    def expected(self) -> int:
        """Packets that should have come so far."""
        return 0 if self._base is None else self.highest - self._base + 1

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter."""
        return self.jitter * 1000 / self._clock_rate

    def on_packet(self, extended: int, timestamp: int, now: float, *, repaired: bool) -> None:
        """Takes an arrival that is not a duplicate."""
        if self._base is None:
            self._base = self.highest = extended
        self._base = min(self._base, extended)
        self.highest = max(self.highest, extended)
        self.received += 1
        if repaired or timestamp == self._last_timestamp:
            return  # packets of one frame share a timestamp and are sent one after another
        if self._last_transit is not None:
            moved = now * self._clock_rate - self._last_transit
            self.jitter += (abs(moved - forward_distance(timestamp, self._last_timestamp, 32)) - self.jitter) / 16
        self._last_transit = now * self._clock_rate
        self._last_timestamp = timestamp

    def on_sender_report(self, report: SenderReport, now: float) -> None:
        """Keeps what the next block refers to."""
        self._sender_report, self._sender_report_at = report, now

    def sender_report(self) -> tuple[SenderReport, float] | None:
        """Answers the last sender report and when it came."""
        return None if self._sender_report is None else (self._sender_report, self._sender_report_at)

    def report_block(self, ssrc: int, now: float) -> ReportBlock:
        """Answers a block about the time since the one before."""
        expected = self.expected - self._reported_expected
        lost = expected - (self.received - self._reported_received)
        self._reported_expected, self._reported_received = self.expected, self.received
        last_report = delay = 0
        if self._sender_report is not None:
            last_report = self._sender_report.ntp >> 16 & 0xFFFFFFFF
            delay = min(0xFFFFFFFF, int((now - self._sender_report_at) * 65536))
        return ReportBlock(
            ssrc=ssrc,
            fraction_lost=min(255, 256 * lost // expected) if expected > 0 and lost > 0 else 0,
            packets_lost=self.expected - self.received,
            highest_sequence=self.highest & 0xFFFFFFFF,
            jitter=min(0xFFFFFFFF, int(self.jitter)),
            last_report=last_report,
            delay=delay,
        )
