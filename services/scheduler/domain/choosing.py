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
from services.scheduler.domain.directory import Resolved, UnitFacts
from services.scheduler.domain.guests import check_known
from services.scheduler.domain.working_days import local_date


class DirectoryReader(Protocol):
    """What booking asks of the organisation."""

    async def resolve_selectors(self, names: Sequence[str], on_date: date, reach: Reach) -> Resolved:
        """The points and people behind selectors on a civil date, as far as a caller reaches."""
        ...

    async def unit_facts(self, names: Sequence[str]) -> Mapping[str, UnitFacts]:
        """The facts of units by name; unknown names are left out."""
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
    leaders = await directory.resolve_selectors([plan.chair, plan.secretary], day, reach)
    attendees = await directory.resolve_selectors(plan.attendees, day, reach)
    check_known(plan, leaders, attendees)
    shown = await directory.describe(plan.attendees)
    return Choice(plan, host, leaders, attendees, tuple(shown.get(name, name) for name in plan.attendees))
