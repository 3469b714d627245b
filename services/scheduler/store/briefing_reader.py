"""Reading briefings by SQL, within a transaction that somebody else opened."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from giaoban.names import BriefingId, InviteeId, briefing_name
from services.scheduler.domain.attendance import Stay
from services.scheduler.domain.briefing_ports import BriefingQuery, Memo, RevisionSnapshot, Sight
from services.scheduler.domain.briefings import (
    CLOSES_AFTER,
    MAX_MINUTES,
    OPENS_BEFORE,
    Briefing,
    Invitee,
    Kind,
    State,
)
from services.scheduler.domain.conflicts import Conflict
from services.scheduler.domain.guests import in_protocol_order
from services.scheduler.domain.line_tests import LineTest
from services.scheduler.domain.room_policy import UNTOUCHED, RoomPolicy
from services.scheduler.domain.speaking import SpeakingOrder
from services.scheduler.domain.working_days import SpecialDay
from services.scheduler.store import briefing_rows as rows
from services.scheduler.store.briefing_tables import (
    attendance_interval,
    briefing_revision,
    claim,
    headcount,
    invitee,
    line_test,
    occurrence,
    request_memo,
    room_policy,
    room_standing,
    series,
    speaking_request,
    working_day,
)

_LONGEST = timedelta(minutes=MAX_MINUTES)
_UNDER_WAY = (State.SCHEDULED, State.OPEN)

_briefings = select(
    series,
    occurrence.c.id.label("occurrence_id"),
    occurrence.c.series_id,
    occurrence.c.starts,
    occurrence.c.state,
    occurrence.c.cancel_reason,
).join_from(series, occurrence, occurrence.c.series_id == series.c.id)


def _invited(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(invitee.c.occurrence_id == occurrence.c.id, invitee.c.removed.is_(False), *conditions)


def _visible(sight: Sight) -> ColumnElement[bool]:
    if sight.everything:
        return true()
    if sight.link is not None:
        return _invited(invitee.c.id == sight.link)
    ways = [_invited(invitee.c.subject == sight.person)]
    for root in sight.roots:
        ways.append(series.c.host_path.startswith(root, autoescape=True))
        ways.append(_invited(invitee.c.kind == Kind.POINT, invitee.c.unit_path.startswith(root, autoescape=True)))
    return or_(*ways)


class SqlBriefingReader:
    """Implements `BriefingReader`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def briefing(self, briefing: BriefingId) -> Briefing | None:
        """One briefing."""
        row = (await self._session.execute(_briefings.where(occurrence.c.id == briefing))).one_or_none()
        return None if row is None else rows.briefing_of(row)

    async def is_seen(self, briefing: BriefingId, sight: Sight) -> bool:
        """Whether the caller may see that briefing."""
        found = _briefings.where(occurrence.c.id == briefing, _visible(sight))
        return (await self._session.execute(found)).first() is not None

    async def briefings(self, query: BriefingQuery) -> Sequence[Briefing]:
        """Briefings by start and id."""
        wanted = _briefings.where(_visible(query.sight))
        if query.ends_after is not None:
            # Both bounds on `starts`, so that the index on it serves.
            wanted = wanted.where(
                occurrence.c.ends > query.ends_after, occurrence.c.starts > query.ends_after - _LONGEST
            )
        if query.starts_before is not None:
            wanted = wanted.where(occurrence.c.starts < query.starts_before)
        if not query.cancelled_too:
            wanted = wanted.where(occurrence.c.state != State.CANCELLED)
        if query.after is not None:
            start, last = query.after
            wanted = wanted.where(
                or_(occurrence.c.starts > start, and_(occurrence.c.starts == start, occurrence.c.id > last))
            )
        found = wanted.order_by(occurrence.c.starts, occurrence.c.id).limit(query.limit)
        return [rows.briefing_of(row) for row in await self._all(found)]

    async def invitees(self, briefing: BriefingId) -> Sequence[Invitee]:
        """All invitees, removed ones too, in protocol order."""
        found = await self._all(select(invitee).where(invitee.c.occurrence_id == briefing))
        return in_protocol_order([rows.invitee_of(row) for row in found])

    async def invitees_of(self, briefing: BriefingId, subjects: Collection[str]) -> Sequence[Invitee]:
        """Those of some subjects, removed ones too."""
        found = select(invitee).where(invitee.c.occurrence_id == briefing, invitee.c.subject.in_(subjects))
        return [rows.invitee_of(row) for row in await self._all(found)]

    async def invitee(self, invitee_id: InviteeId) -> tuple[BriefingId, Invitee] | None:
        """An invitee and its briefing."""
        row = (await self._session.execute(select(invitee).where(invitee.c.id == invitee_id))).one_or_none()
        return None if row is None else (BriefingId(row.occurrence_id), rows.invitee_of(row))

    async def own_invitees(self, briefings: Collection[BriefingId], subject: str) -> Mapping[BriefingId, Invitee]:
        """As whom a subject is invited to briefings."""
        found = select(invitee).where(
            invitee.c.occurrence_id.in_(briefings), invitee.c.subject == subject, invitee.c.removed.is_(False)
        )
        return {BriefingId(row.occurrence_id): rows.invitee_of(row) for row in await self._all(found)}

    async def addresses_ahead(
        self, subjects: Collection[str] | None, now: datetime
    ) -> Sequence[tuple[BriefingId, str, str]]:
        """The addresses of invitations to briefings that are not over."""
        found = (
            select(invitee.c.occurrence_id, invitee.c.subject, invitee.c.email)
            .join(occurrence, occurrence.c.id == invitee.c.occurrence_id)
            .where(invitee.c.removed.is_(False), occurrence.c.state.in_(_UNDER_WAY), occurrence.c.ends > now)
        )
        rows = await self._all(found)
        # Few briefings are ahead, and a file may name more subjects than a statement takes.
        return [
            (BriefingId(row.occurrence_id), row.subject, row.email)
            for row in rows
            if subjects is None or row.subject in subjects
        ]

    async def conflicts(
        self, subjects: Collection[str], start: datetime, end: datetime, ignored: BriefingId | None
    ) -> Sequence[Conflict]:
        """The live claims on subjects that overlap [start, end)."""
        found = (
            select(claim, series.c.title, series.c.host_display_name, invitee.c.display_name)
            .join_from(claim, occurrence, occurrence.c.id == claim.c.occurrence_id)
            .join(series, series.c.id == occurrence.c.series_id)
            .join(
                invitee,
                and_(invitee.c.occurrence_id == claim.c.occurrence_id, invitee.c.subject == claim.c.resource_id),
            )
            .where(
                claim.c.live,
                claim.c.resource_id.in_(subjects),
                claim.c.starts < end,
                claim.c.ends > start,
                # A lower bound on the indexed column makes the search eight times faster.
                claim.c.starts > start - _LONGEST,
            )
            .order_by(claim.c.starts, claim.c.resource_id)
        )
        if ignored is not None:
            found = found.where(claim.c.occurrence_id != ignored)
        return [
            Conflict(
                subject=row.resource_id,
                display_name=row.display_name,
                hard=row.hard,
                holder=briefing_name(row.occurrence_id),
                holder_title=row.title,
                holder_unit=row.host_display_name,
                start=row.starts,
                end=row.ends,
            )
            for row in await self._all(found)
        ]

    async def snapshot(self, briefing: BriefingId, revision: int) -> RevisionSnapshot | None:
        """A revision as it was told."""
        text = await self._session.scalar(
            select(briefing_revision.c.snapshot_json).where(
                briefing_revision.c.occurrence_id == briefing, briefing_revision.c.revision == revision
            )
        )
        return None if text is None else rows.snapshot_of(text)

    async def memo(self, request_id: str, since: datetime) -> Memo | None:
        """What a request was answered."""
        found = select(request_memo).where(request_memo.c.request_id == request_id, request_memo.c.made > since)
        row = (await self._session.execute(found)).one_or_none()
        return None if row is None else rows.memo_of(row)

    async def stays(self, briefing: BriefingId) -> Sequence[Stay]:
        """All sessions in the room."""
        found = select(attendance_interval).where(attendance_interval.c.occurrence_id == briefing)
        return [rows.stay_of(row) for row in await self._all(found)]

    async def headcounts(self, briefing: BriefingId) -> Mapping[InviteeId, int]:
        """The newest count of each point that said one."""
        found = select(headcount.c.invitee_id, headcount.c.people).where(headcount.c.occurrence_id == briefing)
        return {InviteeId(row.invitee_id): row.people for row in await self._all(found)}

    async def speaking_order(self, briefing: BriefingId) -> SpeakingOrder:
        """The speaking order."""
        found = select(speaking_request).where(speaking_request.c.occurrence_id == briefing)
        ordered = found.order_by(speaking_request.c.place)
        return SpeakingOrder(tuple(rows.request_of(row) for row in await self._all(ordered)))

    async def room_policy(self, briefing: BriefingId) -> RoomPolicy:
        """What was decided about the participants of the room."""
        found = select(room_policy).where(room_policy.c.occurrence_id == briefing)
        row = (await self._session.execute(found)).one_or_none()
        if row is None:
            return UNTOUCHED
        standings = select(room_standing).where(room_standing.c.occurrence_id == briefing)
        return rows.policy_of(row, await self._all(standings))

    async def line_test(self, room: str) -> LineTest | None:
        """The line test in that loopback room."""
        row = (await self._session.execute(select(line_test).where(line_test.c.room == room))).one_or_none()
        return None if row is None else rows.line_test_of(row)

    async def special_days(self, first: date, last: date) -> Sequence[SpecialDay]:
        """The days that are not ordinary."""
        found = select(working_day).where(working_day.c.day.between(first, last)).order_by(working_day.c.day)
        return [rows.special_day_of(row) for row in await self._all(found)]

    async def rooms_to_open(self, now: datetime) -> Sequence[Briefing]:
        """Briefings whose room should be open."""
        found = _briefings.where(
            occurrence.c.state.in_(_UNDER_WAY),
            occurrence.c.starts <= now + OPENS_BEFORE,
            occurrence.c.ends > now - CLOSES_AFTER,
        )
        return [rows.briefing_of(row) for row in await self._all(found)]

    async def rooms_to_close(self, now: datetime) -> Sequence[Briefing]:
        """Briefings that are over, or whose room is open out of its time."""
        over = and_(occurrence.c.state.in_(_UNDER_WAY), occurrence.c.ends <= now - CLOSES_AFTER)
        misplaced = or_(occurrence.c.state.not_in(_UNDER_WAY), occurrence.c.starts > now + OPENS_BEFORE)
        found = _briefings.where(or_(over, and_(occurrence.c.room_open, misplaced)))
        return [rows.briefing_of(row) for row in await self._all(found)]

    async def _all(self, statement: Any) -> Sequence[Row[Any]]:  # noqa: ANN401 - any select
        return (await self._session.execute(statement)).all()
