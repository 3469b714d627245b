"""Turns at something that only few may do at once, in an order that an attack cannot use to shut others out.

First come, first served makes the honest wait behind everything that was thrown at a server before them. Here the newest goes
first, and beyond a bound the one that waited longest gives up: a client that asks once is served soon, one that floods waits for itself.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from giaoban.errors import ResourceExhausted


class NewestFirst:
    """Lets some in at once; the others wait, the newest goes first.

    Args:
        at_once: How many may be in.
        most_waiting: Beyond this the one that waited longest is sent away.
        pause_seconds: How long a place stays empty after each turn.
    """

    def __init__(self, at_once: int, most_waiting: int, pause_seconds: float = 0.0) -> None:
        self._free = at_once
        self._at_once = at_once
        self._most_waiting = most_waiting
        self._pause_seconds = pause_seconds
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def is_idle(self) -> bool:
        """Whether nobody is in or waits, and no pause is running."""
        return self._free == self._at_once and not self._waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a place and keeps it during the block.

        Raises:
            ResourceExhausted: `TOO_MANY_ATTEMPTS`: too many newer ones came.
        """
        await self._enter()
        try:
            yield
        finally:
            if self._pause_seconds:
                asyncio.get_running_loop().call_later(self._pause_seconds, self._pass_on)
            else:
                self._pass_on()

    async def _enter(self) -> None:
        if self._free:
            self._free -= 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        if len(self._waiting) > self._most_waiting:
            self._waiting.pop(0).set_exception(_sent_away())
        try:
            await place
        except asyncio.CancelledError:
            if place in self._waiting:
                self._waiting.remove(place)
            elif place.done() and not place.cancelled() and place.exception() is None:
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            place = self._waiting.pop()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1


def _sent_away() -> ResourceExhausted:
    return ResourceExhausted("TOO_MANY_ATTEMPTS", "Too many are signing in; try again in a moment.", retry_seconds="2")
