"""From numbers to colours: how a participant's line is judged over time, and a test line at once.

Bands per metric leave gaps between them; a value in a gap keeps the colour before. A worse colour needs evidence, so
that one bad window alarms nobody.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from services.media.domain.ports import QualityFacts

WINDOW_SECONDS: Final = 5.0
FAIR_AFTER_SECONDS: Final = 30.0
POOR_AFTER_SECONDS: Final = 15.0
GOOD_AFTER_SECONDS: Final = 15.0
# Nothing at all for this long is no bad line but a lost one.
LOST_AFTER_SECONDS: Final = 10.0


class LineGrade(StrEnum):
    """A judgement of a line."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    NO_DATA = "no_data"
    LOST = "lost"


class Metric(StrEnum):
    """What may decide a grade."""

    LOSS_UP = "loss_up"
    LOSS_DOWN = "loss_down"
    JITTER = "jitter"
    ROUND_TRIP = "round_trip"
    SCORE = "score"


class Advice(StrEnum):
    """What to tell somebody who tested a line."""

    VIDEO_FINE = "VIDEO_FINE"
    LOW_VIDEO = "LOW_VIDEO"
    AUDIO_ONLY = "AUDIO_ONLY"
    CALL_SUPPORT = "CALL_SUPPORT"


class Bands(NamedTuple):
    """Good below the first, fair from the second to the third, poor above it; between first and second: as before."""

    good_below: float
    fair_from: float
    poor_above: float


# Loss in per cent, times in milliseconds, the score as what is missing to 100.
BANDS: Final = {
    Metric.LOSS_UP: Bands(1, 2, 5),
    Metric.LOSS_DOWN: Bands(1, 2, 5),
    Metric.JITTER: Bands(20, 30, 60),
    Metric.ROUND_TRIP: Bands(200, 300, 600),
    Metric.SCORE: Bands(20, 20, 60),
}
_SEVERITY: Final = {LineGrade.NO_DATA: -1, LineGrade.GOOD: 0, LineGrade.FAIR: 1, LineGrade.POOR: 2}


class Judgement(NamedTuple):
    """A grade and the metric that decided it; None for a line that is good, lost or unknown."""

    grade: LineGrade
    worst: Metric | None = None


NO_DATA: Final = Judgement(LineGrade.NO_DATA)
LOST: Final = Judgement(LineGrade.LOST)


def measured(facts: QualityFacts) -> dict[Metric, float]:
    """Picks the numbers that are judged; what was not measured is absent.

    Loss is audio's where there is audio: speech decides whether a briefing can go on.
    """
    ups, downs = facts.up, facts.down
    loss_up = ups.loss if ups.audio_loss is None else ups.audio_loss
    loss_down = downs.loss if downs.audio_loss is None else downs.audio_loss
    jitters = [each for each in (ups.jitter_ms, downs.jitter_ms) if each is not None]
    values = {
        Metric.LOSS_UP: None if loss_up is None else 100 * loss_up,
        Metric.LOSS_DOWN: None if loss_down is None else 100 * loss_down,
        Metric.JITTER: max(jitters, default=None),
        Metric.ROUND_TRIP: facts.round_trip_ms,
        Metric.SCORE: None if facts.score is None else 100 - facts.score,
    }
    return {metric: value for metric, value in values.items() if value is not None}


def _colour(value: float, bands: Bands, before: LineGrade) -> LineGrade:
    if value > bands.poor_above:
        return LineGrade.POOR
    if value >= bands.fair_from:
        # Between fair and poor there is no gap: 5 % is fair, 5.1 % is poor.
        return LineGrade.FAIR
    if value < bands.good_below or before not in (LineGrade.FAIR, LineGrade.POOR):
        return LineGrade.GOOD
    return before


def judge_once(facts: QualityFacts) -> Judgement:
    """Judges a single window, without memory."""
    return _worst({metric: _colour(value, BANDS[metric], LineGrade.GOOD) for metric, value in measured(facts).items()})


def _worst(colours: dict[Metric, LineGrade]) -> Judgement:
    if not colours:
        return NO_DATA
    metric = max(colours, key=lambda each: _SEVERITY[colours[each]])
    if colours[metric] is not LineGrade.GOOD:
        return Judgement(colours[metric], metric)
    # A round trip alone says nothing of what is lost on the way.
    return Judgement(LineGrade.GOOD) if set(colours) - {Metric.ROUND_TRIP} else NO_DATA


@dataclass(slots=True)
class LineJudge:
    """Judges one participant's line, one window after the other."""

    _colours: dict[Metric, LineGrade] | None = None
    _current: Judgement = NO_DATA
    _pending: LineGrade | None = None
    _evidence: float = 0.0

    def judge(self, facts: QualityFacts, window_seconds: float = WINDOW_SECONDS) -> Judgement:
        """Judges a window; the answer changes only when there is evidence enough.

        The first window with data is believed at once: there is no colour yet to protect.
        """
        if facts.silent_seconds is not None and facts.silent_seconds >= LOST_AFTER_SECONDS:
            self._current, self._pending = LOST, None
            return LOST
        before = self._colours or {}
        self._colours = {
            metric: _colour(value, BANDS[metric], before.get(metric, LineGrade.GOOD))
            for metric, value in measured(facts).items()
        }
        seen = _worst(self._colours)
        if (
            self._current.grade in (LineGrade.NO_DATA, LineGrade.LOST)
            or seen.grade is LineGrade.NO_DATA
            or seen.grade is self._current.grade
        ):
            self._current, self._pending = seen, None
        else:
            self._weigh(seen, window_seconds)
        return self._current

    def _weigh(self, seen: Judgement, window_seconds: float) -> None:
        """Counts evidence for a change; a worse colour counts for the milder one between as well."""
        worsening = _SEVERITY[seen.grade] > _SEVERITY[self._current.grade]
        pending_worse = self._pending is not None and _SEVERITY[self._pending] > _SEVERITY[self._current.grade]
        if (
            self._pending is None
            or pending_worse is not worsening
            or (seen.grade is LineGrade.POOR and self._pending is not LineGrade.POOR)
        ):
            self._evidence = 0.0
        self._pending = seen.grade
        self._evidence += window_seconds
        needed = {
            LineGrade.POOR: POOR_AFTER_SECONDS,
            LineGrade.FAIR: FAIR_AFTER_SECONDS if worsening else GOOD_AFTER_SECONDS,
        }.get(seen.grade, GOOD_AFTER_SECONDS)
        if self._evidence >= needed:
            self._current, self._pending = seen, None


# A station needs this much upwards to be seen at all, and to be seen well, in bit/s (product.md §5.6).
FULL_VIDEO_BPS: Final = 400_000
LOW_VIDEO_BPS: Final = 120_000


def advise(judgement: Judgement, bitrate_up_bps: float | None) -> Advice:
    """Answers what a tested line is good for; without a grade it is good for nothing yet."""
    if judgement.grade is LineGrade.POOR:
        return Advice.AUDIO_ONLY if judgement.worst is Metric.ROUND_TRIP else Advice.CALL_SUPPORT
    if judgement.grade not in (LineGrade.GOOD, LineGrade.FAIR):
        return Advice.CALL_SUPPORT
    if bitrate_up_bps is not None and bitrate_up_bps < LOW_VIDEO_BPS:
        return Advice.AUDIO_ONLY
    if judgement.grade is LineGrade.FAIR or bitrate_up_bps is None or bitrate_up_bps < FULL_VIDEO_BPS:
        return Advice.LOW_VIDEO
    return Advice.VIDEO_FINE
