"""Which days are worked in Việt Nam, by a table that the secretariat may edit; nothing is computed from a calendar law."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
NOTICE_WORKING_DAYS = 3
"""Decision 45/2018/QĐ-TTg: invitations go out at least three working days before."""

_SATURDAY = 5
# Tết is the longest rest; a search for three working days never needs more than this.
_LONGEST_SEARCH = 31


class DayKind(StrEnum):
    """Why a day is not ordinary."""

    HOLIDAY = "holiday"
    MAKEUP = "makeup"


class TimeWarning(StrEnum):
    """What is unusual about a time; stable codes."""

    HOLIDAY = "HOLIDAY"
    WEEKEND = "WEEKEND"
    SHORT_NOTICE = "SHORT_NOTICE"
    IN_PAST = "IN_PAST"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is not what its weekday says."""

    day: date
    kind: DayKind
    display_name: str


SpecialDays = Mapping[date, SpecialDay]


def local_date(instant: datetime) -> date:
    """The civil date in Việt Nam: between 00:00 and 07:00 it is not the UTC date."""
    return instant.astimezone(VIETNAM).date()


def is_working(day: date, special: SpecialDays) -> bool:
    """Whether offices work that day."""
    known = special.get(day)
    if known is not None:
        return known.kind is DayKind.MAKEUP
    return day.weekday() < _SATURDAY


def has_notice(today: date, day: date, special: SpecialDays) -> bool:
    """Whether three working days pass from the day after today up to that day, itself included."""
    if day > today + timedelta(days=_LONGEST_SEARCH):
        return True
    ahead = (today + timedelta(days=step) for step in range(1, (day - today).days + 1))
    return sum(is_working(one, special) for one in ahead) >= NOTICE_WORKING_DAYS


def warnings_for(start: datetime, now: datetime, special: SpecialDays) -> list[TimeWarning]:
    """What to warn of before somebody books that time."""
    if start <= now:
        return [TimeWarning.IN_PAST]
    day = local_date(start)
    found: list[TimeWarning] = []
    if not is_working(day, special):
        found.append(TimeWarning.HOLIDAY if day in special else TimeWarning.WEEKEND)
    if not has_notice(local_date(now), day, special):
        found.append(TimeWarning.SHORT_NOTICE)
    return found
