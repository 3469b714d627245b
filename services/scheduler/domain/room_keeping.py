"""Opening rooms before briefings and closing them after, and taking in what media says of them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from giaoban.clock import Clock
from giaoban.errors import Unavailable
from giaoban.names import BriefingId
from services.scheduler.domain import attendance
from services.scheduler.domain.attendance import MediaFact, Movement
from services.scheduler.domain.booking import record_end
from services.scheduler.domain.briefing_ports import BriefingStore, Happening, Rooms
from services.scheduler.domain.briefings import Briefing, State
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.room_rules import RoomRules

ACTOR = "service:scheduler"
_NO_WORKER: Final = "NO_MEDIA_WORKER"
_LEASE_SECONDS: Final = 15.0  # a worker that lost sight of Redis holds its rooms for 10


@dataclass(frozen=True, slots=True)
class RoomsDue:
    """What is to be done now."""

    to_open: tuple[Briefing, ...]
    to_close: tuple[Briefing, ...]


class RoomKeeper:
    """Keeps media rooms as the plans say; each step may be repeated."""

    def __init__(self, store: BriefingStore, clock: Clock, rooms: Rooms, rules: RoomRules, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._rules = rules
        self._without_since: dict[BriefingId, float] = {}
        self._changes = changes

    async def due(self) -> RoomsDue:
        """What is to be opened (open rooms too: a worker may have lost them) and closed now."""
        now = self._clock.now()
        async with self._store.reading() as reader:
            return RoomsDue(tuple(await reader.rooms_to_open(now)), tuple(await reader.rooms_to_close(now)))

    async def open(self, briefing: Briefing) -> None:
        """Opens the room of a briefing and makes its policy hold; says so the first time."""
        asked = self._clock.now()
        try:
            await self._rules.hold(briefing.id)
        except Unavailable as error:
            if error.reason == _NO_WORKER:
                await self._without_worker(briefing.id)
            raise
        self._without_since.pop(briefing.id, None)
        await self._end_ghosts(briefing.id, await self._rooms.inside(briefing.id), asked)
        now = self._clock.now()
        async with self._store.changing() as writer:
            found = await writer.briefing(briefing.id)
            # Somebody may have ended or moved it while media worked.
            if found is None or found.standing(now) is not State.OPEN:
                return
            await writer.mark_room(briefing.id, is_open=True)
            if found.state is State.OPEN:
                return
            opened = replace(found, state=State.OPEN)
            await writer.update(opened)
            await writer.append_audit(ACTOR, "briefing.open", found.name, {})
            await writer.announce(Happening.OPENED, opened, now)
        self._changes.announce(briefing.id)

    async def _without_worker(self, briefing: BriefingId) -> None:
        """Once no worker was seen for longer than one holds a room unseen, whoever was in it is gone."""
        since = self._without_since.setdefault(briefing, self._clock.monotonic())
        if self._clock.monotonic() - since >= _LEASE_SECONDS:
            await self._end_ghosts(briefing, frozenset(), self._clock.now())

    async def _end_ghosts(self, briefing: BriefingId, inside: frozenset[str], asked: datetime) -> None:
        """Ends the stays of whom media knows nothing: a worker that is killed says no farewell, and events may be lost."""
        async with self._store.reading() as reader:
            if not attendance.ghosts(await reader.stays(briefing), inside, asked):
                return
        async with self._store.changing() as writer:
            await writer.put_stays(briefing, attendance.ghosts(await writer.stays(briefing), inside, asked))
        self._changes.announce(briefing)

    async def close(self, briefing: Briefing) -> None:
        """Closes the room of a briefing that is over, or that was moved out of its time."""
        await self._rooms.close(briefing.id)
        self._without_since.pop(briefing.id, None)
        now = self._clock.now()
        async with self._store.changing() as writer:
            found = await writer.briefing(briefing.id)
            if found is None:
                return
            await writer.mark_room(briefing.id, is_open=False)
            if found.standing(now) is State.ENDED and found.state is not State.ENDED:
                await record_end(writer, replace(found, state=State.ENDED), now)
                await writer.append_audit(ACTOR, "briefing.end", found.name, {})
        self._changes.announce(briefing.id)

    async def take_in(self, fact: MediaFact) -> None:
        """Writes a join or leave into the attendance of the briefing that the room belongs to; others are ignored."""
        briefing = BriefingId(fact.room)
        async with self._store.changing() as writer:
            if await writer.briefing(briefing) is None or not await writer.see_event(fact.key):
                return
            stays = {stay.participant_sid: stay for stay in await writer.stays(briefing)}
            if fact.movement is Movement.ROOM_CLOSED:
                changed = [attendance.closed(stay, fact.occurred) for stay in stays.values() if stay.is_present]
            else:
                stay = attendance.moved(stays.get(fact.participant_sid), fact)
                stays[stay.participant_sid] = stay
                # The closed ones come last: the session of the fact may itself be over by now.
                changed = list(
                    {one.participant_sid: one for one in (stay, *attendance.superseded(stays.values()))}.values()
                )
            await writer.put_stays(briefing, changed)
        self._changes.announce(briefing)
