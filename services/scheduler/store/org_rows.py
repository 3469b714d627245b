"""Rows of the organisation ⇄ what the domain calls them."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row

from giaoban.ids import fold
from giaoban.names import PersonId, PointId, UnitId
from services.scheduler.domain.audit import AuditEntry
from services.scheduler.domain.people import Person, Role, RoleGrant, ordered
from services.scheduler.domain.points import Line, Point
from services.scheduler.domain.units import Unit

Values = dict[str, Any]


def unit_values(unit: Unit) -> Values:
    """The row of a unit as it will be written: one revision further."""
    return {
        "id": unit.id,
        "parent_id": unit.parent,
        "display_name": unit.display_name,
        "kind": unit.kind,
        "valid_from": unit.valid_from,
        "valid_to": unit.valid_to,
        "successor_id": unit.successor,
        "protocol_order": unit.order,
        "path": unit.path,
        "rank": unit.rank,
        "search": fold(f"{unit.display_name} {unit.kind}"),
        "revision": unit.revision + 1,
    }


def unit_of(row: Row[Any]) -> Unit:
    """A unit from its row."""
    return Unit(
        id=UnitId(row.id),
        parent=None if row.parent_id is None else UnitId(row.parent_id),
        display_name=row.display_name,
        kind=row.kind,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        successor=None if row.successor_id is None else UnitId(row.successor_id),
        order=row.protocol_order,
        path=row.path,
        rank=row.rank,
        revision=row.revision,
    )


def point_values(point: Point) -> Values:
    """The row of a point as it will be written: one revision further."""
    return {
        "id": point.id,
        "unit_id": point.unit,
        "display_name": point.display_name,
        "location": point.location,
        "seats": point.seats,
        "carrier": point.line.carrier,
        "down_kbps": point.line.down_kbps,
        "up_kbps": point.line.up_kbps,
        "it_contact_name": point.line.it_contact_name,
        "it_contact_phone": point.line.it_contact_phone,
        "email": point.email,
        "retired": point.retired,
        "search": fold(f"{point.display_name} {point.location}"),
        "sort_name": fold(point.display_name),
        "revision": point.revision + 1,
    }


def point_of(row: Row[Any]) -> Point:
    """A point from its row."""
    return Point(
        id=PointId(row.id),
        unit=UnitId(row.unit_id),
        display_name=row.display_name,
        location=row.location,
        seats=row.seats,
        line=Line(row.carrier, row.down_kbps, row.up_kbps, row.it_contact_name, row.it_contact_phone),
        email=row.email,
        retired=row.retired,
        revision=row.revision,
    )


def person_values(person: Person) -> Values:
    """The row of a person as it will be written, one revision further; without the password."""
    return {
        "id": person.id,
        "unit_id": person.unit,
        "display_name": person.display_name,
        "position": person.position,
        "email": person.email,
        "phone": person.phone,
        "username": person.username or None,
        "language": person.language,
        "retired": person.retired,
        "search": fold(f"{person.display_name} {person.position}"),
        "sort_name": fold(person.display_name),
        "revision": person.revision + 1,
    }


def person_of(row: Row[Any], grants: Iterable[RoleGrant]) -> Person:
    """A person from its row and roles."""
    return Person(
        id=PersonId(row.id),
        display_name=row.display_name,
        unit=None if row.unit_id is None else UnitId(row.unit_id),
        position=row.position,
        email=row.email,
        phone=row.phone,
        username=row.username or "",
        language=row.language,
        roles=ordered(grants),
        retired=row.retired,
        revision=row.revision,
    )


def grants_by_person(rows: Iterable[Row[Any]]) -> Mapping[str, list[RoleGrant]]:
    """Roles from their rows."""
    grants: dict[str, list[RoleGrant]] = {}
    for row in rows:
        unit = None if row.unit_id is None else UnitId(row.unit_id)
        grants.setdefault(row.person_id, []).append(RoleGrant(Role(row.role), unit))
    return grants


def audit_entry_of(row: Row[Any]) -> AuditEntry:
    """An audit entry from its row."""
    return AuditEntry(row.position, row.create_time, row.actor, row.action, row.resource, row.detail, row.hash)
