"""Use case: reminders whose time has come are sent, if they still count."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Final

import structlog

from giaoban.clock import Clock
from giaoban.errors import NotFound, Unavailable
from giaoban.priority import background
from services.notify.domain.holding import Holding
from services.notify.domain.model import (
    BriefingName,
    BriefingStanding,
    DueReminder,
    NewDelivery,
    Note,
    Purpose,
    RenderedMessage,
    State,
)
from services.notify.domain.ports import Reminders, Scheduler
from services.notify.domain.reminders import decide, served

log = structlog.get_logger(__name__)

_BATCH: Final = 500


class ReminderRounds:
    """Looks for due reminders. It polls: a clock that jumps, or a machine that slept, only makes it find more."""

    def __init__(
        self,
        scheduler: Scheduler,
        reminders: Reminders,
        render: Callable[[Note], RenderedMessage],
        clock: Clock,
        *,
        offsets: Sequence[int],
        poll_seconds: float,
        wake: Callable[[], None],
        holding: Holding,
    ) -> None:
        """Args: offsets: minutes before the start; wake: called when there is something new to send."""
        self._scheduler = scheduler
        self._reminders = reminders
        self._render = render
        self._clock = clock
        self._offsets = offsets
        self._poll_seconds = poll_seconds
        self._wake = wake
        self._holding = holding

    async def run(self) -> None:
        """Looks for due reminders until cancelled."""
        while True:
            try:
                if not self._holding.active:
                    await self.look()
            except Exception:
                log.exception("reminders could not be looked through")
            await asyncio.sleep(self._poll_seconds)

    async def look(self) -> int:
        """Settles the reminders that are due and answers how many will be sent."""
        due = await self._reminders.due(self._clock.now(), _BATCH)
        by_briefing = sorted(due, key=lambda reminder: reminder.briefing)
        sent = 0
        for briefing, group in groupby(by_briefing, key=lambda reminder: reminder.briefing):
            sent += await self._settle(briefing, list(group))
        if sent:
            self._wake()
        return sent

    async def _settle(self, briefing: BriefingName, group: Sequence[DueReminder]) -> int:
        try:
            standing = await self._scheduler.standing(briefing)
        except Unavailable:
            log.warning("reminders wait for the scheduler", briefing=briefing)
            return 0
        except NotFound:
            for reminder in group:
                await self._reminders.drop(reminder.id, "UNKNOWN_BRIEFING", self._clock.now())
            return 0
        return sum([await self._settle_one(reminder, standing) for reminder in group])

    async def _settle_one(self, due: DueReminder, standing: BriefingStanding) -> bool:
        now = self._clock.now()
        decision = decide(due, standing, now, self._offsets)
        if not decision.send:
            await self._reminders.drop(due.id, decision.reason, now)
            return False
        note = _note(due, standing, now, late=decision.late)
        message = await background(self._render, note)
        delivery = NewDelivery(f"reminder/{due.id}", note, State.PENDING, due.start, message)
        return await self._reminders.fire(due, delivery, now)


def _note(due: DueReminder, standing: BriefingStanding, now: datetime, *, late: bool) -> Note:
    first, *others = (replace(one, language=due.language) for one in served(due, standing))
    return Note(
        purpose=Purpose.REMINDER,
        briefing=standing.briefing,
        organizer=due.organizer,
        recipient=replace(first, sharing=tuple(others)),
        stamp=now.replace(microsecond=0),
        offset_minutes=due.offset_minutes,
        late=late,
    )
