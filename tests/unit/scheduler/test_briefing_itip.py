"""What an organiser tells whom, one rule of RFC 5546 after the other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giaoban.errors import InvalidArgument
from giaoban.names import InviteeId
from services.scheduler.domain import itip
from services.scheduler.domain.briefings import Answer, Invitee, Kind, Part, Plan
from services.scheduler.domain.itip import Issue, Method

ORGANIZER = "giaoban@tinh.example.vn"
START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PLAN = Plan("Giao ban", "units/tinh", "people/a", "people/b", START, 60, attendees=("people/c",))


def invitee(name: str, **changes: object) -> Invitee:
    person = Invitee(
        id=InviteeId(f"i{name}"),
        kind=Kind.PERSON,
        subject=f"people/{name}",
        display_name=name,
        unit="units/tinh",
        unit_display_name="UBND tỉnh",
        unit_path="/tinh/",
        part=Part.ATTENDEE,
        rank=name,
        email=f"{name}@example.vn",
    )
    return replace(person, **changes)  # type: ignore[arg-type]


A, B, C = invitee("a"), invitee("b"), invitee("c")


def change(
    before: Issue, plan: Plan, invitees: Sequence[Invitee], removed: Sequence[Invitee] = ()
) -> tuple[Issue, dict[str, itip.Invitation]]:
    sequence = itip.sequence_of_change(before, plan, invitees, {one.id for one in removed})
    after = Issue(plan, sequence, tuple(invitees))
    told = itip.invitations_of_change(before, after, ORGANIZER)
    boxes = [one.invitee.email.casefold() for one in told]
    assert len(set(boxes)) == len(boxes), "a mailbox is told one thing of a revision"
    return after, {box.partition("@")[0]: one for box, one in zip(boxes, told, strict=True)}


def test_a_booking_asks_everyone_with_sequence_0() -> None:
    told = itip.invitations_of_booking(Issue(PLAN, 0, (A, B)), ORGANIZER)

    assert [(one.invitee, one.method, one.sequence, one.update) for one in told] == [
        (A, Method.REQUEST, 0, False),
        (B, Method.REQUEST, 0, False),
    ]


def test_g8_a_new_start_raises_the_sequence_and_concerns_everyone() -> None:
    after, told = change(Issue(PLAN, 0, (A, B)), replace(PLAN, start=START + timedelta(hours=1)), (A, B))

    assert after.sequence == 1
    assert {name: (one.method, one.sequence, one.update) for name, one in told.items()} == {
        "a": (Method.REQUEST, 1, True),
        "b": (Method.REQUEST, 1, True),
    }


def test_g8_a_new_duration_raises_the_sequence() -> None:
    after, _ = change(Issue(PLAN, 4, (A,)), replace(PLAN, minutes=90), (A,))

    assert after.sequence == 5


def test_g8_a_change_of_text_keeps_the_sequence_and_concerns_everyone() -> None:
    after, told = change(Issue(PLAN, 3, (A, B)), replace(PLAN, title="Giao ban tuần 48"), (A, B))

    assert after.sequence == 3
    assert {one.sequence for one in told.values()} == {3}
    assert set(told) == {"a", "b"}


def test_g8_an_added_attendee_gets_a_request_with_the_same_sequence_and_the_others_nothing() -> None:
    after, told = change(Issue(PLAN, 2, (A,)), replace(PLAN, attendees=("people/b",)), (A, B))

    assert after.sequence == 2
    assert list(told) == ["b"]
    assert (told["b"].method, told["b"].sequence, told["b"].update) == (Method.REQUEST, 2, False)


def test_g8_a_cancelled_briefing_raises_the_sequence_and_tells_those_who_declined_too() -> None:
    declined = replace(B, status=Answer.DECLINED)

    told = itip.invitations_of_cancelling(Issue(PLAN, 2, (A, declined)), ORGANIZER)

    assert [(one.method, one.sequence, one.whole_briefing) for one in told] == [(Method.CANCEL, 3, True)] * 2


def test_a_removed_attendee_alone_gets_a_cancel_without_status_and_a_higher_sequence() -> None:
    after, told = change(Issue(PLAN, 0, (A, B)), PLAN, (A,))

    assert after.sequence == 1
    assert list(told) == ["b"]
    assert (told["b"].method, told["b"].sequence, told["b"].whole_briefing) == (Method.CANCEL, 1, False)


def test_a_person_invited_again_gets_a_request_above_the_cancel() -> None:
    without, cancels = change(Issue(PLAN, 0, (A, B)), PLAN, (A,))

    _, told = change(without, PLAN, (A, B), removed=(B,))

    assert told["b"].method is Method.REQUEST
    assert told["b"].sequence > cancels["b"].sequence


def test_g9_removal_and_reschedule_in_one_revision_share_one_step_of_the_counter() -> None:
    after, told = change(Issue(PLAN, 7, (A, B)), replace(PLAN, start=START + timedelta(days=1)), (A,))

    assert after.sequence == 8
    assert {one.sequence for one in told.values()} == {8}


def test_a_reschedule_forgets_every_answer() -> None:
    accepted = replace(A, status=Answer.ACCEPTED, comment="Có mặt", response_time=START)

    (reset,) = itip.unanswered([accepted])

    assert (reset.status, reset.comment, reset.response_time) == (Answer.NEEDS_ACTION, "", None)


def test_g12_the_organisers_own_address_gets_no_message_in_whatever_case() -> None:
    organiser = invitee("o", email="GiaoBan@Tinh.example.vn")

    told = itip.invitations_of_booking(Issue(PLAN, 0, (A, organiser)), ORGANIZER)

    assert [one.invitee for one in told] == [A]


def test_a_mailbox_that_serves_two_is_told_once_of_both() -> None:
    shared = replace(B, email=A.email.upper())

    told = itip.invitations_of_booking(Issue(PLAN, 0, (A, shared, C)), ORGANIZER)

    assert [(one.invitee, one.sharing) for one in told] == [(A, (shared,)), (C, ())]


def test_of_two_in_one_mailbox_removing_one_is_an_update_and_removing_both_a_cancel() -> None:
    shared = replace(B, email=A.email.upper())
    after, first = change(Issue(PLAN, 0, (A, shared, C)), PLAN, (shared, C))
    _, second = change(after, PLAN, (C,), removed=(A,))

    assert (list(first), list(second)) == (["a"], ["a"])
    assert (first["a"].method, first["a"].invitee, first["a"].sharing, first["a"].update) == (
        Method.REQUEST,
        shared,
        (),
        True,
    )
    assert second["a"].method is Method.CANCEL
    assert second["a"].sequence > first["a"].sequence


def test_one_more_in_a_mailbox_is_an_update_for_it_alone() -> None:
    shared = replace(B, email=A.email)

    _, told = change(Issue(PLAN, 0, (A, C)), PLAN, (A, shared, C))

    assert {box: (one.method, one.sharing, one.update) for box, one in told.items()} == {
        "a": (Method.REQUEST, (shared,), True)
    }


def test_a_corrected_address_is_invited_and_the_one_before_is_called_off() -> None:
    corrected = replace(B, email="b.new@example.vn")

    after, told = change(Issue(PLAN, 2, (A, B)), PLAN, (replace(A, email=A.email.upper()), corrected))

    assert after.sequence == 3, "the CANCEL must outrank what the mailbox before holds"
    assert told == {
        "b.new": itip.Invitation(corrected, Method.REQUEST, 3, whole_briefing=True, update=False),
        "b": itip.Invitation(B, Method.CANCEL, 3, whole_briefing=False, update=True),
    }


def test_a_corrected_address_in_a_moved_briefing_is_invited_and_the_others_are_told_of_the_move() -> None:
    corrected = replace(B, email="b.new@example.vn")

    _, told = change(Issue(PLAN, 0, (A, B)), replace(PLAN, start=START + timedelta(days=1)), (A, corrected))

    assert {name: (one.method, one.sequence, one.update) for name, one in told.items()} == {
        "a": (Method.REQUEST, 1, True),
        "b.new": (Method.REQUEST, 1, False),
        "b": (Method.CANCEL, 1, True),
    }


def test_a_first_address_calls_nothing_off() -> None:
    _, told = change(Issue(PLAN, 0, (A, replace(B, email=""))), PLAN, (A, B))

    assert {name: one.method for name, one in told.items()} == {"b": Method.REQUEST}


def test_an_invitee_without_an_address_is_listed_all_the_same() -> None:
    silent = replace(A, email="")

    told = itip.invitations_of_booking(Issue(PLAN, 0, (silent,)), ORGANIZER)

    assert [one.invitee for one in told] == [silent]


PEOPLE = [invitee(name) for name in "abcdef"]
CHANGES = st.lists(
    st.tuples(
        st.sets(st.sampled_from(range(len(PEOPLE))), min_size=1),
        st.integers(0, 3),
        st.sampled_from(["Giao ban", "Họp"]),
    ),
    max_size=15,
)


@given(CHANGES)
def test_no_sequence_of_changes_lowers_the_sequence_or_lets_a_request_lose_against_a_cancel(
    changes: list[tuple[set[int], int, str]],
) -> None:
    issue = Issue(PLAN, 0, (PEOPLE[0],))
    removed: dict[str, Invitee] = {}
    last_told = {PEOPLE[0].id: (0, Method.REQUEST)}
    for members, hours, title in changes:
        invited = [PEOPLE[number] for number in sorted(members)]
        plan = replace(PLAN, start=START + timedelta(hours=hours), title=title)
        moved = plan.start != issue.plan.start
        after, told = change(issue, plan, invited, list(removed.values()))

        assert after.sequence in (issue.sequence, issue.sequence + 1)
        assert not moved or after.sequence == issue.sequence + 1
        for one in told.values():
            before_sequence, before_method = last_told.get(one.invitee.id, (-1, Method.REQUEST))
            if one.method is Method.CANCEL or before_method is Method.CANCEL:
                assert one.sequence > before_sequence
            assert one.sequence >= before_sequence
            last_told[one.invitee.id] = (one.sequence, one.method)
        for gone in issue.invitees:
            if gone not in invited:
                removed[gone.id] = gone
        for back in invited:
            removed.pop(back.id, None)
        issue = after

    holding = {invitee_id for invitee_id, (_, method) in last_told.items() if method is Method.REQUEST}
    assert holding == {one.id for one in issue.invitees}


def test_who_makes_a_change_says_who_hears_of_other_words() -> None:
    reworded = replace(PLAN, title="Giao ban tuần 48")
    before, after = Issue(PLAN, 0, (A, B)), Issue(reworded, 0, (A, replace(B, part=Part.SECRETARY), C))

    told = {
        tell: [one.invitee.id for one in itip.invitations_of_change(before, after, ORGANIZER, tell)]
        for tell in (itip.Tell.AS_USUAL, itip.Tell.EVERYONE, itip.Tell.CONCERNED)
    }

    assert told == {
        itip.Tell.AS_USUAL: ["ia", "ib", "ic"],
        itip.Tell.EVERYONE: ["ia", "ib", "ic"],
        itip.Tell.CONCERNED: ["ib", "ic"],
    }
    assert itip.invitations_of_change(before, Issue(reworded, 0, (A, B)), ORGANIZER, itip.Tell.NOBODY) == ()


@pytest.mark.parametrize(
    "after",
    [
        Issue(replace(PLAN, start=START + timedelta(hours=1)), 1, (A, B)),
        Issue(replace(PLAN, minutes=30), 1, (A, B)),
        Issue(PLAN, 1, (A,)),
        Issue(PLAN, 0, (A, B, C)),
        Issue(PLAN, 1, (A, replace(B, email="b.new@example.vn"))),
    ],
)
def test_who_is_concerned_is_told_in_any_case(after: Issue) -> None:
    before = Issue(PLAN, 0, (A, B))

    with pytest.raises(InvalidArgument, match="TELL_NEEDED"):
        itip.invitations_of_change(before, after, ORGANIZER, itip.Tell.NOBODY)
    concerned = itip.invitations_of_change(before, after, ORGANIZER, itip.Tell.CONCERNED)
    assert len(concerned) >= (2 if itip.is_rescheduled(PLAN, after.plan) else 1)
