"""How much one subscriber's line takes, from its REMB and the loss in its receiver reports.

A receiver's REMB follows what it is sent, slowly upwards (8 % a second), so that a low one proves congestion only where
it stays, and a high one never proves capacity. Hence: no bound until a sign of congestion; down within about a second; up
only after a quiet time that doubles when the last step up proved too much.
"""

from typing import Final

# libwebrtc answers a moment's delay with 0.85 of what arrived, on a busy PC as on a full line. On a full line less arrives
# than is sent, so the estimate falls well below that; on a busy PC it does not.
_CONGESTED_SHARE: Final = 0.75
_ROOM_SHARE: Final = 1.2
_RISING: Final = 1.03
_LOW_SECONDS: Final = 1.2
_LOSS_DOWN: Final = 0.10
_LOSS_UP: Final = 0.02
_FIRST_HOLD_SECONDS: Final = 5.0
_LONGEST_HOLD_SECONDS: Final = 60.0
_BLAME_SECONDS: Final = 8.0
_REMB_FRESH_SECONDS: Final = 5.0
_FORGET_SECONDS: Final = 30.0
_DOWN_SPACING_SECONDS: Final = 1.0


class DownlinkEstimate:
    """The budget of one line; `budget_bps` None means that nothing speaks against sending everything."""

    __slots__ = (
        "_congested_at",
        "_hold",
        "_loss",
        "_loss_down_at",
        "_low_since",
        "_low_value",
        "_remb",
        "_remb_at",
        "_tried_at",
        "_uncounted",
        "budget_bps",
    )

    def __init__(self) -> None:
        self.budget_bps: float | None = None
        self._hold = _FIRST_HOLD_SECONDS
        self._congested_at = float("-inf")
        self._tried_at = float("-inf")
        self._remb = 0
        self._remb_at = float("-inf")
        self._uncounted = 0
        self._low_since: float | None = None
        self._low_value = 0
        self._loss = 0.0
        self._loss_down_at = float("-inf")

    def on_remb(self, bitrate_bps: int, sent_bps: float, now: float, uncounted_bps: int = 0) -> bool:
        """Takes a receiver's estimate beside what is sent; True when the budget fell.

        `uncounted_bps` is what is sent and was not estimated: it adds to the estimate, and would hide that it climbs.
        """
        self._remb, self._remb_at, self._uncounted = bitrate_bps + uncounted_bps, now, uncounted_bps
        if self._low_since is not None and bitrate_bps > _RISING * self._low_value:
            self._low_since, self._low_value = now, bitrate_bps
        return self.review(sent_bps, now)

    def review(self, sent_bps: float, now: float) -> bool:
        """Looks again at the last estimate, to be called at least each second; True when the budget fell.

        A key frame sends more for a moment than the estimate has seen: only what stays low counts.
        """
        fresh = now - self._remb_at <= _REMB_FRESH_SECONDS
        if not fresh or self._remb >= _CONGESTED_SHARE * sent_bps:
            self._low_since = None
            return False
        if self._low_since is None:
            self._low_since, self._low_value = now, self._remb - self._uncounted
        return now - self._low_since >= _LOW_SECONDS and self._fall(float(self._remb), now)

    def on_loss(self, share: float, sent_bps: float, now: float) -> bool:
        """Takes the share of packets lost since the report before; True when the budget fell."""
        self._loss = (self._loss + share) / 2
        if self._loss <= _LOSS_DOWN or now - self._loss_down_at < _DOWN_SPACING_SECONDS:
            return False
        self._loss_down_at = now
        return self._fall(sent_bps * (1 - 0.5 * self._loss), now)

    def _fall(self, bitrate_bps: float, now: float) -> bool:
        if now - self._tried_at < _BLAME_SECONDS:
            self._hold = min(_LONGEST_HOLD_SECONDS, 2 * self._hold)
            self._tried_at = float("-inf")
        elif now - self._congested_at > _FORGET_SECONDS + self._hold:
            self._hold = _FIRST_HOLD_SECONDS
        self._congested_at = now
        if self.budget_bps is not None and self.budget_bps <= bitrate_bps:
            return False
        self.budget_bps = bitrate_bps
        return True

    def may_rise(self, sent_bps: float, now: float) -> bool:
        """Answers whether the line was quiet long enough to try more."""
        if self.budget_bps is None or now - max(self._congested_at, self._tried_at) < self._hold:
            return False
        if self._loss > _LOSS_UP:
            return False
        return now - self._remb_at > _REMB_FRESH_SECONDS or self._remb >= _ROOM_SHARE * sent_bps

    def rise(self, bitrate_bps: float | None, now: float) -> None:
        """Tries a larger budget, or none at all where no subscription asks for more."""
        if bitrate_bps is not None:
            self._tried_at = now
            self.budget_bps = max(bitrate_bps, self.budget_bps or 0.0)
        elif now - self._congested_at > _FORGET_SECONDS:
            self.budget_bps = None
