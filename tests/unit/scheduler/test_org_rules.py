from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import argon2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giaoban.errors import InvalidArgument, PermissionDenied
from giaoban.names import PersonId, UnitId
from giaoban.principal import Grant, Principal
from services.scheduler.domain.access import directory_roots, narrowed, readable_roots
from services.scheduler.domain.audit import FIRST_HASH, AuditEntry, chained_hash, detail_text, first_broken
from services.scheduler.domain.directory import Rule, parse_rule
from services.scheduler.domain.org_fields import person_problems
from services.scheduler.domain.passwords import Argon2Hasher, check_password
from services.scheduler.domain.people import Person, Role, RoleGrant, ordered
from services.scheduler.domain.units import Unit, UnitTree
from services.scheduler.rpc.org_paging import page_slice, page_token

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def log(length: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    previous = FIRST_HASH
    for position in range(1, length + 1):
        entry = AuditEntry(position, NOON, "people/a", "unit.update", "units/x", detail_text({"n": position}))
        previous = chained_hash(previous, entry)
        entries.append(replace(entry, hash=previous))
    return entries


def test_a_log_that_nobody_touched_is_whole() -> None:
    assert first_broken(log(5)) is None


@pytest.mark.parametrize(
    "change", [{"actor": "people/b"}, {"detail": "{}"}, {"create_time": NOON + timedelta(seconds=1)}, {"action": "x"}]
)
def test_a_changed_entry_breaks_the_log_at_its_place(change: dict[str, str]) -> None:
    entries = log(5)
    entries[2] = replace(entries[2], **change)  # type: ignore[arg-type]  # any field

    assert first_broken(entries) == 3


def test_a_removed_entry_breaks_the_log_at_its_place() -> None:
    entries = log(5)
    del entries[1]

    assert first_broken(entries) == 2


def test_the_hash_does_not_depend_on_the_zone_in_which_a_time_is_read() -> None:
    entry = log(1)[0]
    elsewhere = replace(entry, create_time=entry.create_time.astimezone(timezone(timedelta(hours=7))))

    assert chained_hash(FIRST_HASH, elsewhere) == entry.hash


def test_people_see_the_subtrees_of_their_roles() -> None:
    caller = Principal(
        "people/a", (Grant("district_it", "/t/h/"), Grant("delegate", "/t/h/x/"), Grant("chair", "/t/s/"))
    )

    assert readable_roots(caller) == ("/t/h/", "/t/s/")
    assert directory_roots(caller) == ("/t/h/", "/t/s/")


def test_whoever_books_finds_everyone_of_the_same_authority() -> None:
    caller = Principal("people/a", (Grant("secretary", "/t/so-y-te/"),))

    assert readable_roots(caller) == ("/t/so-y-te/",)
    assert directory_roots(caller) == ("/t/",)


def test_services_see_everything_and_link_holders_nothing() -> None:
    assert readable_roots(Principal("service:notify")) == ("/",)
    assert readable_roots(Principal("briefings/b/invitees/i", link=True)) == ()


def test_asking_for_a_unit_narrows_what_is_seen() -> None:
    assert narrowed(("/t/h/",), "/t/h/x/") == ("/t/h/x/",)
    assert narrowed(("/t/h/x/", "/t/s/"), "/t/h/") == ("/t/h/x/",)
    with pytest.raises(PermissionDenied):
        narrowed(("/t/h/",), "/t/h2/")


def test_a_rule_is_read_as_it_is_written() -> None:
    rule = Rule(UnitId("huyen-a"), "xã")

    assert rule.name == "rule:units/huyen-a/children?kind=xã"
    assert parse_rule(rule.name) == rule
    assert parse_rule("rule:units/huyen-a/children?kind=x%C3%A3") == rule


def test_a_rule_means_every_unit_of_its_kind_however_that_was_typed() -> None:
    kinds = {"tinh": "tỉnh", "a": "xã", "b": "xa", "c": "XÃ", "d": "phường"}
    tree = UnitTree([])
    tree.put(Unit(UnitId(code), UnitId("tinh") if code != "tinh" else None, code, kind) for code, kind in kinds.items())

    assert [unit.id for unit in Rule(UnitId("tinh"), "xã").units(tree)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text", ["units/a", "rule:units/a", "rule:units/a/children?kind=", "rule:points/a/children?kind=x"]
)
def test_other_texts_are_no_rules(text: str) -> None:
    assert parse_rule(text) is None


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaa", "x" * 300, "VanThu-2026!"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_password(password, "vanthu", "password")

    assert refused.value.reason == "WEAK_PASSWORD"


def test_a_long_phrase_is_a_good_password() -> None:
    check_password("con ngựa đúng pin kẹp giấy", "vanthu", "password")


async def test_a_hash_tells_its_password_and_nothing_else() -> None:
    hasher = Argon2Hasher(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    stored = await hasher.hash("đúng mật khẩu")

    assert await hasher.verify(stored, "đúng mật khẩu")
    assert not await hasher.verify(stored, "sai mật khẩu")
    assert not await hasher.verify("", "nobody has this password")
    assert not await hasher.verify("not a hash", "đúng mật khẩu")


@pytest.mark.parametrize("email", ["a@b.vn", "nguyen.van.an+giaoban@so-y-te.sonha.example", "x_y@xn--abc.vn"])
def test_usual_addresses_are_accepted(email: str) -> None:
    assert list(person_problems(Person(PersonId("p"), "An", None, email=email))) == []


@pytest.mark.parametrize(
    "email",
    ["a", "a@b", "a@b..vn", "@b.vn", "a b@c.vn", "a@-b.vn", "Đ@b.vn", "a@b.vn\nBcc: c@d.vn", "x" * 250 + "@b.vn"],
)
def test_broken_addresses_are_refused(email: str) -> None:
    problems = list(person_problems(Person(PersonId("p"), "An", None, email=email)))

    assert [problem.reason for problem in problems] == ["BAD_EMAIL"]


def test_equal_sets_of_roles_are_equal_whatever_their_order() -> None:
    chair, it = RoleGrant(Role.CHAIR, UnitId("a")), RoleGrant(Role.DISTRICT_IT, None)

    assert ordered([chair, it, chair]) == ordered([it, chair])


@settings(max_examples=30, deadline=None)
@given(after=st.lists(st.text(), min_size=1, max_size=4), question=st.lists(st.text(), max_size=2))
def test_a_page_token_leads_on_in_its_own_request_only(after: list[str], question: list[str]) -> None:
    token = page_token(tuple(after), *question)

    assert page_slice(5, token, *question).after == tuple(after)
    with pytest.raises(InvalidArgument) as refused:
        page_slice(5, token, *question, "another")
    assert refused.value.reason == "BAD_PAGE_TOKEN"


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60).filter(bool))
def test_a_made_up_page_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        page_slice(5, token)

    assert refused.value.reason == "BAD_PAGE_TOKEN"
