"""The database's own guard against double booking: no two live hard claims on one unit of a resource overlap.

Rules check before they write, and one forgotten lock lets two bookers through; this does not. Rebuilding the table
`claim` (Alembic's batch mode on SQLite) drops the triggers without a word: every such migration ends with
`create_guard`.
"""

from typing import Final

from sqlalchemy import Connection, text

GUARD: Final = "claim_no_overlap"
"""Name of the constraint, and the message of the triggers."""

_TRIGGER: Final = f"""
CREATE TRIGGER {GUARD}_{{name}} AFTER {{event}} ON claim
WHEN NEW.hard AND NEW.live AND EXISTS (
  SELECT 1 FROM claim AS other
  WHERE other.resource_id = NEW.resource_id AND other.unit_no = NEW.unit_no AND other.hard AND other.live
    AND other.id <> NEW.id AND other.starts < NEW.ends AND other.ends > NEW.starts
)
BEGIN SELECT RAISE(ABORT, '{GUARD}'); END
"""  # noqa: S608 - made of constants

_CONSTRAINT: Final = f"""
ALTER TABLE claim ADD CONSTRAINT {GUARD} EXCLUDE USING gist
  (resource_id WITH =, unit_no WITH =, tstzrange(starts, ends) WITH &&) WHERE (hard AND live)
  DEFERRABLE INITIALLY IMMEDIATE
"""


def create_guard(connection: Connection) -> None:
    """Sets the guard up anew, whether or not it is there; for migrations."""
    if connection.dialect.name == "sqlite":
        for event in ("INSERT", "UPDATE"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {GUARD}_{event.lower()}"))
            connection.execute(text(_TRIGGER.format(name=event.lower(), event=event)))
        return
    connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
    connection.execute(text(f"ALTER TABLE claim DROP CONSTRAINT IF EXISTS {GUARD}"))
    connection.execute(text(_CONSTRAINT))
