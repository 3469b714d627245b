"""The due table of reminders."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from giaoban.sql.engine import sessions
from services.notify.domain.model import DueReminder, MailboxName, NewDelivery, Purpose, ReminderId, State
from services.notify.store.outbox import add_deliveries, supersede
from services.notify.store.rows import due_reminder
from services.notify.store.tables import PENDING_REMINDER, delivery, recipient, reminder


class SqlReminders:
    """The ledger's side of reminders."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)

    async def due(self, now: datetime, limit: int) -> Sequence[DueReminder]:
        """Reads reminders whose time has come, earliest first."""
        own = (reminder.c.id, reminder.c.briefing, reminder.c.mailbox, reminder.c.offset_minutes)
        times = (reminder.c.start_time, reminder.c.due_time)
        person = [column for column in recipient.c if column.name != "mailbox"]
        query = (
            select(*own, *times, *person)
            .join_from(reminder, recipient, recipient.c.mailbox == reminder.c.mailbox)
            .where(PENDING_REMINDER, reminder.c.due_time <= now)
            .order_by(reminder.c.due_time)
            .limit(limit)
        )
        async with self._read() as session:
            return [due_reminder(row) for row in await session.execute(query)]

    async def fire(self, due: DueReminder, new: NewDelivery, now: datetime) -> bool:
        """Turns a reminder into a delivery; False when it was gone, or must wait because an invitation still does."""
        async with self._write.begin() as session:
            if await _invitation_waits(session, due.mailbox):
                return False
            if not await _leave(session, due.id, "FIRED", "", now):
                return False
            await supersede(session, [due.mailbox], now)
            await add_deliveries(session, [new], due.host_unit_path, now)
            return True

    async def drop(self, reminder_id: ReminderId, reason: str, now: datetime) -> None:
        """Takes a reminder off the list."""
        async with self._write.begin() as session:
            await _leave(session, reminder_id, "DROPPED", reason, now)


async def _leave(session: AsyncSession, found: ReminderId, state: str, reason: str, now: datetime) -> bool:
    statement = update(reminder).where(PENDING_REMINDER, reminder.c.id == found)
    changed = statement.values(state=state, reason=reason, update_time=now).returning(reminder.c.id)
    return (await session.execute(changed)).first() is not None


async def _invitation_waits(session: AsyncSession, mailbox: MailboxName) -> bool:
    query = select(delivery.c.id).where(
        delivery.c.mailbox == mailbox,
        delivery.c.purpose != Purpose.REMINDER,
        delivery.c.state.in_((State.PENDING, State.SENDING)),
    )
    return (await session.execute(query.limit(1))).first() is not None
