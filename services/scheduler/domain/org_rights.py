"""On which unit paths a caller needs `org.write` for a change, for a form and for a file alike."""

from collections.abc import Iterator
from typing import Final

from giaoban.errors import InvalidArgument
from giaoban.names import UnitId, person_name, unit_name
from giaoban.principal import Principal
from services.scheduler.domain.org_views import home_path
from services.scheduler.domain.people import Person, Role
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import WHOLE_TREE, Unit, UnitTree

_GUARDED: Final = ("username", "roles", "retired")


def path_of(tree: UnitTree, unit_id: UnitId | None, field: str) -> str:
    """The path of a unit that a field names; that of everything for none.

    Raises:
        InvalidArgument: `UNKNOWN_UNIT`.
    """
    if unit_id is None:
        return WHOLE_TREE
    unit = tree.get(unit_id)
    if unit is None:
        raise InvalidArgument("UNKNOWN_UNIT", "There is no such unit.", field=field, unit=unit_name(unit_id))
    return unit.path


def needed_for_unit(before: Unit | None, after: Unit, old: UnitTree, new: UnitTree) -> Iterator[str]:
    """A new unit needs the one above; a changed one itself; a moved one the place it leaves and the one it takes."""
    if before is not None:
        yield before.path
        if before.parent == after.parent:
            return
        yield path_of(old, before.parent, "unit.parent")
    yield path_of(new, after.parent, "unit.parent")


def needed_for_point(before: Point | None, after: Point, tree: UnitTree) -> Iterator[str]:
    """A point needs its unit, and the one it comes from."""
    if before is not None:
        yield path_of(tree, before.unit, "point.unit")
    yield path_of(tree, after.unit, "point.unit")


def needed_for_person(before: Person | None, after: Person, tree: UnitTree, *, password: bool = False) -> Iterator[str]:
    """A person needs the unit, and the one left; an account besides every subtree on which it holds a role.

    Otherwise the administrator of a district could set the password of somebody of the province and become that one.
    """
    if before is None or before.unit != after.unit:
        yield path_of(tree, after.unit, "person.unit")
    if before is not None:
        yield home_path(before, tree)
    if before is None or password or any(getattr(before, name) != getattr(after, name) for name in _GUARDED):
        for person in (after, before):
            for grant in person.roles if person is not None else ():
                yield path_of(tree, grant.unit, "person.roles")


def locks_out(caller: Principal, before: Person, after: Person) -> bool:
    """Whether the caller would take the own account or administration away, and perhaps leave nobody to undo it."""
    lost = {grant for grant in before.roles if grant.role is Role.ADMINISTRATOR} - set(after.roles)
    return caller.subject == person_name(before.id) and (bool(lost) or after.retired or not after.username)
