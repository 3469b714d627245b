"""Which role may do what. Methods of the contract name the permission; domains check the subtree besides."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Permission(StrEnum):
    """Every permission a method of the contract can ask for."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    ORG_READ = "org.read"
    ORG_WRITE = "org.write"
    BRIEFINGS_WRITE = "briefings.write"
    BRIEFINGS_CONDUCT = "briefings.conduct"
    DELIVERIES_READ = "deliveries.read"
    DELIVERIES_WRITE = "deliveries.write"
    QUALITY_READ = "quality.read"
    AUDIT_READ = "audit.read"
    SERVICE = "service"


ROLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "administrator": frozenset(Permission) - {Permission.SERVICE},
        "secretary": frozenset(
            {
                Permission.ORG_READ,
                Permission.BRIEFINGS_WRITE,
                Permission.BRIEFINGS_CONDUCT,
                Permission.DELIVERIES_READ,
                Permission.DELIVERIES_WRITE,
                Permission.QUALITY_READ,
            }
        ),
        "chair": frozenset({Permission.ORG_READ, Permission.BRIEFINGS_CONDUCT}),
        "delegate": frozenset({Permission.ORG_READ}),
        "district_it": frozenset({Permission.ORG_READ, Permission.QUALITY_READ}),
    }
)
"""What each role may do on its subtree; `public` and `signed_in` need no role."""

INVITED: Final[frozenset[str]] = frozenset({Permission.SIGNED_IN, Permission.BRIEFINGS_CONDUCT})
"""What whoever can be invited may ask for, by link or by account and without any role: a briefing may name anyone its
chair or secretary, and scheduler lets only them conduct it."""

SERVICE: Final[frozenset[str]] = frozenset({Permission.SIGNED_IN, Permission.ORG_READ, Permission.SERVICE})
"""What one of our own roles may do for itself."""
