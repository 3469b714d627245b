"""The REMB a publisher is told, where it does not do transport-wide feedback.

After the receive side of Google's congestion control (draft-ietf-rmcat-gcc-02 §5): a queue that grows shows as packets
that arrive later and later against their abs-send-time; then the estimate falls below what arrives, else it rises.
"""

from collections import deque
from typing import Final

from services.media.domain.arrival import RateMeter
from services.media.domain.sequence import forward_distance

_GROUP_SECONDS: Final = 0.005
_WINDOW_GROUPS: Final = 20
_SMOOTHING: Final = 0.9
# The delay of a queue that fills grows by more than this share of the time that passes.
_OVERUSE_SLOPE: Final = 0.05
_OVERUSE_SECONDS: Final = 0.1
_FALL: Final = 0.85
_RISE_PER_SECOND: Final = 0.08
_FALL_SPACING_SECONDS: Final = 0.3
_AHEAD: Final = 1.5
_START_BPS: Final = 1_000_000
_LEAST_BPS: Final = 50_000
_MOST_BPS: Final = 10_000_000


class UplinkEstimate:
    """Estimates what one publisher's line takes."""

    __slots__ = (
        "_accumulated",
        "_estimate",
        "_fell_at",
        "_group_arrival",
        "_group_send",
        "_meter",
        "_over_since",
        "_points",
        "_previous",
        "_smoothed",
        "_updated_at",
    )

    def __init__(self) -> None:
        self._meter = RateMeter()
        self._estimate: float = _START_BPS
        self._updated_at: float | None = None
        self._fell_at = float("-inf")
        self._group_send: int | None = None
        self._group_arrival = 0.0
        self._previous: tuple[int, float] | None = None
        self._accumulated = self._smoothed = 0.0
        self._points: deque[tuple[float, float]] = deque(maxlen=_WINDOW_GROUPS)
        self._over_since: float | None = None

    def on_packet(self, size: int, send_time: int | None, now: float) -> None:
        """Takes an arrival; `send_time` is the 24-bit abs-send-time."""
        self._meter.add(size, now)
        if send_time is None:
            return
        group = self._group_send
        if group is not None and 0 <= forward_distance(send_time, group, 24) <= _GROUP_SECONDS * 262144:
            self._group_arrival = now
            return
        if group is not None:
            self._close_group(group, self._group_arrival)
        self._group_send, self._group_arrival = send_time, now

    def _close_group(self, send_time: int, arrival: float) -> None:
        if self._previous is not None:
            sent = forward_distance(send_time, self._previous[0], 24) / 262144
            self._accumulated += arrival - self._previous[1] - sent
            self._smoothed = _SMOOTHING * self._smoothed + (1 - _SMOOTHING) * self._accumulated
            self._points.append((arrival, self._smoothed))
            self._detect(arrival)
        self._previous = (send_time, arrival)

    def _detect(self, now: float) -> None:
        if len(self._points) < _WINDOW_GROUPS or self._slope() <= _OVERUSE_SLOPE:
            self._over_since = None
        elif self._over_since is None:
            self._over_since = now
        elif now - self._over_since >= _OVERUSE_SECONDS:
            self._fall(now)

    def _slope(self) -> float:
        count = len(self._points)
        mean_time = sum(time for time, _ in self._points) / count
        mean_delay = sum(delay for _, delay in self._points) / count
        spread = sum((time - mean_time) ** 2 for time, _ in self._points)
        joint = sum((time - mean_time) * (delay - mean_delay) for time, delay in self._points)
        return joint / spread if spread else 0.0

    def _fall(self, now: float) -> None:
        if now - self._fell_at < _FALL_SPACING_SECONDS:
            return
        self._fell_at = self._updated_at = now
        arriving = self._meter.bps if self._meter.bps is not None else self._estimate
        self._estimate = max(_LEAST_BPS, min(self._estimate, _FALL * arriving))

    def report(self, now: float) -> int:
        """Answers the estimate in bit/s, raised by the time that passed."""
        self._meter.roll(now)
        if self._updated_at is not None and self._over_since is None:
            grown = self._estimate * (1 + _RISE_PER_SECOND) ** (now - self._updated_at)
            # Never far above what arrives: an idle line proves nothing.
            ceiling = max(_AHEAD * (self._meter.bps or 0.0), _START_BPS, self._estimate)
            if now - self._fell_at < 10:
                ceiling = max(_AHEAD * (self._meter.bps or 0.0), self._estimate)
            self._estimate = min(grown, ceiling, _MOST_BPS)
        self._updated_at = now
        return int(self._estimate)
