"""The time around and in the room: line test, join, attendance, speaking, leading, watching."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from redis.asyncio import Redis
from sqlalchemy import select

from briefing.v1 import (
    briefing_pb2,
    briefing_service_pb2,
    events_pb2,
    point_service_pb2,
    quality_pb2,
    room_service_pb2,
)
from giaoban.principal import Principal
from giaoban.sql.engine import sessions
from giaoban.streams.redis import publish
from giaoban.testing.fixtures import eventually
from services.scheduler.consumers.media_events import STREAM, attendance_consumer, media_fact
from services.scheduler.consumers.room_clock import RoomClock
from services.scheduler.store.base import audit_entry
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
Stop = briefing_service_pb2.StopSendingRequest
Policy = room_service_pb2.ParticipantPolicy
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
    assert house.media.opened == [booked.room], "who comes within seconds of another asks media for no room"
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


async def test_whoever_is_uninvited_is_out_at_once_and_invited_again_comes_with_a_new_token(house: House) -> None:
    first, second = "points/diem-xa-1", "points/diem-xa-2"
    booked = await house.book(first, second)
    house.advance_to(tomorrow(9))
    point = await house.link_holder(booked.name, second)
    await house.points(point).JoinBriefing(Join(headcount=3))
    before = house.media.tokens[-1].admission

    await invite(house, booked, first)
    least = house.media.standing(second).admission
    await invite(house, booked, first, second)
    back = await house.link_holder(booked.name, second)
    await house.points(back).JoinBriefing(Join(headcount=3))

    assert (before, least) == (0, 1)
    assert house.media.standing(first).admission == 0
    assert house.media.tokens[-1].admission == 1


async def test_nobody_counts_as_uninvited_before_the_room_is_open(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "points/diem-xa-2")

    await invite(house, booked, "points/diem-xa-1")

    assert house.media.policies == []


async def test_who_is_removed_gets_no_token_until_readmitted_and_its_old_ones_stay_worthless(house: House) -> None:
    identity = "points/diem-xa-1"
    booked = await house.book(identity)
    house.advance_to(tomorrow(9))
    point = await house.link_holder(booked.name, identity)
    await house.points(point).JoinBriefing(Join(headcount=3))
    remove = briefing_service_pb2.RemoveParticipantRequest(name=booked.name, identity=identity)
    readmit = briefing_service_pb2.ReadmitParticipantRequest(name=booked.name, identity=identity)

    await house.briefings(SECRETARY).RemoveParticipant(remove)
    refused = await refusal(house.points(point).JoinBriefing(Join(headcount=3)))
    own = (await house.points(point).GetAdmission(point_service_pb2.GetAdmissionRequest())).invitee.subject
    await house.briefings(SECRETARY).ReadmitParticipant(readmit)
    await house.points(point).JoinBriefing(Join(headcount=3))

    assert refused[0] == "REMOVED_FROM_ROOM"
    assert own == identity, "removed is not uninvited"
    assert house.media.standing(identity).admission == house.media.tokens[-1].admission == 1


async def test_a_muted_microphone_is_held_until_it_is_allowed_or_has_the_floor(house: House) -> None:
    first, second = "points/diem-xa-1", "points/diem-xa-2"
    booked = await house.book(first, second)
    house.advance_to(tomorrow(9))
    stub, name = house.briefings(SECRETARY), booked.name
    await moves(house, booked, first, "PA_1", leaves=False)
    seen = []

    for identity in (first, second):
        await stub.MuteParticipant(briefing_service_pb2.MuteParticipantRequest(name=name, identity=identity))
    seen.append([house.media.standing(identity).microphone for identity in (first, second)])
    await stub.GiveFloor(briefing_service_pb2.GiveFloorRequest(name=name, identity=first))
    await stub.AllowMicrophone(briefing_service_pb2.AllowMicrophoneRequest(name=name, identity=second))
    seen.append([house.media.standing(identity).microphone for identity in (first, second)])

    assert seen == [[Policy.MICROPHONE_HELD] * 2, [Policy.MICROPHONE_FREED, Policy.MICROPHONE_UNSPECIFIED]]
    versions = [policy.version for policy in house.media.policies]
    assert versions == sorted(set(versions)), "media tells the newer from the older"


async def test_locked_microphones_open_for_the_floor_only_and_shut_when_it_ends(house: House) -> None:
    identity = "points/diem-xa-1"
    booked = await house.book(identity, "points/diem-xa-2")
    house.advance_to(tomorrow(9))
    stub, name = house.briefings(SECRETARY), booked.name
    await moves(house, booked, identity, "PA_1", leaves=False)
    soft = briefing_service_pb2.MuteParticipantRequest(name=name)
    told = []

    await stub.MuteParticipant(soft)
    assert house.media.policies == [], "muting all is soft"
    await stub.MuteParticipant(briefing_service_pb2.MuteParticipantRequest(name=name, lock=True))
    for request in ("", identity, ""):
        await stub.GiveFloor(briefing_service_pb2.GiveFloorRequest(name=name, identity=request))
        told.append((house.media.policies[-1].microphones_locked, house.media.standing(identity).microphone))
    await stub.AllowMicrophone(briefing_service_pb2.AllowMicrophoneRequest(name=name))

    assert told == [
        (True, Policy.MICROPHONE_UNSPECIFIED),
        (True, Policy.MICROPHONE_FREED),
        (True, Policy.MICROPHONE_UNSPECIFIED),
    ]
    assert not house.media.policies[-1].microphones_locked


async def test_what_was_decided_is_repeated_to_media_and_seen_by_who_leads(house: House) -> None:
    identity = "points/diem-xa-1"
    booked = await house.book(identity)
    house.advance_to(tomorrow(9))
    stub, name = house.briefings(SECRETARY), booked.name
    point = await house.link_holder(name, identity)

    await stub.PermitScreen(briefing_service_pb2.PermitScreenRequest(name=name, identity=identity, permitted=False))
    await stub.MuteParticipant(briefing_service_pb2.MuteParticipantRequest(name=name, identity=identity))
    await RoomClock(house.cases.keeper).look()
    watch = briefing_service_pb2.WatchBriefingRequest(name=name)
    leader, own = [await anext(aiter(house.briefings(caller).WatchBriefing(watch))) for caller in (SECRETARY, point)]

    assert house.media.standing(identity).screen_denied
    standing = briefing_service_pb2.ParticipantStanding(identity=identity, microphone_held=True, screen_denied=True)
    assert (list(leader.standings), list(own.standings)) == ([standing], [])
    assert (own.microphone_closed, own.screen_denied) == (True, True)
    assert (leader.microphone_closed, leader.screen_denied) == (False, False)


async def test_the_stage_that_is_chosen_is_everyones_until_it_is_left_to_who_speaks(house: House) -> None:
    identity = "points/diem-xa-1"
    booked = await house.book(identity)
    house.advance_to(tomorrow(9))
    stub, name = house.briefings(SECRETARY), booked.name
    point = await house.link_holder(name, identity)
    show = briefing_service_pb2.ShowOnStageRequest(name=name, identity=identity, screen=True)
    watch = briefing_service_pb2.WatchBriefingRequest(name=name)
    seen = []

    refused = await refusal(house.briefings(point).ShowOnStage(show))
    for chosen in (show, briefing_service_pb2.ShowOnStageRequest(name=name)):
        await stub.ShowOnStage(chosen)
        state = await anext(aiter(house.briefings(point).WatchBriefing(watch)))
        seen.append((state.stage_identity, state.stage_screen))

    assert refused[0] == "NO_PERMISSION"
    assert seen == [(identity, True), ("", False)]


async def test_a_camera_or_screen_of_another_is_stopped_once_and_written_down(house: House) -> None:
    identity = "points/diem-xa-1"
    booked = await house.book(identity)
    house.advance_to(tomorrow(9))
    stub = house.briefings(SECRETARY)

    for source in (Stop.SOURCE_CAMERA, Stop.SOURCE_SCREEN):
        await stub.StopSending(Stop(name=booked.name, identity=identity, source=source))
    unsaid = await refusal(stub.StopSending(Stop(name=booked.name, identity=identity)))
    nobody = await refusal(stub.StopSending(Stop(name=booked.name, source=Stop.SOURCE_CAMERA)))

    asked = [(list(mute.identities), mute.source) for mute in house.media.muted]
    assert asked == [
        ([identity], room_service_pb2.MUTED_SOURCE_CAMERA),
        ([identity], room_service_pb2.MUTED_SOURCE_SCREEN),
    ]
    assert house.media.policies == [], "its owner may start it again"
    assert (unsaid[0], nobody[0]) == ("BAD_FIELD", "BAD_FIELD")
    async with sessions(house.engine)() as session:
        about = select(audit_entry.c.action).where(audit_entry.c.resource == booked.name)
        actions = (await session.scalars(about)).all()
    assert {"briefing.stop_camera", "briefing.stop_screen"} <= set(actions)


async def test_a_decision_about_nobody_is_refused_by_name(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    house.advance_to(tomorrow(9))
    stub, name = house.briefings(SECRETARY), booked.name

    refusals = [
        (await refusal(call))[0]
        for call in (
            stub.RemoveParticipant(briefing_service_pb2.RemoveParticipantRequest(name=name, identity="points/la")),
            stub.ReadmitParticipant(briefing_service_pb2.ReadmitParticipantRequest(name=name)),
            stub.PermitScreen(briefing_service_pb2.PermitScreenRequest(name=name)),
        )
    ]

    assert refusals == ["UNKNOWN_PARTICIPANT", "BAD_FIELD", "BAD_FIELD"]


async def test_a_decision_holds_though_media_is_away_when_it_is_made(house: House) -> None:
    identity = "points/diem-xa-1"
    booked = await house.book(identity)
    house.advance_to(tomorrow(9))
    house.media.workers = False

    remove = briefing_service_pb2.RemoveParticipantRequest(name=booked.name, identity=identity)
    await house.briefings(SECRETARY).RemoveParticipant(remove)
    house.media.workers = True
    await RoomClock(house.cases.keeper).look()

    assert house.media.standing(identity).admission == 1


async def test_sessions_media_knows_nothing_of_end_as_assumed(house: House) -> None:
    first, second = "points/diem-xa-1", "points/diem-xa-2"
    booked = await house.book(first, second)
    house.advance_to(tomorrow(9))
    for subject in (first, second):
        await moves(house, booked, subject, f"PA_{subject}", leaves=False)
    house.media.inside = {f"PA_{first}"}
    clock = RoomClock(house.cases.keeper)

    await clock.look()
    fresh = await present(house, booked)
    house.clock.advance(30)
    await clock.look()

    assert (fresh, await present(house, booked)) == ([first, second], [first])


async def test_while_no_worker_lives_nobody_is_in_the_room(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    house.advance_to(tomorrow(9))
    await moves(house, booked, "points/diem-xa-1", "PA_1", leaves=False)
    house.media.workers, seen = False, []

    for seconds in (30, 5, 12):
        house.clock.advance(seconds)
        await RoomClock(house.cases.keeper).look()
        seen.append(await present(house, booked))

    assert seen == [["points/diem-xa-1"], ["points/diem-xa-1"], []]


async def test_the_next_session_of_an_identity_ends_the_one_before(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    house.advance_to(tomorrow(9))
    await moves(house, booked, "points/diem-xa-1", "PA_1", leaves=False)
    house.clock.advance(60)
    await moves(house, booked, "points/diem-xa-1", "PA_2", leaves=False)
    await moves(house, booked, "points/diem-xa-1", "PA_2", leaves=True)

    assert await present(house, booked) == []


async def present(house: House, booked: briefing_pb2.Briefing) -> list[str]:
    watch = briefing_service_pb2.WatchBriefingRequest(name=booked.name)
    return list((await anext(aiter(house.briefings(SECRETARY).WatchBriefing(watch)))).present_subjects)


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
    assert house.media.standing("points/diem-xa-2").admission == 1
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
    absent = await refusal(house.briefings(SECRETARY).GiveFloor(give))
    await moves(house, booked, "points/diem-xa-2", "PA_2", leaves=False)
    await house.briefings(SECRETARY).GiveFloor(give)
    given = await until(states, lambda state: state.speaking_requests[0].state == SPEAKING)
    withdraw = briefing_service_pb2.WithdrawSpeakingRequestRequest(name=booked.name)
    await house.briefings(second).WithdrawSpeakingRequest(withdraw)
    ended = await until(states, lambda state: len(state.speaking_requests) == 1)
    watching.cancel()

    assert closed[0] == "NOT_OPEN"
    assert list(empty.speaking_requests) == []
    assert places == [1, 2, 1]
    assert (refused[0], absent[0]) == ("NO_PERMISSION", "NOT_IN_ROOM")
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
