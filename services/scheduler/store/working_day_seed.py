"""The first content of the working-day table, from the public calendar; afterwards the secretariat's word counts.

The library follows yearly notices, so for years to come Tết is an estimate, and swaps of working days may be missing.
"""

from collections.abc import Iterable

from services.scheduler.domain.working_days import DayKind, SpecialDay

_MAKEUP_NAME = "Ngày làm bù"


def special_days_of(years: Iterable[int]) -> list[SpecialDay]:
    """The holidays and make-up days of those years as the library knows them."""
    import holidays  # noqa: PLC0415 - needed at one start a year

    calendar = holidays.country_holidays("VN", years=list(years), language="vi")
    rest = [SpecialDay(day, DayKind.HOLIDAY, name) for day, name in sorted(calendar.items())]
    makeup = [SpecialDay(day, DayKind.MAKEUP, _MAKEUP_NAME) for day in sorted(calendar.weekend_workdays)]
    return [*rest, *makeup]
