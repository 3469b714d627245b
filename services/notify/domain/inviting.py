"""Use case: a briefing was booked, changed or called off; everyone concerned is told."""

import asyncio
from collections.abc import Callable

import structlog

from giaoban.clock import Clock
from services.notify.domain.model import BriefingName, InvitationBatch
from services.notify.domain.planning import Planner
from services.notify.domain.ports import Outbox, Scheduler

log = structlog.get_logger(__name__)


class Inviter:
    """Turns revisions of briefings into messages in the ledger, once however often an event comes."""

    def __init__(
        self, scheduler: Scheduler, outbox: Outbox, planner: Planner, clock: Clock, wake: Callable[[], None]
    ) -> None:
        """Args: wake: called when there is something new to send."""
        self._scheduler = scheduler
        self._outbox = outbox
        self._planner = planner
        self._clock = clock
        self._wake = wake

    async def tell(self, event_key: str, briefing: BriefingName, revision: int) -> None:
        """Plans and writes the messages of a revision.

        Raises:
            NotFound: The scheduler does not know the briefing.
            Unavailable: The scheduler is away; the same event may be told again later.
        """
        if await self._outbox.seen(event_key):
            return
        batch = await self._scheduler.invitations(briefing, revision)
        # Each repetition has a message more that went out meanwhile, so they end.
        while not await self._plan(event_key, batch):
            log.info("invitations are planned anew", briefing=briefing, revision=revision)
        self._wake()

    async def _plan(self, event_key: str, batch: InvitationBatch) -> bool:
        told = await self._outbox.told(batch.briefing.name)
        # Three hundred messages take seconds of work; the loop has gRPC calls and SMTP to serve meanwhile.
        planned = await asyncio.to_thread(self._planner.plan, batch, told, self._clock.now())
        recorded = await self._outbox.record(event_key, batch, planned, self._clock.now())
        if recorded:
            name, revision = batch.briefing.name, batch.briefing.revision
            log.info("invitations planned", briefing=name, revision=revision, messages=len(planned))
        return recorded
