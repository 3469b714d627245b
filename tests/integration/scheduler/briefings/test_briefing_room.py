"""The time around and in the room: line test, join, attendance, speaking, leading, watching."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from redis.asyncio import Redis

from briefing.v1 import briefing_pb2, briefing_service_pb2, events_pb2, point_service_pb2, quality_pb2
from giaoban.principal import Principal
from giaoban.streams.redis import publish
from giaoban.testing.fixtures import eventually
from services.scheduler.consumers.media_events import STREAM, attendance_consumer, media_fact
from services.scheduler.consumers.room_clock import RoomClock
from tests.integration.scheduler.briefings.house import (
    COMMUNE_SECRETARY,
    DELEGATE,
    NOTIFY,
    SECRETARY,
    House,
    refusal,
    tomorrow,
)

State = briefing_service_pb2.WatchBriefingResponse
Join = point_service_pb2.JoinBriefingRequest
Get = briefing_service_pb2.GetBriefingRequest
Media = events_pb2.MediaEvent
SPEAKING = briefing_pb2.SpeakingRequest.STATE_SPEAKING


def media_event(room: str, kind: "events_pb2.MediaEvent.Kind.ValueType", identity: str, at: datetime) -> Media:
    event = Media(key=f"{kind}-{identity}-{at}", kind=kind, room=room, identity=identity, participant_sid="PA_1")
    event.occur_time.FromDatetime(at)
    return event


async def test_admission_names_the_invitee_the_opening_and_whom_to_call(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "people/khach")
    holder = await house.link_holder(booked.name, "points/diem-xa-1")

    by_link = await house.points(holder).GetAdmission(point_service_pb2.GetAdmissionRequest())
    by_name = await house.points(Principal("people/khach")).GetAdmission(
        point_service_pb2.GetAdmissionRequest(briefing=booked.name)
    )
    stranger = await refusal(
        house.points(Principal("people/can-bo-xa-3")).GetAdmission(
            point_service_pb2.GetAdmissionRequest(briefing=booked.name)
        )
    )

    assert by_link.invitee.subject == "points/diem-xa-1"
    assert by_link.open_time.ToSeconds() == int(tomorrow(8, 30).timestamp())
    assert by_link.server_time.ToSeconds() == int(house.clock.now().timestamp())
    assert (by_link.support_name, by_link.support_phone) == ("Anh Kỹ Thuật", "0900000000")
    assert (by_name.invitee.subject, by_name.support_phone) == ("people/khach", "0900000000")
    assert stranger[0] == "NOT_INVITED"


async def test_the_room_lets_invitees_in_from_half_an_hour_before_the_start(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    holder = await house.link_holder(booked.name, "points/diem-xa-1")
    chair = Principal("people/chu-tich")

    early = await refusal(house.points(holder).JoinBriefing(Join(headcount=5)))
    house.advance_to(tomorrow(8, 30))
    uncounted = await refusal(house.points(holder).JoinBriefing(Join()))
    entry = await house.points(holder).JoinBriefing(Join(headcount=5))
    chairing = await house.points(chair).JoinBriefing(Join(briefing=booked.name))
    house.advance_to(tomorrow(11))
    late = await refusal(house.points(holder).JoinBriefing(Join(headcount=5)))

    assert early == ("NOT_OPEN", {"name": booked.name, "open_time": "2026-11-24T01:30:00Z"})
    assert uncounted == ("BAD_FIELD", {"field": "headcount"})
    assert (entry.room, entry.identity, entry.conducts) == (booked.room, "points/diem-xa-1", False)
    assert entry.token == "token of points/diem-xa-1"
    assert chairing.conducts
    assert [(one.kind, one.rights.admin, one.rights.publish) for one in house.media.tokens] == [
        ("point", False, True),
        ("person", True, True),
    ]
    assert house.media.opened == [booked.room, booked.room]
    assert late[0] == "BRIEFING_OVER"
    assert (await house.invitees(booked.name))["points/diem-xa-1"].headcount == 5


async def test_a_line_test_is_judged_by_media_and_kept(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "points/diem-xa-2")
    holder = await house.link_holder(booked.name, "points/diem-xa-1")
    other = await house.link_holder(booked.name, "points/diem-xa-2")

    test = await house.points(holder).StartLineTest(point_service_pb2.StartLineTestRequest())
    finish = point_service_pb2.FinishLineTestRequest(room=test.room)
    finished = await house.points(holder).FinishLineTest(finish)
    stolen = await refusal(house.points(other).FinishLineTest(finish))
    house.media.grade = quality_pb2.QUALITY_GRADE_NO_DATA
    empty = await refusal(house.points(holder).FinishLineTest(finish))

    assert test.room.startswith("loopback-")
    assert (house.media.tokens[0].loopback, house.media.tokens[0].create) == (True, True)
    assert finished.verdict.grade == quality_pb2.QUALITY_GRADE_FAIR
    assert finished.verdict.up.loss_percent == 2.5
    assert not finished.verdict.down.HasField("loss_percent")
    assert (stolen[0], empty[0]) == ("LINE_TEST_UNKNOWN", "LINE_TEST_EMPTY")
    async with house.store.reading() as reader:
        kept = await reader.line_test(test.room)
    assert kept is not None
    assert kept.verdict is not None
    assert kept.verdict.advice == "LOW_VIDEO"


async def test_joins_and_leaves_become_attendance_however_often_they_come(house: House, redis: Redis) -> None:
    booked = await house.book("points/diem-xa-1")
    joined = media_event(booked.room, Media.KIND_JOINED, "points/diem-xa-1", tomorrow(9, 1))
    left = media_event(booked.room, Media.KIND_LEFT, "points/diem-xa-1", tomorrow(9, 40))
    foreign = media_event("loopback-1", Media.KIND_JOINED, "points/diem-xa-1", tomorrow(9))
    for event in (foreign, left, joined, joined, left):
        await publish(redis, STREAM, event.key, event.SerializeToString())

    async def all_read() -> bool:
        groups = await redis.xinfo_groups(STREAM)
        return [(group["entries-read"], group["pending"]) for group in groups] == [(5, 0)]

    consumer = asyncio.create_task(attendance_consumer(redis, house.cases.keeper).run())
    try:
        await eventually(all_read)
    finally:
        consumer.cancel()
        await asyncio.gather(consumer, return_exceptions=True)

    invitee = (await house.invitees(booked.name))["points/diem-xa-1"]
    (interval,) = invitee.intervals
    assert interval.join_time.ToSeconds() == int(tomorrow(9, 1).timestamp())
    assert interval.leave_time.ToSeconds() == int(tomorrow(9, 40).timestamp())
    assert not invitee.present


async def test_the_room_clock_opens_and_closes_rooms_in_their_time(house: House) -> None:
    booked = await house.book()
    clock = RoomClock(house.cases.keeper)

    await clock.look()
    before = list(house.media.opened)
    house.advance_to(tomorrow(8, 30))
    await clock.look()
    opened = (await house.briefings(SECRETARY).GetBriefing(Get(name=booked.name))).briefing.state
    house.advance_to(tomorrow(11))
    await clock.look()
    await clock.look()
    ended = (await house.briefings(SECRETARY).GetBriefing(Get(name=booked.name))).briefing.state

    assert before == []
    assert house.media.opened == [booked.room]
    assert house.media.closed == [booked.room]
    assert (opened, ended) == (briefing_pb2.Briefing.STATE_OPEN, briefing_pb2.Briefing.STATE_ENDED)


async def moves(house: House, briefing: briefing_pb2.Briefing, subject: str, session: str, *, leaves: bool) -> None:
    """Media tells that a session of a subject begins or ends."""
    kind = Media.KIND_LEFT if leaves else Media.KIND_JOINED
    event = media_event(briefing.room, kind, subject, house.clock.now())
    event.key, event.participant_sid = f"{session} {leaves}", session
    fact = media_fact(event.SerializeToString())
    assert fact is not None
    await house.cases.keeper.take_in(fact)


async def invite(house: House, briefing: briefing_pb2.Briefing, *points: str) -> None:
    changed = briefing_pb2.Briefing()
    changed.CopyFrom(briefing)
    del changed.attendees[:]
    changed.attendees.extend(briefing_pb2.AttendeeSelector(name=name) for name in points)
    changed.etag = ""
    await house.briefings(SECRETARY).UpdateBriefing(briefing_service_pb2.UpdateBriefingRequest(briefing=changed))


async def test_whoever_is_uninvited_is_sent_out_each_time_they_enter_until_invited_again(house: House) -> None:
    first, second = "points/diem-xa-1", "points/diem-xa-2"
    booked = await house.book(first, second)
    house.advance_to(tomorrow(9))
    clock, expelled = RoomClock(house.cases.keeper), house.media.expelled
    for subject in (first, second, "recorder"):
        await moves(house, booked, subject, f"first {subject}", leaves=False)

    await clock.look()
    assert expelled == []
    await invite(house, booked, first)
    await clock.look()
    assert [(one.room, one.identity) for one in expelled] == [(booked.room, second)]

    await moves(house, booked, second, f"first {second}", leaves=True)
    await clock.look()
    assert len(expelled) == 1
    await moves(house, booked, second, "with the token from before", leaves=False)
    await clock.look()
    assert [one.identity for one in expelled] == [second, second]

    await invite(house, booked, first, second)
    await clock.look()
    assert len(expelled) == 2


async def test_one_who_left_unheard_does_not_keep_the_other_uninvited_in_the_room(house: House) -> None:
    points = [f"points/diem-xa-{number}" for number in (1, 2, 3)]
    booked = await house.book(*points)
    house.advance_to(tomorrow(9))
    for subject in points:
        await moves(house, booked, subject, subject, leaves=False)
    house.media.absent = {points[1]}

    await invite(house, booked, points[0])
    await RoomClock(house.cases.keeper).look()

    assert [one.identity for one in house.media.expelled] == [points[2]]


async def test_an_ended_briefing_has_its_room_closed_and_its_points_free(house: House) -> None:
    booked = await house.book()
    end = briefing_service_pb2.EndBriefingRequest(name=booked.name)
    early = await refusal(house.briefings(SECRETARY).EndBriefing(end))
    house.advance_to(tomorrow(9))
    clock = RoomClock(house.cases.keeper)
    await clock.look()

    ended = (await house.briefings(SECRETARY).EndBriefing(end)).briefing
    again = (await house.briefings(SECRETARY).EndBriefing(end)).briefing
    await clock.look()
    next_one = await house.book(start=tomorrow(9, 30))

    assert early[0] == "NOT_OPEN"
    assert ended.state == again.state == briefing_pb2.Briefing.STATE_ENDED
    assert house.media.closed == [booked.room]
    assert next_one.name != booked.name


async def test_the_chair_by_link_leads_and_a_point_does_not(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "points/diem-xa-2")
    chair = await house.link_holder(booked.name, "people/chu-tich")
    point = await house.link_holder(booked.name, "points/diem-xa-1")
    house.advance_to(tomorrow(9))
    mute = briefing_service_pb2.MuteParticipantRequest(name=booked.name)
    remove = briefing_service_pb2.RemoveParticipantRequest(name=booked.name, identity="points/diem-xa-2")

    muted = await house.briefings(chair).MuteParticipant(mute)
    await house.briefings(chair).RemoveParticipant(remove)
    refusals = [
        (await refusal(house.briefings(caller).MuteParticipant(mute)))[0] for caller in (point, COMMUNE_SECRETARY)
    ]

    assert muted.muted_count == 2
    assert list(house.media.muted[0].excepted_identities) == ["people/chu-tich"]
    assert house.media.expelled[0].identity == "points/diem-xa-2"
    assert refusals == ["NO_PERMISSION", "NO_PERMISSION"]


async def test_a_person_named_chair_leads_by_account_without_a_role_and_others_do_not(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "people/can-bo-xa-3", chair="people/khach")
    house.advance_to(tomorrow(9))
    mute = briefing_service_pb2.MuteParticipantRequest(name=booked.name)

    muted = await house.briefings(Principal("people/khach")).MuteParticipant(mute)
    invited = await refusal(house.briefings(DELEGATE).MuteParticipant(mute))

    assert muted.muted_count == 2
    assert invited[0] == "NO_PERMISSION"


async def test_those_who_watch_see_the_queue_grow_and_the_floor_move(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "points/diem-xa-2")
    first = await house.link_holder(booked.name, "points/diem-xa-1")
    second = await house.link_holder(booked.name, "points/diem-xa-2")
    ask = briefing_service_pb2.AskToSpeakRequest(name=booked.name)
    closed = await refusal(house.briefings(first).AskToSpeak(ask))
    house.advance_to(tomorrow(9))
    watching = house.briefings(second).WatchBriefing(briefing_service_pb2.WatchBriefingRequest(name=booked.name))
    states = aiter(watching)

    empty = await anext(states)
    places = [(await house.briefings(one).AskToSpeak(ask)).place for one in (first, second, first)]
    queued = await until(states, lambda state: len(state.speaking_requests) == 2)
    give = briefing_service_pb2.GiveFloorRequest(name=booked.name, identity="points/diem-xa-2")
    refused = await refusal(house.briefings(first).GiveFloor(give))
    await house.briefings(SECRETARY).GiveFloor(give)
    given = await until(states, lambda state: state.speaking_requests[0].state == SPEAKING)
    withdraw = briefing_service_pb2.WithdrawSpeakingRequestRequest(name=booked.name)
    await house.briefings(second).WithdrawSpeakingRequest(withdraw)
    ended = await until(states, lambda state: len(state.speaking_requests) == 1)
    watching.cancel()

    assert closed[0] == "NOT_OPEN"
    assert list(empty.speaking_requests) == []
    assert places == [1, 2, 1]
    assert refused[0] == "NO_PERMISSION"
    assert [one.identity for one in given.speaking_requests] == ["points/diem-xa-2", "points/diem-xa-1"]
    assert [one.identity for one in ended.speaking_requests] == ["points/diem-xa-1"]
    assert empty.position < queued.position < given.position < ended.position


async def until(states: AsyncIterator[State], holds: Callable[[State], bool]) -> State:
    async with asyncio.timeout(10):
        while not holds(state := await anext(states)):
            pass
    return state


async def test_watching_shows_who_is_present_and_ends_with_the_service(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    holder = await house.link_holder(booked.name, "points/diem-xa-1")
    house.advance_to(tomorrow(9))
    await house.points(holder).JoinBriefing(Join(headcount=7))
    states = aiter(house.briefings(holder).WatchBriefing(briefing_service_pb2.WatchBriefingRequest(name=booked.name)))
    await anext(states)
    consumer_fact = media_event(booked.room, Media.KIND_JOINED, "points/diem-xa-1", tomorrow(9))
    fact = media_fact(consumer_fact.SerializeToString())
    assert fact is not None
    await house.cases.keeper.take_in(fact)
    present = await until(states, lambda state: bool(state.present_subjects))
    house.cases.changes.close()
    async with asyncio.timeout(5):
        rest = [state async for state in states]

    assert list(present.present_subjects) == ["points/diem-xa-1"]
    assert present.headcount == 7
    assert rest == []


async def test_a_briefing_moved_out_of_its_time_has_its_room_closed(house: House) -> None:
    booked = await house.book()
    house.advance_to(tomorrow(8, 45))
    clock = RoomClock(house.cases.keeper)
    await clock.look()
    booked.start_time.FromDatetime(tomorrow(9) + timedelta(days=1))

    moved = await house.briefings(SECRETARY).UpdateBriefing(briefing_service_pb2.UpdateBriefingRequest(briefing=booked))
    await clock.look()

    assert moved.briefing.state == briefing_pb2.Briefing.STATE_SCHEDULED
    assert house.media.closed == [booked.room]
    assert (await house.briefings(NOTIFY).GetBriefing(Get(name=booked.name))).briefing.sequence == 1
