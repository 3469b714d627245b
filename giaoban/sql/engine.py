"""Opens a store: an encrypted SQLite file by default, or one schema of a PostgreSQL database.

SQLite transactions begin IMMEDIATE: the default opens them at the first write, after the check that was to guard it,
and let 10 of 15 concurrent bookers into one slot. Reports that only read take `sessions(engine, read_only=True)`.
"""

import time
import types
from collections.abc import Callable
from typing import Any, Final

import aiosqlite
import aiosqlite.core
from sqlalchemy import Connection, event, make_url
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlcipher3 import dbapi2 as sqlcipher
from typing_extensions import override

from giaoban.errors import FailedPrecondition, ResourceExhausted
from giaoban.sql.types import UtcDateTime

__all__ = ["UtcDateTime", "create_engine", "read_only", "sessions"]

BUSY_TIMEOUT_SECONDS: Final = 15.0
_LOCKED_PAUSE_SECONDS: Final = 0.01
# More transactions than connections wait for their turn, no longer than the deadline of the calls they serve.
_POOL: Final = {"pool_size": 8, "max_overflow": 8, "pool_timeout": 10.0}
_READ_ONLY: Final = "giaoban_read_only"
_KEY_BYTES: Final = 32
_ERROR_NAMES: Final = (
    "DatabaseError",
    "Error",
    "IntegrityError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "sqlite_version",
    "sqlite_version_info",
)


def create_engine(url: str, key: bytes | None, *, foreign_keys: bool = True) -> AsyncEngine:
    """Opens a store.

    Args:
        url: `sqlite+aiosqlite:///…`, or `postgresql+asyncpg://…` with `?schema=` naming the schema.
        key: The 32 bytes that encrypt a SQLite file; None leaves it in the clear. PostgreSQL ignores it.
        foreign_keys: False only while a migration rebuilds tables.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, key, foreign_keys)
    return _postgresql(parsed)


def sessions(engine: AsyncEngine, *, read_only: bool = False) -> async_sessionmaker[AsyncSession]:
    """Makes sessions; objects stay readable after commit. Read-only ones do not wait for writers on SQLite."""
    bound = engine.execution_options(**{_READ_ONLY: True}) if read_only else engine
    return async_sessionmaker(bound, expire_on_commit=False)


def read_only(engine: AsyncEngine) -> AsyncEngine:
    """The same store for connections that only read, for what is asked too often for a session."""
    return engine.execution_options(**{_READ_ONLY: True})


def _postgresql(url: URL) -> AsyncEngine:
    schema = url.query.get("schema")
    settings = {"search_path": str(schema), "timezone": "UTC"} if schema else {"timezone": "UTC"}
    return create_async_engine(
        url.difference_update_query(["schema"]),
        connect_args={"server_settings": settings, "timeout": 10, "command_timeout": 60},
        pool_pre_ping=True,
        **_POOL,
    )


def _sqlite(url: URL, key: bytes | None, foreign_keys: bool) -> AsyncEngine:
    if key is not None and len(key) != _KEY_BYTES:
        raise ValueError(f"The data key must be {_KEY_BYTES} bytes.")

    def prepare(connection: sqlcipher.Connection) -> None:
        connection.isolation_level = None  # ours to begin, see on_begin
        try:
            if key is not None:
                # A raw key: a passphrase would cost 160 ms of key derivation with each connection.
                connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            _keep_write_ahead_log(connection)
            # NORMAL flushes a write-ahead log at checkpoints only: a power cut would take back what was confirmed, and
            # forget that a message went out, so that it went out again.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
        except sqlcipher.DatabaseError as error:
            if "not a database" not in str(error):
                raise
            raise FailedPrecondition(
                "DATA_KEY_WRONG", f"The data key does not open {url.database}; restore the folder of keys."
            ) from error

    engine = create_async_engine(url, module=AsyncAdapt_aiosqlite_dbapi(_driver(prepare), sqlcipher), **_POOL)

    def on_begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "begin", on_begin)
    event.listen(engine.sync_engine, "handle_error", _name_full_disk)
    return engine


def _keep_write_ahead_log(connection: sqlcipher.Connection) -> None:
    """Switches a new file to its log. SQLite answers this one statement "locked" at once, without its busy timeout."""
    until = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlcipher.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_LOCKED_PAUSE_SECONDS)  # in the connection's own thread
        else:
            return


def _name_full_disk(context: ExceptionContext) -> None:
    """Makes a full disk an error of ours, so that whoever asked is told; the transaction rolls back whole."""
    if "disk is full" in str(context.original_exception):
        raise ResourceExhausted(
            "DISK_FULL", "The server's disk is full and nothing was written; free space there and repeat."
        ) from context.original_exception


class _Connection(aiosqlite.core.Connection):
    """Makes cursors that go to the thread of their connection once for a statement."""

    @override
    def cursor(self) -> "_Cursor":  # type: ignore[override]  # SQLAlchemy's adapter enters it, nobody awaits it
        return _Cursor(self)

    async def trip(self, call: Callable[..., None], *arguments: object) -> None:
        """Calls something in the thread of the connection."""
        await self._execute(call, *arguments)  # type: ignore[no-untyped-call]


class _Cursor:
    """The cursor that SQLAlchemy's adapter asks for; it reads all rows of a statement at once in any case.

    aiosqlite's goes to the thread to be made, to execute, to read and to be closed, 80 µs each way.
    """

    arraysize = 1

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, statement: str, parameters: Any = ()) -> "_Cursor":  # noqa: ANN401 - of the DBAPI
        """Executes a statement and reads its rows."""
        await self._connection.trip(self._run, "execute", statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Any) -> "_Cursor":  # noqa: ANN401 - as above
        """Executes a statement for many."""
        await self._connection.trip(self._run, "executemany", statement, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        """Answers the rows that were read."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open."""

    def _run(self, kind: str, statement: str, parameters: Any) -> None:  # noqa: ANN401 - as above
        cursor = self._connection._conn.cursor()  # noqa: SLF001 - as above
        try:
            getattr(cursor, kind)(statement, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


def _driver(prepare: Callable[[sqlcipher.Connection], None]) -> types.ModuleType:
    """Makes aiosqlite speak to sqlcipher3, with that library's error classes, or SQLAlchemy would map none of them.

    Args:
        prepare: Called with each new connection, in the thread that serves it.
    """
    driver = types.ModuleType("aiosqlite_sqlcipher")
    for name in dir(aiosqlite):
        setattr(driver, name, getattr(aiosqlite, name))
    for name in _ERROR_NAMES:
        setattr(driver, name, getattr(sqlcipher, name))

    def connect(path: str, **options: Any) -> aiosqlite.Connection:  # noqa: ANN401 - passed on as it is
        options.pop("async_creator_fn", None)
        options |= {"check_same_thread": False, "timeout": BUSY_TIMEOUT_SECONDS}

        def opened() -> sqlcipher.Connection:
            connection = sqlcipher.connect(path, **options)
            try:
                prepare(connection)
            except BaseException:
                connection.close()
                raise
            return connection

        return _Connection(opened, 64)

    driver.connect = connect  # type: ignore[attr-defined]  # a module made here
    return driver
