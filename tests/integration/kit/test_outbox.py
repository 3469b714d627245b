"""The outbox: what is committed reaches the stream in order, what is rolled back does not, readers count once."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import Connection, MetaData, event, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.clock import FakeClock
from giaoban.errors import ResourceExhausted
from giaoban.sql.engine import sessions
from giaoban.sql.outbox import OutboxRelay, enqueue, first_time, ledger_table, outbox_table
from giaoban.testing.fixtures import EngineFactory, eventually

METADATA = MetaData()
OUTBOX, LEDGER = outbox_table(METADATA), ledger_table(METADATA)
CLOCK = FakeClock()


async def prepared(engines: EngineFactory) -> AsyncEngine:
    engine = engines()
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    return engine


async def keys_on(redis: Redis) -> list[bytes]:
    entries: Any = await redis.xrange("events.test")
    return [fields[b"key"] for _, fields in entries]


async def arrived(redis: Redis, key: bytes) -> bool:
    return key in await keys_on(redis)


async def times_on(redis: Redis, key: bytes, times: int) -> bool:
    return (await keys_on(redis)).count(key) >= times


async def nothing_waits(engine: AsyncEngine) -> bool:
    waiting = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.published_at.is_(None))
    async with engine.connect() as connection:
        return (await connection.execute(waiting)).scalar() == 0


async def test_committed_facts_arrive_in_order_and_once(engines: EngineFactory, redis: Redis) -> None:
    engine = await prepared(engines)
    async with sessions(engine).begin() as session:
        for number in range(150):  # more than a batch
            await enqueue(session, OUTBOX, f"k{number}", b"payload", CLOCK)
    relay = OutboxRelay(engine, OUTBOX, redis, "events.test", clock=CLOCK)

    while await relay.relay_once():
        pass

    assert await keys_on(redis) == [f"k{number}".encode() for number in range(150)]
    assert await relay.relay_once() == 0
    assert await nothing_waits(engine)


async def test_a_fact_of_a_transaction_that_failed_never_leaves(engines: EngineFactory, redis: Redis) -> None:
    engine = await prepared(engines)

    async def twice() -> None:
        async with sessions(engine).begin() as session:
            await enqueue(session, OUTBOX, "a", b"", CLOCK)
            await enqueue(session, OUTBOX, "a", b"", CLOCK)

    with pytest.raises(IntegrityError):
        await twice()

    assert await OutboxRelay(engine, OUTBOX, redis, "events.test", clock=CLOCK).relay_once() == 0
    assert await keys_on(redis) == []


async def test_a_woken_relay_does_not_wait_for_its_next_look(engines: EngineFactory, redis: Redis) -> None:
    engine = await prepared(engines)
    relay = OutboxRelay(engine, OUTBOX, redis, "events.test", poll_seconds=600, clock=CLOCK)
    task = asyncio.create_task(relay.run())
    try:
        async with sessions(engine).begin() as session:
            await enqueue(session, OUTBOX, "a", b"", CLOCK)
        relay.wake()
        await eventually(lambda: arrived(redis, b"a"))
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_relay_without_redis_delivers_once_redis_is_there(engines: EngineFactory, redis: Redis) -> None:
    engine = await prepared(engines)
    async with sessions(engine).begin() as session:
        await enqueue(session, OUTBOX, "a", b"", CLOCK)
    away = Redis(unix_socket_path="/nonexistent/valkey.sock", retry=Retry(NoBackoff(), 0))
    relay = OutboxRelay(engine, OUTBOX, away, "events.test", poll_seconds=0.01, clock=CLOCK)
    with pytest.raises(RedisConnectionError):
        await relay.relay_once()
    task = asyncio.create_task(relay.run())
    relay._redis = redis
    try:
        await eventually(lambda: arrived(redis, b"a"))
    finally:
        task.cancel()
        await asyncio.wait([task])
        await away.aclose()


async def test_a_relay_outlives_a_full_disk(engines: EngineFactory, redis: Redis) -> None:
    engine, most_pages = await prepared(engines), 100_000

    @event.listens_for(engine.sync_engine, "begin")
    def limit(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most_pages}")

    async with sessions(engine).begin() as session:
        for number in range(100):
            await enqueue(session, OUTBOX, f"k{number}", b"x" * 300, CLOCK)
        most_pages = (await session.execute(text("PRAGMA page_count"))).scalar_one()
    relay = OutboxRelay(engine, OUTBOX, redis, "events.test", poll_seconds=0.01, clock=CLOCK)
    with pytest.raises(ResourceExhausted):
        await relay.relay_once()
    task = asyncio.create_task(relay.run())
    try:
        await eventually(lambda: times_on(redis, b"k0", 3))  # once above, and again after the relay's own first failure
        most_pages = 100_000
        await eventually(lambda: nothing_waits(engine))
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_reader_counts_a_repeated_fact_once(engines: EngineFactory) -> None:
    engine = await prepared(engines)
    results = []
    for _ in range(2):
        async with sessions(engine).begin() as session:
            results.append(await first_time(session, LEDGER, "attendance", "a", CLOCK))
    async with engine.begin() as connection:
        results.append(await first_time(connection, LEDGER, "other", "a", CLOCK))

    assert results == [True, False, True]
