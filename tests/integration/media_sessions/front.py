"""A worker in this process, and a WebSocket front before it that does what the gateway does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jwt
from aiohttp import WSMsgType, web

from briefing.v1 import room_service_pb2 as pb
from giaoban.clock import SystemClock
from giaoban.errors import DomainError
from services.media.domain.grants import Rights
from services.media.rpc.tokens import mint_room_token
from services.media.sfu.node import Bound, MediaNode, media_node
from services.media.worker import WorkerHouse, build_house

PAIR = ("testkey", "a-secret-of-the-tests-that-is-long-enough")


class Letting:
    """The part of a call's context that signalling uses."""

    async def send_initial_metadata(self, metadata: object) -> None:
        """Says that the client is let in."""


@dataclass
class Facts:
    """Takes what a worker would publish."""

    events: list[tuple[str, bytes]] = field(default_factory=list)
    samples: list[tuple[str, bytes]] = field(default_factory=list)

    def event(self, key: str, payload: bytes) -> None:
        self.events.append((key, payload))

    def sample(self, key: str, payload: bytes) -> None:
        self.samples.append((key, payload))


@dataclass
class Front:
    """A served worker."""

    url: str
    node: MediaNode
    house: WorkerHouse
    facts: Facts
    sockets: dict[str, list[web.WebSocketResponse]] = field(default_factory=dict)

    def token(self, identity: str, room: str = "demo", **choices: Any) -> str:  # noqa: ANN401 - of the minter
        rights = choices.pop("rights", Rights(own_metadata=True))
        return mint_room_token(
            PAIR,
            room=room,
            identity=identity,
            display_name=identity.title(),
            expire_time=datetime.now(UTC) + timedelta(minutes=10),
            unit_path="/tinh/xa/",
            kind="person",
            rights=rights,
            create=choices.pop("create", True),
            **choices,
        )

    def cut(self, identity: str) -> None:
        """Drops the signalling connection of somebody without a closing word, as a network does."""
        for socket in self.sockets.get(identity, []):
            request = socket._req
            if request is not None and request.transport is not None:
                request.transport.abort()


class _Handler:
    def __init__(self, front: Front) -> None:
        self._front = front

    async def connect(self, request: web.Request) -> web.StreamResponse:
        token = request.query.get("access_token") or request.headers.get("Authorization", "")[7:]
        query = str(request.rel_url.without_query_params("access_token").query_string)
        requests: asyncio.Queue[pb.SignalRequest | None] = asyncio.Queue()
        requests.put_nowait(pb.SignalRequest(open=pb.SignalOpen(token=token, query=query)))

        async def up() -> AsyncIterator[pb.SignalRequest]:
            while (message := await requests.get()) is not None:
                yield message

        try:
            self._front.house.signalling.check(token)
        except DomainError as error:
            return web.Response(status=401, text=error.reason)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        answers = self._front.house.servicer.Signal(up(), cast("Any", Letting()))
        down = asyncio.create_task(_down(answers, socket))
        identity = _identity(token)
        self._front.sockets.setdefault(identity, []).append(socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    requests.put_nowait(pb.SignalRequest(frame=message.data))
        finally:
            self._front.sockets[identity].remove(socket)
            requests.put_nowait(None)
            await asyncio.gather(down, return_exceptions=True)
        return socket

    async def validate(self, request: web.Request) -> web.Response:
        token = request.query.get("access_token") or request.headers.get("Authorization", "")[7:]
        try:
            self._front.house.signalling.check(token)
        except DomainError as error:
            return web.Response(status=401, text=error.reason)
        return web.Response(text="success")


def _identity(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["sub"])


async def _down(answers: AsyncIterator[pb.SignalResponse], socket: web.WebSocketResponse) -> None:
    async for answer in answers:
        if answer.WhichOneof("message") == "close":
            await socket.close(code=answer.close.code)
        elif not socket.closed:
            try:
                await socket.send_bytes(answer.frame)
            except ConnectionResetError:
                continue


@asynccontextmanager
async def served_worker() -> AsyncIterator[Front]:
    """Serves a worker on loopback, on ports of its own."""
    async with media_node([Bound("127.0.0.1", "127.0.0.1")], 0, SystemClock()) as node:
        facts = Facts()
        house = build_house(node, PAIR, facts, SystemClock())
        app = web.Application()
        front = Front("", node, house, facts)
        handler = _Handler(front)
        app.router.add_get("/rtc/v1", handler.connect)
        app.router.add_get("/rtc/v1/validate", handler.validate)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        front.url = "ws://{}:{}".format(*runner.addresses[0][:2])
        ticking = asyncio.create_task(_tick(house))
        try:
            yield front
        finally:
            ticking.cancel()
            for name in house.rooms.names:
                house.rooms.close(name)
            await runner.cleanup()


async def _tick(house: WorkerHouse) -> None:
    while True:
        await asyncio.sleep(0.25)
        house.rooms.tick()
        house.sampler.tick()
