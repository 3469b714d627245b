"""Who is taken and which days are not ordinary, before anything is booked."""

from datetime import date, timedelta

from google.protobuf.duration_pb2 import Duration

from briefing.v1 import briefing_pb2, calendar_service_pb2
from services.scheduler.domain.working_days import DayKind
from services.scheduler.store.working_day_seed import special_days_of
from tests.integration.scheduler.briefings.house import DELEGATE, SECRETARY, House, refusal, tomorrow

Days = calendar_service_pb2.ListSpecialDaysRequest


def question(*attendees: str, **changes: str) -> calendar_service_pb2.CheckConflictsRequest:
    request = calendar_service_pb2.CheckConflictsRequest(
        duration=Duration(seconds=3600),
        attendees=[briefing_pb2.AttendeeSelector(name=name) for name in attendees],
        chair=changes.get("chair", ""),
        ignored_briefing=changes.get("ignored_briefing", ""),
    )
    request.start_time.FromDatetime(tomorrow(9, 30))
    return request


async def test_a_choice_is_told_who_holds_whom_points_first(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "people/khach")
    check = house.calendar(SECRETARY).CheckConflicts

    found = await check(
        question("people/khach", "units/xa-1", "points/diem-xa-2", "points/nowhere", chair="people/chu-tich")
    )
    itself = await check(question("points/diem-xa-1", ignored_briefing=booked.name))

    assert [(one.subject, one.hard) for one in found.conflicts] == [
        ("points/diem-xa-1", True),
        ("people/chu-tich", False),
        ("people/khach", False),
    ]
    assert {(one.holder, one.holder_title, one.holder_unit_display_name) for one in found.conflicts} == {
        (booked.name, "Giao ban tuần", "UBND tỉnh")
    }
    assert found.conflicts[2].display_name == "Nguyễn khach – Officer"
    assert (found.point_count, found.person_count, list(found.unknown_names)) == (2, 2, ["points/nowhere"])
    assert list(itself.conflicts) == []


async def test_a_holiday_with_short_notice_is_warned_of(house: House) -> None:
    await house.store.seed_special_days(special_days_of([2026]))

    found = await house.calendar(SECRETARY).CheckConflicts(question("points/diem-xa-1"))
    past = question("points/diem-xa-1")
    past.start_time.FromDatetime(house.clock.now() - timedelta(hours=1))
    gone = await house.calendar(SECRETARY).CheckConflicts(past)

    assert list(found.warnings) == ["HOLIDAY", "SHORT_NOTICE"]  # 24 November is a holiday since 2026
    assert list(gone.warnings) == ["IN_PAST"]


async def test_special_days_are_listed_and_what_was_edited_stays(house: House) -> None:
    await house.store.seed_special_days(special_days_of([2026]))
    await house.store.seed_special_days(special_days_of([2026]))
    listing = house.calendar(DELEGATE).ListSpecialDays

    found = await listing(Days(first_date="2026-11-01", last_date="2026-11-30"))
    august = await listing(Days(first_date="2026-08-22", last_date="2026-08-22"))
    reversed_span = await refusal(listing(Days(first_date="2026-02-01", last_date="2026-01-01")))
    nonsense = await refusal(listing(Days(first_date="30/11/2026", last_date="2026-12-01")))

    assert [one.day_date for one in found.days] == ["2026-11-24"]
    assert august.days[0].kind == calendar_service_pb2.SpecialDay.KIND_MAKEUP
    assert reversed_span == ("BAD_FIELD", {"field": "last_date"})
    assert nonsense == ("BAD_FIELD", {"field": "first_date", "problem": "BAD_DATE"})
    last = await listing(Days(first_date="9999-12-01", last_date="9999-12-31"))
    assert not last.days


async def test_a_question_about_the_year_9999_is_refused_with_its_field(house: House) -> None:
    late = question("points/diem-xa-1")
    late.start_time.FromJsonString("9999-12-31T23:00:00Z")

    reason, metadata = await refusal(house.calendar(SECRETARY).CheckConflicts(late))

    assert (reason, metadata["field"]) == ("BAD_FIELD", "start_time")


async def test_only_who_books_asks_for_conflicts(house: House) -> None:
    refused = await refusal(house.calendar(DELEGATE).CheckConflicts(question("points/diem-xa-1")))

    assert refused[0] == "NO_PERMISSION"


def test_the_seed_knows_tet_and_make_up_saturdays() -> None:
    days = {one.day: one.kind for one in special_days_of([2026])}

    assert days[date(2026, 2, 17)] is DayKind.HOLIDAY
    assert days[date(2026, 8, 22)] is DayKind.MAKEUP
