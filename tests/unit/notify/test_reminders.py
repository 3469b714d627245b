"""When a reminder is due, and whether it still counts."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.notify.domain.model import Answer, Briefing, BriefingStanding, DueReminder, Recipient, ReminderId
from services.notify.domain.reminders import decide, served, slots_for
from tests.unit.notify.facts import BRIEFING, CHAIR, NOW, ORGANIZER, POINT, START

OFFSETS = (24 * 60, 15)
DAY_BEFORE = DueReminder(
    ReminderId("r1"),
    BRIEFING.name,
    24 * 60,
    START - timedelta(days=1),
    START,
    POINT.mailbox,
    POINT.language,
    ORGANIZER,
    "/tinh/vp/",
)
QUARTER_BEFORE = replace(DAY_BEFORE, offset_minutes=15, due_time=START - timedelta(minutes=15))


def standing_of(*invitees: Recipient) -> BriefingStanding:
    return BriefingStanding(BRIEFING, invitees)


def answered(answer: Answer) -> Recipient:
    return replace(POINT, answer=answer)


STANDING = standing_of(answered(Answer.ACCEPTED))
SHARING = replace(CHAIR, address=POINT.address)


def test_reminders_whose_time_has_passed_are_not_booked() -> None:
    assert [slot.offset_minutes for slot in slots_for(START, NOW, OFFSETS)] == [24 * 60, 15]
    assert [slot.offset_minutes for slot in slots_for(START, START - timedelta(hours=24), OFFSETS)] == [15]
    assert slots_for(START, START - timedelta(minutes=15), OFFSETS) == ()


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.NEEDS_ACTION, Answer.TENTATIVE, Answer.DELEGATED])
def test_a_reminder_in_time_is_sent(answer: Answer) -> None:
    standing = standing_of(answered(answer))

    decision = decide(DAY_BEFORE, standing, DAY_BEFORE.due_time + timedelta(minutes=15), OFFSETS)

    assert (decision.send, decision.late) == (True, False)


def test_a_late_reminder_is_sent_while_the_start_is_ahead_and_says_so() -> None:
    decision = decide(DAY_BEFORE, STANDING, DAY_BEFORE.due_time + timedelta(minutes=16), OFFSETS)

    assert (decision.send, decision.late) == (True, True)


@pytest.mark.parametrize(
    ("due", "standing", "now", "reason"),
    [
        (QUARTER_BEFORE, STANDING, START, "TOO_LATE"),
        (DAY_BEFORE, STANDING, START - timedelta(minutes=10), "NEARER_REMINDER"),
        (DAY_BEFORE, standing_of(answered(Answer.DECLINED)), DAY_BEFORE.due_time, "DECLINED"),
        (DAY_BEFORE, standing_of(replace(POINT, left=True)), DAY_BEFORE.due_time, "LEFT"),
        (DAY_BEFORE, standing_of(CHAIR), DAY_BEFORE.due_time, "UNINVITED"),
        (QUARTER_BEFORE, replace(STANDING, present=frozenset({POINT.name})), QUARTER_BEFORE.due_time, "PRESENT"),
    ],
)
def test_a_reminder_that_helps_nobody_is_dropped(
    due: DueReminder, standing: BriefingStanding, now: datetime, reason: str
) -> None:
    decision = decide(due, standing, now, OFFSETS)

    assert (decision.send, decision.reason) == (False, reason)


@pytest.mark.parametrize(
    ("briefing", "reason"),
    [
        (replace(BRIEFING, cancelled=True), "BRIEFING_OVER"),
        (replace(BRIEFING, ended=True), "BRIEFING_OVER"),
        (replace(BRIEFING, start=START + timedelta(hours=1)), "RESCHEDULED"),
    ],
)
def test_a_briefing_that_was_moved_or_called_off_is_not_remembered(briefing: Briefing, reason: str) -> None:
    decision = decide(DAY_BEFORE, replace(STANDING, briefing=briefing), DAY_BEFORE.due_time, OFFSETS)

    assert (decision.send, decision.reason) == (False, reason)


def test_of_two_in_one_mailbox_those_are_reminded_who_come_and_are_not_there() -> None:
    both = standing_of(answered(Answer.DECLINED), SHARING)
    there = replace(standing_of(answered(Answer.ACCEPTED), SHARING), present=frozenset({SHARING.name}))
    neither = replace(both, present=frozenset({SHARING.name}))

    assert served(DAY_BEFORE, both) == [SHARING]
    assert served(DAY_BEFORE, there) == [answered(Answer.ACCEPTED)]
    assert decide(DAY_BEFORE, neither, DAY_BEFORE.due_time, OFFSETS).reason == "PRESENT"


def test_a_reminder_goes_to_nobody_who_has_another_address_today() -> None:
    moved = standing_of(replace(POINT, address="moi@tinh.gov.vn"))

    assert decide(DAY_BEFORE, moved, DAY_BEFORE.due_time, OFFSETS).reason == "UNINVITED"
