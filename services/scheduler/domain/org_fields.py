"""What the fields of units, points and people may hold: the same rules for a form and for a file."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from giaoban.errors import InvalidArgument
from services.scheduler.domain.people import Person
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import MAX_ORDER, Unit

MAX_SEATS: Final = 10_000
MAX_KBPS: Final = 10_000_000
LANGUAGES: Final = ("", "vi", "en")
SHOWN_CHARACTERS: Final = 80

_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}",
    re.ASCII,
)
_PHONE: Final = re.compile(r"\+?\(?[0-9][0-9 .()-]{2,28}[0-9]", re.ASCII)
# Nine digits of a mobile number or ten of a landline: Excel takes the first 0 off what it holds for a number.
_LOST_ZERO: Final = re.compile(r"[35789][0-9]{8}|2[0-9]{9}", re.ASCII)
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field; `field` is a path such as `point.line.down_kbps`."""

    field: str
    reason: str
    value: str
    message: str


def refuse(problems: Iterable[FieldProblem]) -> None:
    """Raises the first problem.

    Raises:
        InvalidArgument: `BAD_FIELD` with the field, and in `problem` what is wrong with it.
    """
    for problem in problems:
        raise InvalidArgument("BAD_FIELD", problem.message, field=problem.field, problem=problem.reason)


def unit_problems(unit: Unit) -> Iterator[FieldProblem]:
    """What is wrong with a unit by itself."""
    yield from _text("unit.display_name", unit.display_name, 200, needed=True)
    yield from _text("unit.kind", unit.kind, 50)
    yield from _number("unit.order", unit.order, MAX_ORDER)
    if unit.valid_from is not None and unit.valid_to is not None and unit.valid_to <= unit.valid_from:
        yield FieldProblem(
            "unit.valid_to_date", "BAD_DATES", unit.valid_to.isoformat(), "A unit must end after the day it begins."
        )
    if unit.successor == unit.id:
        yield FieldProblem("unit.successor", "BAD_SUCCESSOR", unit.id, "A unit cannot follow itself.")


def point_problems(point: Point) -> Iterator[FieldProblem]:
    """What is wrong with a point by itself."""
    yield from _text("point.display_name", point.display_name, 200, needed=True)
    yield from _text("point.location", point.location, 300)
    yield from _number("point.seats", point.seats, MAX_SEATS)
    yield from _email("point.email", point.email)
    line = point.line
    yield from _text("point.line.carrier", line.carrier, 100)
    yield from _number("point.line.down_kbps", line.down_kbps, MAX_KBPS)
    yield from _number("point.line.up_kbps", line.up_kbps, MAX_KBPS)
    yield from _text("point.line.it_contact_name", line.it_contact_name, 200)
    yield from _phone("point.line.it_contact_phone", line.it_contact_phone)


def person_problems(person: Person) -> Iterator[FieldProblem]:
    """What is wrong with a person alone."""
    yield from _text("person.display_name", person.display_name, 200, needed=True)
    yield from _text("person.position", person.position, 200)
    yield from _email("person.email", person.email)
    yield from _phone("person.phone", person.phone)
    if person.username and not _USERNAME.fullmatch(person.username):
        yield FieldProblem(
            "person.username",
            "BAD_USERNAME",
            person.username,
            "A user name has 2 to 64 characters of a-z, 0-9, dot, hyphen and underscore.",
        )
    if person.language not in LANGUAGES:
        yield FieldProblem("person.language", "BAD_LANGUAGE", person.language, "The language must be vi or en.")


def _text(field: str, value: str, longest: int, *, needed: bool = False) -> Iterator[FieldProblem]:
    if needed and not value:
        yield FieldProblem(field, "MISSING_VALUE", "", f"{field} must not be empty.")
    elif len(value) > longest:
        yield FieldProblem(field, "TOO_LONG", value, f"{field} may have {longest} characters.")
    elif any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in value):
        yield FieldProblem(field, "BAD_TEXT", value, f"{field} holds a character that is no text.")


def _number(field: str, value: int, most: int) -> Iterator[FieldProblem]:
    if not 0 <= value <= most:
        yield FieldProblem(field, "BAD_NUMBER", str(value), f"{field} must be from 0 to {most}.")


def _email(field: str, value: str) -> Iterator[FieldProblem]:
    if value and (len(value) > 254 or not _EMAIL.fullmatch(value) or ".." in value):
        yield FieldProblem(field, "BAD_EMAIL", value, f"{field} is no mail address such as name@example.vn.")


def _phone(field: str, value: str) -> Iterator[FieldProblem]:
    if value and not _PHONE.fullmatch(value):
        yield FieldProblem(field, "BAD_PHONE", value, f"{field} is no telephone number such as 0912 345 678.")
    elif _LOST_ZERO.fullmatch(re.sub(r"[ .()-]", "", value)):
        yield FieldProblem(field, "LOST_ZERO", value, f"{field} has lost its first 0; write it as in 0912 345 678.")


def cleaned(text: str) -> str:
    """Text as it is stored: accents composed, no spaces around."""
    return unicodedata.normalize("NFC", text).strip()
