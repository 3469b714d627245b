"""The encrypted store: conflicts are told apart, nothing is readable on the disk, migrations happen once."""

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlcipher3 import dbapi2 as sqlcipher

from giaoban.errors import FailedPrecondition, ResourceExhausted
from giaoban.sql.engine import sessions
from giaoban.sql.migrate import upgrade
from giaoban.testing.fixtures import DATA_KEY, EngineFactory

METADATA = MetaData()
ROOM = Table("room", METADATA, Column("id", Integer, primary_key=True), Column("name", String, unique=True))
SEAT = Table(
    "seat",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("room_id", Integer, ForeignKey("room.id"), nullable=False),
)
BOOKING = Table("booking", METADATA, Column("id", Integer, primary_key=True), Column("slot", String))

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("{table}", sa.Column("id", sa.Integer, primary_key=True))
"""


async def test_a_broken_unique_key_is_an_integrity_error(engines: EngineFactory) -> None:
    engine = engines()
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.execute(insert(ROOM).values(id=1, name="a"))

    with pytest.raises(IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(insert(ROOM).values(id=2, name="a"))


async def test_a_full_disk_is_said_plainly_and_loses_nothing(engines: EngineFactory) -> None:
    engine = engines()
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.execute(insert(ROOM).values(id=1, name="kept"))

    async def fill() -> None:
        async with engine.begin() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
            for number in range(2, 100):
                await connection.execute(insert(ROOM).values(id=number, name=f"{number}" * 2_000))

    with pytest.raises(ResourceExhausted) as full:
        await fill()

    async with engine.connect() as connection:
        rooms = (await connection.execute(select(ROOM.c.name))).scalars().all()
    assert full.value.reason == "DISK_FULL"
    assert rooms == ["kept"]


async def test_every_commit_is_flushed_to_the_disk(engines: EngineFactory) -> None:
    async with engines("flushed").connect() as connection:
        log = (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar_one()
        level = (await connection.exec_driver_sql("PRAGMA synchronous")).scalar_one()

    assert (log, level) == ("wal", 2)  # 2: FULL


async def test_foreign_keys_hold(engines: EngineFactory) -> None:
    engine = engines()
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)

    with pytest.raises(IntegrityError):
        async with engine.begin() as connection:
            await connection.execute(insert(SEAT).values(room_id=7))


async def test_neither_the_file_nor_its_log_holds_plaintext(engines: EngineFactory, tmp_path: Path) -> None:
    title = "Nguyễn Thị Bí Mật"
    engine = engines("secret")
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        await connection.execute(insert(ROOM).values(id=1, name=title))

    found = await asyncio.to_thread(lambda: {path.name: path.read_bytes() for path in tmp_path.glob("secret.db*")})

    assert {"secret.db", "secret.db-wal"} <= set(found)
    for content in found.values():
        assert title.encode() not in content
        assert b"SQLite format" not in content
        assert b"CREATE TABLE" not in content


async def test_a_wrong_key_says_so(engines: EngineFactory) -> None:
    async with engines("locked").begin() as connection:
        await connection.run_sync(METADATA.create_all)

    with pytest.raises(FailedPrecondition) as caught:
        async with engines("locked", key=os.urandom(32)).begin():
            pass

    assert caught.value.reason == "DATA_KEY_WRONG"


async def test_of_many_concurrent_bookers_one_gets_the_slot(engines: EngineFactory) -> None:
    engine = engines()
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    make = sessions(engine)

    async def book() -> bool:
        async with make.begin() as session:
            if await session.scalar(select(func.count()).select_from(BOOKING)):
                return False
            await asyncio.sleep(0)
            await session.execute(insert(BOOKING).values(slot="08:00"))
            return True

    assert sum(await asyncio.gather(*(book() for _ in range(15)))) == 1


async def test_a_reader_does_not_wait_for_a_writer(engines: EngineFactory) -> None:
    engine = engines()
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    async with sessions(engine).begin() as writer:
        await writer.execute(insert(BOOKING).values(slot="08:00"))

        async with asyncio.timeout(5), sessions(engine, read_only=True)() as reader:
            assert await reader.scalar(select(func.count()).select_from(BOOKING)) == 0


def write_revision(folder: Path, revision: str, before: str | None, table: str) -> None:
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    text = REVISION.format(revision=revision, before=before, table=table)
    (folder / "versions" / f"{revision}_{table}.py").write_text(text)


async def test_processes_that_start_together_migrate_once(engines: EngineFactory, tmp_path: Path) -> None:
    write_revision(tmp_path / "migrations", "0001", None, "first")
    write_revision(tmp_path / "migrations", "0002", "0001", "second")
    engine = engines("store")
    url = engine.url.render_as_string(hide_password=False)

    await asyncio.gather(*(upgrade(url, DATA_KEY, tmp_path / "migrations") for _ in range(3)))

    async with engine.connect() as connection:
        rows = await connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        assert [name for (name,) in rows] == ["alembic_version", "first", "second"]
        assert (await connection.exec_driver_sql("SELECT version_num FROM alembic_version")).scalar() == "0002"


async def test_a_new_file_that_another_process_writes_is_waited_for(engines: EngineFactory, tmp_path: Path) -> None:
    """Giving a file its write-ahead log ignores the busy timeout: of processes that started together some died."""
    other = sqlcipher.connect(tmp_path / "fresh.db", isolation_level=None)
    other.execute(f"PRAGMA key = \"x'{DATA_KEY.hex()}'\"")
    other.execute("BEGIN IMMEDIATE")

    async def journal() -> object:
        async with engines("fresh").connect() as connection:
            return (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar_one()

    opening = asyncio.create_task(journal())
    await asyncio.wait({opening}, timeout=0.3)
    still_waits = not opening.done()
    other.execute("ROLLBACK")
    other.close()

    assert still_waits
    assert await opening == "wal"


async def test_a_store_of_a_newer_release_is_left_alone(engines: EngineFactory, tmp_path: Path) -> None:
    write_revision(tmp_path / "new", "0001", None, "first")
    write_revision(tmp_path / "new", "0002", "0001", "second")
    write_revision(tmp_path / "old", "0001", None, "first")
    url = engines("store").url.render_as_string(hide_password=False)
    await upgrade(url, DATA_KEY, tmp_path / "new")

    with pytest.raises(FailedPrecondition) as caught:
        await upgrade(url, DATA_KEY, tmp_path / "old")

    assert caught.value.reason == "STORE_TOO_NEW"
