"""Ids, names, principals and clocks: the words all services share."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from giaoban.clock import FakeClock
from giaoban.errors import InvalidArgument
from giaoban.ids import fold, new_id, slug
from giaoban.names import (
    briefing_name,
    invitee_name,
    parse_briefing,
    parse_invitee,
    parse_person,
    parse_unit,
    unit_name,
)
from giaoban.permissions import Permission
from giaoban.principal import NOBODY, Grant, Principal


def test_ids_are_short_lower_case_and_different() -> None:
    made = [new_id("b") for _ in range(1000)]

    assert len(set(made)) == 1000
    assert all(len(each) == 21 and each == each.lower() and parse_briefing(briefing_name(each)) for each in made)


def test_an_id_made_later_sorts_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1_800_000_000_000_000_000, 1_800_000_000_001_000_000, 2_500_000_000_000_000_000])
    monkeypatch.setattr("time.time_ns", lambda: next(times))

    made = [new_id() for _ in range(3)]

    assert made == sorted(made)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UBND xã Tân Lập", "ubnd-xa-tan-lap"),
        ("Sở Nội vụ – Đắk Lắk (cũ)", "so-noi-vu-dak-lak-cu"),
        ("ĐẢNG ỦY", "dang-uy"),
        ("Nguye\u0302\u0303n", "nguyen"),
    ],
)
def test_a_vietnamese_name_becomes_a_readable_id(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(st.text(max_size=120))
def test_every_text_becomes_an_id_that_can_be_a_name(text: str) -> None:
    made = slug(text)

    assert made == slug(text)
    assert parse_unit(unit_name(made)) == made


@given(st.text(max_size=80))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_a_name_is_read_back() -> None:
    assert parse_invitee(invitee_name("b1", "i2")) == ("b1", "i2")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "units",
        "units/",
        "units/A",
        "people/a",
        "units/a/b",
        "units/a\n",
        "units/" + "a" * 64,
        "units/../x",
        "units/ă",
    ],
)
def test_a_bad_name_is_refused_with_its_field(name: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_unit(name, "briefing.host_unit")

    assert caught.value.reason == "BAD_NAME"
    assert caught.value.field == "briefing.host_unit"
    assert caught.value.metadata["field"] == "briefing.host_unit"


def test_a_role_counts_on_its_subtree_only() -> None:
    secretary = Principal(parse_person("people/a") and "people/a", (Grant("secretary", "/tinh/q1/"),))

    assert secretary.may("briefings.write")
    assert secretary.may("briefings.write", "/tinh/q1/")
    assert secretary.may("briefings.write", "/tinh/q1/p2/")
    assert not secretary.may("briefings.write", "/tinh/")
    assert not secretary.may("briefings.write", "/tinh/q10/")
    assert not secretary.may("org.write")


def test_a_link_holder_has_no_subtree() -> None:
    guest = Principal("briefings/b/invitees/i", link=True)

    assert guest.may("signed_in")
    assert guest.may("signed_in", "/tinh/")
    assert guest.may("briefings.conduct")
    assert not guest.may("briefings.conduct", "/tinh/")
    assert not guest.may("org.read")
    assert (guest.invitee, guest.person) == ("briefings/b/invitees/i", None)


def test_whoever_has_an_account_may_ask_to_conduct_what_it_is_named_for() -> None:
    officer = Principal("people/a", (Grant("delegate", "/tinh/q1/"),))

    assert officer.may("briefings.conduct")
    assert not officer.may("briefings.conduct", "/tinh/q1/")


def test_a_service_is_no_person() -> None:
    service = Principal("service:notify")

    assert service.may("service")
    assert service.may("org.read", "/tinh/")
    assert not service.may("org.write")
    assert not service.may("briefings.conduct")
    assert service.person is None


def test_nobody_may_what_is_public_and_nothing_else() -> None:
    assert NOBODY.permissions() == ("public",)


def test_an_administrator_may_everything_but_be_a_service() -> None:
    administrator = Principal("people/admin", (Grant("administrator", "/"),))

    assert set(administrator.permissions()) == set(Permission) - {"service"}


def test_a_role_that_does_not_exist_gives_nothing() -> None:
    assert Principal("people/a", (Grant("root", "/"),)).permissions() == Principal("people/a").permissions()


def test_a_fake_clock_moves_when_told() -> None:
    clock = FakeClock(datetime(2026, 11, 23, 8, tzinfo=timezone(timedelta(hours=7))))
    clock.advance(90)

    assert clock.now() == datetime(2026, 11, 23, 1, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
