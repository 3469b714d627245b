"""Strangers and members that send what they should not: nobody else notices."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from typing import Any, cast

from livekit.protocol import rtc

from briefing.v1 import room_service_pb2 as pb
from giaoban.testing.fixtures import eventually
from services.media.domain.ports import RoomId
from services.media.sfu.peer import MediaPeer
from tests.integration.media_sessions.clients import Client, clients
from tests.integration.media_sessions.front import Front, Letting


def _throw(front: Front, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for datagram in datagrams:
            stranger.sendto(datagram, front.node.announced[0])


async def _flowing(front: Front, anna: Client, binh: Client) -> None:
    await anna.join(front.url, front.token("anna"))
    await binh.join(front.url, front.token("binh"))
    await anna.publish_video()
    await eventually(lambda: binh.seen.frames > 10, seconds=20)


async def test_datagrams_of_strangers_disturb_nobody(front: Front) -> None:
    async with clients(2) as (anna, binh):
        await _flowing(front, anna, binh)
        anna.captured.begin()
        binh.seen.gaps.begin()
        frames = binh.seen.frames
        stun = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)
        rtp = b"\x80\x60\x00\x01" + bytes(8) + b"payload"
        short_extension = b"\x90\x60\x00\x01" + bytes(8) + b"\xbe\xde\x00\xff"

        for _ in range(20):
            _throw(front, b"", bytes(2000), b"\x80" * 2000, b"\xff" * 1400, stun, stun + b"\x00\x06\xff\xff", rtp)
            _throw(front, short_extension, b"\x16\xfe\xfd" + bytes(60), b"\x17" * 50, b"\x00\x01" + b"\xff" * 30)
        await eventually(lambda: binh.seen.frames > frames + 30)

        assert binh.seen.gaps.longest <= anna.captured.longest + 0.3
        assert not anna.seen.disconnected
        assert not binh.seen.disconnected


async def test_bad_records_from_a_members_own_address_end_at_worst_its_own_session(front: Front) -> None:
    async with clients(3) as (anna, binh, chi):
        await _flowing(front, anna, binh)
        await chi.join(front.url, front.token("chi"))
        room = front.house.rooms.get(RoomId("demo"))
        evil = next(member for member in room.members.values() if member.identity == "chi")
        transport = cast("MediaPeer", evil.transport)
        frames = binh.seen.frames

        for record in (b"", b"\x80" * 1600, b"\x16" * 40, b"\x17\xfe\xfd" + bytes(80), b"\x14", b"\x3f" * 1400):
            transport.dtls.feed(record)
        await eventually(lambda: binh.seen.frames > frames + 15)

        assert not anna.seen.disconnected
        assert not binh.seen.disconnected


async def _signal(front: Front, *frames: bytes) -> list[pb.SignalResponse]:
    """Speaks the client protocol by hand; answers what came back until the end."""

    async def up() -> AsyncIterator[pb.SignalRequest]:
        request = rtc.WrappedJoinRequest(join_request=rtc.JoinRequest().SerializeToString())
        query = f"join_request={base64.urlsafe_b64encode(request.SerializeToString()).decode()}"
        yield pb.SignalRequest(open=pb.SignalOpen(token=front.token("mallory"), query=query))
        for frame in frames:
            yield pb.SignalRequest(frame=frame)
        await asyncio.sleep(30)

    answers = front.house.servicer.Signal(up(), cast("Any", Letting()))
    return [answer async for answer in answers]


async def test_an_unreadable_frame_ends_its_own_connection(front: Front) -> None:
    answers = await asyncio.wait_for(_signal(front, b"\xff\xff\xff"), 5)

    assert answers[-1].close.code == 1007


async def test_a_flood_of_frames_ends_its_own_connection(front: Front) -> None:
    ping = rtc.SignalRequest(ping=1).SerializeToString()

    answers = await asyncio.wait_for(_signal(front, *[ping] * 2000), 5)

    assert answers[-1].close.code == 1008


async def test_an_offer_of_nonsense_sends_its_sender_out(front: Front) -> None:
    offer = rtc.SignalRequest(offer=rtc.SessionDescription(type="offer", sdp="v=0\r\nm=audio\r\n")).SerializeToString()

    answers = await asyncio.wait_for(_signal(front, offer), 5)

    leave = rtc.SignalResponse.FromString(answers[-2].frame).leave
    assert leave.action == rtc.LeaveRequest.RECONNECT
    assert front.house.rooms.load == 0
