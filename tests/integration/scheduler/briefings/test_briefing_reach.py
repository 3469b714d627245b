"""Two authorities in one house: neither invites the other's points and people, nor learns of them by trying."""

import pytest
import pytest_asyncio

from briefing.v1 import briefing_pb2, briefing_service_pb2, calendar_service_pb2
from giaoban.names import PersonId, PointId, UnitId
from giaoban.principal import Grant, Principal
from services.scheduler.domain.people import Person, Role, RoleGrant
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import Unit
from tests.integration.scheduler.briefings.house import SECRETARY, House, refusal

Create = briefing_service_pb2.CreateBriefingRequest
Update = briefing_service_pb2.UpdateBriefingRequest
EVERYWHERE = Principal("people/thu-ky", (Grant("secretary", "/"),))
NEIGHBOUR = Principal("people/thu-ky-ban", (Grant("secretary", "/ban/"),))
GUEST_SECRETARY = Principal("people/thu-ky-ban", (Grant("secretary", "/tinh/"),))
FOREIGN = [
    ("points/diem-ban", "UNKNOWN_POINT"),
    ("people/thu-ky-ban", "UNKNOWN_PERSON"),
    ("units/ban", "UNKNOWN_UNIT"),
    ("units/ban-1", "UNKNOWN_UNIT"),
    ("rule:units/ban/children?kind=phòng", "UNKNOWN_UNIT"),
]


@pytest_asyncio.fixture
async def two(house: House) -> House:
    """The house with a second authority, and somebody of none."""
    async with house.org.changing() as writer:
        tree = await writer.tree()
        ban = Unit(UnitId("ban"), None, "Ban quản lý", "ban")
        await writer.put_units(tree.put([ban, Unit(UnitId("ban-1"), UnitId("ban"), "Phòng Một", "phòng")]))
        await writer.put_points(
            [Point(PointId("diem-ban"), UnitId("ban-1"), "Điểm cầu ban", email="diem-ban@example.vn")]
        )
        secretary = (RoleGrant(Role.SECRETARY, UnitId("ban")),)
        await writer.put_people(
            [
                Person(PersonId("thu-ky-ban"), "Lê Thị Bản", UnitId("ban"), email="ban@example.vn", roles=secretary),
                Person(PersonId("admin"), "Quản trị", None),
            ]
        )
    return house


def question(house: House, ignored: str, *names: str, chair: str = "") -> calendar_service_pb2.CheckConflictsRequest:
    plan = house.plan(*names)
    return calendar_service_pb2.CheckConflictsRequest(
        start_time=plan.start_time,
        duration=plan.duration,
        attendees=plan.attendees,
        chair=chair,
        ignored_briefing=ignored,
    )


async def shared(house: House) -> briefing_pb2.Briefing:
    """A briefing of the first authority to which the secretary of both invited the second."""
    plan = house.plan("points/diem-xa-1", "units/ban-1", "people/thu-ky-ban", "rule:units/ban/children?kind=phòng")
    return (await house.briefings(EVERYWHERE).CreateBriefing(Create(briefing=plan))).briefing


@pytest.mark.parametrize(("name", "reason"), FOREIGN)
async def test_what_belongs_to_another_authority_is_as_unknown_as_what_does_not_exist(
    two: House, name: str, reason: str
) -> None:
    booking = two.briefings(SECRETARY).CreateBriefing

    foreign = await refusal(booking(Create(briefing=two.plan("points/diem-xa-1", name))))
    invented = name.replace("ban", "bien")
    absent = await refusal(booking(Create(briefing=two.plan("points/diem-xa-1", invented))))

    assert foreign == (reason, {"field": "briefing.attendees[1].name", "value": name})
    assert absent == (reason, {"field": "briefing.attendees[1].name", "value": invented})


@pytest.mark.parametrize("field", ["chair", "secretary"])
async def test_nobody_of_another_authority_leads(two: House, field: str) -> None:
    plan = two.plan("points/diem-xa-1", **{field: "people/thu-ky-ban"})

    reason, metadata = await refusal(two.briefings(SECRETARY).CreateBriefing(Create(briefing=plan)))

    assert (reason, metadata["field"]) == ("UNKNOWN_PERSON", f"briefing.{field}")


async def test_nobody_learns_what_another_authority_does_by_asking_for_conflicts(two: House) -> None:
    await shared(two)
    names = [name for name, _ in FOREIGN]

    answer = await two.calendar(SECRETARY).CheckConflicts(question(two, "", *names, chair="people/thu-ky-ban"))
    own = await two.calendar(NEIGHBOUR).CheckConflicts(question(two, "", "units/ban-1"))

    assert list(answer.conflicts) == []
    assert (answer.point_count, answer.person_count) == (0, 0)
    assert list(answer.unknown_names) == names
    assert [one.subject for one in own.conflicts] == ["points/diem-ban"]


async def test_who_books_for_everything_invites_everyone(two: House) -> None:
    booked = await shared(two)

    assert {"points/diem-xa-1", "points/diem-ban", "people/thu-ky-ban"} < set(await two.invitees(booked.name))


async def test_whoever_is_invited_already_stays_when_a_secretary_of_one_authority_changes_the_title(two: House) -> None:
    booked = await shared(two)
    before = set(await two.invitees(booked.name))
    booked.title = "Giao ban liên ngành"

    asked = await two.calendar(SECRETARY).CheckConflicts(
        question(two, booked.name, *(one.name for one in booked.attendees))
    )
    changed = (await two.briefings(SECRETARY).UpdateBriefing(Update(briefing=booked))).briefing
    booked.CopyFrom(changed)
    booked.attendees.add(name="units/ban")
    widened = await refusal(two.briefings(SECRETARY).UpdateBriefing(Update(briefing=booked)))

    assert list(asked.unknown_names) == []
    assert changed.title == "Giao ban liên ngành"
    assert set(await two.invitees(booked.name)) == before
    assert widened[0] == "UNKNOWN_UNIT"


async def test_a_briefing_of_another_authority_lends_its_names_to_nobody(two: House) -> None:
    plan = two.plan("points/diem-ban", host_unit="units/ban", chair="people/thu-ky-ban", secretary="")
    theirs = (await two.briefings(NEIGHBOUR).CreateBriefing(Create(briefing=plan))).briefing

    answer = await two.calendar(SECRETARY).CheckConflicts(question(two, theirs.name, "points/diem-ban"))

    assert list(answer.unknown_names) == ["points/diem-ban"]


async def test_a_secretary_from_elsewhere_keeps_the_own_briefings_and_people_without_a_unit_are_for_all(
    two: House,
) -> None:
    plan = two.plan("points/diem-xa-1", "people/admin", secretary="")

    booked = (await two.briefings(GUEST_SECRETARY).CreateBriefing(Create(briefing=plan))).briefing

    assert booked.secretary == "people/thu-ky-ban"
    assert "people/admin" in await two.invitees(booked.name)
