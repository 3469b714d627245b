"""From rows of a file to units, points and people; every bad cell is noted, and any bad cell spoils the whole plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from giaoban.names import PersonId, PointId, UnitId
from giaoban.principal import Principal
from services.scheduler.domain.access import may_write
from services.scheduler.domain.import_columns import (
    CODE,
    COLUMNS,
    NEEDED,
    RECORD,
    UNIT,
    BadCell,
    Cell,
    Column,
    Context,
    Record,
    read_code,
    read_record,
)
from services.scheduler.domain.import_problems import Problems
from services.scheduler.domain.import_table import Row, Table
from services.scheduler.domain.org_fields import FieldProblem, person_problems, point_problems, unit_problems
from services.scheduler.domain.org_rights import locks_out, needed_for_person, needed_for_point, needed_for_unit
from services.scheduler.domain.people import Person
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import MAX_DEPTH, Unit, UnitTree

_FORM_FIELDS: Final = {"valid_from_date": "valid_from", "valid_to_date": "valid_to"}
_LINE: Final = "line."
_KEYS: Final = {(record, field): column.key for column in COLUMNS for record, field in column.fields.items()}
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Stored:
    """The organisation before the import; `tree` is not changed."""

    tree: UnitTree
    points: Mapping[PointId, Point]
    people: Mapping[PersonId, Person]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write: only what is new or different, units with all that moves with them."""

    units: tuple[Unit, ...]
    points: tuple[Point, ...]
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A row whose record and code could be read."""

    row: Row
    record: Record
    code: str


class Planner:
    """Turns one table into a plan."""

    def __init__(self, table: Table, stored: Stored, problems: Problems) -> None:
        self._table = table
        self._stored = stored
        self._problems = problems
        self._rows: dict[tuple[Record, str], _Read] = {}
        self._units: set[str] = {unit.id for unit in stored.tree}

    def plan(self, caller: Principal) -> Plan:
        """Reads all rows; the plan counts only if no problem was noted."""
        if any(column.key not in self._table.headers for column in NEEDED):
            return Plan((), (), ())
        for row in self._table.rows:
            self._identify(row)
        self._units.update(code for record, code in self._rows if record is Record.UNIT)
        units = [self._unit(read) for read in self._of(Record.UNIT)]
        points = [self._point(read) for read in self._of(Record.POINT)]
        people = [self._person(read) for read in self._of(Record.PERSON)]
        self._check_tree(units)
        self._check_usernames(people)
        if self._problems:
            return Plan((), (), ())
        tree = UnitTree(self._stored.tree)
        different = tree.put(units)
        changed_points = [point for point in points if point != self._stored.points.get(point.id)]
        changed_people = [person for person in people if person != self._stored.people.get(person.id)]
        self._check_rights(caller, tree, units, changed_points, changed_people)
        return Plan(tuple(different), tuple(changed_points), tuple(changed_people))

    def _identify(self, row: Row) -> None:
        record = self._cell(row, RECORD, read_record)
        code = self._cell(row, CODE, read_code)
        if record is None or code is None:
            return
        first = self._rows.setdefault((record, code), _Read(row, record, code))
        if first.row is not row:
            text = f"Row {first.row.number} has the same code."
            self._add(row, CODE.key, "DUPLICATE_CODE", code, text)

    def _of(self, record: Record) -> Iterator[_Read]:
        return (read for read in self._rows.values() if read.record is record)

    def _unit(self, read: _Read) -> Unit:
        unit_id = UnitId(read.code)
        before = self._stored.tree.get(unit_id) or Unit(unit_id, None, "", "")
        # Path and rank follow from the tree, which the caller of `put` makes anew.
        unit = replace(before, **self._fields(read))  # type: ignore[arg-type]  # the columns' readers fit their fields
        self._note(read, unit_problems(unit))
        return unit

    def _point(self, read: _Read) -> Point:
        point_id = PointId(read.code)
        before = self._stored.points.get(point_id) or Point(point_id, UnitId(""), "")
        fields = self._fields(read)
        line = {key.removeprefix(_LINE): fields.pop(key) for key in list(fields) if key.startswith(_LINE)}
        point = replace(before, line=replace(before.line, **line), **fields)  # type: ignore[arg-type]  # as above
        self._note(read, point_problems(point))
        self._need_unit(read, point.unit)
        return point

    def _person(self, read: _Read) -> Person:
        person_id = PersonId(read.code)
        before = self._stored.people.get(person_id) or Person(person_id, "", None)
        person = replace(before, **self._fields(read))  # type: ignore[arg-type]  # as above
        self._note(read, person_problems(person))
        if person_id not in self._stored.people or before.unit is not None:
            self._need_unit(read, person.unit)
        return person

    def _fields(self, read: _Read) -> dict[str, Cell]:
        """The fields that the file's columns give; columns that the file does not have leave what is stored."""
        context = Context(self._units, self._own_unit(read))
        fields: dict[str, Cell] = {}
        for column in self._table.columns:
            text = read.row.cells.get(column.key, "")
            field = column.fields.get(read.record)
            if field is None:
                self._check_no_value(read, column, text)
                continue
            try:
                fields[field] = column.read(text, context)
            except BadCell as bad:
                self._add(read.row, column.key, bad.reason, text, bad.message)
        return fields

    def _own_unit(self, read: _Read) -> UnitId | None:
        text = read.row.cells.get(UNIT.key, "")
        if not text and UNIT.key not in self._table.headers and read.record is Record.PERSON:
            person = self._stored.people.get(PersonId(read.code))
            return person.unit if person is not None else None
        return UnitId(text) if text in self._units else None

    def _check_no_value(self, read: _Read, column: Column, text: str) -> None:
        if text and column not in (RECORD, CODE):
            self._add(read.row, column.key, "NOT_FOR_RECORD", text, f"A {read.record} has no {column.key}.")

    def _need_unit(self, read: _Read, unit: UnitId | None) -> None:
        # A unit that is there but wrong has its own problem already.
        if not unit and not read.row.cells.get(UNIT.key, ""):
            self._add(read.row, UNIT.key, "MISSING_VALUE", "", f"A {read.record} needs a unit.")

    def _check_tree(self, units: Sequence[Unit]) -> None:
        parents = {unit.id: unit.parent for unit in [*self._stored.tree, *units]}
        for unit in units:
            above, steps = unit.parent, 1
            while above is not None and above != unit.id and steps <= MAX_DEPTH:
                above, steps = parents.get(above), steps + 1
            row = self._rows[Record.UNIT, unit.id].row
            if above == unit.id:
                self._add(row, UNIT.key, "UNIT_CYCLE", unit.parent or "", "A unit cannot be below itself.")
            elif above is not None:
                text = f"Units may be nested {MAX_DEPTH} levels deep, and never in a circle."
                self._add(row, UNIT.key, "UNIT_TOO_DEEP", unit.parent or "", text)

    def _check_usernames(self, people: Sequence[Person]) -> None:
        changed = {person.id for person in people}
        holders = {person.username: person.id for person in self._stored.people.values() if person.id not in changed}
        for person in people:
            holder = holders.setdefault(person.username, person.id)
            if person.username and holder != person.id:
                row = self._rows[Record.PERSON, person.id].row
                self._add(row, "username", "USERNAME_TAKEN", person.username, f"{holder} has this user name.")

    def _check_rights(
        self,
        caller: Principal,
        tree: UnitTree,
        units: Sequence[Unit],
        points: Sequence[Point],
        people: Sequence[Person],
    ) -> None:
        old = self._stored.tree
        for unit in units:
            before = old.get(unit.id)
            if unit != before:
                self._need(caller, Record.UNIT, unit.id, needed_for_unit(before, unit, old, tree))
        for point in points:
            before_point = self._stored.points.get(point.id)
            self._need(caller, Record.POINT, point.id, needed_for_point(before_point, point, tree))
        for person in people:
            before_person = self._stored.people.get(person.id)
            self._need(caller, Record.PERSON, person.id, needed_for_person(before_person, person, tree))
            if before_person is not None and locks_out(caller, before_person, person):
                row = self._rows[Record.PERSON, person.id].row
                self._add(row, "", "OWN_ACCOUNT", person.id, "Another administrator must take your own account away.")

    def _need(self, caller: Principal, record: Record, code: str, paths: Iterable[str]) -> None:
        if not all(may_write(caller, path) for path in paths):
            row = self._rows[record, code].row
            self._add(row, CODE.key, "NO_PERMISSION", code, "This unit belongs to another administrator.")

    def _note(self, read: _Read, found: Iterable[FieldProblem]) -> None:
        for problem in found:
            field = problem.field.partition(".")[2]
            key = _KEYS.get((read.record, _FORM_FIELDS.get(field, field)), "")
            self._add(read.row, key, problem.reason, problem.value, problem.message)

    def _cell(self, row: Row, column: Column, read: Callable[[str], _Value]) -> _Value | None:
        text = row.cells.get(column.key, "")
        try:
            return read(text)
        except BadCell as bad:
            self._add(row, column.key, bad.reason, text, bad.message)
            return None

    def _add(self, row: Row, key: str, reason: str, value: str, message: str) -> None:
        self._problems.add(row.number, self._table.headers.get(key, key), reason, value, message)
