"""Sending over a ledger that cannot be written for a while."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from giaoban.testing.fixtures import eventually
from services.notify.domain.dispatching import Dispatcher
from services.notify.domain.model import ClaimedDelivery, Fate, Outcome, State
from services.notify.domain.retry import RetryPolicy
from tests.integration.notify.ledger import Ledger
from tests.unit.notify.facts import POINT, batch_of, request_to

NOBODY_SETTLES = """
CREATE TRIGGER nobody_settles BEFORE UPDATE OF state ON delivery WHEN old.state = 'SENDING'
BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END
"""


class Counting:
    """A channel that takes everything."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def lane(self) -> "Counting":
        return self

    async def rest(self) -> None: ...

    async def send(self, delivery: ClaimedDelivery) -> Outcome:
        self.sent.append(delivery.address)
        return Outcome(Fate.ACCEPTED)


@asynccontextmanager
async def dispatching(ledger: Ledger, channel: Counting) -> AsyncIterator[asyncio.Task[None]]:
    dispatcher = Dispatcher(
        ledger.outbox,
        channel,
        RetryPolicy(),
        ledger.clock,
        problems=ledger.problems,
        holding=ledger.holding,
        poll_seconds=0.01,
    )
    task = asyncio.create_task(dispatcher.run())
    try:
        yield task
    finally:
        dispatcher.stop()
        async with asyncio.timeout(5):
            await task


async def write(ledger: Ledger, statement: str) -> None:
    async with ledger.engine.begin() as connection:
        await connection.execute(text(statement))


async def test_a_message_that_went_out_is_settled_once_the_ledger_can_be_written(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    await write(ledger, NOBODY_SETTLES)
    channel = Counting()

    async with dispatching(ledger, channel):
        await eventually(lambda: channel.sent == [POINT.address])
        await eventually(lambda: in_state(ledger, State.SENDING))
        await write(ledger, "DROP TRIGGER nobody_settles")
        await eventually(lambda: in_state(ledger, State.SENT))

    assert channel.sent == [POINT.address]


async def test_a_ledger_that_cannot_be_written_at_the_start_only_delays(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    await ledger.outbox.claim(ledger.clock.now())
    await write(ledger, NOBODY_SETTLES)

    async with dispatching(ledger, Counting()) as task:
        done, _ = await asyncio.wait([task], timeout=0.5)
        assert not done
        await write(ledger, "DROP TRIGGER nobody_settles")
        await eventually(lambda: in_state(ledger, State.UNKNOWN))


async def test_a_dispatcher_that_never_could_write_still_stops(ledger: Ledger) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    await write(ledger, NOBODY_SETTLES)
    channel = Counting()

    async with dispatching(ledger, channel):
        await eventually(lambda: channel.sent == [POINT.address])

    assert await in_state(ledger, State.SENDING)


async def in_state(ledger: Ledger, state: State) -> bool:
    return await ledger.states() == [state]
