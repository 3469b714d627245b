"""The control process of media: places rooms, keeps the quality history, tells district IT how the lines are."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, timedelta
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from briefing.v1 import events_pb2
from briefing.v1.quality_service_pb2_grpc import add_QualityServiceServicer_to_server
from briefing.v1.room_service_pb2_grpc import add_RoomServiceServicer_to_server
from giaoban.clock import Clock, SystemClock
from giaoban.config import Settings
from giaoban.errors import DomainError
from giaoban.rpc.client import Peer
from giaoban.rpc.server import Servicers, serve
from giaoban.rpc.tokens import TokenMinter
from giaoban.sql.engine import create_engine
from giaoban.sql.migrate import upgrade
from giaoban.streams.redis import Handler, StreamConsumer, connect, trim
from services.media.config import media_settings
from services.media.domain.lines import KEPT_AFTER_LEAVING, LineTests, LiveLines
from services.media.domain.placement import Placement
from services.media.peers import WorkerPeers
from services.media.rpc.names import DisplayNames
from services.media.rpc.quality_servicer import QualityServicer, SampleFeed
from services.media.rpc.room_servicer import RoomServicer
from services.media.store.history import SqlSampleStore
from services.media.store.registry import Registry
from services.media.store.streams import EVENTS, SAMPLES

log = logging.getLogger(__name__)

MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"
_LIVE_TICK_SECONDS: Final = 5.0
_TIDY_SECONDS: Final = 3600.0


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Runs the control process until the block ends.

    Raises:
        FailedPrecondition: `ADDRESS_TAKEN`; `STORE_TOO_NEW`; `DATA_KEY_WRONG`.
    """
    chosen, keys, clock = media_settings(settings), settings.key_folder(), SystemClock()
    await upgrade(chosen.database_url, keys.data_key(), MIGRATIONS)
    async with AsyncExitStack() as stack:
        engine = create_engine(chosen.database_url, keys.data_key())
        stack.push_async_callback(engine.dispose)
        redis = connect(chosen.redis_url)
        stack.push_async_callback(redis.aclose)
        minter = TokenMinter("media", keys)
        peers = WorkerPeers(lambda target: Peer(target, "media", minter.for_service))
        stack.push_async_callback(peers.aclose)
        store, lines, tests = SqlSampleStore(engine), LiveLines(), LineTests()
        registry = Registry(redis)
        await _recall(store, registry, lines, clock)
        placement = Placement(registry, peers)
        services: Servicers = [
            (add_RoomServiceServicer_to_server, RoomServicer(placement, peers, chosen.pair)),
            (add_QualityServiceServicer_to_server, QualityServicer(store, lines, tests)),
        ]
        await stack.enter_async_context(serve(settings.grpc_target("media"), services, "media", keys))
        feed = SampleFeed(store, lines, tests, DisplayNames(placement, peers))
        async with asyncio.TaskGroup() as tasks:
            loops = [
                tasks.create_task(StreamConsumer(redis, SAMPLES, "history", "control", feed.take).run()),
                tasks.create_task(StreamConsumer(redis, EVENTS, "lines", "control", _closing_rooms(lines)).run()),
                tasks.create_task(_watch_silence(lines, clock), name="silent lines"),
                tasks.create_task(_tidy(store, redis, clock, chosen.history_days), name="tidy"),
            ]
            try:
                yield
            finally:
                for loop in loops:
                    loop.cancel()


async def _recall(store: SqlSampleStore, registry: Registry, lines: LiveLines, clock: Clock) -> None:
    """Reads from the history who was there before this process started, in rooms that still are."""
    for sample in await store.newest(clock.now() - KEPT_AFTER_LEAVING):
        if await registry.opened(sample.room) is not None or await registry.holder(sample.room):
            lines.put(sample)


def _closing_rooms(lines: LiveLines) -> Handler:
    """Makes what forgets the lines of rooms that were closed."""

    async def take(payload: bytes, key: str) -> None:
        try:
            event = events_pb2.MediaEvent.FromString(payload)
        except DecodeError:
            log.warning("a media event cannot be read", extra={"key": key})
            return
        if event.kind == events_pb2.MediaEvent.KIND_ROOM_CLOSED:
            lines.close_room(event.room, event.occur_time.ToDatetime(UTC))

    return take


async def _watch_silence(lines: LiveLines, clock: Clock) -> None:
    while True:
        await asyncio.sleep(_LIVE_TICK_SECONDS)
        lines.tick(clock.now())


async def _tidy(store: SqlSampleStore, redis: Redis, clock: Clock, history_days: int) -> None:
    """Removes samples that are too old, and what every reader of the streams has settled."""
    while True:
        try:
            removed = await store.prune(clock.now() - timedelta(days=history_days))
            for stream in (SAMPLES, EVENTS):
                removed += await trim(redis, stream)
            log.info("old samples removed", extra={"count": removed})
        except (SQLAlchemyError, RedisError, OSError, DomainError) as error:
            log.warning("tidying waits", extra={"error": type(error).__name__})
        await asyncio.sleep(_TIDY_SECONDS)
