"""The directory: what a selector of a briefing stands for.

A selector is the name of a person, a point or a unit, or a rule `rule:units/{unit}/children?kind=xã`. A unit stands for
its points and for those of its people who hold the role chair; a rule stands for the points of every unit of that kind
below, at any depth. Things retired, or of units that do not exist on the day asked for, are nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

from giaoban.errors import DomainError
from giaoban.ids import fold
from giaoban.names import (
    PersonId,
    PointId,
    UnitId,
    parse_person,
    parse_point,
    parse_unit,
    person_name,
    point_name,
    unit_name,
)
from services.scheduler.domain.access import Reach
from services.scheduler.domain.org_ports import OrgReader, OrgStore
from services.scheduler.domain.people import Person
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import Unit, UnitTree

DEFAULT_LANGUAGE = "vi"


@dataclass(frozen=True, slots=True)
class Subject:
    """The facts of one point or person that an invitation needs."""

    name: str
    """`points/{point}` or `people/{person}`."""
    display_name: str
    position: str
    """Empty for points."""
    unit: str
    """`units/{unit}`; empty for the first administrator."""
    unit_path: str
    unit_display_name: str
    email: str
    """Empty when there is none."""
    language: str
    """`vi` or `en`, never empty."""
    phone: str
    """The person's, or that of the IT officer of the point's line."""
    rank: str
    """Sorts in protocol order, points and people alike."""
    retired: bool

    @property
    def is_point(self) -> bool:
        """Whether it is a point rather than a person."""
        return self.name.startswith("points/")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What selectors stand for: each subject once, in protocol order."""

    points: tuple[Subject, ...]
    people: tuple[Subject, ...]
    unknown: tuple[str, ...]
    """Selectors that stand for nothing known on that day, as they were given."""


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a briefing says about the unit that holds it."""

    name: str
    display_name: str
    path: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Every unit of a kind below a unit."""

    unit: UnitId
    kind: str

    @property
    def name(self) -> str:
        """The selector."""
        return f"rule:{unit_name(self.unit)}/children?kind={self.kind}"

    def units(self, tree: UnitTree) -> list[Unit]:
        """The units meant, in protocol order."""
        above = tree.get(self.unit)
        if above is None:
            return []
        return [unit for unit in tree.below(above.path) if unit is not above and same_kind(unit.kind, self.kind)]


def same_kind(one: str, other: str) -> bool:
    """Whether two labels mean the same kind: case and signs do not count, as files are often typed without them."""
    return fold(one) == fold(other)


def parse_rule(selector: str) -> Rule | None:
    """Reads a rule; None when the text is none."""
    name, separator, kind = selector.removeprefix("rule:").partition("/children?kind=")
    if not selector.startswith("rule:") or not separator or not kind:
        return None
    try:
        return Rule(parse_unit(name), unquote(kind))
    except DomainError:
        return None


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody or something named that is no more on a day; `successor` takes the place, empty when nobody is known."""

    name: str
    display_name: str
    successor: str
    successor_display_name: str


class Directory:
    """Reads the organisation for whoever books briefings."""

    def __init__(self, store: OrgStore) -> None:
        self._store = store

    async def resolve_selectors(self, names: Sequence[str], on_date: date, reach: Reach) -> Resolved:
        """The points and people behind selectors on a civil date; a unit without any is known but stands for nobody.

        What lies beyond the reach is unknown, so that nobody learns of another authority by asking.
        """
        async with self._store.reading() as reader:
            tree = await reader.tree()
            selection = _Selection.of(names, tree, on_date, reach)
            facts = await self._facts(reader, tree, selection.points, selection.people)
            subjects = [subject for subject in facts if reach.holds(subject.name, subject.unit_path)]
            found = {subject.name for subject in subjects if not _gone(subject, tree, on_date)}
            of_units = [_point_subject(tree, point) for point in await reader.points_of(selection.point_units)]
            of_units += [_person_subject(tree, person) for person in await reader.chairs_of(selection.chair_units)]
        chosen = {subject.name: subject for subject in [*subjects, *of_units] if not _gone(subject, tree, on_date)}
        ordered = sorted(chosen.values(), key=lambda subject: subject.rank)
        missing = [name for name in selection.direct if name not in found]
        return Resolved(
            points=tuple(subject for subject in ordered if subject.is_point),
            people=tuple(subject for subject in ordered if not subject.is_point),
            unknown=tuple(name for name in dict.fromkeys(names) if name in selection.unknown or name in missing),
        )

    async def subjects(self, names: Iterable[str]) -> dict[str, Subject]:
        """The facts of points and people by name, retired ones too; unknown names are left out."""
        points = [point for name in names if (point := _point_id(name)) is not None]
        people = [person for name in names if (person := _person_id(name)) is not None]
        async with self._store.reading() as reader:
            found = await self._facts(reader, await reader.tree(), points, people)
        return {subject.name: subject for subject in found}

    async def unit_facts(self, names: Iterable[str]) -> dict[str, UnitFacts]:
        """The facts of units by name, those of the past too; unknown names are left out."""
        async with self._store.reading() as reader:
            tree = await reader.tree()
        units = [unit for name in names if (unit := tree.get(_unit_id(name))) is not None]
        return {unit_name(unit.id): UnitFacts(unit_name(unit.id), unit.display_name, unit.path) for unit in units}

    async def leavers(self, names: Sequence[str], on_date: date) -> list[Leaver]:
        """Which selectors stand for somebody or something known that is no more on a civil date, with who follows."""
        subjects = await self.subjects(names)
        async with self._store.reading() as reader:
            tree = await reader.tree()
            found = []
            for name in dict.fromkeys(names):
                subject, rule = subjects.get(name), parse_rule(name)
                unit = tree.get(_unit_id(name)) or (tree.get(rule.unit) if rule is not None else None)
                if subject is not None and _gone(subject, tree, on_date):
                    found.append(await self._follower(reader, tree, subject, on_date))
                elif unit is not None and not unit.exists_on(on_date):
                    found.append(_unit_leaver(name, unit, rule, tree))
        return found

    async def _follower(self, reader: OrgReader, tree: UnitTree, subject: Subject, on_date: date) -> Leaver:
        unit = _lasting(tree, tree.get(_unit_id(subject.unit)), on_date)
        candidates: list[Subject] = []
        if unit is not None and subject.is_point:
            candidates = [_point_subject(tree, each) for each in await reader.points_of([unit.id])]
        elif unit is not None:
            people = [_person_subject(tree, each) for each in await reader.people() if each.unit == unit.id]
            candidates = [each for each in people if subject.position and each.position == subject.position]
        lasting = [each for each in candidates if each.name != subject.name and not _gone(each, tree, on_date)]
        follower = min(lasting, key=lambda each: each.rank, default=None)
        name, shown = (follower.name, follower.display_name) if follower is not None else ("", "")
        return Leaver(subject.name, subject.display_name, name, shown)

    async def describe(self, names: Iterable[str]) -> dict[str, str]:
        """What to show for selectors, by selector; unknown ones are shown as they are."""
        names = list(names)
        subjects = await self.subjects(names)
        async with self._store.reading() as reader:
            tree = await reader.tree()
        shown = {name: subject.display_name for name, subject in subjects.items()}
        for name in names:
            if (unit := tree.get(_unit_id(name))) is not None:
                shown[name] = unit.display_name
            elif (rule := parse_rule(name)) is not None and rule.unit in tree:
                shown[name] = rule_display_name(rule, tree)
        return {name: shown.get(name, name) for name in names}

    async def _facts(
        self, reader: OrgReader, tree: UnitTree, points: Sequence[PointId], people: Sequence[PersonId]
    ) -> list[Subject]:
        found = [_point_subject(tree, point) for point in await reader.points(points)]
        return found + [_person_subject(tree, person) for person in await reader.people(people)]


def rule_display_name(rule: Rule, tree: UnitTree) -> str:
    """What a rule is called, for example "Tất cả xã của huyện Sơn Tây"."""
    unit = tree.get(rule.unit)
    return f"Tất cả {rule.kind} của {unit.display_name if unit else rule.unit}"


@dataclass(slots=True)
class _Selection:
    points: list[PointId]
    people: list[PersonId]
    point_units: list[UnitId]
    chair_units: list[UnitId]
    direct: list[str]
    unknown: set[str]

    @classmethod
    def of(cls, names: Iterable[str], tree: UnitTree, on_date: date, reach: Reach) -> "_Selection":
        selection = cls([], [], [], [], [], set())
        for name in names:
            selection._add(name, tree, on_date, reach)
        return selection

    def _add(self, name: str, tree: UnitTree, on_date: date, reach: Reach) -> None:
        if (point := _point_id(name)) is not None:
            self.points.append(point)
            self.direct.append(name)
        elif (person := _person_id(name)) is not None:
            self.people.append(person)
            self.direct.append(name)
        elif (unit := _within(reach, name, tree, _unit_id(name))) is not None and unit.exists_on(on_date):
            self.point_units.append(unit.id)
            self.chair_units.append(unit.id)
        elif (rule := parse_rule(name)) is not None and _within(reach, name, tree, rule.unit) is not None:
            self.point_units.extend(unit.id for unit in rule.units(tree) if unit.exists_on(on_date))
        else:
            self.unknown.add(name)


def _within(reach: Reach, name: str, tree: UnitTree, unit_id: UnitId | None) -> Unit | None:
    unit = tree.get(unit_id)
    return unit if unit is not None and reach.holds(name, unit.path) else None


def _gone(subject: Subject, tree: UnitTree, on_date: date) -> bool:
    unit = tree.get(_unit_id(subject.unit))
    return subject.retired or (unit is not None and not unit.exists_on(on_date))


def _lasting(tree: UnitTree, unit: Unit | None, on_date: date) -> Unit | None:
    """The unit, or the one that follows it after mergers, that exists on a day."""
    seen: set[UnitId] = set()
    while unit is not None and not unit.exists_on(on_date) and unit.id not in seen:
        seen.add(unit.id)
        unit = tree.get(unit.successor)
    return unit if unit is not None and unit.exists_on(on_date) else None


def _unit_leaver(name: str, unit: Unit, rule: Rule | None, tree: UnitTree) -> Leaver:
    follower = tree.get(unit.successor)
    if rule is not None:
        follows = Rule(follower.id, rule.kind) if follower is not None else None
        shown = rule_display_name(follows, tree) if follows is not None else ""
        return Leaver(name, rule_display_name(rule, tree), follows.name if follows is not None else "", shown)
    successor = (unit_name(follower.id), follower.display_name) if follower is not None else ("", "")
    return Leaver(name, unit.display_name, *successor)


def _point_subject(tree: UnitTree, point: Point) -> Subject:
    unit = tree.get(point.unit)
    return Subject(
        name=point_name(point.id),
        display_name=point.display_name,
        position="",
        unit=unit_name(point.unit),
        unit_path=unit.path if unit else "",
        unit_display_name=unit.display_name if unit else "",
        email=point.email,
        language=DEFAULT_LANGUAGE,
        phone=point.line.it_contact_phone,
        # "!" sorts before the digits with which the ranks of units below begin.
        rank=f"{unit.rank if unit else ''}!0.{fold(point.display_name)}.{point.id}",
        retired=point.retired,
    )


def _person_subject(tree: UnitTree, person: Person) -> Subject:
    unit = tree.get(person.unit)
    return Subject(
        name=person_name(person.id),
        display_name=person.display_name,
        position=person.position,
        unit=unit_name(unit.id) if unit else "",
        unit_path=unit.path if unit else "",
        unit_display_name=unit.display_name if unit else "",
        email=person.email,
        language=person.language or DEFAULT_LANGUAGE,
        phone=person.phone,
        rank=f"{unit.rank if unit else ''}!1.{fold(person.display_name)}.{person.id}",
        retired=person.retired,
    )


def _unit_id(name: str) -> UnitId | None:
    try:
        return parse_unit(name)
    except DomainError:
        return None


def _point_id(name: str) -> PointId | None:
    try:
        return parse_point(name)
    except DomainError:
        return None


def _person_id(name: str) -> PersonId | None:
    try:
        return parse_person(name)
    except DomainError:
        return None
