"""`giaoban audit verify`: follows the chain of the audit log to its end."""

import sys
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.config import Settings
from giaoban.sql.engine import create_engine
from services.scheduler.domain.audit import AuditEntry, Chain
from services.scheduler.store.base import audit_entry, audit_head

_PAGE: Final = 1_000


async def verify(settings: Settings) -> int:
    """Prints whether the log is whole; answers the exit status, 1 when an entry was changed, taken out or cut off."""
    engine = create_engine(settings.database_url("scheduler"), settings.key_folder().data_key())
    try:
        chain = Chain()
        broken = await _followed(engine, chain)
        async with engine.connect() as connection:
            head = (await connection.execute(select(audit_head.c.position, audit_head.c.hash))).one()
    finally:
        await engine.dispose()
    if broken:
        sys.stdout.write(f"The audit log was changed at entry {chain.position + 1}; up to there it is whole.\n")
        return 1
    if chain.position < head.position or (chain.position == head.position and chain.hash != head.hash):
        sys.stdout.write(f"The audit log ends with entry {chain.position} and had {head.position}: it was cut.\n")
        return 1
    sys.stdout.write(f"{chain.position} entries, none changed. Hash of the last: {chain.hash}\n")
    return 0


async def _followed(engine: AsyncEngine, chain: Chain) -> bool:
    """Takes all entries; answers whether one does not hold."""
    while True:
        page = select(audit_entry).where(audit_entry.c.position > chain.position).order_by(audit_entry.c.position)
        async with engine.connect() as connection:
            rows = (await connection.execute(page.limit(_PAGE))).all()
        for row in rows:
            entry = AuditEntry(row.position, row.create_time, row.actor, row.action, row.resource, row.detail, row.hash)
            if not chain.holds(entry):
                return True
        if len(rows) < _PAGE:
            return False
