"""Importing a file of the organisation: all of it or nothing."""

import asyncio
import hashlib
from dataclasses import dataclass

from giaoban.principal import Principal
from services.scheduler.domain.import_plan import Plan, Planner, Stored
from services.scheduler.domain.import_problems import ImportProblem, Problems
from services.scheduler.domain.import_table import Table, read_table
from services.scheduler.domain.org_ports import OrgReader, OrgStore, OrgWriter

_RESOURCE = "units"


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import wrote, or, with problems, why it wrote nothing."""

    unit_count: int = 0
    point_count: int = 0
    person_count: int = 0
    problems: tuple[ImportProblem, ...] = ()


class OrgImport:
    """Reads files into the organisation."""

    def __init__(self, store: OrgStore) -> None:
        self._store = store

    async def run(self, caller: Principal, content: bytes, *, validate_only: bool = False) -> ImportOutcome:
        """Writes what is new or different in a file; with any problem, or to validate only, writes nothing.

        Rows are matched with what is stored by their codes. What the file does not name stays.
        """
        problems = Problems()
        # A large file takes a second to read; calls of others go on meanwhile.
        table = await asyncio.to_thread(read_table, content, problems)
        if validate_only or problems:
            async with self._store.reading() as reader:
                plan = await _plan(reader, caller, table, problems)
            return _outcome(plan, problems)
        async with self._store.changing() as writer:
            plan = await _plan(writer, caller, table, problems)
            if not problems:
                await _write(writer, caller, plan, hashlib.sha256(content).hexdigest())
        return _outcome(plan, problems)


async def _plan(reader: OrgReader, caller: Principal, table: Table, problems: Problems) -> Plan:
    stored = Stored(
        tree=await reader.tree(),
        points={point.id: point for point in await reader.points()},
        people={person.id: person for person in await reader.people()},
    )
    return await asyncio.to_thread(Planner(table, stored, problems).plan, caller)


async def _write(writer: OrgWriter, caller: Principal, plan: Plan, digest: str) -> None:
    await writer.put_units(plan.units)
    await writer.put_points(plan.points)
    await writer.put_people(plan.people)
    counts = {"units": len(plan.units), "points": len(plan.points), "people": len(plan.people)}
    await writer.append_audit(caller.subject, "org.import", _RESOURCE, {**counts, "sha256": digest})


def _outcome(plan: Plan, problems: Problems) -> ImportOutcome:
    if problems:
        return ImportOutcome(problems=problems.in_order())
    return ImportOutcome(len(plan.units), len(plan.points), len(plan.people))
