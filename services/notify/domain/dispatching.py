"""Use case: messages in the ledger are handed over, each at most once without a person's word.

A delivery is SENDING on disk before the first byte goes out. A process that dies in between leaves it so, and the next start
calls its fate unknown: only the mail server knows it (RFC 1047), and a second copy is worse than a line on a list.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from giaoban.clock import Clock
from services.notify.domain.model import ClaimedDelivery, DeliveryId, Fate, Outcome, Verdict
from services.notify.domain.ports import Channel, Outbox
from services.notify.domain.retry import RetryPolicy

log = structlog.get_logger(__name__)

_T = TypeVar("_T")

_PAUSE_AFTER_ERROR_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.1


class Dispatcher:
    """Sends what waits, `workers` messages at a time, one at a time per invitee."""

    def __init__(
        self,
        outbox: Outbox,
        channel: Channel,
        policy: RetryPolicy,
        clock: Clock,
        *,
        workers: int = 4,
        poll_seconds: float = 1.0,
    ) -> None:
        """Args: poll_seconds: how long an idle worker waits before it looks again by itself."""
        self._outbox = outbox
        self._channel = channel
        self._policy = policy
        self._clock = clock
        self._workers = workers
        self._poll_seconds = poll_seconds
        self._news = asyncio.Event()
        self._stopped = asyncio.Event()
        self._random = random.Random()  # noqa: S311  (jitter, no secret)

    def wake(self) -> None:
        """Says that there is something new to send."""
        self._news.set()

    def stop(self) -> None:
        """Asks the workers to end when their message under way is settled; may be called twice."""
        self._stopped.set()
        self._news.set()

    async def run(self) -> None:
        """Sends until stopped; a ledger that cannot be written only delays."""
        interrupted = await self._repeated(lambda: self._outbox.interrupt(self._clock.now()), "interrupt")
        if interrupted is None:
            return
        if interrupted:
            log.warning("deliveries were interrupted, their fate is unknown", deliveries=interrupted)
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._workers):
                tasks.create_task(self._work(), name=f"dispatch {number}")

    async def _work(self) -> None:
        while not self._stopped.is_set():
            self._news.clear()
            try:
                sent = await self.send_one()
            except Exception:
                log.exception("the ledger could not be looked through")
                await _until(self._news, _PAUSE_AFTER_ERROR_SECONDS)
                continue
            if not sent and not self._stopped.is_set():
                await _until(self._news, self._poll_seconds)

    async def send_one(self) -> bool:
        """Sends the message that waits longest; False when none is due."""
        delivery = await self._outbox.claim(self._clock.now())
        if delivery is None:
            return False
        outcome = await self._try(delivery)
        verdict = self._policy.verdict(
            outcome, delivery.attempt, self._clock.now(), delivery.expire_time, self._random.random()
        )
        # A row left in SENDING would hold back everything for its invitee until the next start.
        await self._repeated(lambda: self._settle(delivery.id, verdict), "settle")
        return True

    async def _settle(self, delivery: DeliveryId, verdict: Verdict) -> bool:
        await self._outbox.settle(delivery, verdict, self._clock.now())
        log.info("delivery tried", delivery=delivery, state=str(verdict.state), reason=verdict.reason)
        return True

    async def _repeated(self, write: Callable[[], Awaitable[_T]], what: str) -> _T | None:
        """Writes to the ledger, again and again until it can be written; None when stopped before that."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return await write()
            except Exception:  # whatever a store raises: giving up would hold back an invitee until the next start
                log.exception("the ledger could not be written", what=what)
            if self._stopped.is_set():
                return None
            await _until(self._stopped, pause)
            pause = min(pause * 2, _PAUSE_AFTER_ERROR_SECONDS)

    async def _try(self, delivery: ClaimedDelivery) -> Outcome:
        try:
            return await self._channel.send(delivery)
        except Exception:
            log.exception("a channel broke", delivery=delivery.id)
            return Outcome(Fate.LOST, "INTERNAL_ERROR")


async def _until(event: asyncio.Event, seconds: float) -> None:
    """Waits for an event, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
