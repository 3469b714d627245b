"""What the organisation's use cases ask of the store."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from giaoban.names import PersonId, PointId, UnitId
from services.scheduler.domain.audit import AuditEntry, Detail
from services.scheduler.domain.people import Person
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import Unit, UnitTree


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows a list or search is about."""

    roots: tuple[str, ...]
    """Unit paths; a row counts when its unit is at or below one of them."""
    words: tuple[str, ...] = ()
    """Folded words (`giaoban.ids.fold`); a row counts when each occurs in its own texts or its unit's name."""
    active_only: bool = False
    """Leaves out what is retired."""
    on_date: date | None = None
    """Leaves out what belongs to units that do not exist on that civil date."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a sorted list: at most `limit` rows behind the sort key `after` (empty: from the start)."""

    limit: int
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """What signing in needs; `password_hash` is empty while no password has been set."""

    person: Person
    password_hash: str


class Readdresser(Protocol):
    """What follows a corrected mail address; see `services.scheduler.domain.readdressing`."""

    async def count(self, addresses: Mapping[str, str]) -> int:
        """How many invitations would go to another address."""
        ...

    async def apply(self, actor: str, addresses: Mapping[str, str]) -> int:
        """Lets briefings ahead follow; answers how many invitations do."""
        ...


class OrgReader(Protocol):
    """Reads within one transaction."""

    async def version(self) -> int:
        """Another number whenever units or points have changed."""
        ...

    async def tree(self) -> UnitTree:
        """All units; kept between calls while they do not change, so a reader must not change it."""
        ...

    async def points(self, ids: Collection[PointId] | None = None) -> Sequence[Point]:
        """The points of those ids, unknown ones left out; all points for None."""
        ...

    async def people(self, ids: Collection[PersonId] | None = None) -> Sequence[Person]:
        """The people of those ids, unknown ones left out; all people for None."""
        ...

    async def points_of(self, units: Collection[UnitId]) -> Sequence[Point]:
        """The points in use of those units themselves."""
        ...

    async def chairs_of(self, units: Collection[UnitId]) -> Sequence[Person]:
        """The people of those units themselves who hold the role chair and have not left."""
        ...

    async def list_points(self, scope: Scope, part: Slice) -> Sequence[tuple[tuple[str, ...], Point]]:
        """Points in protocol order of their units, each with its sort key."""
        ...

    async def list_people(self, scope: Scope, part: Slice) -> Sequence[tuple[tuple[str, ...], Person]]:
        """People in protocol order of their units, each with its sort key."""
        ...

    async def best_points(self, scope: Scope, phrase: str, limit: int) -> Sequence[Point]:
        """Points that hold the words of a scope, best first; `phrase` is the folded query."""
        ...

    async def best_people(self, scope: Scope, phrase: str, limit: int) -> Sequence[Person]:
        """People that hold the words of a scope, best first; `phrase` is the folded query."""
        ...

    async def point_counts(self) -> Mapping[UnitId, int]:
        """How many points in use each unit has itself; units without any are left out."""
        ...

    async def account(self, username: str) -> Account | None:
        """The account of that user name, which must be lower-case."""
        ...

    async def account_of(self, person: PersonId) -> Account | None:
        """The account of that person; None for people unknown or without a user name."""
        ...

    async def usernames(self) -> Mapping[str, PersonId]:
        """Who has which user name."""
        ...

    async def audit_entries(self, resource: str, before: int | None, limit: int) -> Sequence[AuditEntry]:
        """Audit entries newest first, below position `before`; of one resource unless that is empty."""
        ...


class OrgWriter(OrgReader, Protocol):
    """Reads and writes within one transaction; whoever holds one is alone in changing the organisation.

    Its `tree` is a copy that rules may change.
    """

    async def put_units(self, units: Sequence[Unit]) -> None:
        """Creates or replaces units, the unit above before those below; revisions count up by one."""
        ...

    async def put_points(self, points: Sequence[Point]) -> None:
        """Creates or replaces points; revisions count up by one."""
        ...

    async def put_people(self, people: Sequence[Person]) -> None:
        """Creates or replaces people with their roles; passwords stay. Revisions count up by one."""
        ...

    async def set_password_hashes(self, hashes: Mapping[PersonId, str]) -> None:
        """Sets what later passwords are checked against."""
        ...

    async def append_audit(self, actor: str, action: str, resource: str, detail: Detail) -> None:
        """Adds to the audit log, in this transaction."""
        ...


class OrgStore(Protocol):
    """Opens transactions on the organisation."""

    def reading(self) -> AbstractAsyncContextManager[OrgReader]:
        """A consistent view; changes nothing."""
        ...

    def changing(self) -> AbstractAsyncContextManager[OrgWriter]:
        """A transaction that is written when the block ends and undone when it raises."""
        ...
