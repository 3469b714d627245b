"""Who is named in a briefing and will have left by its day: said to those who can change it, reminded of nothing."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

from services.scheduler.domain.briefing_access import EDIT
from services.scheduler.domain.briefing_reading import SeenBriefing
from services.scheduler.domain.choosing import names_in
from services.scheduler.domain.directory import Leaver
from services.scheduler.domain.working_days import local_date


class Departures(Protocol):
    """What is asked of the organisation."""

    async def leavers(self, names: Sequence[str], on_date: date) -> Sequence[Leaver]:
        """Which names stand for somebody or something that is no more on a civil date."""
        ...


class Leaving:
    """Compares briefings ahead with the organisation of today."""

    def __init__(self, directory: Departures) -> None:
        self._directory = directory

    async def named_in(self, seen: SeenBriefing) -> Sequence[Leaver]:
        """Whom a plan names although they will have left; nobody for callers who cannot change it."""
        if EDIT not in seen.actions:
            return ()
        plan = seen.briefing.plan
        return await self._directory.leavers((*names_in(plan), plan.host_unit), local_date(plan.start))

    async def of(self, subjects: Collection[str], start: datetime) -> frozenset[str]:
        """Which of these points and people will have left by the day of a briefing."""
        found = await self._directory.leavers(list(subjects), local_date(start))
        return frozenset(one.name for one in found)
