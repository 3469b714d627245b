"""Units as a tree of any depth, each with the dates between which it exists.

A unit's `path` holds the ids from its root down, `/province/district/commune/`; being below a unit is therefore a
question of prefixes. Its `rank` sorts the same way but by protocol order first, so that ordering by `rank` lists parents
before children and siblings in protocol order.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from giaoban.errors import InvalidArgument
from giaoban.names import UnitId

WHOLE_TREE = "/"
MAX_ORDER = 999_999
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Unit:
    """An administrative unit; `path` and `rank` follow from the tree and are set by `UnitTree` only."""

    id: UnitId
    parent: UnitId | None
    display_name: str
    kind: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor: UnitId | None = None
    order: int = 0
    path: str = ""
    rank: str = ""
    revision: int = 0

    @property
    def etag(self) -> str:
        """What a writer sends back to show which state it has read."""
        return str(self.revision)

    def exists_on(self, day: date) -> bool:
        """Whether the unit exists on that civil date; the end date itself is the first day without it."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


def is_below(path: str, root: str) -> bool:
    """Whether `path` is `root` itself or below it; `/` is above everything."""
    return path.startswith(root)


def ancestor_paths(path: str) -> list[str]:
    """The paths of all units above, root first: `/a/b/c/` gives `/a/` and `/a/b/`."""
    ids = path.strip("/").split("/")[:-1]
    return ["/" + "/".join(ids[: depth + 1]) + "/" for depth in range(len(ids))]


class UnitTree:
    """All units at once, with paths and ranks that agree with their parents."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units: dict[UnitId, Unit] = {unit.id: unit for unit in units}
        self._in_order: list[Unit] | None = None

    def copy(self) -> "UnitTree":
        """A tree of its own that changes apart from this one."""
        return UnitTree(self._units.values())

    def __iter__(self) -> Iterator[Unit]:
        """Every unit in protocol order: parents first."""
        return iter(self._ordered())

    def __len__(self) -> int:
        return len(self._units)

    def __contains__(self, unit_id: object) -> bool:
        return unit_id in self._units

    def get(self, unit_id: UnitId | None) -> Unit | None:
        """The unit, or None when there is none of that id."""
        return None if unit_id is None else self._units.get(unit_id)

    def below(self, root: str) -> list[Unit]:
        """The unit with path `root` and all below it, in protocol order."""
        ordered = self._ordered()
        if root == WHOLE_TREE:
            return list(ordered)
        top = self.get(UnitId(root.strip("/").rpartition("/")[2]))
        if top is None or top.path != root:
            return []
        # They stand in a row: their ranks begin with that of the unit, which ends in "/"; "0" is the character behind it.
        first = bisect_left(ordered, top.rank, key=_rank)
        return ordered[first : bisect_left(ordered, top.rank[:-1] + "0", lo=first, key=_rank)]

    def put(self, changed: Iterable[Unit]) -> list[Unit]:
        """Takes new or changed units and returns every unit that is now different, moved subtrees included.

        Raises:
            InvalidArgument: `UNKNOWN_UNIT` for a parent or successor that does not exist, `UNIT_CYCLE` for a unit below
                itself, `UNIT_TOO_DEEP` below more than 20 levels. The tree is unchanged then.
        """
        candidates = dict(self._units)
        candidates.update((unit.id, unit) for unit in changed)
        placed = _placed(candidates)
        different = [unit for unit in placed.values() if unit != self._units.get(unit.id)]
        self._units, self._in_order = placed, None
        return sorted(different, key=_rank)

    def _ordered(self) -> list[Unit]:
        if self._in_order is None:
            self._in_order = sorted(self._units.values(), key=_rank)
        return self._in_order


def _rank(unit: Unit) -> str:
    return unit.rank


def _placed(units: Mapping[UnitId, Unit]) -> dict[UnitId, Unit]:
    children: defaultdict[UnitId | None, list[Unit]] = defaultdict(list)
    for unit in units.values():
        _check_references(unit, units)
        children[unit.parent].append(unit)
    placed: dict[UnitId, Unit] = {}
    waiting: list[tuple[Unit, str, str, int]] = [(root, "/", "", 1) for root in children[None]]
    while waiting:
        unit, above, rank_above, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise InvalidArgument(
                "UNIT_TOO_DEEP", f"Units may be nested {MAX_DEPTH} levels deep.", field="unit.parent", unit=unit.id
            )
        path, rank = f"{above}{unit.id}/", f"{rank_above}{unit.order:06d}.{unit.id}/"
        placed[unit.id] = replace(unit, path=path, rank=rank)
        waiting.extend((child, path, rank, depth + 1) for child in children[unit.id])
    # Whoever was not reached from a root hangs below itself.
    for unit in units.values():
        if unit.id not in placed:
            raise InvalidArgument(
                "UNIT_CYCLE", "A unit cannot be placed below itself.", field="unit.parent", unit=unit.id
            )
    return placed


def _check_references(unit: Unit, units: Mapping[UnitId, Unit]) -> None:
    for field, reference in (("unit.parent", unit.parent), ("unit.successor", unit.successor)):
        if reference is not None and reference not in units:
            raise InvalidArgument(
                "UNKNOWN_UNIT", f"There is no unit {reference}.", field=field, unit=unit.id, value=reference
            )
