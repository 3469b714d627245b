"""What people read of the ledger, and their word to send something again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, false, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.sql.engine import sessions
from services.notify.domain.model import Delivery, DeliveryId, DeliveryQuery, State
from services.notify.store.outbox import newer_exists
from services.notify.store.rows import delivery_of
from services.notify.store.tables import delivery

_SHOWN = [column for column in delivery.c if column.name != "content"]


class SqlDeliveryBooks:
    """The ledger's side of the mail log."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)

    async def find(self, query: DeliveryQuery) -> Sequence[Delivery]:
        """Lists deliveries, newest first: their ids sort by the time they were made."""
        statement = select(*_SHOWN).where(_within(query.unit_paths)).order_by(delivery.c.id.desc()).limit(query.limit)
        if query.briefing is not None:
            statement = statement.where(delivery.c.briefing == query.briefing)
        if query.states:
            statement = statement.where(delivery.c.state.in_(query.states))
        if query.before is not None:
            statement = statement.where(delivery.c.id < query.before)
        async with self._read() as session:
            return [delivery_of(row) for row in await session.execute(statement)]

    async def get(self, delivery_id: DeliveryId, unit_paths: Sequence[str] | None) -> Delivery | None:
        """Reads one, if it lies in one of the subtrees (None: all)."""
        statement = select(*_SHOWN).where(delivery.c.id == delivery_id, _within(unit_paths))
        async with self._read() as session:
            row: Any = (await session.execute(statement)).first()
        return None if row is None else delivery_of(row)

    async def content(self, delivery_id: DeliveryId) -> bytes:
        """Reads the message; empty when none was rendered."""
        async with self._read() as session:
            found = await session.scalar(select(delivery.c.content).where(delivery.c.id == delivery_id))
        return found or b""

    async def requeue(self, delivery_id: DeliveryId, states: Sequence[State], now: datetime) -> bool:
        """Puts a delivery back in line with its identical bytes.

        Answers False when its state is none of those, when nothing was rendered, when a newer message exists for its
        invitee, or when its briefing is over.
        """
        expire_time = case((delivery.c.start_time > now, delivery.c.start_time), else_=delivery.c.end_time)
        statement = (
            update(delivery)
            .where(
                delivery.c.id == delivery_id,
                delivery.c.state.in_(states),
                delivery.c.content.is_not(None),
                delivery.c.end_time > now,
                ~newer_exists(delivery_id),
            )
            .values(
                state=State.PENDING,
                reason="",
                detail="",
                next_attempt_time=now,
                expire_time=expire_time,
                update_time=now,
                may_have_arrived=or_(delivery.c.may_have_arrived, delivery.c.state == State.UNKNOWN),
            )
            .returning(delivery.c.id)
        )
        async with self._write.begin() as session:
            return (await session.execute(statement)).first() is not None


def _within(unit_paths: Sequence[str] | None) -> ColumnElement[bool]:
    if unit_paths is None:
        return true()
    return or_(false(), *(delivery.c.host_unit_path.startswith(path, autoescape=True) for path in unit_paths))
