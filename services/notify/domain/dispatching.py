"""Use case: messages in the ledger are handed over, each at most once without a person's word.

A delivery is SENDING on disk before the first byte goes out. A process that dies in between leaves it so, and the next start
calls its fate unknown: only the mail server knows it (RFC 1047), and a second copy is worse than a line on a list.
"""

import asyncio
import random
from typing import Final

import structlog

from giaoban.clock import Clock
from services.notify.domain.model import ClaimedDelivery, Fate, Outcome
from services.notify.domain.ports import Channel, Outbox
from services.notify.domain.retry import RetryPolicy

log = structlog.get_logger(__name__)

_PAUSE_AFTER_ERROR_SECONDS: Final = 5.0


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
        self._stopping = False
        self._random = random.Random()  # noqa: S311  (jitter, no secret)

    def wake(self) -> None:
        """Says that there is something new to send."""
        self._news.set()

    def stop(self) -> None:
        """Asks the workers to end when their message under way is settled; may be called twice."""
        self._stopping = True
        self._news.set()

    async def run(self) -> None:
        """Sends until stopped."""
        interrupted = await self._outbox.interrupt(self._clock.now())
        if interrupted:
            log.warning("deliveries were interrupted, their fate is unknown", deliveries=interrupted)
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._workers):
                tasks.create_task(self._work(), name=f"dispatch {number}")

    async def _work(self) -> None:
        while not self._stopping:
            self._news.clear()
            try:
                sent = await self.send_one()
            except Exception:
                log.exception("a delivery could not be settled")
                await self._rest(_PAUSE_AFTER_ERROR_SECONDS)
                continue
            if not sent and not self._stopping:
                await self._rest(self._poll_seconds)

    async def send_one(self) -> bool:
        """Sends the message that waits longest; False when none is due."""
        delivery = await self._outbox.claim(self._clock.now())
        if delivery is None:
            return False
        outcome = await self._try(delivery)
        verdict = self._policy.verdict(
            outcome, delivery.attempt, self._clock.now(), delivery.expire_time, self._random.random()
        )
        await self._outbox.settle(delivery.id, verdict, self._clock.now())
        log.info(
            "delivery tried",
            delivery=delivery.id,
            state=str(verdict.state),
            reason=verdict.reason,
        )
        return True

    async def _try(self, delivery: ClaimedDelivery) -> Outcome:
        try:
            return await self._channel.send(delivery)
        except Exception:
            log.exception("a channel broke", delivery=delivery.id)
            return Outcome(Fate.LOST, "INTERNAL_ERROR")

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
