"""One number from 0 to 100 for how a stream arrives in a window of some seconds.

After LiveKit's published rule: delay, jitter and loss take from 100. Missing bits and layers are not scored: of what a
line has no room for only a pause counts. `Smoother` falls fast and rises slowly.
"""

import math
from dataclasses import dataclass
from typing import Final

from services.media.domain.ports import Kind

PAUSED: Final = 30.0
DRY: Final = 40.0
_FLOOR: Final = 30.0
_OPUS_LOSS_WEIGHT: Final = 8.0
_VIDEO_LOSS_WEIGHT: Final = 10.0
_OPUS_PACKETS_PER_SECOND: Final = 50.0
_LATE_MS: Final = 160.0


@dataclass(frozen=True, slots=True)
class StreamWindow:
    """What happened to one stream in a window.

    Attributes:
        expected: Packets that should have come; 0 scores as dry.
        lost: Packets that never came.
    """

    kind: Kind
    seconds: float
    round_trip_ms: float
    jitter_ms: float
    expected: int
    lost: int


def score(window: StreamWindow) -> float:
    """Scores a window: `DRY` without packets, else 30 to 100."""
    if window.expected <= 0:
        return DRY
    return max(_FLOOR, min(100.0, _packet_score(window)))


def _packet_score(window: StreamWindow) -> float:
    delay = window.round_trip_ms / 2 + 2 * window.jitter_ms
    delay_cost = (delay - 120) / 10 if delay > _LATE_MS else delay / 40
    loss_percent = 100 * max(0, window.lost) / window.expected
    return 100 - delay_cost - _loss_weight(window) * loss_percent


def _loss_weight(window: StreamWindow) -> float:
    if window.kind is Kind.VIDEO:
        return _VIDEO_LOSS_WEIGHT
    # With discontinuous transmission few packets carry little speech: losing one of them matters less.
    pace = window.expected / window.seconds / _OPUS_PACKETS_PER_SECOND
    return _OPUS_LOSS_WEIGHT * math.sqrt(min(1.0, pace))


class Smoother:
    """Keeps a score steady: four fifths of a worse window count, two fifths of a better one."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float | None = None

    def update(self, latest: float) -> float:
        """Takes a window's score and answers the smoothed one."""
        if self.value is None:
            self.value = latest
        else:
            share = 0.8 if latest < self.value else 0.4
            self.value += share * (latest - self.value)
        return self.value
