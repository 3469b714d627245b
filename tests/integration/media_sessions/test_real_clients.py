"""Unmodified clients publish, receive, mute and talk through a worker."""

import asyncio

import pytest
from livekit import rtc

from giaoban.testing.fixtures import eventually
from services.media.domain.grants import Rights
from tests.integration.media_sessions.clients import WIDTH, clients
from tests.integration.media_sessions.front import Front


async def test_one_client_sees_and_hears_what_another_publishes(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))
        await anna.publish_video()
        await anna.publish_tone()
        await eventually(lambda: binh.seen.width == WIDTH and binh.seen.tone_share() > 0.8, seconds=20)

        sent_before, seen_before = (await anna.frames_sent())[WIDTH], binh.seen.frames
        await eventually(lambda: binh.seen.frames - seen_before >= 75, seconds=20)
        sent, seen = (await anna.frames_sent())[WIDTH] - sent_before, binh.seen.frames - seen_before

        assert binh.seen.width == WIDTH
        assert seen >= 0.95 * (sent - 2)  # one may be under way at each end
        assert binh.seen.tone_share() > 0.8


async def test_who_comes_late_gets_what_is_published_already(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await anna.publish_video()
        await anna.publish_tone()
        await eventually(lambda: all(track.live for track in front.house.rooms.all()[0].tracks.values()))

        await binh.join(front.url, front.token("binh"))

        await eventually(lambda: binh.seen.frames > 10 and len(binh.seen.subscribed) == 2, seconds=15)


async def test_muting_and_opening_is_told_to_the_others(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))
        publication = await anna.publish_tone()
        await eventually(lambda: binh.seen.tone_share() > 0.5, seconds=15)
        assert isinstance(publication.track, rtc.LocalAudioTrack)

        publication.track.mute()
        await eventually(lambda: "track_muted" in binh.seen.events)
        publication.track.unmute()

        await eventually(lambda: "track_unmuted" in binh.seen.events)
        binh.seen.samples.clear()
        await eventually(lambda: binh.seen.tone_share() > 0.5, seconds=15)


async def test_a_track_that_is_unpublished_goes_away_and_its_section_serves_the_next(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))
        first = await anna.publish_tone()
        await eventually(lambda: len(binh.seen.subscribed) == 1, seconds=15)

        await anna.room.local_participant.unpublish_track(first.sid)
        await eventually(lambda: not binh.seen.subscribed, seconds=15)
        second = await anna.publish_tone()

        await eventually(lambda: binh.seen.subscribed == {second.sid}, seconds=15)
        binh.seen.samples.clear()
        await eventually(lambda: binh.seen.tone_share() > 0.5, seconds=15)


async def test_more_tracks_than_sections_are_all_received(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))

        published = [await anna.publish_tone() for _ in range(5)]

        await eventually(lambda: binh.seen.subscribed == {each.sid for each in published}, seconds=20)


async def test_a_long_text_arrives_whole(front: Front) -> None:
    text = "Báo cáo giao ban. " * 2300
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))

        await anna.room.local_participant.send_text(text, topic="notes")

        await eventually(lambda: bool(binh.seen.texts), seconds=15)
        assert len(text.encode()) > 40_000
        assert binh.seen.texts == [text]


async def test_data_goes_to_whom_it_is_for_and_says_who_sent_it(front: Front) -> None:
    async with clients(3) as (anna, binh, chi):
        for client, name in ((anna, "anna"), (binh, "binh"), (chi, "chi")):
            await client.join(front.url, front.token(name))

        await anna.room.local_participant.publish_data(b"for chi", destination_identities=["chi"], topic="t")
        await anna.room.local_participant.publish_data(b"for all", topic="t")
        await eventually(lambda: len(chi.seen.packets) == 2 and len(binh.seen.packets) == 1)

        assert [packet.data for packet in chi.seen.packets] == [b"for chi", b"for all"]
        assert [packet.data for packet in binh.seen.packets] == [b"for all"]
        sender = binh.seen.packets[0].participant
        assert sender is not None
        assert sender.identity == "anna"


async def test_attributes_are_changed_with_an_answer_and_told_to_the_others(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))

        await asyncio.wait_for(anna.room.local_participant.set_attributes({"hand": "up"}), 5)

        def told() -> bool:
            return binh.room.remote_participants["anna"].attributes.get("hand") == "up"

        await eventually(told)


async def test_who_may_not_change_itself_gets_an_answer_and_stays_as_it_was(front: Front) -> None:
    async with clients(1) as (anna,):
        await anna.join(front.url, front.token("anna", rights=Rights()))

        await asyncio.wait_for(anna.room.local_participant.set_attributes({"hand": "up"}), 5)

        (member,) = front.house.rooms.all()[0].members.values()
        assert "hand" not in member.attributes


async def test_a_loud_participant_is_named_as_speaker(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await anna.join(front.url, front.token("anna"))
        await binh.join(front.url, front.token("binh"))

        await anna.publish_tone()

        await eventually(lambda: "active_speakers_changed" in binh.seen.events, seconds=15)


async def test_a_token_of_somebody_else_is_refused(front: Front) -> None:
    async with clients(1) as (anna,):
        with pytest.raises(rtc.ConnectError, match="401"):
            await anna.join(front.url, front.token("anna")[:-4] + "AAAA")
