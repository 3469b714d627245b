"""Which revisions are to be told, which were, and whether mail is held."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from giaoban.clock import Clock
from giaoban.sql.engine import sessions
from giaoban.sql.outbox import first_time
from services.notify.domain.holding import Hold, HoldReason
from services.notify.domain.model import BriefingName, State, Telling
from services.notify.store.tables import OPEN_TELLING, delivery, inbox_seen, mail_hold, telling

_CONSUMER: Final = "invitations"
_CHUNK: Final = 500
_ONLY: Final = 1
RESTORED: Final = "RESTORED"


class SqlTellings:
    """The ledger's side of what is to be told."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)
        self._clock = clock

    async def want(self, event_key: str, briefing: BriefingName, revision: int, now: datetime) -> None:
        """Notes that a revision is to be told; the same event again, and a revision known, change nothing."""
        async with self._write.begin() as session:
            if await first_time(session, inbox_seen, _CONSUMER, event_key, self._clock):
                await _add(session, briefing, [revision], now)

    async def want_missing(self, revisions: Sequence[tuple[BriefingName, int]], now: datetime) -> int:
        """Notes every revision up to those named that was never heard of, the newest first; answers how many."""
        added = 0
        for start in range(0, len(revisions), _CHUNK):
            part = revisions[start : start + _CHUNK]
            async with self._write.begin() as session:
                known = await _known(session, [name for name, _ in part])
                for name, newest in part:
                    missing = [each for each in range(newest, 0, -1) if each not in known[name]]
                    await _add(session, name, missing, now)
                    added += len(missing)
        return added

    async def want_again(self, briefing: BriefingName, revisions: int, now: datetime) -> None:
        """Notes every revision of a briefing anew; who was told is not told again."""
        async with self._write.begin() as session:
            await session.execute(delete(telling).where(telling.c.briefing == briefing))
            await _add(session, briefing, range(revisions, 0, -1), now)

    async def next(self, now: datetime) -> Telling | None:
        """Reads what waits longest; of one briefing never an older revision while a newer one is still to be told."""
        newer = telling.alias("newer")
        overtaken = select(newer.c.revision).where(
            newer.c.briefing == telling.c.briefing,
            newer.c.revision > telling.c.revision,
            newer.c.done_time.is_(None),
        )
        query = (
            select(telling)
            .where(OPEN_TELLING, telling.c.next_try_time <= now, ~overtaken.exists())
            .order_by(telling.c.turn_time)
            .limit(1)
        )
        async with self._read() as session:
            row = (await session.execute(query)).first()
        return None if row is None else Telling(BriefingName(row.briefing), row.revision, row.tries, row.error)

    async def worked(self, task: Telling, now: datetime) -> None:
        """Sends it to the end of the line after a chunk."""
        await self._change(task, turn_time=now, tries=0, error="")

    async def postpone(self, task: Telling, until: datetime, error: str) -> None:
        """Lets it wait."""
        await self._change(task, next_try_time=until, tries=task.tries + 1, error=error[:64])

    async def finish(self, task: Telling, now: datetime) -> None:
        """Notes that everyone concerned was told."""
        await self._change(task, done_time=now, tries=0, error="")

    async def open_of(self, briefing: BriefingName) -> Sequence[Telling]:
        """What of a briefing is still to be told."""
        query = select(telling).where(OPEN_TELLING, telling.c.briefing == briefing).order_by(telling.c.revision)
        async with self._read() as session:
            rows = (await session.execute(query)).all()
        return [Telling(briefing, row.revision, row.tries, row.error) for row in rows]

    async def position(self) -> str:
        """A text that only grows while this ledger lives: an older copy of it has a smaller one."""
        async with self._read() as session:
            return await session.scalar(select(func.max(delivery.c.id))) or ""

    async def newest(self, briefings: Sequence[BriefingName]) -> Mapping[BriefingName, int]:
        """The newest revision of each briefing that the ledger has heard of."""
        async with self._read() as session:
            known = await _known(session, briefings)
        return {name: max(known[name]) for name in briefings if known[name]}

    async def hold(self) -> Hold | None:
        """Reads whether mail is held."""
        async with self._read() as session:
            row = (await session.execute(select(mail_hold))).first()
        return None if row is None else Hold(HoldReason(row.reason), row.since, row.released)

    async def begin_hold(self, hold: Hold) -> None:
        """Holds all mail. What waited or was under way may have gone out since: only a person's word sends it again."""
        doubtful = {"state": State.UNKNOWN, "reason": RESTORED, "update_time": hold.since}
        async with self._write.begin() as session:
            await session.execute(delete(mail_hold))
            await session.execute(
                insert(mail_hold).values(id=_ONLY, reason=hold.reason, since=hold.since, released=False)
            )
            waiting = delivery.c.state.in_((State.PENDING, State.SENDING))
            await session.execute(update(delivery).where(waiting).values(doubtful))

    async def release(self) -> bool:
        """Lets mail go again; False when it was not held."""
        async with self._write.begin() as session:
            found = update(mail_hold).values(released=True).returning(mail_hold.c.id)
            return (await session.execute(found)).first() is not None

    async def forget_hold(self) -> None:
        """Forgets a hold that was released, once the scheduler knows."""
        async with self._write.begin() as session:
            await session.execute(delete(mail_hold))

    async def _change(self, task: Telling, **values: object) -> None:
        chosen = (telling.c.briefing == task.briefing) & (telling.c.revision == task.revision)
        async with self._write.begin() as session:
            await session.execute(update(telling).where(chosen).values(**values))


async def _known(session: AsyncSession, briefings: Sequence[BriefingName]) -> defaultdict[str, set[int]]:
    known: defaultdict[str, set[int]] = defaultdict(set)
    for start in range(0, len(briefings), _CHUNK):
        chosen = telling.c.briefing.in_(briefings[start : start + _CHUNK])
        for row in await session.execute(select(telling.c.briefing, telling.c.revision).where(chosen)):
            known[row.briefing].add(row.revision)
    return known


async def _add(session: AsyncSession, briefing: BriefingName, revisions: Sequence[int], now: datetime) -> None:
    known = (await _known(session, [briefing]))[briefing]
    rows = [
        {
            "briefing": briefing,
            "revision": revision,
            "turn_time": now + timedelta(microseconds=place),
            "next_try_time": now,
            "tries": 0,
            "error": "",
        }
        for place, revision in enumerate(revisions)
        if revision not in known
    ]
    if rows:
        await session.execute(insert(telling), rows)
