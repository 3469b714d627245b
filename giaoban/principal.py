"""Who calls, and what that caller may do where."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from giaoban.permissions import INVITED, ROLES, SERVICE, Permission

SERVICE_PREFIX: Final = "service:"


class Grant(NamedTuple):
    """One role on one subtree of units; the path reads `/{unit}/{unit}/`."""

    role: str
    unit_path: str


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a method.

    Attributes:
        subject: `people/{person}`, `briefings/{briefing}/invitees/{invitee}` (a link holder), `service:{role}`, or
            empty for nobody (methods marked `public` only).
        grants: Roles on subtrees; empty for link holders and services.
        link: True for the holder of an invitation link.
    """

    subject: str
    grants: tuple[Grant, ...] = ()
    link: bool = False

    @property
    def is_service(self) -> bool:
        """Whether one of our own roles acts for itself."""
        return self.subject.startswith(SERVICE_PREFIX)

    @property
    def person(self) -> str | None:
        """The person's resource name, None for link holders and services."""
        return self.subject if self.subject.startswith("people/") else None

    @property
    def invitee(self) -> str | None:
        """The invitee's resource name, None for people and services."""
        return self.subject if self.link else None

    def may(self, permission: str, unit_path: str | None = None) -> bool:
        """Tells whether the caller has a permission.

        Args:
            permission: Of the table in `giaoban.permissions`.
            unit_path: The path of the unit it is needed on; None asks "anywhere?", be it in a briefing one is invited
                to. A link holder has no subtree, so with a path it has nothing but `signed_in`.
        """
        if permission == Permission.PUBLIC:
            return True
        if permission == Permission.SIGNED_IN:
            return bool(self.subject)
        if self.is_service:
            return permission in SERVICE
        if self.subject and unit_path is None and permission in INVITED:
            return True
        return any(
            permission in ROLES.get(grant.role, frozenset())
            and (unit_path is None or unit_path.startswith(grant.unit_path))
            for grant in self.grants
        )

    def permissions(self) -> tuple[str, ...]:
        """Lists the permissions held on at least one subtree or without any, sorted."""
        return tuple(sorted(permission for permission in Permission if self.may(permission)))


NOBODY: Final = Principal("")
"""The caller of a public method that showed no token."""
