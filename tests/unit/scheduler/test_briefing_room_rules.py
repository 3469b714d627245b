"""Attendance, speaking order, working days, links, override reasons: the small rules around a briefing."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giaoban import errors
from giaoban.names import InviteeId
from services.scheduler.domain.attendance import (
    Interval,
    MediaFact,
    Movement,
    Stay,
    closed,
    intervals,
    moved,
    present,
)
from services.scheduler.domain.briefings import Invitee, Kind, Part
from services.scheduler.domain.conflicts import Conflict, override_reasons, refuse_taken_points
from services.scheduler.domain.links import Links, invitee_of
from services.scheduler.domain.speaking import SpeakingOrder, SpeakingRequest, SpeakingState
from services.scheduler.domain.working_days import DayKind, SpecialDay, TimeWarning, has_notice, warnings_for

NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def fact(movement: Movement, minute: int, sid: str = "PA_1") -> MediaFact:
    return MediaFact(f"{sid}-{movement}-{minute}", movement, "b1", "points/x", sid, NOON + timedelta(minutes=minute))


def replay(facts: list[MediaFact]) -> dict[str, Stay]:
    stays: dict[str, Stay] = {}
    for one in facts:
        stays[one.participant_sid] = moved(stays.get(one.participant_sid), one)
    return stays


SESSIONS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=5)


@given(SESSIONS, st.randoms(use_true_random=False))
def test_joins_and_leaves_in_any_order_and_number_give_the_same_attendance(
    sessions: list[tuple[int, int]], chance: random.Random
) -> None:
    facts = []
    for number, (start, length) in enumerate(sessions):
        facts += [fact(Movement.JOINED, start, f"PA_{number}"), fact(Movement.LEFT, start + length, f"PA_{number}")]
    shuffled = facts + chance.choices(facts, k=len(facts))
    chance.shuffle(shuffled)

    assert intervals(replay(shuffled).values()) == intervals(replay(facts).values())
    assert present(replay(shuffled).values()) == ()


def test_a_leave_before_its_join_is_not_shown_until_the_join_is_known() -> None:
    early = replay([fact(Movement.LEFT, 9)])

    both = {"PA_1": moved(early["PA_1"], fact(Movement.JOINED, 2))}

    assert intervals(early.values()) == ()
    assert intervals(both.values()) == (Interval(NOON + timedelta(minutes=2), NOON + timedelta(minutes=9)),)


def test_a_closed_room_ends_a_stay_until_the_true_end_is_told() -> None:
    stay = replay([fact(Movement.JOINED, 0)])["PA_1"]

    assumed = closed(stay, NOON + timedelta(minutes=60))
    told = moved(assumed, fact(Movement.LEFT, 55))

    assert present([stay]) == ("points/x",)
    assert present([assumed]) == ()
    assert told.leave_time == NOON + timedelta(minutes=55)


def request(name: str) -> SpeakingRequest:
    return SpeakingRequest(f"people/{name}", name, InviteeId(f"i{name}"), NOON)


def test_who_asks_twice_keeps_the_place() -> None:
    order = SpeakingOrder().asked(request("a")).asked(request("b")).asked(request("a"))

    assert [one.display_name for one in order.requests] == ["a", "b"]
    assert (order.place("people/a"), order.place("people/b"), order.place("people/c")) == (1, 2, 0)


def test_the_floor_given_to_one_ends_the_turn_of_the_other() -> None:
    order = SpeakingOrder().asked(request("a")).asked(request("b"))

    first = order.floor_given(request("b"), NOON)
    second = first.floor_given(request("c"), NOON + timedelta(minutes=1))

    assert [(one.display_name, one.state) for one in first.requests] == [
        ("b", SpeakingState.SPEAKING),
        ("a", SpeakingState.WAITING),
    ]
    assert [one.display_name for one in second.requests] == ["c", "a"]
    assert [one.display_name for one in second.floor_taken().requests] == ["a"]


def test_the_floor_given_twice_keeps_its_time() -> None:
    given_once = SpeakingOrder().floor_given(request("a"), NOON)

    assert given_once.floor_given(request("a"), NOON + timedelta(minutes=5)) == given_once


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("awgt")), max_size=20))
def test_at_most_one_speaks_and_nobody_stands_twice(steps: list[tuple[str, str]]) -> None:
    order = SpeakingOrder()
    for name, step in steps:
        match step:
            case "a":
                order = order.asked(request(name))
            case "w":
                order = order.withdrawn(f"people/{name}")
            case "g":
                order = order.floor_given(request(name), NOON)
            case _:
                order = order.floor_taken()

        states = [one.state for one in order.requests]
        assert states.count(SpeakingState.SPEAKING) <= 1
        assert SpeakingState.SPEAKING not in states[1:]
        assert len({one.identity for one in order.requests}) == len(states)


CULTURE_DAY = SpecialDay(date(2026, 11, 24), DayKind.HOLIDAY, "Ngày Văn hóa Việt Nam")
MAKEUP = SpecialDay(date(2026, 11, 28), DayKind.MAKEUP, "Ngày làm bù")
SPECIAL = {CULTURE_DAY.day: CULTURE_DAY, MAKEUP.day: MAKEUP}


@pytest.mark.parametrize(
    ("today", "day", "enough"),
    [
        (date(2026, 11, 16), date(2026, 11, 19), True),  # Monday for Thursday
        (date(2026, 11, 16), date(2026, 11, 18), False),
        (date(2026, 11, 20), date(2026, 11, 25), False),  # over a weekend and a holiday
        (date(2026, 11, 20), date(2026, 11, 26), True),
        (date(2026, 11, 25), date(2026, 11, 28), True),  # a Saturday that is worked
    ],
)
def test_three_working_days_are_counted_without_rest_days(today: date, day: date, enough: bool) -> None:
    assert has_notice(today, day, SPECIAL) is enough


def test_a_time_is_judged_by_its_date_in_vietnam() -> None:
    now = datetime(2026, 11, 2, tzinfo=UTC)
    sunday_evening_utc = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # Monday 01:00 in Việt Nam

    assert warnings_for(sunday_evening_utc, now, {}) == []
    assert warnings_for(sunday_evening_utc - timedelta(hours=2), now, {}) == [TimeWarning.WEEKEND]
    assert warnings_for(datetime(2026, 11, 24, 2, tzinfo=UTC), now, SPECIAL) == [TimeWarning.HOLIDAY]
    assert warnings_for(now - timedelta(hours=1), now, SPECIAL) == [TimeWarning.IN_PAST]


def invitee(link_version: int = 1) -> Invitee:
    return Invitee(
        InviteeId("i0123"),
        Kind.POINT,
        "points/x",
        "X",
        "units/u",
        "U",
        "/u/",
        Part.ATTENDEE,
        "1",
        link_version=link_version,
    )


def test_a_link_is_good_for_its_invitee_and_version_only() -> None:
    links = Links(b"secret")
    token = links.token(invitee())

    assert invitee_of(token) == "i0123"
    assert links.is_signed(token, invitee())
    assert not links.is_signed(token, invitee(link_version=2))
    assert not Links(b"another").is_signed(token, invitee())
    assert not links.is_signed(token[:-1] + ("A" if token[-1] != "A" else "B"), invitee())


@pytest.mark.parametrize("token", ["", ".", "i0123", "i0123.", "I.abc", "i" * 4000, "i0123." + "é" * 22, "a.b\n"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    with pytest.raises(errors.Unauthenticated, match="LINK_INVALID"):
        invitee_of(token)


@given(st.text(max_size=60).filter(lambda text: "." not in text))
def test_no_text_breaks_the_reading_of_tokens(token: str) -> None:
    with pytest.raises(errors.Unauthenticated, match="LINK_INVALID"):
        invitee_of(token)


def conflict(subject: str, *, hard: bool) -> Conflict:
    return Conflict(subject, subject, hard, "briefings/b1", "Họp", "UBND", NOON, NOON + timedelta(hours=1))


def test_a_taken_point_is_refused_with_its_holder() -> None:
    with pytest.raises(errors.Conflict) as refused:
        refuse_taken_points([conflict("people/a", hard=False), conflict("points/x", hard=True)])

    assert refused.value.reason == "POINT_TAKEN"
    assert refused.value.metadata["subject"] == "points/x"
    assert refused.value.metadata["start"] == "2026-11-24T05:00:00Z"


def test_reasons_are_found_for_each_person_before_that_for_all() -> None:
    busy = [conflict("people/a", hard=False), conflict("people/b", hard=False), conflict("people/c", hard=False)]

    found = override_reasons(busy, {"people/a": "riêng", "": "chung"}, {"people/c": "cũ"})

    assert found == {"people/a": "riêng", "people/b": "chung", "people/c": "chung"}


def test_a_refusal_stays_small_however_many_are_taken() -> None:
    busy = [conflict(f"people/{number}", hard=False) for number in range(300)]

    with pytest.raises(errors.FailedPrecondition) as refused:
        override_reasons(busy, {}, {})

    assert refused.value.metadata["count"] == "300"
    assert len(refused.value.metadata["subjects"]) < 1000
