"""People of the organisation and what they may do on which subtree."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from giaoban.names import PersonId, UnitId


class Role(StrEnum):
    """The roles of `giaoban.permissions`."""

    ADMINISTRATOR = "administrator"
    SECRETARY = "secretary"
    CHAIR = "chair"
    DELEGATE = "delegate"
    DISTRICT_IT = "district_it"


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """One role on one subtree; `unit` None means the whole organisation."""

    role: Role
    unit: UnitId | None


@dataclass(frozen=True, slots=True)
class Person:
    """A person; without a `username` there is no account. `unit` is None for the first administrator only."""

    id: PersonId
    display_name: str
    unit: UnitId | None
    position: str = ""
    email: str = ""
    phone: str = ""
    username: str = ""
    language: str = ""
    roles: tuple[RoleGrant, ...] = ()
    retired: bool = False
    revision: int = 0

    @property
    def etag(self) -> str:
        """What a writer sends back to show which state it has read."""
        return str(self.revision)

    def holds(self, role: Role) -> bool:
        """Whether the person has that role on any subtree."""
        return any(grant.role is role for grant in self.roles)


def ordered(grants: Iterable[RoleGrant]) -> tuple[RoleGrant, ...]:
    """Each grant once, in an order of its own, so that equal sets of roles are equal tuples."""
    return tuple(sorted(set(grants), key=lambda grant: (grant.role, grant.unit or "")))
