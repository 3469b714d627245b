"""The way of a message through the ledger: planned, claimed, settled."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Exists,
    FromClause,
    Row,
    Select,
    bindparam,
    case,
    delete,
    insert,
    literal_column,
    or_,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from giaoban.sql.engine import read_only, sessions
from services.notify.domain.model import (
    BriefingName,
    ClaimedDelivery,
    DeliveryId,
    InvitationBatch,
    MailboxName,
    Method,
    NewDelivery,
    PlannedMessage,
    Purpose,
    State,
    Told,
    Verdict,
)
from services.notify.domain.planning import NEVER_TOLD
from services.notify.domain.retry import EXPIRED, INTERRUPTED
from services.notify.store.rows import (
    CANCELLATIONS_FIRST,
    REST,
    URGENT,
    URGENT_WITHIN,
    delivery_values,
    recipient_values,
    reminder_values,
)
from services.notify.store.tables import LATER, PENDING, SENDING, delivery, delivery_content, recipient, reminder

_CHUNK: Final = 500  # SQLite takes 32,766 values in a statement, PostgreSQL as many; neither likes them
NEWER_MESSAGE: Final = "NEWER_MESSAGE"
_URGENT: Final = (CANCELLATIONS_FIRST, URGENT)
_TURNS: Final = (*_URGENT, REST)
_ARRIVED: Final = (State.SENDING, State.SENT, State.UNKNOWN)


class _Exchange(NamedTuple):
    """What a lane asks for."""

    settled: tuple[DeliveryId, Verdict]
    now: datetime
    urgent_only: bool
    answer: "asyncio.Future[ClaimedDelivery | None]"


async def _exchanged(connection: AsyncConnection, asked: _Exchange) -> ClaimedDelivery | None:
    await _settle(connection, *asked.settled, asked.now)
    return _claimed((await connection.execute(_STATEMENTS[asked.urgent_only].take, {"now": asked.now})).first())


class SqlOutbox:
    """The ledger's side of planning and sending. One process at a time may use it: see `interrupt`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._asked: list[_Exchange] = []
        self._unheard: list[DeliveryId] = []
        self._serving: asyncio.Task[None] | None = None
        self._looking = read_only(engine)
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)

    async def told(self, briefing: BriefingName) -> Mapping[MailboxName, Told]:
        """Reads what each mailbox was told last."""
        async with self._read() as session:
            return await _told(session, briefing)

    async def record(self, batch: InvitationBatch, planned: Sequence[PlannedMessage], now: datetime) -> bool:
        """Writes messages that were planned; what is unsent to the same mailboxes is superseded.

        Answers False, with nothing written, when somebody who was to hear nothing because no message had reached them is
        reached by now: the plan is stale.
        """
        async with self._write() as session:
            told = await _told(session, batch.briefing.name)
            fresh = [one for one in planned if _is_newer(one, told)]
            await supersede(session, [one.delivery.note.recipient.mailbox for one in fresh], now)
            # After it, not before: from here on no message of theirs can be claimed any more.
            if await _anyone_reached(session, batch.briefing.name, fresh):
                return False
            if fresh:
                await add_deliveries(session, [one.delivery for one in fresh], batch.host_unit_path, now)
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

    async def claim(self, now: datetime, *, urgent_only: bool = False) -> ClaimedDelivery | None:
        """Takes the delivery that comes first and whose mailbox has none under way, PENDING → SENDING."""
        statements = _STATEMENTS[urgent_only]
        async with self._looking.connect() as connection:
            # Idle lanes look often, and looking needs no lock.
            if (await connection.execute(statements.look, {"now": now})).first() is None:
                return None
        async with self._engine.begin() as connection:
            return _claimed((await connection.execute(statements.take, {"now": now})).first())

    async def exchange(
        self, settled: tuple[DeliveryId, Verdict], now: datetime, *, urgent_only: bool = False
    ) -> ClaimedDelivery | None:
        """Settles one and claims the next.

        Lanes that come while the disk is busy are served together, with one flush for all: a lane waits no longer for it, and
        the lock of the store changes hands less often.
        """
        answer: asyncio.Future[ClaimedDelivery | None] = asyncio.get_running_loop().create_future()
        self._asked.append(_Exchange(settled, now, urgent_only, answer))
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="ledger exchanges")
        return await answer

    async def _serve(self) -> None:
        while self._asked:
            together, self._asked = self._asked, []
            taken: list[ClaimedDelivery | None] = []
            try:
                async with self._engine.begin() as connection:
                    await self._give_back(connection)
                    for one in together:
                        taken.append(await _exchanged(connection, one))  # noqa: PERF401 - known when the next one fails
                self._unheard.clear()
            except Exception as error:  # noqa: BLE001 - each lane hears of it, and asks again
                # Whether the store has them as taken nobody knows, but no lane does.
                self._unheard += [each.id for each in taken if each is not None]
                for one in together:
                    if not one.answer.done():
                        one.answer.set_exception(error)
                continue
            for one, claimed in zip(together, taken, strict=True):
                if not one.answer.done():
                    one.answer.set_result(claimed)

    async def _give_back(self, connection: AsyncConnection) -> None:
        """Puts back in line what a transaction took whose end was not heard of: none of it was handed over."""
        if self._unheard:
            unheard = delivery.c.id.in_(self._unheard)
            values = {"state": State.PENDING, "attempt_count": delivery.c.attempt_count - 1}
            await connection.execute(update(delivery).where(SENDING, unheard).values(values))

    async def settle(self, delivery_id: DeliveryId, verdict: Verdict, now: datetime) -> None:
        """Writes how a try ended."""
        async with self._engine.begin() as connection:
            await _settle(connection, delivery_id, verdict, now)

    async def tidy(self, now: datetime) -> None:
        """Moves up what has become urgent and fails what is past its time."""
        moved = update(delivery).where(LATER, delivery.c.start_time <= now + URGENT_WITHIN)
        first = case((delivery.c.purpose == Purpose.CANCELLATION, CANCELLATIONS_FIRST), else_=URGENT)
        failed = {"state": State.FAILED, "update_time": now}
        async with self._write.begin() as session:
            await session.execute(moved.values(turn=first))
            late = update(delivery).where(PENDING, delivery.c.expire_time <= now)
            await session.execute(
                late.values(**failed, reason=case((delivery.c.reason == "", EXPIRED), else_=delivery.c.reason))
            )


async def add_deliveries(session: AsyncSession, new: Sequence[NewDelivery], host_unit_path: str, now: datetime) -> None:
    """Writes deliveries that were just planned, with what goes out."""
    rows = [delivery_values(one, host_unit_path, now) for one in new]
    await session.execute(insert(delivery), rows)
    contents = [
        {"delivery": row["id"], "content": one.message.content}
        for row, one in zip(rows, new, strict=True)
        if one.message is not None
    ]
    if contents:
        await session.execute(insert(delivery_content), contents)


async def supersede(session: AsyncSession, mailboxes: Sequence[MailboxName], now: datetime) -> None:
    """Takes every unsent message to these mailboxes out of the line."""
    values = {"state": State.SUPERSEDED, "reason": NEWER_MESSAGE, "update_time": now}
    for start in range(0, len(mailboxes), _CHUNK):
        chosen = delivery.c.mailbox.in_(mailboxes[start : start + _CHUNK])
        await session.execute(update(delivery).where(PENDING, chosen).values(values))


def newer_exists(than: DeliveryId) -> Exists:
    """Whether the mailbox of a delivery has a message that was made after it."""
    own = delivery.alias("own")
    return select(own.c.id).where(own.c.id == than, overtaken(own)).exists()


def overtaken(own: FromClause) -> ColumnElement[bool]:
    """The condition that says the same of the rows of a statement. A reminder overtakes no invitation: it replaces none."""
    newer = delivery.alias("newer")
    replaces = or_(newer.c.purpose != Purpose.REMINDER, own.c.purpose == Purpose.REMINDER)
    later = newer.c.create_time > own.c.create_time
    return select(newer.c.id).where(newer.c.mailbox == own.c.mailbox, later, replaces).exists()


async def _settle(connection: AsyncConnection, delivery_id: DeliveryId, verdict: Verdict, now: datetime) -> None:
    if verdict.state is State.SENT:
        facts = {"settled": delivery_id, "reason": verdict.reason, "detail": verdict.detail, "now": now}
        await connection.execute(_SENT, facts)
        return
    values: dict[str, object] = {"state": verdict.state, "reason": verdict.reason, "detail": verdict.detail}
    if verdict.next_attempt_time is not None:
        values["next_attempt_time"] = verdict.next_attempt_time
    if not verdict.counts:
        values["attempt_count"] = delivery.c.attempt_count - 1
    if verdict.state is State.PENDING:
        found = select(delivery.c.id).where(newer_exists(delivery_id))
        if (await connection.execute(found.limit(1))).first() is not None:
            values |= {"state": State.SUPERSEDED, "reason": NEWER_MESSAGE}
    await connection.execute(update(delivery).where(delivery.c.id == delivery_id).values(update_time=now, **values))


class _Statements(NamedTuple):
    """What lanes ask all the time; made once, for making a statement takes longer than running it.

    Attributes:
        look: Whether anything waits.
        take: Takes what comes first, PENDING → SENDING.
    """

    look: Select[Any]
    take: ReturningUpdate[Any]


def _statements(turns: Sequence[int]) -> _Statements:
    now = bindparam("now", type_=delivery.c.update_time.type)
    under_way = delivery.alias("under_way")
    busy = select(under_way.c.id).where(under_way.c.mailbox == delivery.c.mailbox, text("under_way.state = 'SENDING'"))

    def first_of(turn: int) -> Select[Any]:
        return (
            select(delivery.c.id, literal_column(str(turn)).label("turn"))
            .where(PENDING, delivery.c.turn == turn, delivery.c.next_attempt_time <= now)
            .where(delivery.c.expire_time > now, ~busy.exists())
            .order_by(delivery.c.next_attempt_time, delivery.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )

    found = union_all(*(select(first_of(turn).subquery(f"turn_{turn}")) for turn in turns)).subquery("found")
    chosen = select(found.c.id).order_by(found.c.turn).limit(1)
    own = delivery_content.c.delivery == delivery.c.id
    content = select(delivery_content.c.content).where(own).correlate(delivery).scalar_subquery().label("content")
    taken = (
        update(delivery)
        .where(delivery.c.id == chosen.scalar_subquery())
        .values(state=State.SENDING, attempt_count=delivery.c.attempt_count + 1, update_time=now)
        .returning(*(delivery.c[name] for name in _CLAIMED), content)
    )
    return _Statements(chosen, taken)


_CLAIMED: Final = ("id", "sender", "address", "message_id", "attempt_count", "expire_time")
_STATEMENTS: Final = {False: _statements(_TURNS), True: _statements(_URGENT)}
_SENT: Final = (
    update(delivery)
    .where(delivery.c.id == bindparam("settled"))
    .values(state=State.SENT, reason=bindparam("reason"), detail=bindparam("detail"), update_time=bindparam("now"))
)


def _claimed(row: Row[Any] | None) -> ClaimedDelivery | None:
    if row is None:
        return None
    return ClaimedDelivery(
        id=DeliveryId(row.id),
        sender=row.sender,
        address=row.address,
        message_id=row.message_id,
        content=row.content,
        attempt=row.attempt_count,
        expire_time=row.expire_time,
    )


async def _told(session: AsyncSession, briefing: BriefingName) -> Mapping[MailboxName, Told]:
    columns = ("mailbox", "revision", "sequence", "stamp", "start_time", "method", "state", "may_have_arrived")
    query = (
        select(*(delivery.c[name] for name in columns), delivery.c.message_id.is_not(None).label("written"))
        .where(delivery.c.briefing == briefing, delivery.c.purpose != Purpose.REMINDER)
        .order_by(delivery.c.revision)
    )
    told: dict[MailboxName, Told] = {}
    for row in await session.execute(query):
        mailbox = MailboxName(row.mailbox)
        before = told.get(mailbox)
        reached = row.state in _ARRIVED or row.may_have_arrived
        told[mailbox] = Told(
            revision=row.revision,
            sequence=row.sequence,
            stamp=row.stamp,
            start=row.start_time,
            method=Method(row.method),
            reached=reached or (before is not None and before.reached),
            written=bool(row.written),
            seen_revision=row.revision if reached else (before.seen_revision if before is not None else 0),
        )
    return told


def _is_newer(planned: PlannedMessage, told: Mapping[MailboxName, Told]) -> bool:
    note = planned.delivery.note
    before = told.get(note.recipient.mailbox)
    return before is None or before.revision < note.briefing.revision


async def _anyone_reached(session: AsyncSession, briefing: BriefingName, fresh: Sequence[PlannedMessage]) -> bool:
    silent = [one.delivery.note.recipient.mailbox for one in fresh if one.delivery.reason == NEVER_TOLD]
    if not silent:
        return False
    told = await _told(session, briefing)
    return any(told[mailbox].reached for mailbox in silent if mailbox in told)


async def _remember(session: AsyncSession, batch: InvitationBatch, planned: Sequence[PlannedMessage]) -> None:
    if not planned:
        return
    mailboxes = [one.delivery.note.recipient.mailbox for one in planned]
    for start in range(0, len(mailboxes), _CHUNK):
        await session.execute(delete(recipient).where(recipient.c.mailbox.in_(mailboxes[start : start + _CHUNK])))
    rows = [recipient_values(one.delivery.note, batch.host_unit_path) for one in planned]
    await session.execute(insert(recipient), rows)


async def _book_reminders(
    session: AsyncSession, batch: InvitationBatch, planned: Sequence[PlannedMessage], now: datetime
) -> None:
    rebooked = [one for one in planned if one.reminders is not None]
    mailboxes = [one.delivery.note.recipient.mailbox for one in rebooked]
    dropped = {"state": "DROPPED", "reason": "REPLACED", "update_time": now}
    for start in range(0, len(mailboxes), _CHUNK):
        chosen = reminder.c.mailbox.in_(mailboxes[start : start + _CHUNK])
        await session.execute(update(reminder).where(PENDING, chosen).values(dropped))
    rows = [
        reminder_values(batch.briefing, mailbox, slot, now)
        for mailbox, one in zip(mailboxes, rebooked, strict=True)
        for slot in one.reminders or ()
    ]
    if rows:
        await session.execute(insert(reminder), rows)
