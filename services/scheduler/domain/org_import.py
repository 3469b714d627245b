"""Importing a file of the organisation: all of it or nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from giaoban.errors import FailedPrecondition
from giaoban.names import person_name, point_name
from giaoban.principal import Principal
from giaoban.priority import background
from services.scheduler.domain.import_plan import Plan, Planner, Stored
from services.scheduler.domain.import_problems import ImportProblem, Problems
from services.scheduler.domain.import_table import Table, read_table
from services.scheduler.domain.org_ports import OrgReader, OrgStore, OrgWriter, Readdresser
from services.scheduler.domain.readdressing import corrected

_RESOURCE = "units"
_MANY_MAILS: Final = 20


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import wrote, or, with problems, why it wrote nothing.

    Attributes:
        readdressed_count: How many invitations to briefings ahead go to a corrected address.
    """

    unit_count: int = 0
    point_count: int = 0
    person_count: int = 0
    readdressed_count: int = 0
    problems: tuple[ImportProblem, ...] = ()


class OrgImport:
    """Reads files into the organisation."""

    def __init__(self, store: OrgStore, readdresser: Readdresser) -> None:
        self._store = store
        self._readdresser = readdresser

    async def run(
        self, caller: Principal, content: bytes, *, validate_only: bool = False, confirm_mails: bool = False
    ) -> ImportOutcome:
        """Writes what is new or different in a file; with any problem, or to validate only, writes nothing.

        Rows are matched with what is stored by their codes. What the file does not name stays.

        Args:
            caller: Needs `org.write` on what the file changes.
            content: The file.
            validate_only: Only checks.
            confirm_mails: Corrected addresses may be written to, however many.

        Raises:
            FailedPrecondition: `MAILS_NOT_CONFIRMED` with `count`; nothing was written.
        """
        problems = Problems()
        # A large file takes a second to read; calls of others go on meanwhile.
        table = await background(read_table, content, problems)
        if validate_only or problems:
            async with self._store.reading() as reader:
                plan = await _plan(reader, caller, table, problems)
                addresses = await _corrected(reader, plan)
            return _outcome(plan, problems, 0 if problems else await self._readdresser.count(addresses))
        async with self._store.changing() as writer:
            plan = await _plan(writer, caller, table, problems)
            addresses = await _corrected(writer, plan)
            if not problems:
                await self._check_confirmed(addresses, confirmed=confirm_mails)
                await _write(writer, caller, plan, hashlib.sha256(content).hexdigest())
        if problems:
            return _outcome(plan, problems, 0)
        return _outcome(plan, problems, await self._readdresser.apply(caller.subject, addresses))

    async def _check_confirmed(self, addresses: Mapping[str, str], *, confirmed: bool) -> None:
        if confirmed or not addresses:
            return
        count = await self._readdresser.count(addresses)
        if count >= _MANY_MAILS:
            raise FailedPrecondition(
                "MAILS_NOT_CONFIRMED",
                f"The file corrects mail addresses, and {count} invitations would go out again; confirm that they may.",
                count=str(count),
            )


async def _corrected(reader: OrgReader, plan: Plan) -> dict[str, str]:
    points = await reader.points([one.id for one in plan.points]) if plan.points else []
    people = await reader.people([one.id for one in plan.people]) if plan.people else []
    before = [(point_name(one.id), one.email) for one in points] + [(person_name(one.id), one.email) for one in people]
    after = [(point_name(one.id), one.email) for one in plan.points]
    after += [(person_name(one.id), one.email) for one in plan.people]
    return corrected(before, after)


async def _plan(reader: OrgReader, caller: Principal, table: Table, problems: Problems) -> Plan:
    stored = Stored(
        tree=(await reader.tree()).copy(),
        points={point.id: point for point in await reader.points()},
        people={person.id: person for person in await reader.people()},
    )
    return await background(Planner(table, stored, problems).plan, caller)


async def _write(writer: OrgWriter, caller: Principal, plan: Plan, digest: str) -> None:
    await writer.put_units(plan.units)
    await writer.put_points(plan.points)
    await writer.put_people(plan.people)
    counts = {"units": len(plan.units), "points": len(plan.points), "people": len(plan.people)}
    await writer.append_audit(caller.subject, "org.import", _RESOURCE, {**counts, "sha256": digest})


def _outcome(plan: Plan, problems: Problems, readdressed: int) -> ImportOutcome:
    if problems:
        return ImportOutcome(problems=problems.in_order())
    return ImportOutcome(len(plan.units), len(plan.points), len(plan.people), readdressed)
