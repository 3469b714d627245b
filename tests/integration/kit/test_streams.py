"""Streams against a real server: nothing is lost, nothing poisonous stops the rest."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, insert

from giaoban.errors import Unavailable
from giaoban.streams.redis import StreamConsumer, publish, trim
from giaoban.testing.fixtures import EngineFactory, RedisServer, eventually

STREAM, GROUP = "events.test", "readers"
METADATA = MetaData()
NOTE = Table("note", METADATA, Column("id", Integer, primary_key=True), Column("payload", LargeBinary))


@asynccontextmanager
async def consuming(
    redis: Redis, handler: Callable[[bytes, str], Awaitable[None]], name: str = "one", stale_seconds: float = 90.0
) -> AsyncIterator[None]:
    consumer = StreamConsumer(
        redis, STREAM, GROUP, name, handler, retry_seconds=0.05, max_deliveries=3, stale_seconds=stale_seconds
    )
    task = asyncio.create_task(consumer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def unfinished(redis: Redis) -> int:
    summary: Any = await redis.xpending(STREAM, GROUP)
    return int(summary["pending"])


async def settled(redis: Redis) -> bool:
    return not await unfinished(redis)


async def any_dead(redis: Redis) -> bool:
    return bool(await redis.xlen(STREAM + ".dead"))


async def test_what_was_published_before_the_first_start_is_read(redis: Redis) -> None:
    seen: list[tuple[bytes, str]] = []

    async def handler(payload: bytes, key: str) -> None:
        seen.append((payload, key))

    await publish(redis, STREAM, "a", b"\x00\xff")
    async with consuming(redis, handler):
        await publish(redis, STREAM, "b", b"2")
        await eventually(lambda: len(seen) == 2)

    assert seen == [(b"\x00\xff", "a"), (b"2", "b")]
    assert await unfinished(redis) == 0


async def test_an_entry_in_work_when_the_consumer_dies_is_taken_up_at_its_next_start(redis: Redis) -> None:
    started, seen = asyncio.Event(), []

    async def stuck(_payload: bytes, _key: str) -> None:
        started.set()
        await asyncio.Event().wait()

    async def handler(_payload: bytes, key: str) -> None:
        seen.append(key)

    await publish(redis, STREAM, "a", b"")
    async with consuming(redis, stuck):
        await started.wait()
    assert await unfinished(redis) == 1

    async with consuming(redis, handler):
        await eventually(lambda: seen == ["a"])

    assert await unfinished(redis) == 0


async def test_an_entry_of_a_consumer_that_never_comes_back_is_taken_over(redis: Redis) -> None:
    started, seen = asyncio.Event(), []

    async def stuck(_payload: bytes, _key: str) -> None:
        started.set()
        await asyncio.Event().wait()

    async def handler(_payload: bytes, key: str) -> None:
        seen.append(key)

    await publish(redis, STREAM, "a", b"")
    async with consuming(redis, stuck, name="gone"):
        await started.wait()
    async with consuming(redis, handler, name="heir", stale_seconds=0.3):
        await publish(redis, STREAM, "wake", b"")
        await eventually(lambda: "a" in seen)

    assert await unfinished(redis) == 0


async def test_poison_goes_to_the_dead_stream_and_the_rest_goes_on(redis: Redis) -> None:
    tries: list[str] = []

    async def handler(_payload: bytes, key: str) -> None:
        tries.append(key)
        if key == "poison":
            raise ValueError("cannot be digested")

    await publish(redis, STREAM, "poison", b"x")
    await publish(redis, STREAM, "food", b"y")
    async with consuming(redis, handler):
        await eventually(lambda: tries.count("poison") == 3 and "food" in tries)
        await eventually(lambda: any_dead(redis))

    dead_entries: Any = await redis.xrange(STREAM + ".dead")
    [(_, dead)] = dead_entries
    assert (dead[b"key"], dead[b"payload"], dead[b"tries"], dead[b"error"]) == (b"poison", b"x", b"3", b"ValueError")
    assert tries.count("food") == 1
    assert await unfinished(redis) == 0


async def test_an_entry_without_our_fields_is_dead_at_once(redis: Redis) -> None:
    async def handler(_payload: bytes, _key: str) -> None:
        raise AssertionError("It must not be handled.")

    await redis.xadd(STREAM, {"something": "else"})
    async with consuming(redis, handler):
        await eventually(lambda: any_dead(redis))

    assert await unfinished(redis) == 0


async def test_a_service_that_is_away_delays_an_entry_and_never_kills_it(redis: Redis) -> None:
    tries: list[str] = []

    async def handler(_payload: bytes, key: str) -> None:
        tries.append(key)
        if len(tries) < 6:  # more often than an entry may fail
            raise Unavailable("PEER_UNAVAILABLE", "Away.")

    await publish(redis, STREAM, "a", b"")
    await publish(redis, STREAM, "b", b"")
    async with consuming(redis, handler):
        await eventually(lambda: tries[-1:] == ["b"])

    assert tries == ["a"] * 6 + ["b"]
    assert not await redis.exists(STREAM + ".dead")


async def test_a_store_that_cannot_be_written_delays_an_entry_and_never_kills_it(
    redis: Redis, engines: EngineFactory
) -> None:
    engine, tries, full = engines(), 0, True
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)

    async def handler(payload: bytes, _key: str) -> None:
        nonlocal tries
        tries += 1
        table = "note" if tries > 3 else "away"  # first a store that lacks what is asked for, then a full disk
        async with engine.begin() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + (1 if full else 1_000)}")
            await connection.execute(insert(NOTE.to_metadata(MetaData(), name=table)).values(payload=payload))

    await publish(redis, STREAM, "a", b"x" * 50_000)
    async with consuming(redis, handler):
        await eventually(lambda: tries >= 6)  # more often than an entry may fail
        full = False
        await eventually(lambda: settled(redis))

    assert not await redis.exists(STREAM + ".dead")
    async with engine.connect() as connection:
        assert len((await connection.execute(NOTE.select())).all()) == 1


async def test_a_group_lost_with_a_flush_is_made_again_from_the_beginning(redis: Redis) -> None:
    seen: list[str] = []

    async def handler(_payload: bytes, key: str) -> None:
        seen.append(key)

    await publish(redis, STREAM, "a", b"")
    async with consuming(redis, handler):
        await eventually(lambda: seen == ["a"])
        await redis.flushall()
        await publish(redis, STREAM, "b", b"")
        await eventually(lambda: seen == ["a", "b"])


async def test_a_killed_server_that_comes_back_has_lost_nothing(redis_server: RedisServer, redis: Redis) -> None:
    seen: list[str] = []

    async def handler(_payload: bytes, key: str) -> None:
        seen.append(key)

    async with consuming(redis, handler):
        await publish(redis, STREAM, "a", b"")
        await eventually(lambda: seen == ["a"])
        redis_server.kill()
        redis_server.start()
        await publish(redis, STREAM, "b", b"")
        await eventually(lambda: seen[-1:] == ["b"])

    assert set(seen) == {"a", "b"}  # "a" comes again when the kill met its acknowledgement
    assert await redis.xlen(STREAM) == 2


async def test_trimming_spares_what_somebody_has_not_finished(redis: Redis) -> None:
    ids = [await publish(redis, STREAM, str(number), b"") for number in range(6)]
    for group in ("fast", "slow"):
        await redis.xgroup_create(STREAM, group, id="0")
    await redis.xreadgroup("fast", "one", {STREAM: ">"}, noack=True)
    read: Any = await redis.xreadgroup("slow", "one", {STREAM: ">"}, count=4)
    [(_, entries)] = read
    await redis.xack(STREAM, "slow", entries[0][0], entries[1][0])

    removed = await trim(redis, STREAM, keep_seconds=-1)

    assert removed == 2
    left: Any = await redis.xrange(STREAM)
    assert [entry.decode() for entry, _ in left] == ids[2:]
    assert await trim(redis, STREAM, keep_seconds=3600) == 0


async def test_trimming_takes_a_reader_that_finishes_in_between(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [await publish(redis, STREAM, str(number), b"") for number in range(3)]
    await redis.xgroup_create(STREAM, GROUP, id="0")
    await redis.xreadgroup(GROUP, "one", {STREAM: ">"})
    groups_of = redis.xinfo_groups

    async def then_finish(stream: str) -> object:
        groups = await groups_of(stream)
        await redis.xack(STREAM, GROUP, *ids)
        return groups

    monkeypatch.setattr(redis, "xinfo_groups", then_finish)

    assert await trim(redis, STREAM, keep_seconds=-1) == 2


async def test_more_calls_than_connections_wait_for_their_turn(redis: Redis) -> None:
    await redis.set("x", "1")

    assert {*await asyncio.gather(*(redis.get("x") for _ in range(1000)))} == {b"1"}


async def test_a_server_that_is_started_again_costs_no_caller_an_error(redis: Redis, redis_server: RedisServer) -> None:
    await redis.set("x", "1")
    redis_server.kill()
    call = asyncio.ensure_future(redis.get("y"))
    await asyncio.sleep(0)

    redis_server.start()

    assert await call is None
