"""From a plan to a choice: who and what the names in it are, as far as the caller may invite them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from giaoban.errors import InvalidArgument
from giaoban.principal import Principal
from services.scheduler.domain.access import Reach, reach_of
from services.scheduler.domain.briefing_access import check_edit
from services.scheduler.domain.briefings import Plan, check_plan
from services.scheduler.domain.directory import Leaver, Resolved, Subject, UnitFacts
from services.scheduler.domain.guests import check_known
from services.scheduler.domain.working_days import local_date


class DirectoryReader(Protocol):
    """What booking asks of the organisation."""

    async def resolve_selectors(self, names: Sequence[str], on_date: date, reach: Reach) -> Resolved:
        """The points and people behind selectors on a civil date, as far as a caller reaches."""
        ...

    async def subjects(self, names: Iterable[str]) -> Mapping[str, Subject]:
        """The facts of points and people by name, retired ones too; unknown names are left out."""
        ...

    async def unit_facts(self, names: Sequence[str]) -> Mapping[str, UnitFacts]:
        """The facts of units by name; unknown names are left out."""
        ...

    async def leavers(self, names: Sequence[str], on_date: date) -> Sequence[Leaver]:
        """Which selectors stand for somebody or something known that is no more on a civil date."""
        ...

    async def describe(self, names: Sequence[str]) -> Mapping[str, str]:
        """What to show for selectors."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """A checked plan with all that the organisation says about it."""

    plan: Plan
    host: UnitFacts
    leaders: Resolved
    attendees: Resolved
    attendee_names: tuple[str, ...]


def names_in(plan: Plan) -> tuple[str, ...]:
    """Whom a plan names; whoever may change the briefing may go on naming them."""
    return (plan.chair, plan.secretary, *plan.attendees)


async def choose(directory: DirectoryReader, caller: Principal, plan: Plan, known: Iterable[str] = ()) -> Choice:
    """Checks a plan and reads what it names.

    Args:
        directory: The organisation.
        caller: Needs `briefings.write` on the host unit; keeps the briefing when the plan names no secretary.
        plan: What is wanted.
        known: Names that the briefing holds already.

    Raises:
        DomainError: `UNKNOWN_…`, also for whom the caller may not invite, `NO_ATTENDEES`, `BAD_FIELD`, `NO_PERMISSION`.
    """
    if not plan.secretary and caller.person is not None:
        plan = replace(plan, secretary=caller.person)
    check_plan(plan)
    host = (await directory.unit_facts([plan.host_unit])).get(plan.host_unit)
    if host is None:
        raise InvalidArgument(
            "UNKNOWN_UNIT",
            f"There is no unit {plan.host_unit[:80]!r}; choose from the directory.",
            field="briefing.host_unit",
            value=plan.host_unit[:80],
        )
    check_edit(caller, host.path, host.name)
    day, reach = local_date(plan.start), reach_of(caller, known)
    former = frozenset(known)
    leaders = await _with_leavers(
        directory, await directory.resolve_selectors([plan.chair, plan.secretary], day, reach), former
    )
    attendees = await directory.resolve_selectors(plan.attendees, day, reach)
    # Whoever left since, or whose unit ended, is invited no more; that must not block the change of anything else.
    gone = former.intersection(attendees.unknown)
    if gone:
        plan = replace(plan, attendees=tuple(name for name in plan.attendees if name not in gone))
        attendees = replace(attendees, unknown=tuple(name for name in attendees.unknown if name not in gone))
    check_known(plan, leaders, attendees)
    shown = await directory.describe(plan.attendees)
    return Choice(plan, host, leaders, attendees, tuple(shown.get(name, name) for name in plan.attendees))


async def _with_leavers(directory: DirectoryReader, leaders: Resolved, former: frozenset[str]) -> Resolved:
    """Keeps a chair or secretary who has left until somebody else is named."""
    left = await directory.subjects([name for name in leaders.unknown if name in former])
    people = (*leaders.people, *(each for each in left.values() if not each.is_point))
    unknown = tuple(name for name in leaders.unknown if name not in left)
    return replace(leaders, people=people, unknown=unknown)
