"""Brings a store to its newest shape with Alembic, called from code: no `alembic.ini` and no `env.py`.

A `script_location` is a folder whose `versions/` holds the revisions. On SQLite the whole upgrade is one immediate
transaction, so that processes starting together do it once; the file then remembers a mark of the revisions, and the
next start finds it without Alembic, whose import takes longer than all else a start does with the store.
"""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, make_url, text
from sqlalchemy.schema import CreateSchema

from giaoban.errors import FailedPrecondition
from giaoban.sql.engine import create_engine, sessions

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

__all__ = ["sessions", "upgrade"]

_HEAD: Final = "head"


async def upgrade(url: str, key: bytes | None, script_location: str | Path, target: str = _HEAD) -> None:
    """Runs what is missing up to `target`; nothing when the store is there already.

    Raises:
        FailedPrecondition: `STORE_TOO_NEW`: a newer release has written the store; `STORE_BROKEN`: rows point at
            missing rows after the upgrade, which then did not happen.
    """
    # Rebuilding a table with foreign keys on would empty the tables that point at it.
    engine = create_engine(url, key, foreign_keys=False)
    schema = make_url(url).query.get("schema")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, Path(script_location), target, str(schema) if schema else None)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, folder: Path, target: str, schema: str | None) -> None:
    if connection.dialect.name != "sqlite":
        _run(connection, folder, target, schema)
        return
    mark = _mark(folder)
    if target == _HEAD and connection.execute(text("PRAGMA user_version")).scalar() == mark:
        return
    _run(connection, folder, target, schema)
    if broken := connection.execute(text("PRAGMA foreign_key_check")).first():
        raise FailedPrecondition("STORE_BROKEN", f"After the upgrade a row of {broken[0]} points at a missing row.")
    connection.execute(text(f"PRAGMA user_version = {mark if target == _HEAD else 0}"))


def _mark(folder: Path) -> int:
    """Sums up the revisions: their names and what they do."""
    total = 0
    for path in sorted((folder / "versions").glob("*.py")):
        total = zlib.crc32(path.name.encode() + path.read_bytes(), total)
    return total & 0x7FFF_FFFF or 1


def _run(connection: Connection, folder: Path, target: str, schema: str | None) -> None:
    from alembic.config import Config  # noqa: PLC0415 - see the module
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    if schema is not None:
        connection.execute(CreateSchema(schema, if_not_exists=True))
    heads = MigrationContext.configure(connection).get_current_heads()
    known = {revision.revision for revision in scripts.walk_revisions()}
    if unknown := sorted(set(heads) - known):
        raise FailedPrecondition(
            "STORE_TOO_NEW", f"The store was written by a newer release (revision {unknown[0]}); install that one."
        )

    def steps(current: "tuple[str, ...]", _context: "MigrationContext") -> "list[RevisionStep]":
        # The name is private, and the documented way of running migrations from code.
        return list(scripts._upgrade_revs(target, current))  # type: ignore[arg-type]  # noqa: SLF001

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=target) as environment:
        environment.configure(connection=connection, render_as_batch=True, transaction_per_migration=False)
        environment.run_migrations()
