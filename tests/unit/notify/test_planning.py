"""Who gets which message of a revision."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify.domain.model import Invitation, Method, PlannedMessage, Purpose, ReminderSlot, State, Told
from services.notify.domain.planning import Planner
from tests.unit.notify.facts import BRIEFING, CHAIR, NOW, POINT, RENDERER, START, batch_of, request_to

PLANNER = Planner(RENDERER.render, (24 * 60, 15))
TOLD = Told(revision=1, sequence=0, stamp=NOW, start=START, method=Method.REQUEST, reached=True)
SECOND = replace(BRIEFING, revision=2)
CANCELLING = Invitation(POINT, Method.CANCEL, 1, whole_briefing=True, update=True)


def only(planned: object) -> PlannedMessage:
    assert isinstance(planned, list)
    [message] = planned
    assert isinstance(message, PlannedMessage)
    return message


def test_a_booking_invites_everyone_once_and_books_two_reminders() -> None:
    planned = PLANNER.plan(batch_of(request_to(POINT), request_to(CHAIR)), {}, NOW)

    assert [item.delivery.note.recipient.name for item in planned] == [POINT.name, CHAIR.name]
    assert {item.delivery.note.purpose for item in planned} == {Purpose.INVITATION}
    assert {item.delivery.state for item in planned} == {State.PENDING}
    assert planned[0].reminders == (
        ReminderSlot(24 * 60, START - timedelta(days=1)),
        ReminderSlot(15, START - timedelta(minutes=15)),
    )
    assert planned[0].delivery.expire_time == START


def test_a_booking_within_a_reminders_window_does_not_fire_that_reminder() -> None:
    planned = only(PLANNER.plan(batch_of(request_to(POINT)), {}, START - timedelta(hours=3)))

    assert planned.reminders == (ReminderSlot(15, START - timedelta(minutes=15)),)


def test_an_event_that_comes_after_a_later_one_tells_nothing() -> None:
    told = {POINT.mailbox: replace(TOLD, revision=3)}

    assert PLANNER.plan(batch_of(request_to(POINT, update=True), briefing=SECOND), told, NOW) == []


def test_a_change_of_words_keeps_the_reminders_and_a_move_books_them_anew() -> None:
    told = {POINT.mailbox: TOLD}
    moved = replace(SECOND, start=START + timedelta(days=1), end=START + timedelta(days=1, hours=1))

    words = only(PLANNER.plan(batch_of(request_to(POINT, update=True), briefing=SECOND), told, NOW))
    time = only(PLANNER.plan(batch_of(request_to(POINT, 1, update=True), briefing=moved), told, NOW))

    assert words.delivery.note.purpose is Purpose.UPDATE
    assert words.reminders is None
    assert time.reminders is not None
    assert [slot.due_time for slot in time.reminders] == [START, START + timedelta(days=1, minutes=-15)]


def test_a_change_of_an_invitation_that_nobody_has_seen_is_still_an_invitation() -> None:
    told = {POINT.mailbox: replace(TOLD, reached=False)}

    planned = only(PLANNER.plan(batch_of(request_to(POINT, update=True), briefing=SECOND), told, NOW))

    assert planned.delivery.note.purpose is Purpose.INVITATION


def test_a_cancellation_takes_the_reminders_away() -> None:
    planned = only(PLANNER.plan(batch_of(CANCELLING, briefing=SECOND), {POINT.mailbox: TOLD}, NOW))

    assert planned.delivery.note.purpose is Purpose.CANCELLATION
    assert planned.reminders == ()


def test_what_nobody_has_seen_is_not_called_off() -> None:
    told = {POINT.mailbox: replace(TOLD, reached=False)}

    planned = only(PLANNER.plan(batch_of(CANCELLING, briefing=SECOND), told, NOW))

    assert (planned.delivery.state, planned.delivery.reason) == (State.SUPERSEDED, "NEVER_TOLD")


def test_after_the_end_nothing_is_said() -> None:
    planned = only(PLANNER.plan(batch_of(request_to(POINT)), {}, BRIEFING.end))

    assert (planned.delivery.state, planned.delivery.reason) == (State.SUPERSEDED, "BRIEFING_OVER")
    assert planned.delivery.message is None


def test_two_who_share_a_mailbox_are_told_in_one_message_under_one_key() -> None:
    both = replace(POINT, sharing=(replace(CHAIR, address=POINT.address.upper()),))

    planned = only(PLANNER.plan(batch_of(request_to(both)), {}, NOW))
    told = {both.mailbox: TOLD}
    later = only(PLANNER.plan(batch_of(request_to(both.sharing[0], update=True), briefing=SECOND), told, NOW))

    assert len(planned.delivery.key) < 200
    assert later.delivery.note.purpose is Purpose.UPDATE, "its mailbox was told, if not of it"


def test_an_update_is_compared_with_what_the_mailbox_has_seen() -> None:
    told = {POINT.mailbox: replace(TOLD, revision=2, seen_revision=1)}
    third = replace(BRIEFING, revision=3, title="Giao ban tuần 49")
    batch = batch_of(request_to(POINT, update=True), briefing=third)

    planned = only(PLANNER.plan(batch, told, NOW, {1: BRIEFING, 2: SECOND}))

    assert planned.delivery.note.seen is BRIEFING


@pytest.mark.parametrize(
    ("address", "state", "reason"),
    [("", State.NO_ADDRESS, "NO_ADDRESS"), ("not an address", State.FAILED, "BAD_ADDRESS")],
)
def test_who_cannot_be_written_to_stands_in_the_list_with_the_reason(address: str, state: State, reason: str) -> None:
    planned = only(PLANNER.plan(batch_of(request_to(replace(POINT, address=address))), {}, NOW))

    assert (planned.delivery.state, planned.delivery.reason) == (state, reason)
    assert planned.delivery.message is None
    assert planned.reminders == ()
