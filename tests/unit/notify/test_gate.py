"""One problem of the mail server, and what a refusal is about."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.gate import Gate, ProblemKind
from services.notify.domain.model import Fate, Outcome
from services.notify.domain.refusals import About, about
from tests.unit.notify.facts import NOW

ACCEPTED = Outcome(Fate.ACCEPTED)
AWAY = Outcome(Fate.HELD, "SMTP_UNREACHABLE", "refused", kind="UNREACHABLE")
WRONG_PASSWORD = Outcome(Fate.HELD, "SMTP_535", "no", kind="SIGN_IN")
QUOTA = Outcome(Fate.DEFERRED, "SMTP_550", "quota", policy="550 5.7.1")


def held(gate: Gate) -> tuple[ProblemKind, datetime] | None:
    problem = gate.problem
    return None if problem is None else (problem.kind, problem.next_try_time)


@pytest.mark.parametrize(
    ("code", "text", "of_message", "whom"),
    [
        (550, "5.1.1 user unknown", False, About.MAILBOX),
        (550, "5.2.1 mailbox disabled", False, About.MAILBOX),
        (552, "5.2.2 mailbox full", True, About.MAILBOX),
        (553, "5.1.3 bad address", False, About.MAILBOX),
        (556, "5.1.10 null MX", False, About.MAILBOX),
        (550, "5.4.1 recipient address rejected: access denied", False, About.MAILBOX),
        (550, "no such user here", False, About.MAILBOX),
        (550, "mailbox unavailable", False, About.MAILBOX),
        (551, "user not local", False, About.MAILBOX),
        (550, "5.7.1 daily sending quota exceeded", False, About.US),
        (550, "5.7.26 DMARC", True, About.US),
        (554, "5.7.1 relay access denied", False, About.US),
        (550, "relaying denied", False, About.US),
        (504, "helo: need fully-qualified hostname", False, About.US),
        (530, "authentication required", False, About.US),
        (553, "sender address not owned by user", False, About.US),
        (550, "5.1.8 sender domain does not exist", False, About.US),
        (554, "looks like spam", True, About.US),
        (554, "delivery error: user unknown", True, About.MAILBOX),
        (451, "4.7.1 greylisted", False, About.PASSING),
        (421, "4.3.2 closing", True, About.PASSING),
    ],
)
def test_a_refusal_is_read_by_whom_it_concerns(code: int, text: str, of_message: bool, whom: About) -> None:
    assert about(code, text, of_message=of_message) is whom


@given(st.integers(400, 599), st.text(max_size=100), st.booleans())
def test_any_refusal_is_read(code: int, text: str, of_message: bool) -> None:
    found = about(code, text, of_message=of_message)

    assert (found is About.PASSING) == (code < 500)


def test_while_the_server_is_away_one_message_probes_with_growing_pauses() -> None:
    gate, now, pauses = Gate(), NOW, []
    for _ in range(7):
        assert gate.admits(now)
        assert gate.note(AWAY, "a@b", now)
        assert gate.problem is not None
        assert not gate.admits(now)
        pauses.append((gate.problem.next_try_time - now).total_seconds())
        now = gate.problem.next_try_time
    assert gate.admits(now)
    assert not gate.admits(now), "one at a time"

    assert pauses == [5, 10, 20, 40, 60, 60, 60]
    assert gate.note(ACCEPTED, "a@b", now)
    assert gate.problem is None
    assert all(gate.admits(now) for _ in range(4))


def test_a_wrong_password_is_tried_four_times_an_hour_by_all_lanes_together() -> None:
    gate, tried = Gate(), 0
    for second in range(3600):
        now = NOW + timedelta(seconds=second)
        for _lane in range(4):
            if gate.admits(now):
                tried += 1
                gate.note(WRONG_PASSWORD, "a@b", now)

    assert tried <= 4
    assert gate.problem is not None
    assert (gate.problem.kind, gate.problem.since) == (ProblemKind.SIGN_IN, NOW)
    assert not Gate(gate.problem).admits(NOW + timedelta(minutes=50)), "nor does another process try before its time"


def test_the_same_refusal_from_three_domains_in_a_row_is_about_us() -> None:
    gate = Gate()
    for address in ("a@one", "b@one", "c@two"):
        gate.note(QUOTA, address, NOW)
    assert held(gate) is None
    gate.note(QUOTA, "d@three", NOW)

    assert held(gate) == (ProblemKind.POLICY, NOW + timedelta(minutes=1))
    later = NOW + timedelta(minutes=1)
    assert gate.admits(later)
    gate.note(QUOTA, "a@one", later)
    assert held(gate) == (ProblemKind.POLICY, later + timedelta(minutes=1)), "one probe a minute"
    gate.note(ACCEPTED, "a@one", later)
    assert held(gate) is None


def test_what_goes_through_between_breaks_the_row() -> None:
    gate = Gate()
    for address in ("a@one", "b@two"):
        gate.note(QUOTA, address, NOW)
    gate.note(ACCEPTED, "c@three", NOW)
    gate.note(QUOTA, "d@four", NOW)

    assert gate.problem is None


def test_a_server_that_answers_for_a_recipient_is_no_problem_any_more() -> None:
    gate = Gate()
    gate.note(AWAY, "a@b", NOW)
    gate.note(Outcome(Fate.REFUSED, "SMTP_550"), "a@b", NOW)

    assert gate.problem is None


def test_messages_that_were_under_way_together_make_the_pause_no_longer() -> None:
    gate = Gate()
    for _lane in range(4):
        gate.note(AWAY, "a@b", NOW)

    assert held(gate) == (ProblemKind.UNREACHABLE, NOW + timedelta(seconds=5))
