"""Use case: a briefing was booked, changed or called off; everyone concerned is told.

What a fact asks for is written into the ledger first, in one small transaction, and worked off from there: in chunks that each end
in the ledger, the revision that waited longest first. Nothing of it is lost with the process or the stream, a large briefing keeps
no other one waiting, and whoever is told already is not told again.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from giaoban.clock import Clock
from giaoban.errors import NotFound, Unavailable
from giaoban.priority import background
from services.notify.domain.holding import Holding
from services.notify.domain.model import Briefing, BriefingName, InvitationBatch, MailboxName, Method, Telling, Told
from services.notify.domain.planning import Planner, heard
from services.notify.domain.ports import Outbox, Scheduler, Tellings

log = structlog.get_logger(__name__)

_CHUNK: Final = 25
"""A third of a second of rendering: others wait no longer than one chunk, and a machine with little time left ends one too."""

_AWAY_PAUSE: Final = timedelta(seconds=2)
_LONGEST_PAUSE: Final = timedelta(minutes=10)


class Teller:
    """Turns revisions of briefings into messages in the ledger, once however often an event comes."""

    def __init__(
        self,
        scheduler: Scheduler,
        tellings: Tellings,
        outbox: Outbox,
        planner: Planner,
        clock: Clock,
        *,
        holding: Holding,
        wake: Callable[[], None],
        poll_seconds: float = 1.0,
    ) -> None:
        """Args: wake: called when there is something new to send."""
        self._scheduler = scheduler
        self._tellings = tellings
        self._outbox = outbox
        self._planner = planner
        self._clock = clock
        self._holding = holding
        self._wake = wake
        self._poll_seconds = poll_seconds
        self._news = asyncio.Event()
        self._batches: dict[tuple[BriefingName, int], InvitationBatch] = {}

    async def want(self, event_key: str, briefing: BriefingName, revision: int) -> None:
        """Notes that a revision is to be told; the same event again changes nothing."""
        await self._tellings.want(event_key, briefing, revision, self._clock.now())
        self._news.set()

    def wake(self) -> None:
        """Says that there may be something to tell."""
        self._news.set()

    async def run(self) -> None:
        """Tells until cancelled."""
        while True:
            self._news.clear()
            try:
                worked = not self._holding.active and await self.step()
            except Exception:  # whatever the ledger raises: without this loop nobody is told any more
                log.exception("what is to be told could not be looked through")
                worked = False
            if not worked:
                await self._rest()

    async def step(self) -> bool:
        """Plans one chunk of what waits longest; False when nothing waits."""
        task = await self._tellings.next(self._clock.now())
        if task is None:
            return False
        try:
            finished = await self._chunk(task)
        except NotFound:
            log.warning("a briefing to be told is unknown", briefing=task.briefing, revision=task.revision)
            finished = True
        except Unavailable:
            await self._tellings.postpone(task, self._clock.now() + _AWAY_PAUSE, "UNAVAILABLE")
            return True
        except Exception as error:  # whatever this revision raises: the others go on, and it is tried again
            log.exception("a revision could not be told", briefing=task.briefing, revision=task.revision)
            pause = min(_LONGEST_PAUSE, _AWAY_PAUSE * 2 ** min(task.tries, 10))
            await self._tellings.postpone(task, self._clock.now() + pause, type(error).__name__)
            return True
        if finished:
            self._batches.pop((task.briefing, task.revision), None)
            await self._tellings.finish(task, self._clock.now())
        else:
            await self._tellings.worked(task, self._clock.now())
        return True

    async def _chunk(self, task: Telling) -> bool:
        batch = await self._batch(task)
        told = await self._outbox.told(task.briefing)
        waiting = [
            each
            for each in heard(batch)
            if (known := told.get(each.recipient.mailbox)) is None or known.revision < task.revision
        ]
        if not waiting:
            return True
        chunk = replace(batch, invitations=tuple(waiting[:_CHUNK]))
        # Rendering takes processor time; the loop has gRPC calls and SMTP to serve meanwhile.
        seen = await self._seen(task.briefing, chunk, told)
        planned = await background(self._planner.plan, chunk, told, self._clock.now(), seen)
        if await self._outbox.record(chunk, planned, self._clock.now()):
            log.info("invitations planned", briefing=task.briefing, revision=task.revision, messages=len(planned))
            self._wake()
            return len(waiting) <= _CHUNK
        # Somebody who was to hear nothing has been reached meanwhile: planned anew with the next step.
        return False

    async def _seen(
        self, name: BriefingName, chunk: InvitationBatch, told: Mapping[MailboxName, Told]
    ) -> Mapping[int, Briefing]:
        """The briefing as those who hear of a change know it."""
        boxes = [each.recipient.mailbox for each in chunk.invitations if each.update and each.method is Method.REQUEST]
        known = {told[box].seen_revision for box in boxes if box in told} - {0}
        return {revision: (await self._batch(Telling(name, revision))).briefing for revision in known}

    async def _batch(self, task: Telling) -> InvitationBatch:
        key = (task.briefing, task.revision)
        if key not in self._batches:
            self._batches = {key: await self._scheduler.invitations(*key), **dict(list(self._batches.items())[:7])}
        return self._batches[key]

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._news.wait()
        except TimeoutError:
            return
