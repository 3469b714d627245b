"""Unmodified native clients with tokens of the command line join the served address."""

import asyncio
import socket

from giaoban.testing.fixtures import eventually
from tests.e2e.house import House
from tests.e2e.line import line_to
from tests.integration.media_sessions.clients import FRAMES_PER_SECOND, WIDTH, Client, clients

LONGEST_GAP_BEYOND_THE_PUBLISHERS = 0.3


async def joined(house: House, client: Client, room: str, identity: str, port: int | None = None) -> None:
    token = await asyncio.to_thread(house.run, "token", "--room", room, "--identity", identity)
    await client.join(f"ws://127.0.0.1:{port or house.http_port}", token)


async def settled(publisher: Client, viewer: Client) -> None:
    """Until the full layer arrives and the tone is heard."""
    await publisher.publish_video()
    await publisher.publish_tone()
    await eventually(lambda: viewer.seen.width == WIDTH and viewer.seen.tone_share() > 0.8, seconds=30)


async def test_one_decodes_nearly_every_frame_of_the_other_and_hears_the_tone(house: House) -> None:
    async with clients(2) as (publisher, viewer):
        await joined(house, publisher, "native-1", "publisher")
        await joined(house, viewer, "native-1", "viewer")
        await settled(publisher, viewer)

        sent_before, seen_before = (await publisher.frames_sent())[WIDTH], viewer.seen.frames
        await eventually(lambda: viewer.seen.frames - seen_before >= 10 * FRAMES_PER_SECOND, seconds=30)
        sent = (await publisher.frames_sent())[WIDTH] - sent_before
        seen = viewer.seen.frames - seen_before

        assert seen >= 0.95 * (sent - 2), (seen, sent)  # one may be under way at each end
        assert viewer.seen.tone_share() > 0.8


async def test_signalling_that_is_cut_resumes_while_media_goes_on(house: House) -> None:
    async with clients(2) as (publisher, viewer), line_to(house.http_port) as line:
        await joined(house, publisher, "native-2", "publisher")
        await joined(house, viewer, "native-2", "viewer", line.port)
        await settled(publisher, viewer)
        publisher.captured.begin()
        viewer.seen.gaps.begin()

        line.cut()
        await eventually(lambda: "reconnected" in viewer.seen.events, seconds=30)
        frames = viewer.seen.frames
        await eventually(lambda: viewer.seen.frames > frames + 2 * FRAMES_PER_SECOND, seconds=15)

        assert line.connections >= 2
        assert "participant_disconnected" not in viewer.seen.events
        assert viewer.seen.gaps.longest <= publisher.captured.longest + LONGEST_GAP_BEYOND_THE_PUBLISHERS


async def test_a_text_of_forty_kilobytes_arrives_whole(house: House) -> None:
    text = "Ủy ban nhân dân xã báo cáo. " * 1500
    async with clients(2) as (publisher, viewer):
        await joined(house, publisher, "native-3", "publisher")
        await joined(house, viewer, "native-3", "viewer")

        await publisher.room.local_participant.send_text(text, topic="notes")
        await eventually(lambda: bool(viewer.seen.texts), seconds=20)

    assert len(text.encode()) > 40_000
    assert viewer.seen.texts == [text]


async def test_hostile_datagrams_disturb_nobody(house: House) -> None:
    async with clients(2) as (publisher, viewer):
        await joined(house, publisher, "native-4", "publisher")
        await joined(house, viewer, "native-4", "viewer")
        await settled(publisher, viewer)
        viewer.seen.gaps.begin()
        publisher.captured.begin()
        frames = viewer.seen.frames

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for port in range(house.media_port, house.media_port + 2):
                for datagram in (b"", b"\xa5" * 2000, b"\x80\x60" + bytes(1200), b"\x80" * 1600, b"\x16\xfe\xfd" * 100):
                    for _ in range(20):
                        stranger.sendto(datagram, ("127.0.0.1", port))
        await eventually(lambda: viewer.seen.frames > frames + 3 * FRAMES_PER_SECOND, seconds=20)

        assert viewer.seen.gaps.longest <= publisher.captured.longest + LONGEST_GAP_BEYOND_THE_PUBLISHERS
        assert not publisher.seen.disconnected
        assert not viewer.seen.disconnected
        assert await asyncio.to_thread(house.ready)
