import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from services.gateway.ws.signalling import MAX_FRAME_BYTES
from tests.integration.gateway.conftest import Face
from tests.integration.gateway.doubles import ROOM_TOKEN

TOKEN = "room token"
LARGEST_BODY = 1 << 18
SEGMENT = 1 << 12


async def test_frames_go_both_ways_unread(face: Face) -> None:
    async with face.client.ws_connect(f"/rtc/v1?access_token={TOKEN}&join_request=abc") as socket:
        await socket.send_bytes(b"\x00\xffhello")
        answer = await asyncio.wait_for(socket.receive(), 5)

    assert answer.data == b"echo \x00\xffhello"
    assert face.worker.opened[0].token == TOKEN
    assert face.worker.opened[0].query == "join_request=abc"


async def test_native_clients_show_their_token_in_the_header(face: Face) -> None:
    async with face.client.ws_connect("/rtc/v1", headers={"Authorization": f"Bearer {TOKEN}"}) as socket:
        await socket.send_bytes(b"x")
        await asyncio.wait_for(socket.receive(), 5)

    assert face.worker.opened[0].token == TOKEN


async def test_the_worker_hears_that_the_client_went_away(face: Face) -> None:
    async with face.client.ws_connect(f"/rtc/v1?access_token={TOKEN}") as socket:
        await socket.send_bytes(b"x")
        await asyncio.wait_for(socket.receive(), 5)

    await asyncio.wait_for(face.worker.ended.wait(), 5)


async def test_the_worker_can_end_the_connection_with_a_reason(face: Face) -> None:
    async with face.client.ws_connect(f"/rtc/v1?access_token={TOKEN}") as socket:
        await socket.send_bytes(b"leave")
        await asyncio.wait_for(socket.receive(), 5)
        end = await asyncio.wait_for(socket.receive(), 5)

    assert (end.type, end.data, end.extra) == (WSMsgType.CLOSE, 4001, "left")


async def test_a_client_that_was_told_to_leave_closes_by_itself(face: Face) -> None:
    async with face.client.ws_connect(f"/rtc/v1?access_token={TOKEN}") as socket:
        await socket.send_bytes(b"leave")
        last = await asyncio.wait_for(socket.receive(), 5)
        await asyncio.wait_for(socket.close(), 5)

    assert (last.data, socket.close_code) == (b"leave", 1000)


@pytest.mark.parametrize(("query", "status"), [("", 401), ("?access_token=forged", 401)])
async def test_a_bad_token_is_refused_before_the_upgrade_and_by_validate(face: Face, query: str, status: int) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await face.client.ws_connect(f"/rtc/v1{query}")
    async with face.client.get(f"/rtc/v1/validate{query}") as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"

    assert refused.value.status == status
    assert response.status == status


async def test_a_good_token_validates(face: Face) -> None:
    async with face.client.get(f"/rtc/v1/validate?access_token={TOKEN}") as response:
        assert (response.status, await response.text()) == (200, "success")


async def test_the_form_with_two_peer_connections_is_declined_with_a_sentence(face: Face) -> None:
    async with face.client.get("/rtc") as response:
        assert response.status == 404
        assert "/rtc/v1" in await response.text()
        assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_an_oversized_frame_ends_its_own_connection_only(face: Face) -> None:
    async with (
        face.client.ws_connect(f"/rtc/v1?access_token={TOKEN}") as bad,
        face.client.ws_connect(f"/rtc/v1?access_token={TOKEN}") as good,
    ):
        await bad.send_bytes(bytes(MAX_FRAME_BYTES + 1))
        end = await asyncio.wait_for(bad.receive(), 5)
        await good.send_bytes(b"still here")
        answer = await asyncio.wait_for(good.receive(), 5)

    assert (end.type, end.data) == (WSMsgType.CLOSE, 1009)
    assert answer.data == b"echo still here"


async def test_the_room_api_passes_unread(face: Face) -> None:
    async with face.client.post(
        "/twirp/livekit.RoomService/ListRooms",
        data=b"\x0a\x00",
        headers={"Authorization": "Bearer key", "Content-Type": "application/protobuf"},
    ) as response:
        assert (response.status, await response.read()) == (200, b"Bearer key|\x0a\x00")


async def segments(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // SEGMENT):
        yield bytes(SEGMENT)


async def test_the_room_api_gets_a_body_of_many_segments_whole(face: Face) -> None:
    async with face.client.post(
        "/twirp/livekit.RoomService/SendData", data=segments(LARGEST_BODY), headers={"Authorization": "k"}
    ) as response:
        assert (response.status, len(await response.read())) == (200, len(b"k|") + LARGEST_BODY)


async def test_the_room_api_refuses_a_larger_body_of_unknown_length(face: Face) -> None:
    async with face.client.post(
        "/twirp/livekit.RoomService/SendData", data=segments(LARGEST_BODY + SEGMENT)
    ) as response:
        assert (response.status, (await response.json())["code"]) == (413, "malformed")


async def test_no_log_line_shows_a_token(face: Face, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async with face.client.ws_connect(f"/rtc/v1?access_token={TOKEN}&join_request=secret-sdp") as socket:
        await socket.send_bytes(b"x")
        await asyncio.wait_for(socket.receive(), 5)
    async with face.client.get("/join/secret-link", allow_redirects=False):
        pass

    for secret in (TOKEN, "room%20token", "secret-sdp", "secret-link"):
        assert secret not in caplog.text


async def test_many_who_come_to_one_room_ask_once_where_it_is(face: Face) -> None:
    async def come() -> None:
        async with face.client.ws_connect(f"/rtc/v1?access_token={ROOM_TOKEN}") as socket:
            await socket.send_bytes(b"x")
            assert (await asyncio.wait_for(socket.receive(), 10)).data == b"echo x"

    await asyncio.gather(*(come() for _ in range(50)))

    assert face.rooms.located == [False]


async def test_a_room_that_its_worker_lost_is_made_anew_before_anybody_is_refused(face: Face) -> None:
    face.worker.forgot_rooms = 1

    async with face.client.ws_connect(f"/rtc/v1?access_token={ROOM_TOKEN}") as socket:
        await socket.send_bytes(b"x")
        assert (await asyncio.wait_for(socket.receive(), 10)).data == b"echo x"

    assert face.rooms.located == [False, True]


async def test_who_comes_while_no_worker_is_seen_waits(face: Face) -> None:
    face.rooms.away = 2

    async with face.client.ws_connect(f"/rtc/v1?access_token={ROOM_TOKEN}") as socket:
        await socket.send_bytes(b"x")
        assert (await asyncio.wait_for(socket.receive(), 10)).data == b"echo x"


async def test_a_room_that_is_nowhere_is_refused(face: Face) -> None:
    face.worker.forgot_rooms = 9

    with pytest.raises(WSServerHandshakeError) as refused:
        await face.client.ws_connect(f"/rtc/v1?access_token={ROOM_TOKEN}")

    assert refused.value.status == 404
