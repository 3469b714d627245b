"""What a restored store needs before it speaks to calendars again."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.domain.briefings import State
from services.scheduler.store.briefing_tables import occurrence, override, series


async def raise_sequences(engine: AsyncEngine, step: int, now: datetime) -> None:
    """Lifts the SEQUENCE of every briefing ahead above what calendars may have seen since the backup (RFC 5546 §2.1.4)."""
    ahead = (occurrence.c.state.in_((State.SCHEDULED, State.OPEN)), occurrence.c.ends > now)
    async with engine.begin() as connection:
        concerned = select(occurrence.c.series_id).where(*ahead)
        await connection.execute(
            update(series).where(series.c.id.in_(concerned)).values(itip_sequence=series.c.itip_sequence + step)
        )
        await connection.execute(
            update(override)
            .where(override.c.series_id.in_(concerned))
            .values(itip_sequence=override.c.itip_sequence + step)
        )
