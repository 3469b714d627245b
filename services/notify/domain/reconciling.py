"""Use case: the ledger is held against the scheduler, at the start and again and again.

A stream may lose what was published: a store that was emptied, a power cut. The scheduler knows which revisions there are, and the
ledger which of them it was to tell; the missing ones are told like any other, the newest first, so that nobody hears what does not
hold any more. A ledger, or a scheduler, that is older than the other was restored from a backup: then nothing is mailed until an
operator says so, because nobody knows what went out since.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Final

import structlog

from giaoban.clock import Clock
from giaoban.errors import DomainError
from services.notify.domain.holding import Hold, Holding, HoldReason
from services.notify.domain.ports import Scheduler, Tellings

log = structlog.get_logger(__name__)

_EVERY_SECONDS: Final = 600.0
_AGAIN_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 2.0


class Reconciler:
    """Compares ledger and scheduler."""

    def __init__(
        self,
        scheduler: Scheduler,
        tellings: Tellings,
        clock: Clock,
        holding: Holding,
        wake: Callable[[], None],
        *,
        every_seconds: float = _EVERY_SECONDS,
    ) -> None:
        """Args: wake: called when something is missing or mail may go on."""
        self._scheduler = scheduler
        self._tellings = tellings
        self._clock = clock
        self._holding = holding
        self._wake = wake
        self._every_seconds = every_seconds

    async def run(self) -> None:
        """Compares until cancelled, and looks whether an operator has released what is held."""
        due = 0.0
        while True:
            pause = _LOOK_SECONDS
            try:
                hold = await self._tellings.hold()
                self._holding.learn(hold)
                if self._clock.monotonic() >= due or (hold is not None and hold.released):
                    await self.compare()
                    due = self._clock.monotonic() + self._every_seconds * random.uniform(0.8, 1.2)  # noqa: S311
            except DomainError as error:
                log.warning("the ledger waits to be compared", reason=error.reason)
                pause = _AGAIN_SECONDS
            except Exception:  # whatever the ledger raises: the next round compares again
                log.exception("the ledger could not be compared")
            await asyncio.sleep(pause)

    async def compare(self) -> int:
        """Compares once; answers how many revisions were missing.

        Raises:
            Unavailable: The scheduler is away.
        """
        hold = await self._tellings.hold()
        if hold is not None and not hold.released:
            self._holding.learn(hold)
            self._holding.compared()
            return 0
        own = await self._tellings.position()
        ahead = await self._scheduler.ahead(own, reset=hold is not None)
        if ahead.known_position > own:
            await self._hold(HoldReason.LEDGER_OLD)
            return 0
        newest = await self._tellings.newest([name for name, _ in ahead.revisions])
        if hold is None and any(newest.get(name, 0) > revision for name, revision in ahead.revisions):
            await self._hold(HoldReason.SCHEDULER_OLD)
            return 0
        missing = await self._tellings.want_missing(ahead.revisions, self._clock.now())
        if hold is not None:
            await self._tellings.forget_hold()
            self._holding.learn(None)
        self._holding.compared()
        if missing:
            log.warning("revisions were never heard of and are told now", revisions=missing)
        self._wake()
        return missing

    async def _hold(self, reason: HoldReason) -> None:
        hold = Hold(reason, self._clock.now())
        log.error("mail is held until an operator releases it (giaoban mail release)", reason=str(reason))
        await self._tellings.begin_hold(hold)
        self._holding.learn(hold)
        self._holding.compared()
