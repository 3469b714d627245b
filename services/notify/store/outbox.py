"""The way of a message through the ledger: planned, claimed, settled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Exists, Select, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from giaoban.clock import Clock
from giaoban.sql.engine import sessions
from giaoban.sql.outbox import first_time
from services.notify.domain.model import (
    BriefingName,
    ClaimedDelivery,
    DeliveryId,
    InvitationBatch,
    InviteeName,
    Method,
    PlannedMessage,
    Purpose,
    State,
    Told,
    Verdict,
)
from services.notify.domain.planning import NEVER_TOLD
from services.notify.domain.retry import EXPIRED, INTERRUPTED
from services.notify.store.rows import delivery_values, recipient_values, reminder_values
from services.notify.store.tables import PENDING, SENDING, delivery, inbox_seen, recipient, reminder

_CONSUMER: Final = "invitations"
_CHUNK: Final = 500  # SQLite takes 32,766 values in a statement, PostgreSQL as many; neither likes them
NEWER_MESSAGE: Final = "NEWER_MESSAGE"
_ARRIVED: Final = (State.SENDING, State.SENT, State.UNKNOWN)


class SqlOutbox:
    """The ledger's side of planning and sending. One process at a time may use it: see `interrupt`."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)
        self._clock = clock

    async def seen(self, event_key: str) -> bool:
        """Tells whether an event had its effect already."""
        query = select(inbox_seen.c.key).where(inbox_seen.c.consumer == _CONSUMER, inbox_seen.c.key == event_key)
        async with self._read() as session:
            return (await session.execute(query)).first() is not None

    async def told(self, briefing: BriefingName) -> Mapping[InviteeName, Told]:
        """Reads what each invitee was told last."""
        async with self._read() as session:
            return await _told(session, briefing)

    async def record(
        self, event_key: str, batch: InvitationBatch, planned: Sequence[PlannedMessage], now: datetime
    ) -> bool:
        """Writes an event and all that follows from it; what is unsent of the same invitees is superseded.

        Answers False, with nothing written, when somebody who was to hear nothing because no message had reached them is
        reached by now: the plan is stale.
        """
        async with self._write() as session:
            if not await first_time(session, inbox_seen, _CONSUMER, event_key, self._clock):
                return True
            told = await _told(session, batch.briefing.name)
            fresh = [one for one in planned if _is_newer(one, told)]
            await supersede(session, [one.delivery.note.recipient.name for one in fresh], now)
            # After it, not before: from here on no message of theirs can be claimed any more.
            if await _anyone_reached(session, batch.briefing.name, fresh):
                return False
            if fresh:
                rows = [delivery_values(one.delivery, batch.host_unit_path, now) for one in fresh]
                await session.execute(insert(delivery), rows)
            await _remember(session, batch, fresh)
            await _book_reminders(session, batch, fresh, now)
            await session.commit()
            return True

    async def interrupt(self, now: datetime) -> int:
        """Marks everything found in SENDING as UNKNOWN; only for a start, before anything is sent.

        Another process that were sending now would have its work called unknown: there is one notify process per store.
        """
        values = {"state": State.UNKNOWN, "reason": INTERRUPTED, "update_time": now}
        async with self._write.begin() as session:
            found = await session.execute(update(delivery).where(SENDING).values(values).returning(delivery.c.id))
            return len(found.all())

    async def claim(self, now: datetime) -> ClaimedDelivery | None:
        """Takes the delivery that waits longest and whose invitee has none under way, PENDING → SENDING.

        What it finds past its time it fails.
        """
        async with self._read() as session:
            # Idle workers look often, and looking needs no lock.
            if (await session.execute(_next_waiting(now))).first() is None:
                return None
        async with self._write.begin() as session:
            while row := (await session.execute(_next_waiting(now).with_for_update(skip_locked=True))).first():
                if row.expire_time > now:
                    return await _start(session, row.id, now)
                await _change(session, row.id, now, state=State.FAILED, reason=row.reason or EXPIRED)
        return None

    async def settle(self, delivery_id: DeliveryId, verdict: Verdict, now: datetime) -> None:
        """Writes how a try ended."""
        values: dict[str, object] = {"state": verdict.state, "reason": verdict.reason, "detail": verdict.detail}
        if verdict.next_attempt_time is not None:
            values["next_attempt_time"] = verdict.next_attempt_time
        async with self._write.begin() as session:
            overtaken = select(delivery.c.id).where(newer_exists(delivery_id))
            if verdict.state is State.PENDING and (await session.execute(overtaken.limit(1))).first() is not None:
                values |= {"state": State.SUPERSEDED, "reason": NEWER_MESSAGE}
            await _change(session, delivery_id, now, **values)


async def supersede(session: AsyncSession, invitees: Sequence[InviteeName], now: datetime) -> None:
    """Takes every unsent message of these invitees out of the line."""
    values = {"state": State.SUPERSEDED, "reason": NEWER_MESSAGE, "update_time": now}
    for start in range(0, len(invitees), _CHUNK):
        chosen = delivery.c.invitee.in_(invitees[start : start + _CHUNK])
        await session.execute(update(delivery).where(PENDING, chosen).values(values))


def newer_exists(than: DeliveryId) -> Exists:
    """Whether the invitee of a delivery has a message that was made after it."""
    newer, own = delivery.alias("newer"), delivery.alias("own")
    joined = newer.join(own, newer.c.invitee == own.c.invitee)
    return (
        select(newer.c.id).select_from(joined).where(own.c.id == than, newer.c.create_time > own.c.create_time).exists()
    )


def _next_waiting(now: datetime) -> Select[Any]:
    under_way = delivery.alias("under_way")
    busy = select(under_way.c.id).where(under_way.c.invitee == delivery.c.invitee, text("under_way.state = 'SENDING'"))
    columns = (delivery.c.id, delivery.c.expire_time, delivery.c.reason, delivery.c.attempt_count)
    return (
        select(*columns)
        .where(PENDING, delivery.c.next_attempt_time <= now, ~busy.exists())
        .order_by(delivery.c.next_attempt_time, delivery.c.id)
        .limit(1)
    )


async def _start(session: AsyncSession, found: DeliveryId, now: datetime) -> ClaimedDelivery:
    values = {"state": State.SENDING, "attempt_count": delivery.c.attempt_count + 1, "update_time": now}
    columns = ("id", "sender", "address", "message_id", "content", "attempt_count", "expire_time")
    statement = update(delivery).where(delivery.c.id == found).values(values)
    row = (await session.execute(statement.returning(*(delivery.c[name] for name in columns)))).one()
    return ClaimedDelivery(
        id=DeliveryId(row.id),
        sender=row.sender,
        address=row.address,
        message_id=row.message_id,
        content=row.content,
        attempt=row.attempt_count,
        expire_time=row.expire_time,
    )


async def _change(session: AsyncSession, found: DeliveryId, now: datetime, **values: object) -> None:
    await session.execute(update(delivery).where(delivery.c.id == found).values(update_time=now, **values))


async def _told(session: AsyncSession, briefing: BriefingName) -> Mapping[InviteeName, Told]:
    columns = ("invitee", "revision", "sequence", "stamp", "start_time", "method", "state", "may_have_arrived")
    query = (
        select(*(delivery.c[name] for name in columns), delivery.c.content.is_not(None).label("written"))
        .where(delivery.c.briefing == briefing, delivery.c.purpose != Purpose.REMINDER)
        .order_by(delivery.c.revision)
    )
    told: dict[InviteeName, Told] = {}
    for row in await session.execute(query):
        invitee = InviteeName(row.invitee)
        before = told.get(invitee)
        reached = row.state in _ARRIVED or row.may_have_arrived
        told[invitee] = Told(
            revision=row.revision,
            sequence=row.sequence,
            stamp=row.stamp,
            start=row.start_time,
            method=Method(row.method),
            reached=reached or (before is not None and before.reached),
            written=bool(row.written),
        )
    return told


def _is_newer(planned: PlannedMessage, told: Mapping[InviteeName, Told]) -> bool:
    note = planned.delivery.note
    before = told.get(note.recipient.name)
    return before is None or before.revision < note.briefing.revision


async def _anyone_reached(session: AsyncSession, briefing: BriefingName, fresh: Sequence[PlannedMessage]) -> bool:
    silent = [one.delivery.note.recipient.name for one in fresh if one.delivery.reason == NEVER_TOLD]
    if not silent:
        return False
    told = await _told(session, briefing)
    return any(told[invitee].reached for invitee in silent if invitee in told)


async def _remember(session: AsyncSession, batch: InvitationBatch, planned: Sequence[PlannedMessage]) -> None:
    if not planned:
        return
    invitees = [one.delivery.note.recipient.name for one in planned]
    for start in range(0, len(invitees), _CHUNK):
        await session.execute(delete(recipient).where(recipient.c.invitee.in_(invitees[start : start + _CHUNK])))
    rows = [recipient_values(one.delivery.note, batch.host_unit_path) for one in planned]
    await session.execute(insert(recipient), rows)


async def _book_reminders(
    session: AsyncSession, batch: InvitationBatch, planned: Sequence[PlannedMessage], now: datetime
) -> None:
    rebooked = [one for one in planned if one.reminders is not None]
    invitees = [one.delivery.note.recipient.name for one in rebooked]
    dropped = {"state": "DROPPED", "reason": "REPLACED", "update_time": now}
    for start in range(0, len(invitees), _CHUNK):
        chosen = reminder.c.invitee.in_(invitees[start : start + _CHUNK])
        await session.execute(update(reminder).where(PENDING, chosen).values(dropped))
    rows = [
        reminder_values(batch.briefing, invitee, slot, now)
        for invitee, one in zip(invitees, rebooked, strict=True)
        for slot in one.reminders or ()
    ]
    if rows:
        await session.execute(insert(reminder), rows)
