"""Opens a store: an encrypted SQLite file by default, or one schema of a PostgreSQL database.

SQLite transactions begin IMMEDIATE: the default opens them at the first write, after the check that was to guard it,
and let 10 of 15 concurrent bookers into one slot. Reports that only read take `sessions(engine, read_only=True)`.
"""

import types
from typing import Any, Final

import aiosqlite
import aiosqlite.core
from sqlalchemy import Connection, event, make_url
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlcipher3 import dbapi2 as sqlcipher

from giaoban.errors import FailedPrecondition, ResourceExhausted
from giaoban.sql.types import UtcDateTime

__all__ = ["UtcDateTime", "create_engine", "sessions"]

BUSY_TIMEOUT_SECONDS: Final = 15.0
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


def _postgresql(url: URL) -> AsyncEngine:
    schema = url.query.get("schema")
    settings = {"search_path": str(schema), "timezone": "UTC"} if schema else {"timezone": "UTC"}
    return create_async_engine(
        url.difference_update_query(["schema"]),
        connect_args={"server_settings": settings, "timeout": 10, "command_timeout": 60},
        pool_pre_ping=True,
    )


def _sqlite(url: URL, key: bytes | None, foreign_keys: bool) -> AsyncEngine:
    if key is not None and len(key) != _KEY_BYTES:
        raise ValueError(f"The data key must be {_KEY_BYTES} bytes.")
    engine = create_async_engine(url, module=AsyncAdapt_aiosqlite_dbapi(_driver(), sqlcipher))

    def on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # ours to begin, see on_begin
        cursor = connection.cursor()
        try:
            if key is not None:
                # A raw key: a passphrase would cost 160 ms of key derivation with each connection.
                cursor.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            cursor.execute("PRAGMA journal_mode = WAL")
            # NORMAL flushes a write-ahead log at checkpoints only: a power cut would take back what was confirmed, and
            # forget that a message went out, so that it went out again.
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
        except sqlcipher.DatabaseError as error:
            if "not a database" not in str(error):
                raise
            raise FailedPrecondition(
                "DATA_KEY_WRONG", f"The data key does not open {url.database}; restore the folder of keys."
            ) from error
        finally:
            cursor.close()

    def on_begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    event.listen(engine.sync_engine, "handle_error", _name_full_disk)
    return engine


def _name_full_disk(context: ExceptionContext) -> None:
    """Makes a full disk an error of ours, so that whoever asked is told; the transaction rolls back whole."""
    if "disk is full" in str(context.original_exception):
        raise ResourceExhausted(
            "DISK_FULL", "The server's disk is full and nothing was written; free space there and repeat."
        ) from context.original_exception


def _driver() -> types.ModuleType:
    """Makes aiosqlite speak to sqlcipher3, with that library's error classes, or SQLAlchemy would map none of them."""
    driver = types.ModuleType("aiosqlite_sqlcipher")
    for name in dir(aiosqlite):
        setattr(driver, name, getattr(aiosqlite, name))
    for name in _ERROR_NAMES:
        setattr(driver, name, getattr(sqlcipher, name))

    def connect(path: str, **options: Any) -> aiosqlite.Connection:  # noqa: ANN401 - passed on as it is
        options.pop("async_creator_fn", None)
        options |= {"check_same_thread": False, "timeout": BUSY_TIMEOUT_SECONDS}
        return aiosqlite.core.Connection(lambda: sqlcipher.connect(path, **options), 64)

    driver.connect = connect  # type: ignore[attr-defined]  # a module made here
    return driver
