"""Planning beside a dispatcher that sends meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.notify.domain.inviting import Inviter
from services.notify.domain.model import (
    BriefingName,
    BriefingStanding,
    DeliveryQuery,
    InvitationBatch,
    Method,
    PlannedMessage,
    Purpose,
    State,
)
from services.notify.domain.planning import Planner
from services.notify.store.outbox import SqlOutbox
from tests.integration.notify.ledger import OFFSETS, Ledger
from tests.unit.notify.facts import BRIEFING, CHAIR, POINT, RENDERER, batch_of, request_to

CANCELLED = replace(BRIEFING, revision=2, cancelled=True)
CANCELLING = batch_of(
    *(replace(request_to(one, 1, update=True), method=Method.CANCEL) for one in (POINT, CHAIR)), briefing=CANCELLED
)


class Cancelled:
    """A scheduler whose briefing was called off."""

    async def invitations(self, briefing: BriefingName, revision: int) -> InvitationBatch:
        assert (briefing, revision) == (CANCELLED.name, CANCELLED.revision)
        return CANCELLING

    async def standing(self, briefing: BriefingName) -> BriefingStanding:
        raise AssertionError(f"nobody asks for {briefing} here")


class Overtaken(SqlOutbox):
    """A ledger of which one message is claimed between a plan and its record."""

    taken: str | None = None

    async def record(
        self, event_key: str, batch: InvitationBatch, planned: Sequence[PlannedMessage], now: datetime
    ) -> bool:
        if self.taken is None and (claimed := await self.claim(now)):
            self.taken = claimed.address
        return await super().record(event_key, batch, planned, now)


async def test_who_is_invited_while_the_cancellation_is_planned_is_told_of_it(ledger: Ledger) -> None:
    await ledger.record("e1", batch_of(request_to(POINT), request_to(CHAIR)))
    outbox = Overtaken(ledger.engine, ledger.clock)
    inviter = Inviter(Cancelled(), outbox, Planner(RENDERER.render, OFFSETS), ledger.clock, lambda: None)

    ledger.clock.advance(1)
    await inviter.tell("e2", CANCELLED.name, CANCELLED.revision)

    cancels = [one for one in await ledger.books.find(DeliveryQuery(None)) if one.purpose is Purpose.CANCELLATION]
    assert outbox.taken is not None
    assert {one.address: (one.state, one.reason) for one in cancels} == {
        address: (State.PENDING, "") if address == outbox.taken else (State.SUPERSEDED, "NEVER_TOLD")
        for address in (POINT.address, CHAIR.address)
    }
    assert await ledger.outbox.seen("e2")


async def test_a_stale_plan_leaves_nothing_behind(ledger: Ledger) -> None:
    await ledger.record("e1", batch_of(request_to(POINT), request_to(CHAIR)))
    ledger.clock.advance(1)
    stale = Planner(RENDERER.render, OFFSETS).plan(
        CANCELLING, await ledger.outbox.told(CANCELLED.name), ledger.clock.now()
    )
    claimed = await ledger.outbox.claim(ledger.clock.now())
    assert claimed is not None

    assert await ledger.outbox.record("e2", CANCELLING, stale, ledger.clock.now()) is False

    assert not await ledger.outbox.seen("e2")
    assert sorted(await ledger.states()) == [State.PENDING, State.SENDING]


async def test_who_may_have_got_an_invitation_that_was_sent_again_hears_of_the_cancellation(ledger: Ledger) -> None:
    await ledger.record("e1", batch_of(request_to(POINT), request_to(CHAIR)))
    await ledger.outbox.claim(ledger.clock.now())
    await ledger.outbox.interrupt(ledger.clock.now())
    [doubtful] = await ledger.books.find(DeliveryQuery(None, states=(State.UNKNOWN,)))
    assert await ledger.books.requeue(doubtful.id, (State.UNKNOWN,), ledger.clock.now())

    ledger.clock.advance(1)
    await ledger.record("e2", CANCELLING)

    cancels = [one for one in await ledger.books.find(DeliveryQuery(None)) if one.purpose is Purpose.CANCELLATION]
    assert {one.address: one.state for one in cancels} == {
        address: State.PENDING if address == doubtful.address else State.SUPERSEDED
        for address in (POINT.address, CHAIR.address)
    }
