"""The columns of an organisation file, their headers in Vietnamese and English, and how their cells are read.

`docs/import.md` tells the same to the people who write such files.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from giaoban.ids import fold
from giaoban.names import UnitId
from services.scheduler.domain.garbled import REMEDIES, garbled
from services.scheduler.domain.org_fields import cleaned
from services.scheduler.domain.people import Role, RoleGrant, ordered


class Record(StrEnum):
    """What a row is about."""

    UNIT = "unit"
    POINT = "point"
    PERSON = "person"


class BadCell(Exception):
    """A cell that cannot be read."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason: Final = reason
        self.message: Final = message


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a cell may look at: the codes of all units there are or will be, and the unit of the row."""

    units: Collection[str]
    own_unit: UnitId | None = None


Cell = str | int | bool | date | UnitId | tuple[RoleGrant, ...] | None
Reader = Callable[[str, Context], Cell]

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_VIETNAMESE_DAY: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_YES: Final = frozenset({"1", "x", "true", "yes", "y", "co"})
_NO: Final = frozenset({"", "0", "false", "no", "n", "khong"})
_RECORDS: Final = {
    "unit": Record.UNIT,
    "don vi": Record.UNIT,
    "point": Record.POINT,
    "diem cau": Record.POINT,
    "person": Record.PERSON,
    "nguoi": Record.PERSON,
    "can bo": Record.PERSON,
}
_ROLES: Final = {
    **{role.value: role for role in Role},
    "district it": Role.DISTRICT_IT,
    "quan tri": Role.ADMINISTRATOR,
    "thu ky": Role.SECRETARY,
    "van thu": Role.SECRETARY,
    "chu tri": Role.CHAIR,
    "dai bieu": Role.DELEGATE,
    "cntt": Role.DISTRICT_IT,
}
_EVERYWHERE: Final = "*"


def read_record(text: str) -> Record:
    """Reads what a row is about."""
    record = _RECORDS.get(fold(text))
    if record is None:
        raise BadCell("BAD_RECORD", "The record must be unit, point or person.")
    return record


def read_code(text: str) -> str:
    """Reads the code of the row itself."""
    if not text:
        raise BadCell("MISSING_VALUE", "Every row needs a code.")
    if not _CODE.fullmatch(text):
        raise BadCell("BAD_CODE", "A code has 1 to 63 characters of a-z, 0-9, dot, hyphen and underscore.")
    return text


def _text(text: str, _context: Context) -> str:
    if (spoiled := garbled(text)) is not None:
        raise BadCell(spoiled, REMEDIES[spoiled])
    # A line break within a cell only makes it narrower on paper.
    return " ".join(cleaned(text).split())


def _lower(text: str, _context: Context) -> str:
    return cleaned(text).lower()


def _number(text: str, _context: Context) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadCell("BAD_NUMBER", "This must be a whole number without dots or spaces.")
    return int(text)


def _day(text: str, _context: Context) -> date | None:
    if not text:
        return None
    parts = _DAY.fullmatch(text)
    vietnamese = _VIETNAMESE_DAY.fullmatch(text)
    try:
        if parts:
            return date(int(parts[1]), int(parts[2]), int(parts[3]))
        if vietnamese:
            return date(int(vietnamese[3]), int(vietnamese[2]), int(vietnamese[1]))
    except ValueError:
        pass
    raise BadCell("BAD_DATE", "This must be a day such as 2026-11-23 or 23/11/2026.")


def _flag(text: str, _context: Context) -> bool:
    word = fold(text)
    if word not in _YES | _NO:
        raise BadCell("BAD_FLAG", "This must be x or empty.")
    return word in _YES


def _unit(text: str, context: Context) -> UnitId | None:
    if not text:
        return None
    if text not in context.units:
        raise BadCell("UNKNOWN_UNIT", "There is no unit of this code, neither in the file nor stored.")
    return UnitId(text)


def _roles(text: str, context: Context) -> tuple[RoleGrant, ...]:
    return ordered(_role(word.strip(), context) for word in re.split(r"[|;,]", text) if word.strip())


def _role(text: str, context: Context) -> RoleGrant:
    name, _, unit = (part.strip() for part in text.partition("@"))
    role = _ROLES.get(fold(name))
    if role is None:
        raise BadCell("BAD_ROLE", f"The roles are {', '.join(role.value for role in Role)}.")
    if unit == _EVERYWHERE:
        return RoleGrant(role, None)
    where = _unit(unit, context) or context.own_unit
    if where is None:
        raise BadCell("UNKNOWN_UNIT", "A role needs a unit, as in chair@so-y-te.")
    return RoleGrant(role, where)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is called, and which field of which record it fills (`line.` for that of a point)."""

    key: str
    headers: tuple[str, ...]
    fields: Mapping[Record, str]
    read: Reader = _text


def _column(key: str, *headers: str, read: Reader = _text, **fields: str) -> Column:
    return Column(key, (key, *headers), {Record(record): field for record, field in fields.items()}, read)


RECORD: Final = _column("record", "loại")
CODE: Final = _column("code", "mã")
UNIT: Final = _column("unit", "đơn vị", "trực thuộc", read=_unit, unit="parent", point="unit", person="unit")
COLUMNS: Final = (
    RECORD,
    CODE,
    _column("name", "tên", "họ tên", "họ và tên", unit="display_name", point="display_name", person="display_name"),
    UNIT,
    _column("kind", "cấp", unit="kind"),
    _column("order", "thứ tự", read=_number, unit="order"),
    _column("valid_from", "từ ngày", read=_day, unit="valid_from"),
    _column("valid_to", "đến ngày", read=_day, unit="valid_to"),
    _column("successor", "sáp nhập vào", read=_unit, unit="successor"),
    _column("location", "địa điểm", point="location"),
    _column("seats", "số chỗ", read=_number, point="seats"),
    _column("carrier", "nhà mạng", point="line.carrier"),
    _column("down_kbps", "tải xuống kbps", read=_number, point="line.down_kbps"),
    _column("up_kbps", "tải lên kbps", read=_number, point="line.up_kbps"),
    _column("it_name", "cán bộ CNTT", point="line.it_contact_name"),
    _column("it_phone", "điện thoại CNTT", point="line.it_contact_phone"),
    _column("email", "thư điện tử", point="email", person="email"),
    _column("position", "chức vụ", person="position"),
    _column("phone", "điện thoại", "số điện thoại", person="phone"),
    _column("username", "tài khoản", read=_lower, person="username"),
    _column("language", "ngôn ngữ", read=_lower, person="language"),
    _column("roles", "vai trò", read=_roles, person="roles"),
    _column("retired", "ngừng dùng", read=_flag, point="retired", person="retired"),
)
NEEDED: Final = (RECORD, CODE)


def _header(text: str) -> str:
    return fold(text).replace("_", " ")


_BY_HEADER: Final = {_header(header): column for column in COLUMNS for header in column.headers}


def column_of(header: str) -> Column | None:
    """The column that a header names, in either language, with or without accents."""
    return _BY_HEADER.get(_header(header))
