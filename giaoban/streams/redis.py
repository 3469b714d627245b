"""Redis streams: publish, and consume as a member of a group without losing or poisoning anything.

Every entry has the two fields `key` (unique per fact) and `payload` (a protobuf message).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError, ResponseError

from giaoban.clock import Clock, SystemClock
from giaoban.tasks import checkpoint

log = structlog.get_logger(__name__)

Handler = Callable[[bytes, str], Awaitable[None]]
"""Takes payload and key of an entry; returning acknowledges it. It sees some entries more than once."""

DEAD_SUFFIX: Final = ".dead"
_BATCH: Final = 32
_BLOCK_MS: Final = 2_000
_LONGEST_PAUSE_SECONDS: Final = 10.0
_MOST_CONNECTIONS: Final = 64
_TURN_SECONDS: Final = 5.0
_TRIES: Final = 8  # with the pauses between them four seconds in the mean: longer than our own server takes to start
_MOST_UNFINISHED: Final = 100
_KEEP_SECONDS: Final = 24 * 3600.0
_DEAD_KEPT: Final = 10_000
_Entry = tuple[bytes, dict[bytes, bytes]]


def connect(url: str) -> Redis:
    """Opens a client for everything but blocking reads: calls fail after 5 s; strings stay bytes.

    A lost connection is made anew within the call, for some seconds, so a restarted server costs no caller an error. More calls
    than connections wait for their turn, at most 5 s: redis-py's own pool would fail each of them at once.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=_MOST_CONNECTIONS,
        timeout=_TURN_SECONDS,
        socket_timeout=5,
        socket_connect_timeout=5,
        health_check_interval=30,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1.0), _TRIES),
    )
    return Redis.from_pool(pool)


async def publish(redis: Redis, stream: str, key: str, payload: bytes) -> str:
    """Appends a fact and answers the id of its entry."""
    entry: Any = await redis.xadd(stream, {"key": key, "payload": payload})
    return str(entry.decode() if isinstance(entry, bytes) else entry)


async def trim(redis: Redis, stream: str, keep_seconds: float = _KEEP_SECONDS) -> int:
    """Removes entries that are older than `keep_seconds` and settled in every group; answers how many.

    Never by length: that removes entries nobody has read yet. A stream without a group keeps everything.
    """
    if not await redis.exists(stream):
        return 0
    groups: Any = await redis.xinfo_groups(stream)
    if not groups:
        return 0
    seconds, _ = await redis.time()
    floor = (int((seconds - keep_seconds) * 1000), 0)
    for group in groups:
        floor = min(floor, await _settled_below(redis, stream, group))
    if floor <= (0, 0):
        return 0
    return int(await redis.xtrim(stream, minid=f"{floor[0]}-{floor[1]}", approximate=False))


async def _settled_below(redis: Redis, stream: str, group: dict[str, Any]) -> tuple[int, int]:
    if group["pending"]:
        summary: Any = await redis.xpending(stream, group["name"])
        if summary["min"] is not None:  # None: settled since the group was asked
            return _parsed_id(summary["min"])
    return _parsed_id(group["last-delivered-id"])


def _parsed_id(entry: bytes | str) -> tuple[int, int]:
    milliseconds, _, sequence = (entry.decode() if isinstance(entry, bytes) else entry).partition("-")
    return int(milliseconds), int(sequence or 0)


class StreamConsumer:
    """Reads a stream as one member of a group: first what it left unfinished, then what others left, then what is new.

    An entry whose handler fails is tried again after `retry_seconds`, `max_deliveries` times in all, then moved to
    `<stream>.dead`. A handler that fails because its store or another role is away (`giaoban.streams.passing`) is
    repeated in place with growing pauses, for as long as it takes: everything behind it would fail as well.

    Args:
        redis: Says where the stream is; blocking reads get a connection of their own without a read timeout.
        stream: The stream.
        group: Made at the beginning of the stream when missing, also after a flush.
        consumer: Stable name of this member, so that it finds again what it left unfinished.
        handler: Called for one entry at a time.
        max_deliveries: Tries before an entry is dead.
        retry_seconds: Pause before an entry is tried again.
        stale_seconds: After this an entry of another member is taken over; a handler gets a third of it.
        clock: Times the retries.
    """

    def __init__(
        self,
        redis: Redis,
        stream: str,
        group: str,
        consumer: str,
        handler: Handler,
        *,
        max_deliveries: int = 5,
        retry_seconds: float = 5.0,
        stale_seconds: float = 90.0,
        clock: Clock | None = None,
    ) -> None:
        self._redis = redis
        self._stream = stream
        self._group = group
        self._consumer = consumer
        self._handler = handler
        self._max_deliveries = max_deliveries
        self._retry_seconds = retry_seconds
        self._stale_seconds = stale_seconds
        self._clock = clock or SystemClock()
        self._failed = False
        self._retry_at = 0.0
        self._claim_at = 0.0

    async def run(self) -> None:
        """Consumes until cancelled; an entry in work then stays pending and is taken up at the next start."""
        blocking = _without_read_timeout(self._redis)
        failures = 0
        try:
            while True:
                try:
                    await self._join_group()
                    self._failed, self._retry_at = True, 0.0
                    while True:
                        await self._round(blocking)
                        failures = 0
                except (RedisError, OSError) as error:
                    failures += 1
                    log.warning("stream consumer waits", stream=self._stream, group=self._group, error=str(error)[:80])
                    await asyncio.sleep(_pause(failures))
        finally:
            await blocking.aclose()

    async def _join_group(self) -> None:
        try:
            # From the beginning, not "$": what was published before the first start, or after a flush, counts.
            await self._redis.xgroup_create(self._stream, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _round(self, blocking: Redis) -> None:
        checkpoint()
        now = self._clock.monotonic()
        if self._failed and now >= self._retry_at:
            await self._finish_own()
        if now >= self._claim_at:
            await self._take_over()
            self._claim_at = now + self._stale_seconds / 3
        block = min(_BLOCK_MS, int(self._retry_seconds * 1000)) if self._failed else _BLOCK_MS
        answer: Any = await blocking.xreadgroup(
            self._group, self._consumer, {self._stream: ">"}, count=_BATCH, block=max(block, 1)
        )
        for entry in _entries(answer):
            await self._deliver(entry, 1)

    async def _finish_own(self) -> None:
        """Goes once through what this member has read and not acknowledged."""
        self._failed, last = False, "0"
        while True:
            answer: Any = await self._redis.xreadgroup(self._group, self._consumer, {self._stream: last}, count=_BATCH)
            entries = _entries(answer)
            if not entries:
                return
            for entry in entries:
                await self._deliver(entry, await self._deliveries(entry[0]))
            last = entries[-1][0].decode()

    async def _take_over(self) -> None:
        """Takes what another member has held too long, probably because it is gone."""
        start = "0-0"
        while True:
            answer: Any = await self._redis.xautoclaim(
                self._stream, self._group, self._consumer, int(self._stale_seconds * 1000), start, count=_BATCH
            )
            for entry in answer[1]:
                await self._deliver(entry, await self._deliveries(entry[0]))
            start = answer[0].decode() if isinstance(answer[0], bytes) else str(answer[0])
            if start == "0-0":
                return

    async def _deliveries(self, entry_id: bytes) -> int:
        found: Any = await self._redis.xpending_range(self._stream, self._group, entry_id, entry_id, 1)
        return int(found[0]["times_delivered"]) if found else 1

    async def _deliver(self, entry: _Entry, deliveries: int) -> None:
        checkpoint()
        entry_id, fields = entry
        if not fields:  # trimmed away while it was pending
            await self._redis.xack(self._stream, self._group, entry_id)
            return
        # Never finished is another thing than failed: a process that is killed again and again is not the entry's fault.
        if deliveries > _MOST_UNFINISHED or b"key" not in fields or b"payload" not in fields:
            await self._bury(entry, deliveries, "never finished" if b"key" in fields else "not an entry of ours")
            return
        key = fields[b"key"].decode(errors="replace")
        try:
            await self._handle(fields[b"payload"], key)
        except Exception as error:
            log.warning(
                "entry failed", stream=self._stream, group=self._group, key=key, tries=deliveries, exc_info=error
            )
            if deliveries >= self._max_deliveries:
                await self._bury(entry, deliveries, type(error).__name__)
                return
            self._failed, self._retry_at = True, self._clock.monotonic() + self._retry_seconds
            return
        await self._redis.xack(self._stream, self._group, entry_id)

    async def _handle(self, payload: bytes, key: str) -> None:
        """Runs the handler, again and again while something it needs is away."""
        failures, began = 0, self._clock.monotonic()
        while True:
            limit = asyncio.timeout(self._stale_seconds / 3)
            try:
                async with limit:
                    await self._handler(payload, key)
            except Exception as error:  # whatever a handler raises is either waited out or raised again
                if limit.expired() or self._clock.monotonic() - began >= _patience(error):
                    raise
                failures += 1
                log.warning(
                    "entry waits",
                    stream=self._stream,
                    group=self._group,
                    key=key,
                    failures=failures,
                    error=type(error).__name__,  # its text may hold the values of the statement
                )
                await asyncio.sleep(_pause(failures))
            else:
                return

    async def _bury(self, entry: _Entry, deliveries: int, why: str) -> None:
        entry_id, fields = entry
        note = {b"entry": entry_id, b"group": self._group.encode(), b"tries": str(deliveries).encode()}
        dead: Any = fields | note | {b"error": why.encode()}
        await self._redis.xadd(self._stream + DEAD_SUFFIX, dead, maxlen=_DEAD_KEPT, approximate=True)
        await self._redis.xack(self._stream, self._group, entry_id)
        from giaoban.metrics import dead_entries  # noqa: PLC0415 - seldom needed

        dead_entries.labels(self._stream, self._group).inc()
        log.error("entry is dead", stream=self._stream, group=self._group, entry=entry_id.decode(), error=why)


def _without_read_timeout(redis: Redis) -> Redis:
    """Makes a client for blocking reads: with redis-py's 5 s and ten retries a long block ends in an error a minute on."""
    pool: ConnectionPool = redis.connection_pool
    options = dict(pool.connection_kwargs) | {"socket_timeout": None}
    return Redis.from_pool(ConnectionPool(connection_class=pool.connection_class, **options))


def _entries(answer: Any) -> list[_Entry]:  # noqa: ANN401 - redis-py types nothing here
    if not answer:
        return []
    found = answer.values() if isinstance(answer, dict) else [entries for _, entries in answer]
    return [(entry_id, fields or {}) for entries in found for entry_id, fields in entries]


def _patience(error: Exception) -> float:
    from giaoban.streams.passing import patience_seconds  # noqa: PLC0415 - who only publishes needs no SQLAlchemy

    return patience_seconds(error)


def _pause(failures: int) -> float:
    return min(0.1 * 2.0**failures, _LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
