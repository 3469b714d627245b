"""What a stranger's connection may take, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from services.gateway.app import SERVER_OPTIONS
from services.gateway.http.bodies import read_whole
from services.gateway.http.connections import Connections, Limits


@asynccontextmanager
async def serving(limits: Limits, body_seconds: float = 0.2) -> AsyncIterator[int]:
    async def answer(request: web.Request) -> web.Response:
        body = await read_whole(request, 1000, body_seconds)
        return web.Response(text=str(len(body or b"")))

    app = web.Application()
    app.router.add_route("*", "/", answer)
    runner = web.AppRunner(app, **SERVER_OPTIONS)
    await runner.setup()
    assert runner.server is not None
    server = await asyncio.get_running_loop().create_server(Connections(runner.server, limits).accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await runner.cleanup()


async def ends(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionResetError:
        return b""


async def test_a_head_that_never_ends_costs_a_connection_its_life() -> None:
    async with serving(Limits(head_seconds=0.2)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")

        assert await ends(reader) == b""
        writer.close()


async def test_a_connection_that_says_nothing_is_closed_and_one_that_speaks_is_not() -> None:
    async with serving(Limits(silent_seconds=0.3)) as port:
        silent, one = await asyncio.open_connection("127.0.0.1", port)
        spoken, other = await asyncio.open_connection("127.0.0.1", port)
        other.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await spoken.readline()).startswith(b"HTTP/1.1 200")
        assert await ends(silent) == b""
        await spoken.readuntil(b"\r\n\r\n0")
        other.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await spoken.readline()).startswith(b"HTTP/1.1 200")
        one.close()
        other.close()


async def test_a_body_that_never_ends_is_answered_408() -> None:
    async with serving(Limits()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")

        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_an_address_has_so_many_connections_and_gets_them_back() -> None:
    async with serving(Limits(most_per_address=3)) as port:
        first = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await ends(reader) == b""
        writer.close()
        for _, each in first:
            each.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        for each_reader, each in first:
            assert b"200 OK" in await ends(each_reader)
            each.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_a_header_that_cannot_be_read_leaves_no_cookie_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Limits()) as port:
        for line in (
            b"Cookie: giaoban_session=geheim\x00\r\n",
            b"Cookie giaoban_session=geheim\r\n",
            b"X: \xff\x01\r\n",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n" + line + b"Cookie: giaoban_session=geheim\r\n\r\n")
            await ends(reader) if line.startswith(b"C") else await reader.readline()
            writer.close()

    assert "geheim" not in caplog.text
    assert all("geheim" not in str(record.__dict__) for record in caplog.records)
