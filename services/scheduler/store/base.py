"""What all tables share, and the audit log."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from giaoban.sql.engine import UtcDateTime
from services.scheduler.domain.audit import AuditEntry, Detail, chained_hash, detail_text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ResourceId: Final = String(64)
# Sort keys compare byte by byte on every engine; the collation of a PostgreSQL database would skip their punctuation.
SortKey: Final = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("create_time", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource", Text, nullable=False, index=True),
    Column("detail", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

# One row. Whoever locks it is alone in adding to the log, so the chain cannot fork.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    Column("hash", String(64), nullable=False),
)


async def lock_audit(session: AsyncSession) -> tuple[int, str]:
    """Makes this transaction the only one that changes audited things; answers position and hash of the last entry."""
    row = (await session.execute(select(audit_head.c.position, audit_head.c.hash).with_for_update())).one()
    return row.position, row.hash


async def append_audit(session: AsyncSession, actor: str, action: str, resource: str, detail: Detail) -> None:
    """Adds an entry to the audit log within the caller's transaction.

    Args:
        session: With an open transaction; the entry is there exactly if that is committed.
        actor: `people/{person}`, `briefings/{briefing}/invitees/{invitee}` or `service:{role}`.
        action: For example `briefing.cancel`.
        resource: Name of what it was done to.
        detail: Changed facts without personal data.
    """
    last_position, last_hash = await lock_audit(session)
    entry = AuditEntry(last_position + 1, datetime.now(UTC), actor, action, resource, detail_text(detail))
    digest = chained_hash(last_hash, entry)
    await session.execute(
        insert(audit_entry).values(
            position=entry.position,
            create_time=entry.create_time,
            actor=actor,
            action=action,
            resource=resource,
            detail=entry.detail,
            hash=digest,
        )
    )
    await session.execute(update(audit_head).values(position=entry.position, hash=digest))
