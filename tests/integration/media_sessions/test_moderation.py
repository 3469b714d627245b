"""Muting, removing and telling from outside: what the secretary does, and what the room API does."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from google.protobuf.message import Message
from livekit import rtc
from livekit.protocol import models
from livekit.protocol import room as api

from briefing.v1 import room_service_pb2 as pb
from giaoban.testing.fixtures import eventually
from services.media.domain.grants import Rights, RoomToken
from services.media.domain.participants import Identity
from services.media.domain.ports import RoomId
from services.media.rpc.policy_convert import policy_of
from services.media.rpc.tokens import write_room_token
from tests.integration.media_sessions.clients import clients
from tests.integration.media_sessions.front import PAIR, Front


def _call(
    front: Front,
    method: str,
    request: Message,
    *,
    admin: bool = True,
    room_list: bool = False,
    room_create: bool = False,
) -> pb.CallRoomApiResponse:
    token = RoomToken(
        identity="server",
        expire_time=datetime.now(UTC) + timedelta(minutes=1),
        room="demo",
        rights=Rights(admin=admin),
        room_list=room_list,
        room_create=room_create,
    )
    call = pb.CallRoomApiRequest(
        method=method,
        body=request.SerializeToString(),
        content_type="application/protobuf",
        authorization=f"Bearer {write_room_token(PAIR, token)}",
    )
    answer = front.house.servicer._room_api.run(call)
    assert isinstance(answer, pb.CallRoomApiResponse)
    return answer


async def test_the_secretary_mutes_all_but_one(front: Front) -> None:
    async with clients(3) as (anna, binh, chi):
        for client, name in ((anna, "anna"), (binh, "binh"), (chi, "chi")):
            await client.join(front.url, front.token(name))
        await anna.publish_tone()
        await binh.publish_tone()
        await eventually(lambda: len(chi.seen.subscribed) == 2, seconds=15)

        request = pb.MuteRoomParticipantsRequest(room="demo", excepted_identities=["binh"])
        answer = await front.house.servicer.MuteRoomParticipants(request, cast("Any", None))

        assert answer.muted_count == 1
        await eventually(lambda: "track_muted" in anna.seen.events)
        listed = await front.house.servicer.ListRoomParticipants(
            pb.ListRoomParticipantsRequest(room="demo"), cast("Any", None)
        )
        assert {each.identity: each.microphone_open for each in listed.participants} == {
            "anna": False,
            "binh": True,
            "chi": False,
        }


async def test_who_is_removed_is_told_why_and_stays_out(front: Front) -> None:
    async with clients(1) as (anna,):
        await anna.join(front.url, front.token("anna"))

        answer = _call(front, "RemoveParticipant", api.RoomParticipantIdentity(room="demo", identity="anna"))

        assert answer.status == 200
        await eventually(lambda: bool(anna.seen.disconnected))
        assert anna.seen.disconnected == [rtc.DisconnectReason.PARTICIPANT_REMOVED]


async def test_rights_that_are_taken_end_what_was_published(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))
        await anna.publish_tone()
        await eventually(lambda: len(binh.seen.subscribed) == 1, seconds=15)

        permission = models.ParticipantPermission(can_subscribe=True, can_publish=False, can_publish_data=True)
        update = api.UpdateParticipantRequest(room="demo", identity="anna", permission=permission)
        assert _call(front, "UpdateParticipant", update).status == 200

        await eventually(lambda: not binh.seen.subscribed)


async def test_the_room_api_lists_sends_and_closes(front: Front) -> None:
    async with clients(1) as (anna,):
        await anna.join(front.url, front.token("anna"))

        rooms = api.ListRoomsResponse.FromString(_call(front, "ListRooms", api.ListRoomsRequest(), room_list=True).body)
        people = api.ListParticipantsResponse.FromString(
            _call(front, "ListParticipants", api.ListParticipantsRequest(room="demo")).body
        )
        sent = _call(front, "SendData", api.SendDataRequest(room="demo", data=b"ping", topic="t"))

        assert [room.name for room in rooms.rooms] == ["demo"]
        assert [each.identity for each in people.participants] == ["anna"]
        assert sent.status == 200
        await eventually(lambda: [packet.data for packet in anna.seen.packets] == [b"ping"])
        assert _call(front, "DeleteRoom", api.DeleteRoomRequest(room="demo"), room_create=True).status == 200
        await eventually(lambda: bool(anna.seen.disconnected))


async def test_the_room_api_refuses_as_its_protocol_says(front: Front) -> None:
    unknown = _call(front, "GetParticipant", api.RoomParticipantIdentity(room="demo", identity="anna"))
    denied = _call(front, "ListParticipants", api.ListParticipantsRequest(room="demo"), admin=False)
    strange = _call(front, "StartEgress", api.ListParticipantsRequest())

    assert (unknown.status, b"not_found" in unknown.body) == (404, True)
    assert (denied.status, b"permission_denied" in denied.body) == (403, True)
    assert (strange.status, b"unimplemented" in strange.body) == (501, True)


def _govern(front: Front, version: int, *standings: pb.ParticipantPolicy) -> None:
    policy = pb.RoomPolicy(version=version, participants=standings)
    front.house.rooms.get(RoomId("demo")).govern(policy_of(policy))


async def test_a_held_microphone_is_not_heard_though_its_client_opens_it_and_joins_anew(front: Front) -> None:
    async with clients(3) as (anna, binh, again):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))
        published = await anna.publish_tone()
        await eventually(lambda: len(binh.seen.subscribed) == 1, seconds=15)
        _govern(front, 1, pb.ParticipantPolicy(identity="anna", microphone=pb.ParticipantPolicy.MICROPHONE_HELD))
        await eventually(lambda: "track_muted" in anna.seen.events)

        cast("rtc.LocalAudioTrack", published.track).unmute()
        await again.join(front.url, front.token("anna"))
        await again.publish_tone()
        room = front.house.rooms.get(RoomId("demo"))
        await eventually(lambda: bool(room.members[Identity("anna")].tracks), seconds=15)

        assert [track.muted for track in room.members[Identity("anna")].tracks.values()] == [True]


async def test_who_is_sent_out_is_refused_with_the_token_it_has_and_let_in_with_a_newer(front: Front) -> None:
    async with clients(3) as (anna, with_old, with_new):
        old = front.token("anna")
        await anna.join(front.url, old)

        _govern(front, 1, pb.ParticipantPolicy(identity="anna", admission=1))

        await eventually(lambda: bool(anna.seen.disconnected))
        with pytest.raises(rtc.ConnectError):
            await with_old.join(front.url, old)
        await with_new.join(front.url, front.token("anna", admission=1))
        assert Identity("anna") in front.house.rooms.get(RoomId("demo")).members
