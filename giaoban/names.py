"""Resource names: `units/ubnd-q1`, `briefings/b01/invitees/i7`. Parsed and written here and nowhere else."""

import re
from typing import Final, NamedTuple, NewType

from giaoban.errors import InvalidArgument

UnitId = NewType("UnitId", str)
PointId = NewType("PointId", str)
PersonId = NewType("PersonId", str)
BriefingId = NewType("BriefingId", str)
InviteeId = NewType("InviteeId", str)
DeliveryId = NewType("DeliveryId", str)

_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62})", re.ASCII)
_SHOWN: Final = 80


class InviteeRef(NamedTuple):
    """An invitee and the briefing it belongs to."""

    briefing: BriefingId
    invitee: InviteeId


def _parse(name: str, field: str, *collections: str) -> list[str]:
    parts = name.split("/")
    if (
        len(parts) == 2 * len(collections)
        and tuple(parts[::2]) == collections
        and all(_ID.fullmatch(part) for part in parts[1::2])
    ):
        return parts[1::2]
    pattern = "/".join(f"{collection}/{{id}}" for collection in collections)
    raise InvalidArgument(
        "BAD_NAME", f"{field} must read {pattern} with lower-case ids.", field=field, value=name[:_SHOWN]
    )


def unit_name(unit: str) -> str:
    """Writes the name of a unit."""
    return f"units/{unit}"


def parse_unit(name: str, field: str = "name") -> UnitId:
    """Reads the name of a unit; `BAD_NAME` names the field."""
    return UnitId(_parse(name, field, "units")[0])


def point_name(point: str) -> str:
    """Writes the name of a point."""
    return f"points/{point}"


def parse_point(name: str, field: str = "name") -> PointId:
    """Reads the name of a point; `BAD_NAME` names the field."""
    return PointId(_parse(name, field, "points")[0])


def person_name(person: str) -> str:
    """Writes the name of a person."""
    return f"people/{person}"


def parse_person(name: str, field: str = "name") -> PersonId:
    """Reads the name of a person; `BAD_NAME` names the field."""
    return PersonId(_parse(name, field, "people")[0])


def briefing_name(briefing: str) -> str:
    """Writes the name of a briefing."""
    return f"briefings/{briefing}"


def parse_briefing(name: str, field: str = "name") -> BriefingId:
    """Reads the name of a briefing; `BAD_NAME` names the field."""
    return BriefingId(_parse(name, field, "briefings")[0])


def invitee_name(briefing: str, invitee: str) -> str:
    """Writes the name of an invitee of a briefing."""
    return f"briefings/{briefing}/invitees/{invitee}"


def parse_invitee(name: str, field: str = "name") -> InviteeRef:
    """Reads the name of an invitee; `BAD_NAME` names the field."""
    briefing, invitee = _parse(name, field, "briefings", "invitees")
    return InviteeRef(BriefingId(briefing), InviteeId(invitee))


def delivery_name(delivery: str) -> str:
    """Writes the name of a delivery."""
    return f"deliveries/{delivery}"


def parse_delivery(name: str, field: str = "name") -> DeliveryId:
    """Reads the name of a delivery; `BAD_NAME` names the field."""
    return DeliveryId(_parse(name, field, "deliveries")[0])
