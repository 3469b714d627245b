"""Finding units, points, people and rules by words, diacritics ignored, best first.

The texts of a thing are its own name and, for points and people, the name of the unit. A name that begins with the query
comes before one that holds its words, and that before one found through its unit; equals stand in protocol order.
"""

from collections import defaultdict
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
from services.scheduler.domain.org_ports import OrgReader, OrgStore, Scope, Slice
from services.scheduler.domain.org_reading import words_of
from services.scheduler.domain.people import Person
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import WHOLE_TREE, Unit, UnitTree, ancestor_paths, is_below

_CANDIDATES: Final = 500  # rows of one kind that are ranked; a query that finds more needs another word
_FEWEST_FOR_A_RULE: Final = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """Something found; `name` is a selector that a briefing takes."""

    name: str
    display_name: str
    detail: str
    unit_path: str
    rank: str
    point_count: int = 0


class DirectorySearch:
    """Looks in what the caller may invite."""

    def __init__(self, store: OrgStore) -> None:
        self._store = store

    async def search(self, caller: Principal, query: str, on_date: date, limit: int) -> list[Entry]:
        """The best entries; without words, the units and rules nearest to the caller's own unit.

        Raises:
            InvalidArgument: `BAD_FIELD`: the query is too long.
        """
        words = words_of(query)
        roots = directory_roots(caller)
        async with self._store.reading() as reader:
            tree = await reader.tree()
            units = [unit for unit in _visible(tree, roots) if unit.exists_on(on_date)]
            entries = list(_units_and_rules(tree, units, await reader.point_counts()))
            if not words:
                home = await _home(reader, tree, caller)
                return sorted(entries, key=lambda entry: (_distance(entry.unit_path, home), entry.rank))[:limit]
            entries += await _members(reader, tree, Scope(roots, words, active_only=True), on_date)
        phrase = fold(query)
        matches = ((_fit(entry, words, phrase), entry) for entry in entries)
        best = sorted((fit, entry.rank, entry.name, entry) for fit, entry in matches if fit is not None)
        return [entry for *_, entry in best[:limit]]


def _visible(tree: UnitTree, roots: Sequence[str]) -> Iterator[Unit]:
    return (unit for unit in tree if any(is_below(unit.path, root) for root in roots))


def _units_and_rules(tree: UnitTree, units: Sequence[Unit], counts: Mapping[UnitId, int]) -> Iterator[Entry]:
    below: defaultdict[tuple[str, str], list[UnitId]] = defaultdict(list)
    for unit in units:
        for path in ancestor_paths(unit.path):
            if unit.kind:
                below[path, unit.kind].append(unit.id)
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
                rule = Rule(unit.id, kind)
                points = sum(counts.get(each, 0) for each in meant)
                yield Entry(rule.name, rule_display_name(rule, tree), _above(tree, unit), unit.path, unit.rank, points)


async def _members(reader: OrgReader, tree: UnitTree, scope: Scope, on_date: date) -> list[Entry]:
    points = [_point_entry(tree, point) for _, point in await reader.list_points(scope, Slice(_CANDIDATES))]
    people = [_person_entry(tree, person) for _, person in await reader.list_people(scope, Slice(_CANDIDATES))]
    gone = {unit.path for unit in tree if not unit.exists_on(on_date)}
    return [entry for entry in [*points, *people] if entry.unit_path not in gone]


def _point_entry(tree: UnitTree, point: Point) -> Entry:
    unit = tree.get(point.unit)
    shown, path, rank = (unit.display_name, unit.path, unit.rank) if unit else ("", "", "")
    return Entry(point_name(point.id), point.display_name, shown, path, rank, 1)


def _person_entry(tree: UnitTree, person: Person) -> Entry:
    unit = tree.get(person.unit)
    shown, path, rank = (unit.display_name, unit.path, unit.rank) if unit else ("", "", "")
    detail = ", ".join(text for text in (person.position, shown) if text)
    return Entry(person_name(person.id), person.display_name, detail, path, rank)


def _fit(entry: Entry, words: Sequence[str], phrase: str) -> int | None:
    """How well an entry fits, 0 is best; None when it does not."""
    own, around = fold(entry.display_name), fold(entry.detail)
    if not all(word in own or word in around for word in words):
        return None
    if not all(word in own for word in words):
        return 4
    if own.startswith(phrase):
        return 0 if own == phrase else 1
    beginnings = own.split()
    return 2 if all(any(each.startswith(word) for each in beginnings) for word in words) else 3


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


def _distance(path: str, home: str) -> int:
    """How many steps lead from one unit to the other through the tree."""
    here, there = path.strip("/").split("/"), home.strip("/").split("/")
    shared = 0
    while shared < min(len(here), len(there)) and here[shared] == there[shared]:
        shared += 1
    return len(here) + len(there) - 2 * shared
