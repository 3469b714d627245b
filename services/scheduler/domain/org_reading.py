"""Listing units, points and people that a caller may see."""

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from giaoban.errors import InvalidArgument, PermissionDenied
from giaoban.ids import fold
from giaoban.names import UnitId, unit_name
from giaoban.permissions import Permission
from giaoban.principal import Principal
from services.scheduler.domain.access import directory_roots, narrowed, readable_roots
from services.scheduler.domain.audit import AuditEntry
from services.scheduler.domain.org_ports import OrgStore, Scope, Slice
from services.scheduler.domain.org_views import Page, PersonView, PointView, person_view, point_view
from services.scheduler.domain.units import WHOLE_TREE, Unit, UnitTree, ancestor_paths, is_below

MAX_WORDS: Final = 10
MAX_QUERY: Final = 200
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What to list: below a unit (None: all the caller may see), holding words, one part of it."""

    parent: UnitId | None
    text: str
    part: Slice


class OrgReading:
    """The use cases that only look."""

    def __init__(self, store: OrgStore) -> None:
        self._store = store

    async def list_units(self, caller: Principal, parent: UnitId | None, on_date: date, part: Slice) -> Page[Unit]:
        """Units that exist on a date, in protocol order; besides what the caller may see, the units above it.

        Raises:
            DomainError: `UNKNOWN_UNIT`, `NO_PERMISSION`.
        """
        async with self._store.reading() as reader:
            tree = await reader.tree()
        roots = _below(tree, directory_roots(caller), parent)
        above = set() if parent is not None else {path for root in roots for path in ancestor_paths(root)}
        after = part.after[0] if part.after else ""
        seen = [unit for unit in tree if unit.path in above or any(is_below(unit.path, root) for root in roots)]
        units = [unit for unit in seen if unit.exists_on(on_date) and unit.rank > after]
        return _page([((unit.rank,), unit) for unit in units[: part.limit + 1]], part.limit)

    async def list_points(self, caller: Principal, query: ListQuery) -> Page[PointView]:
        """Points in protocol order of their units, retired ones too.

        Raises:
            DomainError: `UNKNOWN_UNIT`, `NO_PERMISSION`, `BAD_FIELD`.
        """
        async with self._store.reading() as reader:
            tree = await reader.tree()
            rows = await reader.list_points(_scope(tree, caller, query), _one_more(query.part))
        return _page([(key, point_view(point, tree)) for key, point in rows], query.part.limit)

    async def list_people(self, caller: Principal, query: ListQuery) -> Page[PersonView]:
        """People in protocol order of their units, those who left too.

        Raises:
            DomainError: `UNKNOWN_UNIT`, `NO_PERMISSION`, `BAD_FIELD`.
        """
        async with self._store.reading() as reader:
            tree = await reader.tree()
            rows = await reader.list_people(_scope(tree, caller, query), _one_more(query.part))
        return _page([(key, person_view(person, tree)) for key, person in rows], query.part.limit)

    async def list_audit_entries(
        self, caller: Principal, resource: str, before: int | None, limit: int
    ) -> tuple[list[AuditEntry], bool]:
        """Audit entries newest first, and whether there are more.

        Raises:
            PermissionDenied: `NO_PERMISSION`: the caller does not administer everything.
        """
        async with self._store.reading() as reader:
            _check_reads_log(caller, await reader.tree())
            entries = await reader.audit_entries(resource, before, limit + 1)
        return list(entries[:limit]), len(entries) > limit


def _check_reads_log(caller: Principal, tree: UnitTree) -> None:
    # No entry says to which unit it belongs, so nobody can be shown a part of the log.
    for path in [unit.path for unit in tree if unit.parent is None] or [WHOLE_TREE]:
        if not caller.may(Permission.AUDIT_READ, path):
            raise PermissionDenied(
                "NO_PERMISSION",
                f"The log needs {Permission.AUDIT_READ} on all units; ask an administrator of the whole site.",
                permission=Permission.AUDIT_READ,
                unit_path=path,
            )


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a query.

    Raises:
        InvalidArgument: `BAD_FIELD`: too long.
    """
    words = tuple(dict.fromkeys(fold(text).split()))
    if len(text) > MAX_QUERY or len(words) > MAX_WORDS:
        raise InvalidArgument("BAD_FIELD", f"Search for at most {MAX_WORDS} words.", field="query", problem="TOO_LONG")
    return words


def _scope(tree: UnitTree, caller: Principal, query: ListQuery) -> Scope:
    return Scope(_below(tree, readable_roots(caller), query.parent), words_of(query.text))


def _below(tree: UnitTree, roots: tuple[str, ...], parent: UnitId | None) -> tuple[str, ...]:
    if parent is None:
        return roots
    unit = tree.get(parent)
    if unit is None:
        raise InvalidArgument("UNKNOWN_UNIT", "There is no such unit.", field="parent", unit=unit_name(parent))
    return narrowed(roots, unit.path)


def _one_more(part: Slice) -> Slice:
    return Slice(part.limit + 1, part.after)


def _page(rows: list[tuple[tuple[str, ...], T]], limit: int) -> Page[T]:
    """Cuts a list that was read one longer than asked for."""
    kept = rows[:limit]
    return Page(tuple(item for _, item in kept), kept[-1][0] if len(rows) > limit else ())
