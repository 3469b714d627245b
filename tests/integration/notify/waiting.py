"""Waiting for what the service shows of itself."""

import asyncio
from collections.abc import Awaitable, Callable

from briefing.v1 import delivery_service_pb2 as pb2
from services.notify.consumers.invitations import GROUP, STREAM
from tests.integration.notify.conftest import Surroundings


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Waits until an awaited condition holds.

    Raises:
        TimeoutError: It does not hold in time.
    """
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  (the condition is in another process)
            await asyncio.sleep(0.02)


async def listed(around: Surroundings, *states: pb2.Delivery.State.ValueType) -> list[pb2.Delivery]:
    """Reads the mail log as the secretary."""
    request = pb2.ListDeliveriesRequest(states=states, page_size=1000)
    return list((await around.deliveries().ListDeliveries(request)).deliveries)


async def until_state(around: Surroundings, state: pb2.Delivery.State.ValueType, attempts: int = 0) -> pb2.Delivery:
    """Waits for a delivery in that state, tried so often at least, and answers it."""
    found: list[pb2.Delivery] = []

    async def there() -> bool:
        found[:] = [one for one in await listed(around, state) if one.attempt_count >= attempts]
        return bool(found)

    await until(there)
    return found[0]


async def until_read(around: Surroundings) -> None:
    """Waits until the service has dealt with every entry of the stream."""

    async def read() -> bool:
        groups = await around.redis.xinfo_groups(STREAM)
        return any(group["name"] == GROUP.encode() and group["pending"] == 0 and group["lag"] == 0 for group in groups)

    await until(read)
