"""What an answer of a mail server means, and when the next try is."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.model import Fate, Outcome, State
from services.notify.domain.retry import RetryPolicy
from tests.unit.notify.facts import NOW, START

POLICY = RetryPolicy(first_pause_seconds=30, longest_pause_seconds=900)
BUSY = Outcome(Fate.DEFERRED, "SMTP_451", "Try later")


@pytest.mark.parametrize(
    ("fate", "state"),
    [(Fate.ACCEPTED, State.SENT), (Fate.REFUSED, State.FAILED), (Fate.LOST, State.UNKNOWN)],
)
def test_what_is_decided_is_not_tried_again(fate: Fate, state: State) -> None:
    verdict = POLICY.verdict(Outcome(fate, "R", "d"), 1, NOW, START, 0.5)

    assert (verdict.state, verdict.next_attempt_time) == (state, None)


def test_pauses_double_up_to_a_limit() -> None:
    pauses = []
    for attempt in range(1, 9):
        verdict = POLICY.verdict(BUSY, attempt, NOW, START, 0.999999)
        assert verdict.next_attempt_time is not None
        pauses.append(round((verdict.next_attempt_time - NOW).total_seconds()))

    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]


@given(attempt=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True), left=st.floats(0, 100_000))
def test_no_try_comes_after_the_start(attempt: int, chance: float, left: float) -> None:
    expire = NOW + timedelta(seconds=left)

    verdict = POLICY.verdict(BUSY, attempt, NOW, expire, chance)

    if verdict.state is State.PENDING:
        assert verdict.next_attempt_time is not None
        assert NOW < verdict.next_attempt_time < expire
    else:
        assert (verdict.state, verdict.reason) == (State.FAILED, "SMTP_451")
        assert left <= 30


def test_two_messages_that_failed_together_are_not_tried_together() -> None:
    early = POLICY.verdict(BUSY, 3, NOW, START, 0.0).next_attempt_time
    late = POLICY.verdict(BUSY, 3, NOW, START, 0.9).next_attempt_time

    assert early is not None
    assert late is not None
    assert late - early > timedelta(seconds=50)
