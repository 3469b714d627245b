"""The ledger in an encrypted store, as the service uses it, with a clock and a scheduler that the test moves."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.clock import FakeClock
from giaoban.errors import NotFound
from services.notify.domain.holding import Holding
from services.notify.domain.model import (
    Ahead,
    Answer,
    BriefingName,
    BriefingStanding,
    DeliveryQuery,
    Fate,
    InvitationBatch,
    Invited,
    Outcome,
    State,
)
from services.notify.domain.planning import Planner
from services.notify.domain.reminding import ReminderRounds
from services.notify.domain.retry import RetryPolicy
from services.notify.store.books import SqlDeliveryBooks
from services.notify.store.outbox import SqlOutbox
from services.notify.store.problems import SqlProblemBook
from services.notify.store.reminders import SqlReminders
from services.notify.store.tellings import SqlTellings
from tests.unit.notify.facts import BRIEFING, CHAIR, NOW, POINT, RENDERER

OFFSETS = (24 * 60, 15)
PLANNER = Planner(RENDERER.render, OFFSETS)


class Standing:
    """A scheduler that answers what the test says."""

    def __init__(self) -> None:
        self.briefing = BRIEFING
        self.answers = {POINT.name: Answer.ACCEPTED, CHAIR.name: Answer.DECLINED}

    async def standing(self, briefing: BriefingName) -> BriefingStanding:
        if briefing != self.briefing.name:
            raise NotFound("UNKNOWN_BRIEFING", "There is no such briefing.")
        known = {one.name: one for one in (POINT, CHAIR)}
        invitees = [replace(known[name], answer=answer) for name, answer in self.answers.items()]
        return BriefingStanding(self.briefing, invitees)

    async def ahead(self, position: str, *, reset: bool = False) -> Ahead:
        return Ahead(position, ())

    async def invited(self, briefing: BriefingName) -> Invited:
        raise NotFound("UNKNOWN_BRIEFING", "There is no such briefing.", name=briefing)

    async def invitations(self, briefing: BriefingName, revision: int) -> InvitationBatch:
        raise NotFound("UNKNOWN_BRIEFING", "There is no such briefing.", name=briefing, revision=str(revision))


class Ledger:
    """The three faces of one store, and a clock."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.clock = FakeClock(NOW)
        self.outbox = SqlOutbox(engine)
        self.tellings = SqlTellings(engine, self.clock)
        self.holding = Holding()
        self.holding.compared()
        self.books = SqlDeliveryBooks(engine)
        self.problems = SqlProblemBook(engine, "these settings")
        self.scheduler = Standing()
        self.rounds = ReminderRounds(
            self.scheduler,
            SqlReminders(engine),
            RENDERER.render,
            self.clock,
            offsets=OFFSETS,
            poll_seconds=1,
            wake=lambda: None,
            holding=self.holding,
        )

    async def record(self, batch: InvitationBatch) -> None:
        planned = PLANNER.plan(batch, await self.outbox.told(batch.briefing.name), self.clock.now())
        await self.outbox.record(batch, planned, self.clock.now())

    async def send_all(self, outcome: Outcome = Outcome(Fate.ACCEPTED)) -> list[str]:  # noqa: B008  (frozen)
        sent = []
        while claimed := await self.outbox.claim(self.clock.now()):
            sent.append(claimed.address)
            verdict = RetryPolicy().verdict(outcome, claimed.attempt, self.clock.now(), claimed.expire_time, 0.5)
            await self.outbox.settle(claimed.id, verdict, self.clock.now())
        return sent

    async def states(self) -> list[State]:
        return [one.state for one in reversed(await self.books.find(DeliveryQuery(None)))]

    def advance_to(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()).total_seconds())
