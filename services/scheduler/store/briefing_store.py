"""Writing briefings by SQL: each `changing` block is one transaction with its audit entry and its event."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from giaoban.clock import Clock
from giaoban.ids import new_id
from giaoban.names import BriefingId, InviteeId
from giaoban.sql.engine import sessions
from giaoban.sql.outbox import enqueue, first_time
from services.scheduler.domain.attendance import Stay
from services.scheduler.domain.audit import Detail
from services.scheduler.domain.briefing_ports import (
    BriefingReader,
    BriefingWriter,
    ClaimRefused,
    Happening,
    Memo,
    RevisionSnapshot,
)
from services.scheduler.domain.briefings import Briefing, Invitee, Kind
from services.scheduler.domain.line_tests import LineTest
from services.scheduler.domain.room_policy import RoomPolicy
from services.scheduler.domain.speaking import SpeakingOrder
from services.scheduler.domain.working_days import SpecialDay
from services.scheduler.store import base
from services.scheduler.store import briefing_rows as rows
from services.scheduler.store.briefing_events import event_payload
from services.scheduler.store.briefing_guard import GUARD
from services.scheduler.store.briefing_reader import SqlBriefingReader
from services.scheduler.store.briefing_tables import (
    attendance_interval,
    briefing_revision,
    claim,
    headcount,
    inbox_seen,
    invitee,
    line_test,
    occurrence,
    outbox,
    reader_position,
    request_memo,
    resource,
    room_policy,
    room_standing,
    series,
    speaking_request,
    working_day,
)

ATTENDANCE: Final = "attendance"
"""The reader of `events.media` in the ledger."""


class SqlBriefingWriter(SqlBriefingReader):
    """Implements `BriefingWriter`."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        super().__init__(session)
        self._clock = clock

    async def insert(self, briefing: Briefing, invitees: Sequence[Invitee]) -> None:
        """Adds a briefing with its series."""
        await self._session.execute(insert(series).values(id=briefing.series_id, **rows.series_values(briefing)))
        await self._session.execute(
            insert(occurrence).values(
                id=briefing.id, series_id=briefing.series_id, room_open=False, **rows.occurrence_values(briefing)
            )
        )
        await self.put_invitees(briefing.id, invitees)

    async def update(self, briefing: Briefing) -> None:
        """Replaces a briefing's facts."""
        await self._session.execute(
            update(series).where(series.c.id == briefing.series_id).values(rows.series_values(briefing))
        )
        await self._session.execute(
            update(occurrence).where(occurrence.c.id == briefing.id).values(rows.occurrence_values(briefing))
        )

    async def put_invitees(self, briefing: BriefingId, invitees: Sequence[Invitee]) -> None:
        """Creates or replaces invitees."""
        await self._put(invitee, ("id",), [rows.invitee_values(briefing, one) for one in invitees])

    async def claim(self, briefing: Briefing, invitees: Sequence[Invitee]) -> None:
        """Claims all invitees for the planned time."""
        await self._session.execute(delete(claim).where(claim.c.occurrence_id == briefing.id))
        await self._know_resources(invitees)
        # In one order for everybody: two bookers who wait for each other would deadlock on PostgreSQL.
        ordered = sorted(invitees, key=lambda one: one.subject)
        values = [
            {
                "occurrence_id": briefing.id,
                "resource_id": one.subject,
                "unit_no": 0,
                "starts": briefing.plan.start,
                "ends": briefing.plan.end,
                "hard": one.kind is Kind.POINT,
                "live": True,
            }
            for one in ordered
        ]
        try:
            await self._session.execute(insert(claim), values)
        except IntegrityError as error:
            if GUARD not in str(error.orig):
                raise
            raise ClaimRefused(briefing.id) from error

    async def _know_resources(self, invitees: Sequence[Invitee]) -> None:
        values = [
            {
                "id": one.subject,
                "kind": one.kind,
                "capacity": 1,
                "policy": "hard" if one.kind is Kind.POINT else "soft",
            }
            for one in invitees
        ]
        await self._put(resource, ("id",), values)

    async def release(self, briefing: BriefingId) -> None:
        """Frees what the briefing claims."""
        await self._session.execute(update(claim).where(claim.c.occurrence_id == briefing).values(live=False))

    async def record(self, snapshot: RevisionSnapshot) -> None:
        """Keeps a revision for its readers."""
        await self._session.execute(
            insert(briefing_revision).values(
                occurrence_id=snapshot.briefing.id,
                revision=snapshot.briefing.revision,
                snapshot_json=rows.snapshot_text(snapshot),
            )
        )

    async def announce(self, happening: Happening, briefing: Briefing, at: datetime) -> None:
        """Adds an event to the outbox."""
        key = new_id(f"{briefing.id}.{briefing.revision}.{happening}.")
        await enqueue(self._session, outbox, key, event_payload(key, happening, briefing, at), self._clock)

    async def append_audit(self, actor: str, action: str, name: str, detail: Detail) -> None:
        """Adds to the audit log."""
        await base.append_audit(self._session, actor, action, name, detail)

    async def remember(self, memo: Memo) -> None:
        """Keeps the answer to a request; an answer older than a day gives way."""
        values = {
            "request_id": memo.request_id,
            "actor": memo.actor,
            "fingerprint": memo.fingerprint,
            "occurrence_id": memo.briefing,
            "revision": memo.revision,
            "made": memo.made,
        }
        await self._put(request_memo, ("request_id",), [values])

    async def see_event(self, key: str) -> bool:
        """Notes an event of media; False when it was noted before."""
        return await first_time(self._session, inbox_seen, ATTENDANCE, key, self._clock)

    async def put_stays(self, briefing: BriefingId, stays: Sequence[Stay]) -> None:
        """Creates or replaces sessions in the room."""
        values = [rows.stay_values(briefing, stay) for stay in stays]
        await self._put(attendance_interval, ("occurrence_id", "participant_sid"), values)

    async def put_headcount(self, briefing: BriefingId, invitee_id: InviteeId, people: int, at: datetime) -> None:
        """Keeps the newest count of a point."""
        values = {"occurrence_id": briefing, "invitee_id": invitee_id, "people": people, "told_at": at}
        await self._put(headcount, ("invitee_id",), [values])

    async def put_speaking_order(self, briefing: BriefingId, order: SpeakingOrder) -> None:
        """Replaces the speaking order."""
        await self._session.execute(delete(speaking_request).where(speaking_request.c.occurrence_id == briefing))
        values = [rows.request_values(briefing, place, request) for place, request in enumerate(order.requests)]
        if values:
            await self._session.execute(insert(speaking_request), values)

    async def put_room_policy(self, briefing: BriefingId, policy: RoomPolicy) -> None:
        """Replaces what was decided about the participants of the room; who was decided about stays known."""
        values = {
            "occurrence_id": briefing,
            "version": policy.version,
            "microphones_locked": policy.microphones_locked,
            "stage_identity": policy.stage.identity if policy.stage is not None else None,
            "stage_screen": policy.stage is not None and policy.stage.screen,
        }
        await self._put(room_policy, ("occurrence_id",), [values])
        standings = [rows.standing_values(briefing, one) for one in policy.standings.values()]
        await self._put(room_standing, ("occurrence_id", "identity"), standings)

    async def put_line_test(self, test: LineTest) -> None:
        """Creates or replaces a line test."""
        await self._put(line_test, ("room",), [rows.line_test_values(test)])

    async def note_position(self, reader: str, position: str, *, reset: bool) -> str:
        """Keeps the greatest position that a reader has named."""
        known = await self._session.scalar(select(reader_position.c.position).where(reader_position.c.reader == reader))
        greatest = position if reset or known is None else max(known, position)
        await self._put(reader_position, ("reader",), [{"reader": reader, "position": greatest}])
        return greatest

    async def mark_room(self, briefing: BriefingId, *, is_open: bool) -> None:
        """Records whether the media room is open."""
        await self._session.execute(update(occurrence).where(occurrence.c.id == briefing).values(room_open=is_open))

    async def seed_special_days(self, days: Sequence[SpecialDay]) -> None:
        """Adds days that the table does not know; what the secretariat wrote stays."""
        await self._put(working_day, ("day",), [rows.special_day_values(day) for day in days], replace=False)

    async def _put(
        self, table: Table, key: tuple[str, ...], values: Sequence[Mapping[str, Any]], *, replace: bool = True
    ) -> None:
        """Inserts rows, and replaces (or leaves) those whose key is there."""
        if not values:
            return
        dialect = (await self._session.connection()).dialect.name
        statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
        others = {column: statement.excluded[column] for column in values[0] if column not in key}
        upsert = (
            statement.on_conflict_do_update(index_elements=key, set_=others)
            if replace
            else statement.on_conflict_do_nothing(index_elements=key)
        )
        await self._session.execute(upsert, [dict(one) for one in values])


class SqlBriefingStore:
    """Implements `BriefingStore`.

    Args:
        engine: The scheduler's store.
        clock: Stamps outbox and ledger.
        committed: Called after each committed change, to wake the relay.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock, committed: Callable[[], None] = lambda: None) -> None:
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)
        self._clock = clock
        self._committed = committed

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[BriefingReader]:
        """A consistent view; changes nothing."""
        async with self._read() as session:
            yield SqlBriefingReader(session)

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[BriefingWriter]:
        """A transaction; on every engine only one at a time, because all of them write the audit chain."""
        async with self._write.begin() as session:
            await base.lock_audit(session)
            yield SqlBriefingWriter(session, self._clock)
        self._committed()

    async def seed_special_days(self, days: Sequence[SpecialDay]) -> None:
        """Adds days that the table does not know."""
        async with self._write.begin() as session:
            await SqlBriefingWriter(session, self._clock).seed_special_days(days)
