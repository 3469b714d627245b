"""What people read of the ledger, and their word to send something again."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, case, false, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.sql.engine import sessions
from services.notify.domain.model import (
    BriefingName,
    Delivery,
    DeliveryId,
    DeliveryQuery,
    Doubtful,
    MailboxName,
    Purpose,
    RetryQuery,
    State,
)
from services.notify.domain.retry import BAD_ANSWER, INTERRUPTED, NO_ANSWER
from services.notify.store.outbox import newer_exists, overtaken
from services.notify.store.rows import REST, URGENT, URGENT_WITHIN, delivery_of
from services.notify.store.tables import delivery, delivery_content

_DOUBTS: Final = (INTERRUPTED, NO_ANSWER, BAD_ANSWER)


class SqlDeliveryBooks:
    """The ledger's side of the mail log."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)

    async def find(self, query: DeliveryQuery) -> Sequence[Delivery]:
        """Lists deliveries, newest first: their ids sort by the time they were made."""
        statement = select(delivery).where(_within(query.unit_paths)).order_by(delivery.c.id.desc()).limit(query.limit)
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
        statement = select(delivery).where(delivery.c.id == delivery_id, _within(unit_paths))
        async with self._read() as session:
            row: Any = (await session.execute(statement)).first()
        return None if row is None else delivery_of(row)

    async def content(self, delivery_id: DeliveryId) -> bytes:
        """Reads the message; empty when none was rendered."""
        async with self._read() as session:
            found = await session.scalar(
                select(delivery_content.c.content).where(delivery_content.c.delivery == delivery_id)
            )
        return found or b""

    async def waiting(self) -> int:
        """Counts what waits."""
        async with self._read() as session:
            return int(await session.scalar(select(func.count()).where(delivery.c.state == State.PENDING)) or 0)

    async def told_of(self, briefing: BriefingName) -> Set[MailboxName]:
        """Those mailboxes of a briefing for which there is a message other than a reminder, or a reason why there can be none."""
        query = select(delivery.c.mailbox).where(
            delivery.c.briefing == briefing, delivery.c.purpose != Purpose.REMINDER
        )
        async with self._read() as session:
            return {MailboxName(each) for each in await session.scalars(query)}

    async def doubtful(self, before: datetime, limit: int) -> Sequence[Doubtful]:
        """Reads what was handed over before an instant, has an unknown fate, and is still of use, oldest first.

        Not what a restored backup calls unknown: that waits for a person's word.
        """
        taken = delivery.alias("taken")
        witness = (
            select(taken.c.message_id)
            .where(taken.c.state == State.SENT, taken.c.update_time <= delivery.c.update_time)
            .order_by(taken.c.update_time.desc())
            .limit(1)
            .scalar_subquery()
        )
        statement = (
            select(delivery.c.id, delivery.c.message_id, witness.label("witness"))
            .where(
                delivery.c.state == State.UNKNOWN,
                delivery.c.reason.in_(_DOUBTS),
                delivery.c.message_id.is_not(None),
                delivery.c.update_time <= before,
                delivery.c.start_time > before,
                ~overtaken(delivery),
            )
            .order_by(delivery.c.update_time)
            .limit(limit)
        )
        async with self._read() as session:
            rows = (await session.execute(statement)).all()
        return [Doubtful(DeliveryId(row.id), row.message_id, row.witness or "") for row in rows]

    async def invited_of(self, query: RetryQuery, now: datetime) -> Mapping[BriefingName, Set[MailboxName]]:
        """The mailboxes to which `requeue_many` would send something else than a cancellation."""
        statement = select(delivery.c.briefing, delivery.c.mailbox).where(
            *_repeatable(query, now), delivery.c.purpose != Purpose.CANCELLATION
        )
        found: dict[BriefingName, set[MailboxName]] = {}
        async with self._read() as session:
            for briefing, mailbox in await session.execute(statement):
                found.setdefault(BriefingName(briefing), set()).add(MailboxName(mailbox))
        return found

    async def requeue_many(self, query: RetryQuery, now: datetime, *, count_only: bool) -> int:
        """Puts all that match back in line with their identical bytes, under the conditions of `requeue`."""
        conditions = _repeatable(query, now)
        if count_only:
            async with self._read() as session:
                return int(await session.scalar(select(func.count(delivery.c.id)).where(*conditions)) or 0)
        async with self._write.begin() as session:
            changed = update(delivery).where(*conditions).values(_in_line_again(now)).returning(delivery.c.id)
            return len((await session.execute(changed)).all())

    async def requeue(self, delivery_id: DeliveryId, states: Sequence[State], now: datetime) -> bool:
        """Puts a delivery back in line with its identical bytes.

        Answers False when its state is none of those, when nothing was rendered, when a newer message exists for its
        mailbox, or when its briefing is over.
        """
        statement = (
            update(delivery)
            .where(
                delivery.c.id == delivery_id,
                delivery.c.state.in_(states),
                delivery.c.message_id.is_not(None),
                delivery.c.end_time > now,
                ~newer_exists(delivery_id),
            )
            .values(_in_line_again(now))
            .returning(delivery.c.id)
        )
        async with self._write.begin() as session:
            return (await session.execute(statement)).first() is not None


def _repeatable(query: RetryQuery, now: datetime) -> Sequence[ColumnElement[bool]]:
    conditions = [
        _within(query.unit_paths),
        delivery.c.state.in_(query.states),
        delivery.c.message_id.is_not(None),
        delivery.c.end_time > now,
        ~overtaken(delivery),
    ]
    if query.briefing is not None:
        conditions.append(delivery.c.briefing == query.briefing)
    if query.reason:
        conditions.append(delivery.c.reason == query.reason)
    if query.delivery is not None:
        conditions.append(delivery.c.id == query.delivery)
    if query.without:
        conditions.append(delivery.c.mailbox.not_in(query.without))
    return conditions


def _in_line_again(now: datetime) -> dict[str, Any]:
    return {
        "state": State.PENDING,
        "reason": "",
        "detail": "",
        "next_attempt_time": now,
        "expire_time": case((delivery.c.start_time > now, delivery.c.start_time), else_=delivery.c.end_time),
        "update_time": now,
        "turn": case((delivery.c.start_time <= now + URGENT_WITHIN, URGENT), else_=REST),
        "may_have_arrived": or_(delivery.c.may_have_arrived, delivery.c.state == State.UNKNOWN),
    }


def _within(unit_paths: Sequence[str] | None) -> ColumnElement[bool]:
    if unit_paths is None:
        return true()
    return or_(false(), *(delivery.c.host_unit_path.startswith(path, autoescape=True) for path in unit_paths))
