"""Makes media hold what was decided about a room."""

from typing import Final

import structlog

from giaoban.clock import Clock
from giaoban.errors import Unavailable
from giaoban.names import BriefingId
from services.scheduler.domain.briefing_ports import BriefingStore, Rooms

_KNOWN_SECONDS: Final = 10.0
_MOST_KNOWN: Final = 1_000

log = structlog.get_logger(__name__)


class RoomRules:
    """Tells media the policy of a room, always the whole of it."""

    def __init__(self, store: BriefingStore, rooms: Rooms, clock: Clock) -> None:
        self._store = store
        self._rooms = rooms
        self._clock = clock
        self._held: dict[BriefingId, float] = {}

    async def hold(self, briefing: BriefingId) -> None:
        """Opens the room of a briefing, or gives the open one its newest policy; safe to repeat.

        Raises:
            DomainError: What media refuses.
        """
        async with self._store.reading() as reader:
            policy = await reader.room_policy(briefing)
            speaker = (await reader.speaking_order(briefing)).speaker
        await self._rooms.open(briefing, policy.with_speaker(speaker))
        self._held.pop(briefing, None)
        while len(self._held) >= _MOST_KNOWN:
            self._held.pop(next(iter(self._held)))
        self._held[briefing] = self._clock.monotonic()

    async def ensure(self, briefing: BriefingId) -> None:
        """Sees to it that the room is open, asking media only once for all who come within seconds of each other.

        Raises:
            DomainError: What media refuses.
        """
        held = self._held.get(briefing)
        if held is None or self._clock.monotonic() - held > _KNOWN_SECONDS:
            await self.hold(briefing)

    async def enforce(self, briefing: BriefingId) -> None:
        """Makes what was just decided hold at once; while media is away that waits for the keeper's next look."""
        try:
            await self.hold(briefing)
        except Unavailable as error:
            log.warning("a decision waits for media", briefing=briefing, reason=error.reason)
