"""Meeting points (điểm cầu) and the lines that connect them."""

from dataclasses import dataclass

from giaoban.names import PointId, UnitId


@dataclass(frozen=True, slots=True)
class Line:
    """The network line of a point; rates are booked kbit/s, 0 when unknown."""

    carrier: str = ""
    down_kbps: int = 0
    up_kbps: int = 0
    it_contact_name: str = ""
    it_contact_phone: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A room with a device, joined by many people before one camera."""

    id: PointId
    unit: UnitId
    display_name: str
    location: str = ""
    seats: int = 0
    line: Line = Line()
    email: str = ""
    retired: bool = False
    revision: int = 0

    @property
    def etag(self) -> str:
        """What a writer sends back to show which state it has read."""
        return str(self.revision)
