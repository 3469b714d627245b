"""Facts leave a store exactly once in effect: written with the change, relayed at least once, counted at the reader.

A writer puts the fact into the outbox within its own transaction (`enqueue`); the relay puts it on the stream; a reader
notes its key in its ledger within the transaction of the effect (`first_time`).
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import (
    BigInteger,
    Column,
    Executable,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from giaoban.clock import Clock, SystemClock
from giaoban.errors import DomainError
from giaoban.sql.engine import sessions
from giaoban.sql.types import UtcDateTime
from giaoban.streams.redis import publish, trim
from giaoban.tasks import checkpoint

log = structlog.get_logger(__name__)

_KEEP: Final = timedelta(days=7)  # nothing reads published facts again; they show for a while what was said
_BATCH: Final = 100
_LONGEST_PAUSE_SECONDS: Final = 10.0
_HOUSEKEEPING_SECONDS: Final = 600.0

Store = AsyncSession | AsyncConnection


def outbox_table(metadata: MetaData, name: str = "outbox") -> Table:
    """Declares an outbox; the same columns belong into the service's migration."""
    table = Table(
        name,
        metadata,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
        Column("key", String(200), nullable=False, unique=True),
        Column("payload", LargeBinary, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("published_at", UtcDateTime, nullable=True),
    )
    waiting = table.c.published_at.is_(None)
    Index(f"ix_{name}_waiting", table.c.id, sqlite_where=waiting, postgresql_where=waiting)
    return table


def ledger_table(metadata: MetaData, name: str = "inbox_seen") -> Table:
    """Declares the ledger of facts a reader has dealt with; the same columns belong into the service's migration."""
    return Table(
        name,
        metadata,
        Column("consumer", String(64), primary_key=True),
        Column("key", String(200), primary_key=True),
        Column("seen_at", UtcDateTime, nullable=False),
    )


async def enqueue(store: Store, table: Table, key: str, payload: bytes, clock: Clock) -> None:
    """Writes a fact into the outbox within the transaction of the change; wake the relay after its commit.

    Raises:
        sqlalchemy.exc.IntegrityError: The key was used before.
    """
    await store.execute(insert(table).values(key=key, payload=payload, created_at=clock.now()))


async def first_time(store: Store, ledger: Table, consumer: str, key: str, clock: Clock) -> bool:
    """Notes that a reader deals with a fact; False when it has before. Belongs into the transaction of the effect."""
    values = {"consumer": consumer, "key": key, "seen_at": clock.now()}
    statement: Executable
    if (await _dialect(store)) == "sqlite":
        statement = sqlite.insert(ledger).values(values).on_conflict_do_nothing().returning(ledger.c.key)
    else:
        statement = postgresql.insert(ledger).values(values).on_conflict_do_nothing().returning(ledger.c.key)
    return (await store.execute(statement)).first() is not None


async def _dialect(store: Store) -> str:
    connection = await store.connection() if isinstance(store, AsyncSession) else store
    return connection.dialect.name


class OutboxRelay:
    """Puts waiting facts on a stream in the order they were written; one relay per outbox.

    A second relay would only make duplicates, which readers ignore. What was published is forgotten after 7 days.

    Args:
        engine: The store with the outbox.
        table: The outbox.
        redis: Not used for blocking reads.
        stream: Where the facts go.
        poll_seconds: How long a fact waits at most when nobody woke the relay.
        clock: Stamps what was published.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        table: Table,
        redis: Redis,
        stream: str,
        *,
        poll_seconds: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)
        self._table = table
        self._redis = redis
        self._stream = stream
        self._poll_seconds = poll_seconds
        self._clock = clock or SystemClock()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Says that a transaction with a fact was committed."""
        self._woken.set()

    async def run(self) -> None:
        """Relays until cancelled; an unreachable Redis or store, or a full disk, only delays."""
        failures, tidied = 0, -_HOUSEKEEPING_SECONDS
        while True:
            checkpoint()
            self._woken.clear()
            try:
                while await self.relay_once():
                    checkpoint()
                if self._clock.monotonic() - tidied >= _HOUSEKEEPING_SECONDS:
                    await self._tidy()
                    tidied = self._clock.monotonic()
                failures = 0
            except (RedisError, OSError, SQLAlchemyError, DomainError) as error:
                failures += 1
                log.warning("outbox relay waits", stream=self._stream, failures=failures, error=type(error).__name__)
            await self._pause(min(self._poll_seconds * 2**failures, _LONGEST_PAUSE_SECONDS))

    async def relay_once(self) -> int:
        """Relays one batch and answers how many facts it held."""
        rows = await self._waiting()
        for row in rows:
            await publish(self._redis, self._stream, row.key, row.payload)
        if rows:
            published = update(self._table).where(self._table.c.id.in_([row.id for row in rows]))
            async with self._write.begin() as session:
                await session.execute(published.values(published_at=self._clock.now()))
        return len(rows)

    async def _waiting(self) -> Sequence[Any]:
        columns = (self._table.c.id, self._table.c.key, self._table.c.payload)
        # By state, not by "id > last": on PostgreSQL gaps in a sequence become visible late.
        waiting = select(*columns).where(self._table.c.published_at.is_(None)).order_by(self._table.c.id).limit(_BATCH)
        async with self._read() as session:
            return (await session.execute(waiting)).all()

    async def _tidy(self) -> None:
        old = self._table.c.published_at < self._clock.now() - _KEEP
        async with self._write.begin() as session:
            await session.execute(delete(self._table).where(old))
        await trim(self._redis, self._stream)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass
