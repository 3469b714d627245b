"""Points and people together with what the tree says about their units."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from services.scheduler.domain.people import Person
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import WHOLE_TREE, Unit, UnitTree

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PointView:
    """A point and its unit."""

    point: Point
    unit: Unit | None


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person, the unit, and the paths of the subtrees of the roles, in the order of `person.roles`."""

    person: Person
    unit: Unit | None
    grant_paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a sorted list; `after` is the sort key to go on behind, empty at the end."""

    items: tuple[T, ...]
    after: tuple[str, ...] = ()


def point_view(point: Point, tree: UnitTree) -> PointView:
    """A point in the tree."""
    return PointView(point, tree.get(point.unit))


def person_view(person: Person, tree: UnitTree) -> PersonView:
    """A person in the tree; a role on a unit that is gone reaches nothing."""
    paths = (_path(grant.unit is None, tree.get(grant.unit)) for grant in person.roles)
    return PersonView(person, tree.get(person.unit), tuple(paths))


def home_path(person: Person, tree: UnitTree) -> str:
    """The path of the person's unit; the whole tree for the first administrator."""
    return _path(person.unit is None, tree.get(person.unit))


def _path(everywhere: bool, unit: Unit | None) -> str:
    if everywhere:
        return WHOLE_TREE
    return unit.path if unit is not None else "//"
