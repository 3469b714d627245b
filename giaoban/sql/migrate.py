"""Brings a store to its newest shape with Alembic, called from code: no `alembic.ini` and no `env.py`.

A `script_location` is a folder whose `versions/` holds the revisions. On SQLite the whole upgrade is one immediate
transaction, so that processes starting together do it once.
"""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.schema import CreateSchema

from giaoban.errors import FailedPrecondition
from giaoban.sql.engine import create_engine, sessions

__all__ = ["sessions", "upgrade"]


async def upgrade(url: str, key: bytes | None, script_location: str | Path, target: str = "head") -> None:
    """Runs what is missing up to `target`; nothing when the store is there already.

    Raises:
        FailedPrecondition: `STORE_TOO_NEW`: a newer release has written the store; `STORE_BROKEN`: rows point at
            missing rows after the upgrade, which then did not happen.
    """
    config = Config()
    config.set_main_option("script_location", str(script_location).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    # Rebuilding a table with foreign keys on would empty the tables that point at it.
    engine = create_engine(url, key, foreign_keys=False)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_run, config, scripts, target, _schema(url))
    finally:
        await engine.dispose()


def _schema(url: str) -> str | None:
    schema = make_url(url).query.get("schema")
    return str(schema) if schema else None


def _run(connection: Connection, config: Config, scripts: ScriptDirectory, target: str, schema: str | None) -> None:
    if schema is not None:
        connection.execute(CreateSchema(schema, if_not_exists=True))
    heads = MigrationContext.configure(connection).get_current_heads()
    known = {revision.revision for revision in scripts.walk_revisions()}
    if unknown := sorted(set(heads) - known):
        raise FailedPrecondition(
            "STORE_TOO_NEW", f"The store was written by a newer release (revision {unknown[0]}); install that one."
        )

    def steps(current: tuple[str, ...], _context: MigrationContext) -> list[RevisionStep]:
        # The name is private, and the documented way of running migrations from code.
        return list(scripts._upgrade_revs(target, current))  # type: ignore[arg-type]  # noqa: SLF001

    with EnvironmentContext(config, scripts, fn=steps, destination_rev=target) as environment:
        environment.configure(connection=connection, render_as_batch=True, transaction_per_migration=False)
        environment.run_migrations()
    if connection.dialect.name == "sqlite" and (broken := connection.execute(text("PRAGMA foreign_key_check")).first()):
        raise FailedPrecondition("STORE_BROKEN", f"After the upgrade a row of {broken[0]} points at a missing row.")
