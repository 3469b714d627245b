"""Looks every few seconds which rooms are due."""

import asyncio
from collections.abc import Awaitable, Callable

import grpc.aio
import structlog

from giaoban.errors import DomainError
from services.scheduler.domain.briefings import Briefing
from services.scheduler.domain.room_keeping import RoomKeeper

log = structlog.get_logger(__name__)


class RoomClock:
    """Opens and closes rooms when their time has come, and repeats to open ones what was decided about them.

    Args:
        keeper: Knows what is due and does it.
        pause_seconds: Between two looks; a room opens at most this late.
    """

    def __init__(self, keeper: RoomKeeper, pause_seconds: float = 5.0) -> None:
        self._keeper = keeper
        self._pause_seconds = pause_seconds

    async def run(self) -> None:
        """Looks until cancelled; whatever fails is due again at the next look."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("rooms not looked after")
            await asyncio.sleep(self._pause_seconds)

    async def look(self) -> None:
        """Does what is due now."""
        due = await self._keeper.due()
        for briefing in due.to_close:
            await self._step("close", briefing, self._keeper.close)
        for briefing in due.to_open:
            await self._step("open", briefing, self._keeper.open)

    async def _step(self, verb: str, briefing: Briefing, step: Callable[[Briefing], Awaitable[None]]) -> None:
        try:
            await step(briefing)
        except DomainError as error:
            log.warning("room waits", briefing=briefing.name, step=verb, reason=error.reason)
        except grpc.aio.AioRpcError as error:
            log.error("room refused", briefing=briefing.name, step=verb, code=error.code().name)  # noqa: TRY400 - the code says all
