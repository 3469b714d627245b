"""Messages of the organisation ⇄ the domain's values; everything from the wire is read with limits."""

from datetime import date
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from briefing.v1 import org_pb2
from giaoban.errors import InvalidArgument
from giaoban.names import (
    PersonId,
    PointId,
    UnitId,
    parse_person,
    parse_point,
    parse_unit,
    person_name,
    point_name,
    unit_name,
)
from giaoban.rpc.times import civil_date
from services.scheduler.domain.audit import AuditEntry
from services.scheduler.domain.directory_search import Entry
from services.scheduler.domain.import_problems import ImportProblem
from services.scheduler.domain.org_fields import SHOWN_CHARACTERS, cleaned
from services.scheduler.domain.org_views import PersonView, PointView
from services.scheduler.domain.people import Person, Role, RoleGrant, ordered
from services.scheduler.domain.points import Line, Point
from services.scheduler.domain.units import Unit

_ROLES: Final = {
    org_pb2.ROLE_ADMINISTRATOR: Role.ADMINISTRATOR,
    org_pb2.ROLE_SECRETARY: Role.SECRETARY,
    org_pb2.ROLE_CHAIR: Role.CHAIR,
    org_pb2.ROLE_DELEGATE: Role.DELEGATE,
    org_pb2.ROLE_DISTRICT_IT: Role.DISTRICT_IT,
}
_ROLE_NUMBERS: Final = {role: number for number, role in _ROLES.items()}
_MOST_ROLES: Final = 100


def optional_unit(name: str, field: str) -> UnitId | None:
    """Reads the name of a unit; None when empty."""
    return parse_unit(name, field) if name else None


def optional_date(text: str, field: str) -> date | None:
    """Reads `YYYY-MM-DD`; None when empty.

    Raises:
        InvalidArgument: `BAD_FIELD`.
    """
    return civil_date(text, field) if text else None


def unit_of(message: org_pb2.Unit) -> Unit:
    """Reads a unit; output-only fields do not count."""
    return Unit(
        id=parse_unit(message.name, "unit.name") if message.name else UnitId(""),
        parent=optional_unit(message.parent, "unit.parent"),
        display_name=cleaned(message.display_name),
        kind=cleaned(message.kind),
        valid_from=optional_date(message.valid_from_date, "unit.valid_from_date"),
        valid_to=optional_date(message.valid_to_date, "unit.valid_to_date"),
        successor=optional_unit(message.successor, "unit.successor"),
        order=message.order,
    )


def unit_message(unit: Unit) -> org_pb2.Unit:
    """Writes a unit."""
    return org_pb2.Unit(
        name=unit_name(unit.id),
        parent=unit_name(unit.parent) if unit.parent else "",
        display_name=unit.display_name,
        kind=unit.kind,
        valid_from_date=unit.valid_from.isoformat() if unit.valid_from else "",
        valid_to_date=unit.valid_to.isoformat() if unit.valid_to else "",
        successor=unit_name(unit.successor) if unit.successor else "",
        order=unit.order,
        path=unit.path,
        etag=unit.etag,
    )


def point_of(message: org_pb2.Point) -> Point:
    """Reads a point; output-only fields do not count."""
    line = message.line
    return Point(
        id=parse_point(message.name, "point.name") if message.name else PointId(""),
        unit=parse_unit(message.unit, "point.unit"),
        display_name=cleaned(message.display_name),
        location=cleaned(message.location),
        seats=message.seats,
        line=Line(
            carrier=cleaned(line.carrier),
            down_kbps=line.down_kbps,
            up_kbps=line.up_kbps,
            it_contact_name=cleaned(line.it_contact_name),
            it_contact_phone=cleaned(line.it_contact_phone),
        ),
        email=cleaned(message.email),
        retired=message.retired,
    )


def point_message(view: PointView) -> org_pb2.Point:
    """Writes a point."""
    point, line = view.point, view.point.line
    return org_pb2.Point(
        name=point_name(point.id),
        unit=unit_name(point.unit),
        display_name=point.display_name,
        location=point.location,
        seats=point.seats,
        line=org_pb2.Line(
            carrier=line.carrier,
            down_kbps=line.down_kbps,
            up_kbps=line.up_kbps,
            it_contact_name=line.it_contact_name,
            it_contact_phone=line.it_contact_phone,
        ),
        email=point.email,
        retired=point.retired,
        etag=point.etag,
        unit_display_name=view.unit.display_name if view.unit else "",
        unit_path=view.unit.path if view.unit else "",
    )


def person_of(message: org_pb2.Person) -> Person:
    """Reads a person; output-only fields do not count."""
    return Person(
        id=parse_person(message.name, "person.name") if message.name else PersonId(""),
        display_name=cleaned(message.display_name),
        unit=optional_unit(message.unit, "person.unit"),
        position=cleaned(message.position),
        email=cleaned(message.email),
        phone=cleaned(message.phone),
        username=cleaned(message.username).lower(),
        language=message.language,
        roles=_roles(message),
        retired=message.retired,
    )


def person_message(view: PersonView) -> org_pb2.Person:
    """Writes a person."""
    person = view.person
    return org_pb2.Person(
        name=person_name(person.id),
        display_name=person.display_name,
        position=person.position,
        unit=unit_name(person.unit) if person.unit else "",
        email=person.email,
        phone=person.phone,
        username=person.username,
        language=person.language,
        roles=[
            org_pb2.RoleGrant(
                role=_ROLE_NUMBERS[grant.role], unit=unit_name(grant.unit) if grant.unit else "", unit_path=path
            )
            for grant, path in zip(person.roles, view.grant_paths, strict=True)
        ],
        retired=person.retired,
        etag=person.etag,
        unit_display_name=view.unit.display_name if view.unit else "",
        unit_path=view.unit.path if view.unit else "",
    )


def entry_message(entry: Entry) -> org_pb2.DirectoryEntry:
    """Writes what was found in the directory."""
    return org_pb2.DirectoryEntry(
        name=entry.name, display_name=entry.display_name, detail=entry.detail, point_count=entry.point_count
    )


def problem_message(problem: ImportProblem) -> org_pb2.ImportProblem:
    """Writes a bad cell."""
    return org_pb2.ImportProblem(
        row=problem.row,
        column=problem.column,
        reason=problem.reason,
        value=problem.value[:SHOWN_CHARACTERS],
        message=problem.message,
    )


def audit_message(entry: AuditEntry) -> org_pb2.AuditEntry:
    """Writes an audit entry."""
    create_time = Timestamp()
    create_time.FromDatetime(entry.create_time)
    return org_pb2.AuditEntry(
        position=entry.position,
        create_time=create_time,
        actor=entry.actor,
        action=entry.action,
        resource=entry.resource,
        detail=entry.detail,
        hash=entry.hash,
    )


def _roles(message: org_pb2.Person) -> tuple[RoleGrant, ...]:
    if len(message.roles) > _MOST_ROLES:
        raise InvalidArgument(
            "BAD_FIELD", f"A person may hold {_MOST_ROLES} roles.", field="person.roles", problem="TOO_LONG"
        )
    return ordered(_grant(grant) for grant in message.roles)


def _grant(grant: org_pb2.RoleGrant) -> RoleGrant:
    role = _ROLES.get(grant.role)
    if role is None:
        raise InvalidArgument("BAD_FIELD", "This is no role.", field="person.roles", problem="BAD_ROLE")
    return RoleGrant(role, optional_unit(grant.unit, "person.roles.unit"))
