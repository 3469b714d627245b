"""Signalling that is cut, sessions that are refused, identities that come twice."""

from livekit import rtc

from giaoban.testing.fixtures import eventually
from services.media.domain.client import LeaveAction, LeaveReason
from services.media.domain.participants import Identity
from services.media.domain.ports import RoomId
from tests.integration.media_sessions.clients import Client, clients
from tests.integration.media_sessions.front import Front


async def _flowing(front: Front, anna: Client, binh: Client) -> None:
    await anna.join(front.url, front.token("anna"))
    await binh.join(front.url, front.token("binh"))
    await anna.publish_video()
    await anna.publish_tone()
    await eventually(lambda: binh.seen.frames > 20 and binh.seen.tone_share() > 0.5, seconds=20)


async def test_a_publisher_whose_signalling_is_cut_resumes_and_its_media_goes_on(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await _flowing(front, anna, binh)
        sid = anna.room.local_participant.sid
        anna.captured.begin()
        binh.seen.gaps.begin()

        front.cut("anna")
        await eventually(lambda: "reconnected" in anna.seen.events, seconds=20)
        frames = binh.seen.frames
        await eventually(lambda: binh.seen.frames > frames + 15)

        assert anna.room.local_participant.sid == sid
        assert binh.seen.gaps.longest <= anna.captured.longest + 0.3
        assert "participant_disconnected" not in binh.seen.events


async def test_a_subscriber_whose_signalling_is_cut_misses_no_text(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await _flowing(front, anna, binh)
        anna.captured.begin()
        binh.seen.gaps.begin()

        front.cut("binh")
        await eventually(lambda: "reconnecting" in binh.seen.events)
        await anna.room.local_participant.send_text("trong lúc vắng " * 200, topic="notes")
        await eventually(lambda: "reconnected" in binh.seen.events, seconds=20)
        await eventually(lambda: bool(binh.seen.texts))

        assert binh.seen.texts == ["trong lúc vắng " * 200]
        assert binh.seen.gaps.longest <= anna.captured.longest + 0.3


async def test_a_session_that_is_not_known_any_more_joins_anew_and_publishes_again(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await _flowing(front, anna, binh)
        room = front.house.rooms.get(RoomId("demo"))
        before = room.members[Identity("anna")].sid

        room.remove(room.members[Identity("anna")], LeaveReason.TRANSPORT_LOST, LeaveAction.RECONNECT)
        await eventually(lambda: "reconnected" in anna.seen.events, seconds=20)
        frames = binh.seen.frames

        await eventually(lambda: binh.seen.frames > frames + 15, seconds=20)
        assert room.members[Identity("anna")].sid != before


async def test_the_same_identity_again_sends_the_first_one_out(front: Front) -> None:
    async with clients(3) as (anna, other, binh):
        await binh.join(front.url, front.token("binh"))
        await anna.join(front.url, front.token("anna"))

        await other.join(front.url, front.token("anna"))

        await eventually(lambda: bool(anna.seen.disconnected))
        assert anna.seen.disconnected == [rtc.DisconnectReason.DUPLICATE_IDENTITY]
        await eventually(lambda: list(binh.room.remote_participants) == ["anna"])
        assert binh.room.remote_participants["anna"].sid == other.room.local_participant.sid


async def test_who_leaves_is_gone_for_the_others_at_once(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))
        await eventually(lambda: "anna" in binh.room.remote_participants)

        await anna.room.disconnect()

        await eventually(lambda: not binh.room.remote_participants)
        await eventually(lambda: any(key.endswith("/left") for key, _ in front.facts.events))
