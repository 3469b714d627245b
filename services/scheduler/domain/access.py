"""Who may see or change which part of the tree of units.

People see the subtrees on which they hold a role that reads the organisation. Whoever books briefings may invite anyone
of the same authority, so for them the directory (names without addresses and telephones) is the whole tree above too.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from giaoban.errors import PermissionDenied
from giaoban.permissions import ROLES, Permission
from giaoban.principal import Principal
from services.scheduler.domain.units import WHOLE_TREE, is_below


def readable_roots(caller: Principal) -> tuple[str, ...]:
    """Paths of the subtrees whose points and people the caller may see."""
    return _roots(caller, Permission.ORG_READ)


def directory_roots(caller: Principal) -> tuple[str, ...]:
    """Paths of the subtrees whose units the caller may see and whose members it may invite."""
    booking = [_authority(path) for path in _roots(caller, Permission.BRIEFINGS_WRITE)]
    return _outermost([*booking, *readable_roots(caller)])


@dataclass(frozen=True, slots=True)
class Reach:
    """What a caller may invite: the subtrees of its directory, and names it may use wherever their units are."""

    roots: tuple[str, ...]
    names: frozenset[str]

    def holds(self, name: str, path: str) -> bool:
        """Whether it holds what has that name and unit path; whoever has no unit belongs to the whole site."""
        return not path or name in self.names or any(is_below(path, root) for root in self.roots)


def reach_of(caller: Principal, names: Iterable[str] = ()) -> Reach:
    """What the caller may invite; `names` are those of a briefing it may change, and its own comes besides."""
    return Reach(directory_roots(caller), frozenset([*names, caller.subject]))


def may_write(caller: Principal, path: str) -> bool:
    """Whether the caller may change what belongs to the unit with that path."""
    return caller.may(Permission.ORG_WRITE, path)


def check_write(caller: Principal, *paths: str) -> None:
    """Refuses who may not change what belongs to the units with those paths.

    Raises:
        PermissionDenied: `NO_PERMISSION`.
    """
    for path in paths:
        if not may_write(caller, path):
            raise PermissionDenied(
                "NO_PERMISSION",
                "This unit belongs to another administrator.",
                permission=Permission.ORG_WRITE,
                unit_path=path,
            )


def narrowed(roots: Iterable[str], path: str) -> tuple[str, ...]:
    """The part of what is visible that lies below a unit asked for.

    Raises:
        PermissionDenied: `NO_PERMISSION`: nothing of it is visible.
    """
    seen = [path] if any(is_below(path, root) for root in roots) else [root for root in roots if is_below(root, path)]
    if not seen:
        raise PermissionDenied("NO_PERMISSION", "This unit is not yours to see.", permission=Permission.ORG_READ)
    return tuple(seen)


def _roots(caller: Principal, permission: Permission) -> tuple[str, ...]:
    if caller.is_service:
        return (WHOLE_TREE,) if caller.may(permission) else ()
    return _outermost(grant.unit_path for grant in caller.grants if permission in ROLES.get(grant.role, frozenset()))


def _outermost(paths: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(is_below(path, root) for root in kept):
            kept.append(path)
    return tuple(kept)


def _authority(path: str) -> str:
    """The root unit above a unit."""
    return WHOLE_TREE if path == WHOLE_TREE else f"/{path.split('/')[1]}/"
