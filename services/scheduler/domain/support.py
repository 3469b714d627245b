"""Whom to call when the line does not work: the IT officer of the nearest point."""

from collections.abc import Sequence
from dataclasses import dataclass

from giaoban.names import UnitId, parse_point, parse_unit
from services.scheduler.domain.briefings import Invitee, Kind
from services.scheduler.domain.org_ports import OrgReader, OrgStore
from services.scheduler.domain.points import Point


@dataclass(frozen=True, slots=True)
class SupportContact:
    """An IT officer; both empty where nobody is named."""

    name: str = ""
    phone: str = ""


NOBODY = SupportContact()


class Support:
    """Finds IT officers in the organisation."""

    def __init__(self, org: OrgStore) -> None:
        self._org = org

    async def contact_for(self, invitee: Invitee) -> SupportContact:
        """The officer of the point itself; for others that of a point of the unit, else of the units above."""
        async with self._org.reading() as reader:
            if invitee.kind is Kind.POINT:
                own = _contact(await reader.points([parse_point(invitee.subject)]))
                if own.phone:
                    return own
            return await _of_units(reader, invitee.unit)


async def _of_units(reader: OrgReader, unit_name: str) -> SupportContact:
    tree = await reader.tree()
    unit = tree.get(parse_unit(unit_name)) if unit_name else None
    while unit is not None:
        found = _contact(await reader.points_of([UnitId(unit.id)]))
        if found.phone:
            return found
        unit = tree.get(unit.parent)
    return NOBODY


def _contact(points: Sequence[Point]) -> SupportContact:
    for point in points:
        if point.line.it_contact_phone:
            return SupportContact(point.line.it_contact_name, point.line.it_contact_phone)
    return NOBODY
