"""A real gateway application over real gRPC and a real Redis-compatible server."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from briefing.v1.briefing_service_pb2_grpc import add_BriefingServiceServicer_to_server
from briefing.v1.credential_service_pb2_grpc import add_CredentialServiceServicer_to_server
from briefing.v1.room_service_pb2_grpc import add_RoomServiceServicer_to_server, add_WorkerServiceServicer_to_server
from giaoban.clock import FakeClock
from giaoban.config import Settings
from giaoban.rpc.client import Peer
from giaoban.rpc.server import serve
from giaoban.rpc.tokens import TokenMinter
from services.gateway.app import SERVER_OPTIONS, PathOnlyLogger, build
from services.gateway.domain.limits import Slowness
from services.gateway.peers import Peers
from services.gateway.ws.workers import Workers
from tests.integration.gateway.doubles import Briefings, Credentials, Rooms, Worker


@dataclass(frozen=True, slots=True)
class Face:
    """A browser's view of the gateway, and the doubles behind it."""

    client: TestClient[web.Request, web.Application]
    credentials: Credentials
    rooms: Rooms
    worker: Worker
    clock: FakeClock


@pytest_asyncio.fixture
async def face(tmp_path: Path, socket_folder: Path, redis: Redis) -> AsyncIterator[Face]:
    settings = Settings.load({}, home=tmp_path)
    keys = settings.key_folder()
    clock = FakeClock(datetime.now(UTC))
    credentials, rooms, worker = Credentials(), Rooms(), Worker()  # type: ignore[abstract] # the methods under test
    async with AsyncExitStack() as stack:
        scheduler = await stack.enter_async_context(
            serve(
                f"unix:{socket_folder}/s.sock",
                [
                    (add_CredentialServiceServicer_to_server, credentials),
                    (add_BriefingServiceServicer_to_server, Briefings()),  # type: ignore[abstract] # as above
                ],
                "scheduler",
                keys,
            )
        )
        media = await stack.enter_async_context(
            serve(
                f"unix:{socket_folder}/m.sock",
                [(add_RoomServiceServicer_to_server, rooms), (add_WorkerServiceServicer_to_server, worker)],
                "media",
                keys,
            )
        )
        rooms.target = media.target
        tokens = TokenMinter("gateway", keys)
        channels = {
            "scheduler": Peer(scheduler.target, "scheduler", tokens.for_service),
            "media": Peer(media.target, "media", tokens.for_service),
            "notify": Peer(f"unix:{socket_folder}/nobody.sock", "notify", tokens.for_service),
        }
        for peer in channels.values():
            stack.push_async_callback(peer.aclose)
        workers = Workers(lambda target: Peer(target, "media", tokens.for_service))
        stack.push_async_callback(workers.aclose)
        app = build(settings, redis, Peers(channels, tokens), workers, clock, Slowness(0.2, 0.05, 10))
        server = TestServer(app)
        await server.start_server(access_log_class=PathOnlyLogger, **SERVER_OPTIONS)
        client = TestClient(server, cookie_jar=CookieJar(unsafe=True))
        await stack.enter_async_context(client)
        yield Face(client, credentials, rooms, worker, clock)
