"""Times of messages as values: read with limits, so that no rule behind them has to think of the ends of time."""

from datetime import UTC, date, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from giaoban.errors import InvalidArgument

# A protobuf timestamp reaches from year 1 to 9999 and so does `datetime`: at either end moving to another time zone or
# adding an hour overflows. No rule of ours looks further than two years around a time.
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)


def instant(value: Timestamp, field: str) -> datetime:
    """Reads a timestamp as an aware instant in UTC.

    Raises:
        InvalidArgument: `BAD_FIELD`: it is none, or lies before 1900 or after 8999.
    """
    try:
        moment = value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not EARLIEST <= moment < LATEST:
        raise InvalidArgument(
            "BAD_FIELD",
            f"{field} must be a time of the years {EARLIEST.year} to {LATEST.year - 1}, written as in RFC 3339.",
            field=field,
            problem="BAD_TIME",
        )
    return moment


def timestamp(moment: datetime) -> Timestamp:
    """Writes an instant."""
    value = Timestamp()
    value.FromDatetime(moment)
    return value


def civil_date(text: str, field: str) -> date:
    """Reads a day written YYYY-MM-DD and no other way; up to 9999-12-31, which many lists hold for "no end".

    Raises:
        InvalidArgument: `BAD_FIELD`.
    """
    try:
        day = date.fromisoformat(text)
        if day.isoformat() == text:
            return day
    except ValueError:
        pass
    raise InvalidArgument("BAD_FIELD", f"{field} must be a day such as 2026-11-23.", field=field, problem="BAD_DATE")
