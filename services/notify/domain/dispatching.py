"""Use case: messages in the ledger are handed over, each at most once without a person's word.

A delivery is SENDING on disk before the first byte goes out. A process that dies in between leaves it so, and the next start
calls its fate unknown: only the mail server knows it (RFC 1047), and a second copy is worse than a line on a list.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, TypeVar

import structlog

from giaoban.clock import Clock
from services.notify.domain.gate import Gate, Problem
from services.notify.domain.holding import Holding
from services.notify.domain.model import ClaimedDelivery, DeliveryId, Fate, Outcome, Verdict
from services.notify.domain.ports import Channel, Lane, Outbox, ProblemBook
from services.notify.domain.retry import RetryPolicy

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
_Settled = tuple[DeliveryId, Verdict]

_PAUSE_AFTER_ERROR_SECONDS: Final = 5.0
_FIRST_PAUSE_SECONDS: Final = 0.1
_TIDY_SECONDS: Final = 30.0


class Dispatcher:
    """Sends what waits, `workers` messages at a time, one at a time per invitee.

    One of several lanes takes nothing but what is urgent: a slow server must not keep a cancellation behind next month's
    invitations.
    """

    def __init__(
        self,
        outbox: Outbox,
        channel: Channel,
        policy: RetryPolicy,
        clock: Clock,
        *,
        problems: ProblemBook,
        holding: Holding,
        workers: int = 8,
        poll_seconds: float = 1.0,
    ) -> None:
        """Args: poll_seconds: how long an idle lane waits before it looks again by itself."""
        self._outbox = outbox
        self._channel = channel
        self._policy = policy
        self._clock = clock
        self._problems = problems
        self._holding = holding
        self._workers = workers
        self._poll_seconds = poll_seconds
        self._gate = Gate()
        self._news = asyncio.Event()
        self._stopped = asyncio.Event()
        self._random = random.Random()  # noqa: S311  (jitter, no secret)

    @property
    def problem(self) -> Problem | None:
        """What holds the queue; None while it moves."""
        return self._gate.problem

    def wake(self) -> None:
        """Says that there is something new to send."""
        self._news.set()

    def stop(self) -> None:
        """Asks the lanes to end when their message under way is settled; may be called twice."""
        self._stopped.set()
        self._news.set()

    async def run(self) -> None:
        """Sends until stopped; a ledger that cannot be written only delays."""
        interrupted = await self._repeated(lambda: self._outbox.interrupt(self._clock.now()), "interrupt")
        if interrupted is None:
            return
        if interrupted:
            log.warning("deliveries were interrupted, their fate is unknown", deliveries=interrupted)
        self._gate = Gate(await self._problems.load())
        async with asyncio.TaskGroup() as tasks:
            tidying = tasks.create_task(self._tidy(), name="dispatch tidy")
            lanes = [
                tasks.create_task(self._work(urgent_only=number == 0 and self._workers > 1), name=f"dispatch {number}")
                for number in range(self._workers)
            ]
            await asyncio.wait(lanes)
            tidying.cancel()

    async def _work(self, *, urgent_only: bool) -> None:
        lane = self._channel.lane()
        done: _Settled | None = None
        try:
            while not self._stopped.is_set():
                self._news.clear()
                claimed, done = await self._next(done, urgent_only=urgent_only), None
                if claimed is not None:
                    done = (claimed.id, await self._verdict(lane, claimed))
                elif not await _until(self._news, self._poll_seconds):
                    await lane.rest()
        finally:
            if done is not None:
                await self._settle(done)
            await lane.rest()

    async def _next(self, done: _Settled | None, *, urgent_only: bool) -> ClaimedDelivery | None:
        """Settles what is done and claims the next, if the gate lets it through."""
        now = self._clock.now()
        admitted = not self._holding.active and self._gate.admits(now)
        if done is not None and not admitted:
            await self._settle(done)
            return None
        if not admitted:
            return None
        if done is not None:
            settled = done
            # A row left in SENDING would hold back everything for its invitee until the next start.
            claimed = await self._repeated(
                lambda: self._outbox.exchange(settled, self._clock.now(), urgent_only=urgent_only), "settle"
            )
        else:
            claimed = await self._claim(now, urgent_only=urgent_only)
        if claimed is None:
            self._gate.leave()
        return claimed

    async def _claim(self, now: datetime, *, urgent_only: bool) -> ClaimedDelivery | None:
        try:
            return await self._outbox.claim(now, urgent_only=urgent_only)
        except Exception:  # whatever a store raises: a lane that ended would send nothing until the next start
            log.exception("the ledger could not be looked through")
            await _until(self._stopped, _PAUSE_AFTER_ERROR_SECONDS)
            return None

    async def _settle(self, done: _Settled) -> None:
        async def write() -> bool:
            await self._outbox.settle(*done, self._clock.now())
            return True

        await self._repeated(write, "settle")

    async def _verdict(self, lane: Lane, delivery: ClaimedDelivery) -> Verdict:
        outcome = await self._try(lane, delivery)
        now = self._clock.now()
        if self._gate.note(outcome, delivery.address, now):
            await self._tell_problem()
        verdict = self._policy.verdict(outcome, delivery.attempt, now, delivery.expire_time, self._random.random())
        log.info("delivery tried", delivery=delivery.id, state=str(verdict.state), reason=verdict.reason)
        return verdict

    async def _tell_problem(self) -> None:
        problem = self._gate.problem
        if problem is None:
            log.info("the mail server takes messages again")
        elif problem.tries == 1:
            log.warning("the mail server does not take messages", kind=str(problem.kind), reason=problem.reason)
        try:
            await self._problems.save(problem)
        except Exception:  # whatever a store raises: it is only for people to read, and mail goes on
            log.exception("the problem of the mail server could not be written")
        self._news.set()

    async def _tidy(self) -> None:
        while True:
            try:
                await self._outbox.tidy(self._clock.now())
            except Exception:  # whatever a store raises: the next round tidies
                log.exception("the ledger could not be tidied")
            await asyncio.sleep(_TIDY_SECONDS)

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

    async def _try(self, lane: Lane, delivery: ClaimedDelivery) -> Outcome:
        try:
            return await lane.send(delivery)
        except Exception:
            log.exception("a channel broke", delivery=delivery.id)
            return Outcome(Fate.LOST, "INTERNAL_ERROR")


async def _until(event: asyncio.Event, seconds: float) -> bool:
    """Waits for an event, at most so long; answers whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
