"""Planning beside a dispatcher that sends meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from services.notify.domain.holding import HoldReason
from services.notify.domain.model import (
    Ahead,
    Briefing,
    BriefingName,
    BriefingStanding,
    DeliveryQuery,
    InvitationBatch,
    Invited,
    InviteeName,
    Method,
    Note,
    PlannedMessage,
    Purpose,
    RenderedMessage,
    State,
)
from services.notify.domain.planning import Planner
from services.notify.domain.reconciling import Reconciler
from services.notify.domain.telling import Teller
from services.notify.store.outbox import SqlOutbox
from tests.integration.notify.ledger import OFFSETS, Ledger
from tests.unit.notify.facts import BRIEFING, CHAIR, POINT, RENDERER, batch_of, request_to

CANCELLED = replace(BRIEFING, revision=2, cancelled=True)
CANCELLING = batch_of(
    *(replace(request_to(one, 1, update=True), method=Method.CANCEL) for one in (POINT, CHAIR)), briefing=CANCELLED
)


class Books:
    """A scheduler with the revisions that the test puts in."""

    def __init__(self, *batches: InvitationBatch) -> None:
        self.batches = {(each.briefing.name, each.briefing.revision): each for each in batches}
        self.position = ""
        self.asked: list[tuple[str, int]] = []

    async def ahead(self, position: str, *, reset: bool = False) -> Ahead:
        self.position = position if reset else max(self.position, position)
        newest: dict[BriefingName, int] = {}
        for name, revision in self.batches:
            newest[name] = max(newest.get(name, 0), revision)
        return Ahead(self.position, list(newest.items()))

    async def invited(self, briefing: BriefingName) -> Invited:
        raise AssertionError(f"nobody asks for {briefing} here")

    async def invitations(self, briefing: BriefingName, revision: int) -> InvitationBatch:
        self.asked.append((briefing, revision))
        return self.batches[briefing, revision]

    async def standing(self, briefing: BriefingName) -> BriefingStanding:
        raise AssertionError(f"nobody asks for {briefing} here")


class Overtaken(SqlOutbox):
    """A ledger of which one message is claimed between a plan and its record."""

    taken: str | None = None

    async def record(self, batch: InvitationBatch, planned: Sequence[PlannedMessage], now: datetime) -> bool:
        if self.taken is None and (claimed := await self.claim(now)):
            self.taken = claimed.address
        return await super().record(batch, planned, now)


def teller_of(ledger: Ledger, books: Books, outbox: SqlOutbox | None = None) -> Teller:
    planner = Planner(RENDERER.render, OFFSETS)
    return Teller(
        books,
        ledger.tellings,
        outbox or ledger.outbox,
        planner,
        ledger.clock,
        holding=ledger.holding,
        wake=lambda: None,
    )


async def all_told(teller: Teller) -> int:
    steps = 0
    while await teller.step():
        steps += 1
    return steps


async def test_who_is_invited_while_the_cancellation_is_planned_is_told_of_it(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT), request_to(CHAIR)))
    outbox = Overtaken(ledger.engine)
    teller = teller_of(ledger, Books(CANCELLING), outbox)

    ledger.clock.advance(1)
    await teller.want("e2", CANCELLED.name, CANCELLED.revision)
    await all_told(teller)

    cancels = [one for one in await ledger.books.find(DeliveryQuery(None)) if one.purpose is Purpose.CANCELLATION]
    assert outbox.taken is not None
    assert {one.address: (one.state, one.reason) for one in cancels} == {
        address: (State.PENDING, "") if address == outbox.taken else (State.SUPERSEDED, "NEVER_TOLD")
        for address in (POINT.address, CHAIR.address)
    }


def crowd(count: int, briefing: Briefing = BRIEFING) -> InvitationBatch:
    people = [
        replace(POINT, name=InviteeName(f"{briefing.name}/invitees/i{n}"), subject=f"points/p{n}", address=f"p{n}@x.vn")
        for n in range(count)
    ]
    return batch_of(*map(request_to, people), briefing=briefing)


async def test_a_large_briefing_is_told_in_chunks_and_keeps_no_other_waiting(ledger: Ledger) -> None:
    other = replace(BRIEFING, name=BriefingName("briefings/b2"), uid="u2")
    teller = teller_of(ledger, Books(crowd(120), crowd(1, other)))
    await teller.want("e1", BRIEFING.name, 1)
    ledger.clock.advance(0.1)
    await teller.step()
    ledger.clock.advance(0.1)
    await teller.want("e2", other.name, 1)
    ledger.clock.advance(0.1)
    for _ in range(2):
        await teller.step()
        ledger.clock.advance(0.1)

    rows = await ledger.books.find(DeliveryQuery(None, limit=1000))
    assert other.name in {row.briefing for row in rows}
    assert len(rows) < 121
    assert await all_told(teller) > 1
    assert len(await ledger.books.find(DeliveryQuery(None, limit=1000))) == 121


async def test_another_process_goes_on_where_the_first_stopped_and_tells_nobody_twice(ledger: Ledger) -> None:
    books = Books(crowd(60))
    first = teller_of(ledger, books)
    await first.want("e1", BRIEFING.name, 1)
    await first.step()

    second = teller_of(ledger, books)
    await second.want("e1", BRIEFING.name, 1)
    await all_told(second)

    rows = await ledger.books.find(DeliveryQuery(None, limit=1000))
    assert len(rows) == len({row.address for row in rows}) == 60


async def test_one_invitation_that_cannot_be_rendered_keeps_nobody_else_back(ledger: Ledger) -> None:
    def render(note: Note) -> RenderedMessage:
        if note.recipient.address == "p3@x.vn":
            raise ValueError("odd")
        return RENDERER.render(note)

    teller = teller_of(ledger, Books(crowd(10)))
    teller._planner = Planner(render, OFFSETS)
    await teller.want("e1", BRIEFING.name, 1)
    await all_told(teller)

    states = [(row.state, row.reason) for row in await ledger.books.find(DeliveryQuery(None, limit=1000))]
    assert states.count((State.PENDING, "")) == 9
    assert (State.FAILED, "NOT_RENDERED") in states


def held(ledger: Ledger) -> HoldReason | None:
    hold = ledger.holding.hold
    assert ledger.holding.active == (hold is not None)
    return None if hold is None else hold.reason


def reconciler_of(ledger: Ledger, books: Books) -> Reconciler:
    return Reconciler(books, ledger.tellings, ledger.clock, ledger.holding, lambda: None)


async def test_revisions_that_no_event_told_of_are_told_once_the_newest_first(ledger: Ledger) -> None:
    second = replace(BRIEFING, revision=2, title="Giao ban (sửa)")
    books = Books(crowd(3), crowd(2, second))
    teller, reconciler = teller_of(ledger, books), reconciler_of(ledger, books)

    assert await reconciler.compare() == 2
    await all_told(teller)
    assert await reconciler.compare() == 0
    await teller.want("e1", BRIEFING.name, 1)
    await all_told(teller)

    rows = {row.address: row.revision for row in await ledger.books.find(DeliveryQuery(None, limit=1000))}
    assert rows == {"p0@x.vn": 2, "p1@x.vn": 2, "p2@x.vn": 1}
    assert len(await ledger.books.find(DeliveryQuery(None, limit=1000))) == 3


async def test_of_two_revisions_that_are_both_missing_nobody_is_told_the_older_first(ledger: Ledger) -> None:
    second = replace(BRIEFING, revision=2, title="Giao ban (sửa)")
    books = Books(crowd(60), crowd(60, second))
    teller = teller_of(ledger, books)

    await reconciler_of(ledger, books).compare()
    while await teller.step():
        ledger.clock.advance(0.1)

    assert [row.revision for row in await ledger.books.find(DeliveryQuery(None, limit=1000))] == [2] * 60


async def test_who_was_told_by_an_earlier_release_is_not_told_again(ledger: Ledger) -> None:
    await ledger.record(crowd(3))
    books = Books(crowd(3))

    await reconciler_of(ledger, books).compare()
    await all_told(teller_of(ledger, books))

    assert len(await ledger.books.find(DeliveryQuery(None, limit=1000))) == 3


async def test_a_ledger_that_was_restored_holds_all_mail_until_an_operator_releases_it(ledger: Ledger) -> None:
    books = Books(crowd(2))
    await ledger.record(crowd(2))
    books.position = "z"
    reconciler, teller = reconciler_of(ledger, books), teller_of(ledger, books)

    await reconciler.compare()
    assert held(ledger) is HoldReason.LEDGER_OLD
    assert {(row.state, row.reason) for row in await ledger.books.find(DeliveryQuery(None))} == {
        (State.UNKNOWN, "RESTORED")
    }
    await reconciler.compare()
    assert held(ledger) is HoldReason.LEDGER_OLD

    assert await ledger.tellings.release()
    await reconciler.compare()
    await all_told(teller)
    assert held(ledger) is None
    assert await ledger.tellings.hold() is None
    assert await reconciler.compare() == 0


async def test_a_scheduler_that_was_restored_holds_all_mail(ledger: Ledger) -> None:
    await ledger.tellings.want("e5", BRIEFING.name, 5, ledger.clock.now())

    await reconciler_of(ledger, Books(crowd(1))).compare()

    assert held(ledger) is HoldReason.SCHEDULER_OLD


async def test_a_stale_plan_leaves_nothing_behind(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT), request_to(CHAIR)))
    ledger.clock.advance(1)
    stale = Planner(RENDERER.render, OFFSETS).plan(
        CANCELLING, await ledger.outbox.told(CANCELLED.name), ledger.clock.now()
    )
    claimed = await ledger.outbox.claim(ledger.clock.now())
    assert claimed is not None

    assert await ledger.outbox.record(CANCELLING, stale, ledger.clock.now()) is False

    assert sorted(await ledger.states()) == [State.PENDING, State.SENDING]


async def test_who_may_have_got_an_invitation_that_was_sent_again_hears_of_the_cancellation(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT), request_to(CHAIR)))
    await ledger.outbox.claim(ledger.clock.now())
    await ledger.outbox.interrupt(ledger.clock.now())
    [doubtful] = await ledger.books.find(DeliveryQuery(None, states=(State.UNKNOWN,)))
    assert await ledger.books.requeue(doubtful.id, (State.UNKNOWN,), ledger.clock.now())

    ledger.clock.advance(1)
    await ledger.record(CANCELLING)

    cancels = [one for one in await ledger.books.find(DeliveryQuery(None)) if one.purpose is Purpose.CANCELLATION]
    assert {one.address: one.state for one in cancels} == {
        address: State.PENDING if address == doubtful.address else State.SUPERSEDED
        for address in (POINT.address, CHAIR.address)
    }
