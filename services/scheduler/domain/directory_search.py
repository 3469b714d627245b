"""Finding units, points, people and rules by words, diacritics ignored, best first.

The texts of a thing are its own name and, for points and people, the name of the unit. A name that begins with the query
comes before one that holds its words, and that before one found through its unit; equals stand in protocol order.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from giaoban.errors import DomainError
from giaoban.ids import fold
from giaoban.names import UnitId, parse_person, person_name, point_name, unit_name
from giaoban.principal import Principal
from services.scheduler.domain.access import directory_roots
from services.scheduler.domain.directory import Rule, rule_display_name
from services.scheduler.domain.org_ports import OrgReader, OrgStore, Scope
from services.scheduler.domain.org_reading import words_of
from services.scheduler.domain.people import Person
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import WHOLE_TREE, Unit, UnitTree, ancestor_paths, is_below

_FEWEST_FOR_A_RULE: Final = 2
_FOUND_AROUND: Final = 4  # behind all whose own name holds the words


@dataclass(frozen=True, slots=True)
class Entry:
    """Something found; `name` is a selector that a briefing takes."""

    name: str
    display_name: str
    detail: str
    unit_path: str
    rank: str
    point_count: int = 0


@dataclass(frozen=True, slots=True)
class _Indexed:
    """A unit or rule with its folded texts."""

    entry: Entry
    own: str
    around: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Index:
    """All units and rules of a day, in protocol order; made anew when units or points have changed."""

    version: int
    day: date
    rows: tuple[_Indexed, ...] = ()


class DirectorySearch:
    """Looks in what the caller may invite."""

    def __init__(self, store: OrgStore) -> None:
        self._store = store
        self._index = _Index(0, date.min)

    async def search(self, caller: Principal, query: str, on_date: date, limit: int) -> list[Entry]:
        """The best entries; without words, the units and rules nearest to the caller's own unit.

        Raises:
            InvalidArgument: `BAD_FIELD`: the query is too long.
        """
        words, phrase = words_of(query), fold(query)
        roots = directory_roots(caller)
        async with self._store.reading() as reader:
            tree = await reader.tree()
            rows = await self._rows(reader, tree, on_date)
            visible = (row for row in rows if any(is_below(row.entry.unit_path, root) for root in roots))
            if not words:
                home = _steps(await _home(reader, tree, caller))
                nearest = heapq.nsmallest(limit, visible, key=lambda row: (_distance(row.steps, home), row.entry.rank))
                return [row.entry for row in nearest]
            scope = Scope(roots, words, active_only=True, on_date=on_date)
            points = [_point_entry(tree, point) for point in await reader.best_points(scope, phrase, limit)]
            people = [_person_entry(tree, person) for person in await reader.best_people(scope, phrase, limit)]
        matches = [(_fit(row.own, row.around, words, phrase), row.entry) for row in visible]
        matches += [(_member_fit(entry, words, phrase), entry) for entry in (*points, *people)]
        best = heapq.nsmallest(
            limit, ((fit, entry.rank, entry.name, entry) for fit, entry in matches if fit is not None)
        )
        return [entry for *_, entry in best]

    async def _rows(self, reader: OrgReader, tree: UnitTree, day: date) -> tuple[_Indexed, ...]:
        version = await reader.version()
        if (self._index.version, self._index.day) != (version, day):
            units = [unit for unit in tree if unit.exists_on(day)]
            entries = _units_and_rules(tree, units, await reader.point_counts())
            self._index = _Index(version, day, tuple(map(_indexed, entries)))
        return self._index.rows


def _indexed(entry: Entry) -> _Indexed:
    return _Indexed(entry, fold(entry.display_name), fold(entry.detail), _steps(entry.unit_path))


def _units_and_rules(tree: UnitTree, units: Sequence[Unit], counts: Mapping[UnitId, int]) -> Iterator[Entry]:
    below: defaultdict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in units:
        kind = fold(unit.kind)
        for path in ancestor_paths(unit.path):
            if kind:
                below[path, kind].append(unit)
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for path, kind in below:
        kinds[path].append(kind)
    for unit in units:
        yield Entry(
            unit_name(unit.id), unit.display_name, _above(tree, unit), unit.path, unit.rank, counts.get(unit.id, 0)
        )
        for kind in kinds[unit.path]:
            meant = below[unit.path, kind]
            if len(meant) >= _FEWEST_FOR_A_RULE:
                [(spelled, _)] = Counter(each.kind for each in meant).most_common(1)
                rule = Rule(unit.id, spelled)
                points = sum(counts.get(each.id, 0) for each in meant)
                yield Entry(rule.name, rule_display_name(rule, tree), _above(tree, unit), unit.path, unit.rank, points)


def _point_entry(tree: UnitTree, point: Point) -> Entry:
    unit = tree.get(point.unit)
    path, rank = (unit.path, unit.rank) if unit else ("", "")
    return Entry(point_name(point.id), point.display_name, _placed(tree, unit), path, rank, 1)


def _person_entry(tree: UnitTree, person: Person) -> Entry:
    unit = tree.get(person.unit)
    path, rank = (unit.path, unit.rank) if unit else ("", "")
    detail = ", ".join(text for text in (person.position, _placed(tree, unit)) if text)
    return Entry(person_name(person.id), person.display_name, detail, path, rank)


def _member_fit(entry: Entry, words: Sequence[str], phrase: str) -> int:
    # Found by the store, if need be through a text that is not shown, such as the place of a point.
    fit = _fit(fold(entry.display_name), fold(entry.detail), words, phrase)
    return _FOUND_AROUND if fit is None else fit


def _fit(own: str, around: str, words: Sequence[str], phrase: str) -> int | None:
    """How well folded texts fit, 0 is best; None when they do not."""
    if not all(word in own or word in around for word in words):
        return None
    if not all(word in own for word in words):
        return _FOUND_AROUND
    if own.startswith(phrase):
        return 0 if own == phrase else 1
    beginnings = own.split()
    return 2 if all(any(each.startswith(word) for each in beginnings) for word in words) else 3


def _placed(tree: UnitTree, unit: Unit | None) -> str:
    """A unit with the one above it: two districts may each have a commune of one name. The root tells nobody apart."""
    above = tree.get(unit.parent) if unit else None
    names = [each.display_name for each in (unit, above) if each and (each is unit or each.parent)]
    return ", ".join(names)


def _above(tree: UnitTree, unit: Unit) -> str:
    parent = tree.get(unit.parent)
    return parent.display_name if parent else ""


async def _home(reader: OrgReader, tree: UnitTree, caller: Principal) -> str:
    try:
        people = await reader.people([parse_person(caller.subject)])
    except DomainError:
        return WHOLE_TREE
    unit = tree.get(people[0].unit) if people else None
    return unit.path if unit else WHOLE_TREE


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def _distance(here: Sequence[str], there: Sequence[str]) -> int:
    """How many steps lead from one unit to the other through the tree."""
    shared = 0
    for one, other in zip(here, there, strict=False):
        if one != other:
            break
        shared += 1
    return len(here) + len(there) - 2 * shared
