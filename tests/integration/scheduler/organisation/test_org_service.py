from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Final

import pytest

from briefing.v1 import org_pb2
from briefing.v1 import org_service_pb2 as pb
from briefing.v1 import report_service_pb2 as report_pb
from giaoban.principal import Grant, Principal
from services.scheduler.domain.audit import AuditEntry, first_broken
from tests.integration.scheduler.organisation.house import (
    ADMINISTRATOR,
    DELEGATE,
    DISTRICT_ADMINISTRATOR,
    GATEWAY,
    LINK_HOLDER,
    SECRETARY,
    House,
    refusal,
)

WRITING: Final = ("CreateUnit", "UpdateUnit", "CreatePoint", "UpdatePoint", "CreatePerson", "UpdatePerson", "ImportOrg")
READING: Final = ("ListUnits", "ListPoints", "ListPeople", "SearchDirectory")
EXAMPLE: Final = Path(__file__).parents[4] / "docs/examples/organisation.csv"


def xa(**changes: str | int) -> org_pb2.Unit:
    message = org_pb2.Unit(parent="units/nam", display_name="UBND xã Tân Lập", kind="xã")
    message.MergeFrom(org_pb2.Unit(**changes))  # type: ignore[arg-type]  # any field
    return message


async def unit(house: House, name: str) -> org_pb2.Unit:
    listed = await house.org(ADMINISTRATOR).ListUnits(pb.ListUnitsRequest())
    return next(each for each in listed.units if each.name == name)


async def person(house: House, name: str) -> org_pb2.Person:
    listed = await house.org(ADMINISTRATOR).ListPeople(pb.ListPeopleRequest())
    return next(each for each in listed.people if each.name == name)


async def test_a_new_unit_gets_an_id_from_its_name_and_stands_in_the_tree(house: House) -> None:
    org = house.org(ADMINISTRATOR)

    created = (await org.CreateUnit(pb.CreateUnitRequest(unit=xa()))).unit
    again = (await org.CreateUnit(pb.CreateUnitRequest(unit=xa()))).unit

    assert (created.name, created.path) == ("units/ubnd-xa-tan-lap", "/tinh/nam/ubnd-xa-tan-lap/")
    assert again.name == "units/ubnd-xa-tan-lap-2"
    assert await unit(house, created.name) == created


async def test_moving_a_unit_moves_all_below_it(house: House) -> None:
    bac = await unit(house, "units/bac")
    bac.parent = "units/so"

    await house.org(ADMINISTRATOR).UpdateUnit(pb.UpdateUnitRequest(unit=bac))

    assert (await unit(house, "units/xa-1")).path == "/tinh/so/bac/xa-1/"
    points = await house.org(ADMINISTRATOR).ListPoints(pb.ListPointsRequest(parent="units/so"))
    assert "points/diem-xa-1" in {point.name for point in points.points}


async def test_of_two_writers_with_one_etag_the_second_is_told(house: House) -> None:
    org, bac = house.org(ADMINISTRATOR), await unit(house, "units/bac")
    bac.display_name = "UBND huyện Bắc Sơn Hà"
    changed = (await org.UpdateUnit(pb.UpdateUnitRequest(unit=bac))).unit

    reason, _ = await refusal(org.UpdateUnit(pb.UpdateUnitRequest(unit=bac)))

    assert reason == "ETAG_MISMATCH"
    assert changed.etag != bac.etag
    assert await unit(house, "units/bac") == changed


@pytest.mark.parametrize(
    ("message", "reason", "field"),
    [
        (xa(name="units/UPPER"), "BAD_NAME", "unit.name"),
        (xa(name="units/bac"), "UNIT_EXISTS", None),
        (xa(parent="units/nowhere"), "UNKNOWN_UNIT", "unit.parent"),
        (xa(display_name="x" * 201), "BAD_FIELD", "unit.display_name"),
        (xa(valid_from_date="2026-02-30"), "BAD_FIELD", "unit.valid_from_date"),
        (xa(valid_from_date="20260201"), "BAD_FIELD", "unit.valid_from_date"),
        (xa(valid_from_date="2026-02-02", valid_to_date="2026-02-02"), "BAD_FIELD", "unit.valid_to_date"),
        (xa(order=-1), "BAD_FIELD", "unit.order"),
        (xa(successor="units/nowhere"), "UNKNOWN_UNIT", "unit.successor"),
    ],
)
async def test_a_bad_unit_is_refused_with_its_field(
    house: House, message: org_pb2.Unit, reason: str, field: str | None
) -> None:
    found, metadata = await refusal(house.org(ADMINISTRATOR).CreateUnit(pb.CreateUnitRequest(unit=message)))

    assert (found, metadata.get("field")) == (reason, field)


async def test_units_that_do_not_exist_on_the_day_are_not_listed(house: House) -> None:
    org = house.org(ADMINISTRATOR)
    merged = xa(name="units/cu", valid_to_date="2025-07-01", successor="units/xa-1")
    await org.CreateUnit(pb.CreateUnitRequest(unit=merged))

    today = await org.ListUnits(pb.ListUnitsRequest())
    before = await org.ListUnits(pb.ListUnitsRequest(valid_date="2025-06-30"))

    assert "units/cu" not in {each.name for each in today.units}
    assert "units/cu" in {each.name for each in before.units}


async def test_a_point_carries_its_line_and_moves_with_both_units_in_reach(house: House) -> None:
    org = house.org(ADMINISTRATOR)
    line = org_pb2.Line(carrier="Viettel", down_kbps=20000, up_kbps=10000, it_contact_phone="0900 000 009")
    message = org_pb2.Point(unit="units/xa-1", display_name="Điểm cầu mới", line=line, email="moi@example.vn")

    created = (await org.CreatePoint(pb.CreatePointRequest(point=message))).point
    created.unit = "units/xa-2"
    moved = (await org.UpdatePoint(pb.UpdatePointRequest(point=created))).point

    assert (moved.unit_path, moved.unit_display_name, moved.line) == ("/tinh/bac/xa-2/", "UBND xã Đồng 2", line)
    assert moved.etag != created.etag


async def test_lists_come_in_pages_that_another_question_cannot_use(house: House) -> None:
    org = house.org(ADMINISTRATOR)
    names: list[str] = []
    token = ""
    while True:
        page = await org.ListPoints(pb.ListPointsRequest(page_size=2, page_token=token))
        names += [point.name for point in page.points]
        token = page.next_page_token or token
        if not page.next_page_token:
            break

    assert names == [f"points/diem-{each}" for each in ("bac", "xa-1", "xa-2", "xa-3", "xa_1")]
    other = org.ListPoints(pb.ListPointsRequest(page_size=2, page_token=token, query="xa"))
    assert (await refusal(other))[0] == "BAD_PAGE_TOKEN"
    assert (await refusal(org.ListPoints(pb.ListPointsRequest(page_size=-1))))[0] == "BAD_FIELD"


async def test_a_delegate_sees_the_own_unit_and_the_way_up_to_the_root(house: House) -> None:
    org = house.org(DELEGATE)

    units = await org.ListUnits(pb.ListUnitsRequest())
    points = await org.ListPoints(pb.ListPointsRequest())

    assert [each.name for each in units.units] == ["units/tinh", "units/bac", "units/xa-1"]
    assert [point.name for point in points.points] == ["points/diem-xa-1"]
    assert (await refusal(org.ListPeople(pb.ListPeopleRequest(parent="units/nam"))))[0] == "NO_PERMISSION"


async def test_words_find_without_diacritics_best_first(house: House) -> None:
    found = await house.org(SECRETARY).SearchDirectory(pb.SearchDirectoryRequest(query="ubnd xa dong 2"))

    assert [entry.name for entry in found.entries] == ["units/xa-2", "points/diem-xa-2"]
    assert found.entries[0].point_count == 1
    assert found.entries[0].detail == "UBND huyện Bắc Sơn"


async def test_a_rule_for_all_communes_of_a_district_is_found_with_its_points(house: House) -> None:
    found = await house.org(SECRETARY).SearchDirectory(pb.SearchDirectoryRequest(query="tat ca xa bac son"))

    [entry] = found.entries
    assert entry.name == "rule:units/bac/children?kind=xã"
    assert entry.display_name == "Tất cả xã của UBND huyện Bắc Sơn"
    assert entry.point_count == 3


async def test_without_words_the_nearest_units_come_first(house: House) -> None:
    found = await house.org(SECRETARY).SearchDirectory(pb.SearchDirectoryRequest(page_size=3))

    nearest = ["units/so", "units/tinh", "rule:units/tinh/children?kind=huyện"]
    assert [entry.name for entry in found.entries] == nearest


async def test_what_is_retired_is_not_found(house: House) -> None:
    org = house.org(ADMINISTRATOR)
    gone = await person(house, "people/giam-doc")
    gone.retired = True
    await org.UpdatePerson(pb.UpdatePersonRequest(person=gone))

    found = await org.SearchDirectory(pb.SearchDirectoryRequest(query="nguyen van giam"))

    assert list(found.entries) == []


async def test_a_user_name_belongs_to_one_person(house: House) -> None:
    someone = org_pb2.Person(display_name="Ai Đó", unit="units/xa-1", username=" VanThu ")

    reason, _ = await refusal(house.org(ADMINISTRATOR).CreatePerson(pb.CreatePersonRequest(person=someone)))

    assert reason == "USERNAME_TAKEN"


@pytest.mark.parametrize(
    "change",
    [
        lambda each: each.roles.add(role=org_pb2.ROLE_ADMINISTRATOR, unit="units/tinh"),
        lambda each: each.roles.add(role=org_pb2.ROLE_ADMINISTRATOR),
        lambda each: setattr(each, "unit", "units/nam"),
    ],
)
async def test_a_district_gives_no_rights_beyond_itself(
    house: House, change: Callable[[org_pb2.Person], object]
) -> None:
    someone = await person(house, "people/chu-tich-bac")
    change(someone)

    call = house.org(DISTRICT_ADMINISTRATOR).UpdatePerson(pb.UpdatePersonRequest(person=someone))

    assert (await refusal(call))[0] == "NO_PERMISSION"


async def test_a_district_cannot_take_the_account_of_somebody_with_rights_on_the_province(house: House) -> None:
    leader = await person(house, "people/lanh-dao")
    org = house.org(DISTRICT_ADMINISTRATOR)

    taking = org.UpdatePerson(pb.UpdatePersonRequest(person=leader, password="một mật khẩu khác"))
    assert (await refusal(taking))[0] == "NO_PERMISSION"

    leader.phone = "0900 111 222"
    assert (await org.UpdatePerson(pb.UpdatePersonRequest(person=leader))).person.phone == "0900 111 222"


async def test_administrators_cannot_take_their_own_administration_away(house: House) -> None:
    own = await person(house, "people/quan-tri-bac")
    del own.roles[:]

    call = house.org(DISTRICT_ADMINISTRATOR).UpdatePerson(pb.UpdatePersonRequest(person=own))

    assert (await refusal(call))[0] == "OWN_ACCOUNT"


async def test_an_import_with_three_bad_rows_names_all_three_and_changes_nothing(house: House) -> None:
    org = house.org(ADMINISTRATOR)
    before = await org.ListUnits(pb.ListUnitsRequest())
    lines = EXAMPLE.read_text().splitlines()
    lines[3] = lines[3].replace(",son-ha,", ",son-xa,")
    lines[6] = lines[6].replace(",60,", ",sáu mươi,")
    lines[9] = lines[9].replace("@son-ha.example", "")

    answer = await org.ImportOrg(pb.ImportOrgRequest(content="\n".join(lines).encode()))

    assert [(each.row, each.column, each.reason) for each in answer.problems] == [
        (4, "đơn vị", "UNKNOWN_UNIT"),
        (7, "số chỗ", "BAD_NUMBER"),
        (10, "email", "BAD_EMAIL"),
    ]
    assert [each.value for each in answer.problems] == ["son-xa", "sáu mươi", "duclong"]
    assert (answer.unit_count, answer.point_count, answer.person_count) == (0, 0, 0)
    assert await org.ListUnits(pb.ListUnitsRequest()) == before
    assert not (await house.reports().ListAuditEntries(report_pb.ListAuditEntriesRequest())).entries


async def test_an_import_writes_once_and_can_be_checked_before(house: House) -> None:
    org, content = house.org(ADMINISTRATOR), EXAMPLE.read_bytes()

    checked = await org.ImportOrg(pb.ImportOrgRequest(content=content, validate_only=True))
    written = await org.ImportOrg(pb.ImportOrgRequest(content=content))
    repeated = await org.ImportOrg(pb.ImportOrgRequest(content=content))

    assert list(written.problems) == []
    assert (written.unit_count, written.point_count, written.person_count) == (5, 2, 4)
    assert checked == written
    assert (repeated.unit_count, repeated.point_count, repeated.person_count) == (0, 0, 0)
    chair = await person(house, "people/chu-tich-tan-lap")
    assert {grant.unit_path for grant in chair.roles} == {
        "/son-ha/huyen-bac-son/xa-tan-lap/",
        "/son-ha/huyen-bac-son/",
    }


async def test_every_change_is_in_the_log_and_the_log_is_a_chain(house: House) -> None:
    org = house.org(ADMINISTRATOR)
    bac = await unit(house, "units/bac")
    bac.kind = "cụm"
    await org.UpdateUnit(pb.UpdateUnitRequest(unit=bac))
    await org.CreateUnit(pb.CreateUnitRequest(unit=xa()))
    someone = org_pb2.Person(display_name="Vàng A Páo", unit="units/bac", phone="0900 000 111")
    created = (await org.CreatePerson(pb.CreatePersonRequest(person=someone))).person

    first = await house.reports().ListAuditEntries(report_pb.ListAuditEntriesRequest(page_size=2))
    rest = await house.reports().ListAuditEntries(
        report_pb.ListAuditEntriesRequest(page_size=2, page_token=first.next_page_token)
    )

    entries = [*first.entries, *rest.entries]
    assert [(each.action, each.resource) for each in entries] == [
        ("person.create", created.name),
        ("unit.create", "units/ubnd-xa-tan-lap"),
        ("unit.update", "units/bac"),
    ]
    assert {each.actor for each in entries} == {"people/admin"}
    assert rest.next_page_token == ""
    assert not any("Páo" in each.detail or "0900" in each.detail for each in entries), "no personal data in the log"
    assert first_broken(map(_entry, reversed(entries))) is None


def _entry(message: org_pb2.AuditEntry) -> AuditEntry:
    when = message.create_time.ToDatetime().replace(tzinfo=UTC)
    return AuditEntry(
        message.position, when, message.actor, message.action, message.resource, message.detail, message.hash
    )


@pytest.mark.parametrize("caller", [SECRETARY, DELEGATE, LINK_HOLDER, GATEWAY], ids=lambda each: each.subject)
async def test_only_administrators_write(house: House, caller: Principal) -> None:
    for method in WRITING:
        request = getattr(pb, f"{method}Request")()

        reason, metadata = await refusal(getattr(house.org(caller), method)(request))

        assert (reason, metadata["permission"]) == ("NO_PERMISSION", "org.write"), method


async def test_link_holders_do_not_read_the_books(house: House) -> None:
    for method in READING:
        request = getattr(pb, f"{method}Request")()

        reason, _ = await refusal(getattr(house.org(LINK_HOLDER), method)(request))

        assert reason == "NO_PERMISSION", method


@pytest.mark.parametrize("caller", [SECRETARY, DELEGATE, LINK_HOLDER, GATEWAY], ids=lambda each: each.subject)
async def test_only_administrators_read_the_log(house: House, caller: Principal) -> None:
    call = house.reports(caller).ListAuditEntries(report_pb.ListAuditEntriesRequest())

    assert (await refusal(call))[0] == "NO_PERMISSION"


async def test_an_administrator_of_the_one_province_reads_the_log(house: House) -> None:
    caller = Principal("people/quan-tri-tinh", (Grant("administrator", "/tinh/"),))
    changed = await unit(house, "units/nam")
    changed.display_name = "UBND huyện Nam mới"
    await house.org(ADMINISTRATOR).UpdateUnit(pb.UpdateUnitRequest(unit=changed))

    answer = await house.reports(caller).ListAuditEntries(report_pb.ListAuditEntriesRequest())

    assert [entry.resource for entry in answer.entries] == ["units/nam"]


@pytest.mark.parametrize("path", ["/tinh/bac/", "/tinh/bac/xa-1/"])
async def test_administrators_of_a_part_do_not_read_the_log_of_everything(house: House, path: str) -> None:
    caller = Principal("people/quan-tri-bac", (Grant("administrator", path),))
    call = house.reports(caller).ListAuditEntries(report_pb.ListAuditEntriesRequest())

    reason, metadata = await refusal(call)

    assert reason == "NO_PERMISSION"
    assert metadata == {"permission": "audit.read", "unit_path": "/tinh/"}


async def test_a_district_cannot_change_its_neighbour(house: House) -> None:
    org = house.org(DISTRICT_ADMINISTRATOR)
    neighbour = await unit(house, "units/nam")

    changing = org.UpdateUnit(pb.UpdateUnitRequest(unit=neighbour))
    adding = org.CreateUnit(pb.CreateUnitRequest(unit=xa()))
    rooting = org.CreateUnit(pb.CreateUnitRequest(unit=org_pb2.Unit(display_name="Gốc mới")))

    for call in (changing, adding, rooting):
        assert (await refusal(call))[0] == "NO_PERMISSION"
