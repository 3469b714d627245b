"""Colours need evidence, and nothing is good without data."""

import pytest

from services.media.domain.grades import (
    Advice,
    Judgement,
    LineGrade,
    LineJudge,
    Metric,
    advise,
    judge_once,
)
from services.media.domain.ports import DirectionFacts, QualityFacts


def _loss(percent: float) -> QualityFacts:
    return QualityFacts(up=DirectionFacts(loss=percent / 100), round_trip_ms=30)


def _judged(*percents: float) -> list[LineGrade]:
    judge = LineJudge()
    return [judge.judge(_loss(percent)).grade for percent in percents]


def test_a_round_trip_alone_is_no_reason_to_call_a_line_good() -> None:
    assert judge_once(QualityFacts(round_trip_ms=20)).grade is LineGrade.NO_DATA
    assert judge_once(QualityFacts(round_trip_ms=700)) == Judgement(LineGrade.POOR, Metric.ROUND_TRIP)
    assert judge_once(QualityFacts()).grade is LineGrade.NO_DATA


def test_poor_needs_fifteen_seconds_and_fair_needs_thirty() -> None:
    good, fair, poor = LineGrade.GOOD, LineGrade.FAIR, LineGrade.POOR

    assert _judged(0, 9, 9, 9) == [good, good, good, poor]
    assert _judged(0, 3, 3, 3, 3, 3, 3) == [good] * 6 + [fair]


def test_one_bad_window_changes_nothing() -> None:
    assert _judged(0, 9, 0, 9, 9, 0) == [LineGrade.GOOD] * 6


def test_between_two_bands_the_colour_before_stays() -> None:
    assert _judged(0, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5)[-1] is LineGrade.GOOD
    assert _judged(3, 1.5, 1.5, 1.5, 1.5)[-1] is LineGrade.FAIR


def test_a_line_gets_well_after_fifteen_good_seconds() -> None:
    assert _judged(9, 0, 0, 0) == [LineGrade.POOR, LineGrade.POOR, LineGrade.POOR, LineGrade.GOOD]


def test_silence_is_a_lost_line_and_what_comes_after_is_believed_at_once() -> None:
    judge = LineJudge()
    judge.judge(_loss(0))

    assert judge.judge(QualityFacts(silent_seconds=11)).grade is LineGrade.LOST
    assert judge.judge(_loss(0)).grade is LineGrade.GOOD


@pytest.mark.parametrize(
    ("facts", "bitrate", "advice"),
    [
        (_loss(0), 800_000, Advice.VIDEO_FINE),
        (_loss(0), 200_000, Advice.LOW_VIDEO),
        (_loss(0), 50_000, Advice.AUDIO_ONLY),
        (_loss(3), 800_000, Advice.LOW_VIDEO),
        (_loss(9), 800_000, Advice.CALL_SUPPORT),
        (QualityFacts(), None, Advice.CALL_SUPPORT),
    ],
)
def test_the_advice_follows_grade_and_rate(facts: QualityFacts, bitrate: float | None, advice: Advice) -> None:
    assert advise(judge_once(facts), bitrate) is advice
