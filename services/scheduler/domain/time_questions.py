"""Answers about time while the form is being filled: who is taken, what is unusual about the day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from giaoban.clock import Clock
from giaoban.errors import InvalidArgument
from giaoban.names import BriefingId
from giaoban.principal import Principal
from services.scheduler.domain.access import Reach, reach_of
from services.scheduler.domain.briefing_access import may_edit
from services.scheduler.domain.briefing_ports import BriefingStore
from services.scheduler.domain.briefings import MAX_MINUTES, MAX_SELECTORS, MIN_MINUTES
from services.scheduler.domain.choosing import DirectoryReader, names_in
from services.scheduler.domain.conflicts import Conflict, in_order
from services.scheduler.domain.guests import title_of
from services.scheduler.domain.working_days import SpecialDay, TimeWarning, local_date, warnings_for

MAX_SPAN = timedelta(days=400)
_NOTICE_SEARCH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Question:
    """A time and who would be invited; `chair` may be empty."""

    start: datetime
    minutes: int
    attendees: tuple[str, ...]
    chair: str
    ignored: BriefingId | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What is to be known before booking."""

    conflicts: tuple[Conflict, ...]
    point_count: int
    person_count: int
    unknown: tuple[str, ...]
    warnings: tuple[TimeWarning, ...]


class TimeQuestions:
    """The use cases of the calendar."""

    def __init__(self, store: BriefingStore, directory: DirectoryReader, clock: Clock) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    async def check(self, caller: Principal, question: Question) -> Findings:
        """Says who of a choice is taken and what is unusual about the time; whom the caller may not invite is unknown.

        Raises:
            InvalidArgument: `BAD_FIELD` for a duration or choice no briefing can have.
        """
        _check_question(question)
        day = local_date(question.start)
        wanted = list(dict.fromkeys([*question.attendees, *([question.chair] if question.chair else [])]))
        resolved = await self._directory.resolve_selectors(wanted, day, await self._reach(caller, question.ignored))
        subjects = {one.name: title_of(one) for one in (*resolved.points, *resolved.people)}
        end = question.start + timedelta(minutes=question.minutes)
        now = self._clock.now()
        first = local_date(now)
        async with self._store.reading() as reader:
            taken = await reader.conflicts(list(subjects), question.start, end, question.ignored)
            near = await reader.special_days(first, first + _NOTICE_SEARCH)
            there = await reader.special_days(day, day)
        special = {one.day: one for one in (*near, *there)}
        return Findings(
            tuple(in_order([replace(one, display_name=subjects[one.subject]) for one in taken])),
            len(resolved.points),
            len(resolved.people),
            resolved.unknown,
            tuple(warnings_for(question.start, now, special)),
        )

    async def _reach(self, caller: Principal, changed: BriefingId | None) -> Reach:
        if changed is None:
            return reach_of(caller)
        async with self._store.reading() as reader:
            found = await reader.briefing(changed)
        if found is None or not may_edit(caller, found.host_path):
            return reach_of(caller)
        return reach_of(caller, names_in(found.plan))

    async def special_days(self, first: date, last: date) -> Sequence[SpecialDay]:
        """The days from `first` to `last` that are not ordinary.

        Raises:
            InvalidArgument: `BAD_FIELD` for a span that is reversed or longer than 400 days.
        """
        if not timedelta(0) <= last - first <= MAX_SPAN:
            raise InvalidArgument("BAD_FIELD", "Choose a last date up to 400 days after the first.", field="last_date")
        async with self._store.reading() as reader:
            return await reader.special_days(first, last)


def _check_question(question: Question) -> None:
    if not MIN_MINUTES <= question.minutes <= MAX_MINUTES:
        raise InvalidArgument(
            "BAD_FIELD",
            f"A briefing takes {MIN_MINUTES} minutes to {MAX_MINUTES // 60} hours.",
            field="duration",
        )
    if len(question.attendees) > MAX_SELECTORS:
        raise InvalidArgument("BAD_FIELD", f"Choose at most {MAX_SELECTORS} lines.", field="attendees")
