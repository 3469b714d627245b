"""Booking through real gRPC on encrypted SQLite."""

import asyncio
import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import grpc.aio
import pytest
from google.protobuf.duration_pb2 import Duration
from sqlalchemy import func, select, text, update

from briefing.v1 import briefing_pb2, briefing_service_pb2, events_pb2
from giaoban.names import PersonId
from giaoban.principal import Grant, Principal
from giaoban.sql.engine import sessions
from services.scheduler.rpc.briefing_convert import plan_of
from services.scheduler.store.base import audit_entry
from services.scheduler.store.briefing_tables import claim, outbox, request_memo
from tests.integration.scheduler.briefings.house import (
    COMMUNE_SECRETARY,
    DELEGATE,
    NOTIFY,
    OTHER_SECRETARY,
    SECRETARY,
    House,
    refusal,
    tomorrow,
)

Create = briefing_service_pb2.CreateBriefingRequest
Update = briefing_service_pb2.UpdateBriefingRequest


async def test_a_booked_briefing_is_read_with_all_that_was_written(house: House) -> None:
    plan = house.plan("points/diem-xa-1", "people/khach", notes="Mang báo cáo", title="  Giao ban  ")
    plan.agenda.add(title="Tình hình", presenter="Văn phòng", minutes=15)

    booked = (await house.briefings(SECRETARY).CreateBriefing(Create(briefing=plan))).briefing
    read = await house.briefings(SECRETARY).GetBriefing(briefing_service_pb2.GetBriefingRequest(name=booked.name))

    assert read.briefing == booked
    assert booked.title == "Giao ban"
    assert booked.agenda[0].minutes == 15
    assert booked.state == briefing_pb2.Briefing.STATE_SCHEDULED
    assert (booked.revision, booked.sequence, booked.point_count, booked.person_count) == (1, 0, 1, 3)
    assert booked.chair_display_name == "Nguyễn chu-tich – Chủ tịch"
    assert list(booked.allowed_actions) == ["edit", "conduct", "join"]
    assert booked.uid.endswith("@tinh.example.vn")


async def test_a_rule_and_a_unit_invite_their_points_and_chairs_once(house: House) -> None:
    booked = await house.book("rule:units/huyen/children?kind=xã", "units/xa-1", "units/tinh")

    invited = await house.invitees(booked.name)

    assert list(invited) == [
        "people/chu-tich",
        "people/thu-ky",
        "points/diem-xa-1",
        "points/diem-xa-2",
        "points/diem-xa-3",
    ]


async def test_twenty_bookers_race_for_one_point_and_exactly_one_wins(house: House) -> None:
    async def book(number: int) -> tuple[str, dict[str, str]]:
        plan = house.plan("points/diem-xa-1", title=f"Họp {number}", start=tomorrow(9) + timedelta(minutes=number))
        request = Create(briefing=plan, override_reasons=[briefing_pb2.OverrideReason(reason="gấp")])
        try:
            await house.briefings(SECRETARY).CreateBriefing(request, timeout=60)
        except grpc.aio.AioRpcError:
            return await refusal(house.briefings(SECRETARY).CreateBriefing(request, timeout=60))
        return "", {"title": plan.title}

    outcomes = await asyncio.gather(*(book(number) for number in range(20)))

    winners = [metadata["title"] for reason, metadata in outcomes if not reason]
    losers = [metadata for reason, metadata in outcomes if reason == "POINT_TAKEN"]
    assert len(winners) == 1
    assert len(losers) == 19
    assert {metadata["holder_title"] for metadata in losers} == set(winners)
    assert {metadata["holder_unit"] for metadata in losers} == {"UBND tỉnh"}
    assert {metadata["subject_name"] for metadata in losers} == {"Điểm cầu xã 1"}
    async with sessions(house.engine)() as session:
        hard = select(func.count()).select_from(claim).where(claim.c.hard, claim.c.live)
        assert await session.scalar(hard) == 1


async def test_back_to_back_briefings_share_a_point(house: House) -> None:
    first = await house.book(start=tomorrow(9))
    second = await house.book(start=tomorrow(10))

    assert first.name != second.name


async def test_people_already_taken_are_invited_only_with_a_reason(house: House) -> None:
    await house.book("points/diem-xa-1", "people/khach")
    plan = house.plan("points/diem-xa-2", "people/khach")

    reason, metadata = await refusal(house.briefings(SECRETARY).CreateBriefing(Create(briefing=plan)))
    request = Create(briefing=plan, override_reasons=[briefing_pb2.OverrideReason(reason="Họp khẩn")])
    booked = (await house.briefings(SECRETARY).CreateBriefing(request)).briefing

    assert reason == "OVERRIDE_REASON_NEEDED"
    assert set(metadata["subjects"].split(",")) == {"people/khach", "people/chu-tich", "people/thu-ky"}
    invited = await house.invitees(booked.name)
    assert invited["people/khach"].override_reason == "Họp khẩn"
    assert invited["points/diem-xa-2"].override_reason == ""


async def test_a_cancelled_briefing_frees_its_points(house: House) -> None:
    booked = await house.book()
    cancel = briefing_service_pb2.CancelBriefingRequest(name=booked.name, reason="Bão")

    cancelled = (await house.briefings(SECRETARY).CancelBriefing(cancel)).briefing
    again = await house.book()

    assert cancelled.state == briefing_pb2.Briefing.STATE_CANCELLED
    assert (cancelled.sequence, cancelled.cancel_reason, list(cancelled.allowed_actions)) == (1, "Bão", [])
    assert again.name != booked.name
    assert (await refusal(house.briefings(SECRETARY).CancelBriefing(cancel)))[0] == "BRIEFING_OVER"


async def test_a_repeated_request_gets_the_first_answer(house: House) -> None:
    request = Create(briefing=house.plan(), request_id=str(uuid.uuid4()))
    first = await house.briefings(SECRETARY).CreateBriefing(request)

    repeats = await asyncio.gather(*(house.briefings(SECRETARY).CreateBriefing(request) for _ in range(3)))
    request.briefing.title = "Another"
    reused = await refusal(house.briefings(SECRETARY).CreateBriefing(request))

    assert all(repeat == first for repeat in repeats)
    assert reused[0] == "REQUEST_ID_REUSED"


async def test_a_request_from_before_an_upgrade_is_answered_after_it(house: House) -> None:
    request = Create(briefing=house.plan(), request_id=str(uuid.uuid4()))
    first = (await house.briefings(SECRETARY).CreateBriefing(request)).briefing
    plan = plan_of(request.briefing)
    former = hashlib.sha256(repr((plan, [])).encode()).hexdigest()
    async with sessions(house.engine).begin() as session:
        await session.execute(update(request_memo).values(fingerprint=former))

    again = (await house.briefings(SECRETARY).CreateBriefing(request)).briefing

    assert again == first


async def test_requests_with_one_id_at_the_same_moment_book_once(house: House) -> None:
    request = Create(briefing=house.plan(), request_id=str(uuid.uuid4()))

    answers = await asyncio.gather(*(house.briefings(SECRETARY).CreateBriefing(request) for _ in range(5)))

    assert len({answer.briefing.name for answer in answers}) == 1


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"start": tomorrow(9) - timedelta(days=2)}, "START_IN_PAST", "briefing.start_time"),
        ({"start": tomorrow(9) + timedelta(days=1000)}, "BAD_FIELD", "briefing.start_time"),
        ({"start": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)}, "BAD_FIELD", "briefing.start_time"),
        ({"title": " "}, "BAD_FIELD", "briefing.title"),
        ({"title": "x" * 201}, "BAD_FIELD", "briefing.title"),
        ({"host_unit": "units/nowhere"}, "UNKNOWN_UNIT", "briefing.host_unit"),
        ({"chair": ""}, "BAD_FIELD", "briefing.chair"),
        ({"chair": "people/nobody"}, "UNKNOWN_PERSON", "briefing.chair"),
        ({"chair": "points/diem-xa-1"}, "UNKNOWN_PERSON", "briefing.chair"),
        ({"secretary": "people/nobody"}, "UNKNOWN_PERSON", "briefing.secretary"),
        ({"attendees": ["points/nowhere"]}, "UNKNOWN_POINT", "briefing.attendees[0].name"),
        ({"attendees": ["points/diem-xa-1", "people/nobody"]}, "UNKNOWN_PERSON", "briefing.attendees[1].name"),
        ({"attendees": ["units/nowhere"]}, "UNKNOWN_UNIT", "briefing.attendees[0].name"),
        ({"attendees": ["'; DROP TABLE claim; --"]}, "UNKNOWN_UNIT", "briefing.attendees[0].name"),
        ({"attendees": ["units/huyen"]}, "NO_ATTENDEES", "briefing.attendees"),
        ({"attendees": []}, "NO_ATTENDEES", "briefing.attendees"),
        ({"seconds": 240}, "BAD_FIELD", "briefing.duration"),
        ({"seconds": 13 * 3600}, "BAD_FIELD", "briefing.duration"),
        ({"seconds": 330}, "BAD_FIELD", "briefing.duration"),
    ],
)
async def test_a_wrong_plan_is_refused_with_the_field(
    house: House, change: dict[str, object], reason: str, field: str
) -> None:
    plan = house.plan()
    for name, value in change.items():
        if name == "attendees":
            assert isinstance(value, list)
            del plan.attendees[:]
            plan.attendees.extend(briefing_pb2.AttendeeSelector(name=one) for one in value)
        elif name == "start":
            plan.start_time.FromDatetime(value)  # type: ignore[arg-type]
        elif name == "seconds":
            plan.duration.CopyFrom(Duration(seconds=value))  # type: ignore[arg-type]
        else:
            setattr(plan, name, value)

    found = await refusal(house.briefings(SECRETARY).CreateBriefing(Create(briefing=plan)))

    assert (found[0], found[1]["field"]) == (reason, field)


async def test_who_may_not_write_for_the_host_books_nothing(house: House) -> None:
    request = Create(briefing=house.plan())

    reasons = [
        (await refusal(house.briefings(caller).CreateBriefing(request)))[0]
        for caller in (COMMUNE_SECRETARY, DELEGATE, NOTIFY, Principal("people/chu-tich", (Grant("chair", "/tinh/"),)))
    ]

    assert reasons == ["NO_PERMISSION"] * 4


async def test_a_change_needs_the_etag_that_is_current(house: House) -> None:
    booked = await house.book()
    booked.title = "Họp đột xuất"

    changed = (await house.briefings(OTHER_SECRETARY).UpdateBriefing(Update(briefing=booked))).briefing
    late = await refusal(house.briefings(SECRETARY).UpdateBriefing(Update(briefing=booked)))

    assert (changed.title, changed.revision, changed.sequence) == ("Họp đột xuất", 2, 0)
    assert late[0] == "ETAG_MISMATCH"


async def test_who_left_blocks_no_change_and_is_invited_no_more(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "people/can-bo-xa-3")
    async with house.org.changing() as writer:
        left = await writer.people([PersonId("can-bo-xa-3"), PersonId("chu-tich")])
        await writer.put_people([replace(each, retired=True) for each in left])

    booked.title = "Giao ban (sửa)"
    changed = (await house.briefings(SECRETARY).UpdateBriefing(Update(briefing=booked))).briefing
    invited = await house.invitees(changed.name)
    anew = await refusal(house.briefings(SECRETARY).CreateBriefing(Create(briefing=house.plan(start=tomorrow(15)))))

    assert changed.title == "Giao ban (sửa)"
    assert "people/can-bo-xa-3" not in invited
    assert "people/chu-tich" in invited
    assert anew[0] == "UNKNOWN_PERSON"


async def test_a_change_that_changes_nothing_tells_nobody(house: House) -> None:
    booked = await house.book()

    same = (await house.briefings(SECRETARY).UpdateBriefing(Update(briefing=booked))).briefing

    assert same == booked
    async with sessions(house.engine)() as session:
        assert await session.scalar(select(func.count()).select_from(outbox)) == 1


async def test_a_moved_briefing_claims_the_new_time_and_frees_the_old(house: House) -> None:
    booked = await house.book()
    booked.start_time.FromDatetime(tomorrow(9, 30))

    moved = (await house.briefings(SECRETARY).UpdateBriefing(Update(briefing=booked))).briefing
    taken = await refusal(house.briefings(SECRETARY).CreateBriefing(Create(briefing=house.plan(start=tomorrow(10)))))
    early = await house.book(start=tomorrow(8, 30))

    assert moved.sequence == 1
    assert taken[0] == "POINT_TAKEN"
    assert early.name != moved.name


async def test_a_change_into_a_taken_time_changes_nothing(house: House) -> None:
    first = await house.book(start=tomorrow(9))
    second = await house.book(start=tomorrow(10))
    second.start_time.FromDatetime(tomorrow(9, 30))

    reason, metadata = await refusal(house.briefings(SECRETARY).UpdateBriefing(Update(briefing=second)))
    read = await house.briefings(SECRETARY).GetBriefing(briefing_service_pb2.GetBriefingRequest(name=second.name))

    assert (reason, metadata["holder"]) == ("POINT_TAKEN", first.name)
    assert read.briefing.revision == 1


async def test_every_change_leaves_an_audit_entry_and_an_event(house: House) -> None:
    booked = await house.book()
    booked.notes = "Mang laptop"
    await house.briefings(SECRETARY).UpdateBriefing(Update(briefing=booked))
    await house.briefings(SECRETARY).CancelBriefing(briefing_service_pb2.CancelBriefingRequest(name=booked.name))

    async with sessions(house.engine)() as session:
        about = select(audit_entry.c.action).where(audit_entry.c.resource == booked.name)
        actions = (await session.scalars(about.order_by(audit_entry.c.position))).all()
        payloads = (await session.scalars(select(outbox.c.payload).order_by(outbox.c.id))).all()
    events = [events_pb2.BriefingEvent.FromString(payload) for payload in payloads]

    assert actions == ["briefing.book", "briefing.change", "briefing.cancel"]
    assert [(event.kind, event.revision) for event in events] == [
        (events_pb2.BriefingEvent.KIND_BOOKED, 1),
        (events_pb2.BriefingEvent.KIND_CHANGED, 2),
        (events_pb2.BriefingEvent.KIND_CANCELLED, 3),
    ]
    assert len({event.key for event in events}) == 3


async def test_the_guard_stands_after_upgrading_from_the_first_revision(house: House) -> None:
    async with sessions(house.engine)() as session:
        triggers = (await session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))).all()

    assert {"claim_no_overlap_insert", "claim_no_overlap_update"} <= set(triggers)
