"""Opening rooms before briefings and closing them after, and taking in what media says of them."""

from contextlib import suppress
from dataclasses import dataclass, replace

from giaoban.clock import Clock
from giaoban.errors import NotFound
from giaoban.names import BriefingId
from services.scheduler.domain import attendance
from services.scheduler.domain.attendance import MediaFact, Movement
from services.scheduler.domain.booking import record_end
from services.scheduler.domain.briefing_ports import BriefingStore, Happening, Rooms
from services.scheduler.domain.briefings import Briefing, State
from services.scheduler.domain.changes import Changes

ACTOR = "service:scheduler"


@dataclass(frozen=True, slots=True)
class RoomsDue:
    """What is to be done now."""

    to_open: tuple[Briefing, ...]
    to_close: tuple[Briefing, ...]


class RoomKeeper:
    """Keeps media rooms as the plans say; each step may be repeated."""

    def __init__(self, store: BriefingStore, clock: Clock, rooms: Rooms, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._changes = changes

    async def due(self) -> RoomsDue:
        """What is to be opened (open rooms too: a worker may have lost them) and closed now."""
        now = self._clock.now()
        async with self._store.reading() as reader:
            return RoomsDue(tuple(await reader.rooms_to_open(now)), tuple(await reader.rooms_to_close(now)))

    async def open(self, briefing: Briefing) -> None:
        """Opens the room of a briefing; says so the first time."""
        await self._rooms.open(briefing.id)
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

    async def expel_uninvited(self, briefing: Briefing) -> None:
        """Sends out who is in the room and invited no more; a room token from before admits them, but not for long."""
        async with self._store.reading() as reader:
            uninvited = await reader.uninvited_inside(briefing.id)
        for subject in uninvited:
            with suppress(NotFound):  # Left already, which media has not told us yet.
                await self._rooms.expel(briefing.id, subject)

    async def close(self, briefing: Briefing) -> None:
        """Closes the room of a briefing that is over, or that was moved out of its time."""
        await self._rooms.close(briefing.id)
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
                changed = [attendance.moved(stays.get(fact.participant_sid), fact)]
            await writer.put_stays(briefing, changed)
        self._changes.announce(briefing)
