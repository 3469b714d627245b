"""Use case: messages of unknown fate settle themselves by the archive mailbox, which got a copy of each.

What is there was taken. What is not there was not, and goes out again, the identical bytes; but only where the message taken
just before it is there: an archive that was full or away says nothing about anyone.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from giaoban.clock import Clock
from giaoban.errors import Unavailable
from services.notify.domain.holding import Holding
from services.notify.domain.model import State, Verdict
from services.notify.domain.ports import Archive, DeliveryBooks, Outbox

log = structlog.get_logger(__name__)

_PAUSE_SECONDS: Final = 60.0
_GRACE: Final = timedelta(minutes=2)
"""A copy takes its way, too."""

_MOST: Final = 50
_DETAIL: Final = "found in the archive"


class Settler:
    """Looks after what nobody knows the fate of."""

    def __init__(
        self,
        books: DeliveryBooks,
        outbox: Outbox,
        archive: Archive,
        clock: Clock,
        *,
        holding: Holding,
        wake: Callable[[], None],
    ) -> None:
        """Args: wake: called when there is something to send again."""
        self._books = books
        self._outbox = outbox
        self._archive = archive
        self._clock = clock
        self._holding = holding
        self._wake = wake

    async def run(self) -> None:
        """Settles until cancelled."""
        while True:
            try:
                if not self._holding.active:
                    await self.look()
            except Unavailable as error:
                log.warning("messages of unknown fate wait for the archive", reason=error.message)
            except Exception:  # whatever the ledger raises: the next round settles
                log.exception("messages of unknown fate could not be settled")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def look(self) -> tuple[int, int]:
        """Settles what can be; answers how many were found and how many go out again.

        Raises:
            Unavailable: The archive cannot be read.
        """
        now = self._clock.now()
        doubtful = await self._books.doubtful(now - _GRACE, _MOST)
        if not doubtful:
            return 0, 0
        asked = [name for each in doubtful for name in (each.message_id, each.witness) if name]
        there = await self._archive.holds(list(dict.fromkeys(asked)))
        found = again = 0
        for each in doubtful:
            if each.message_id in there:
                await self._outbox.settle(each.id, Verdict(State.SENT, "", _DETAIL), now)
                found += 1
            elif each.witness in there and await self._books.requeue(each.id, (State.UNKNOWN,), now):
                again += 1
        if again:
            self._wake()
        log.info("messages of unknown fate settled", found=found, again=again, left=len(doubtful) - found - again)
        return found, again
