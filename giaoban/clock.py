"""Time as an argument: rules ask a `Clock`, tests hand them one that stands still."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Answers the present instant, aware, in UTC."""

    def monotonic(self) -> float:
        """Answers seconds that never run backwards; only differences mean something."""


class SystemClock:
    """The clock of the machine."""

    __slots__ = ()

    def now(self) -> datetime:
        """Answers the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Answers seconds since some moment, not moved by changes of the wall clock."""
        return time.monotonic()


class FakeClock:
    """A clock that moves only when told.

    Args:
        start: An aware instant; the default is a Monday morning in Việt Nam.
    """

    __slots__ = ("_elapsed", "_start")

    def __init__(self, start: datetime = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError("The start of a clock needs a time zone.")
        self._start = start.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Answers the start plus all that was advanced."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Answers the seconds advanced so far."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Moves the clock forward.

        Raises:
            ValueError: The step is negative: time does not run backwards.
        """
        if seconds < 0:
            raise ValueError("A clock does not run backwards.")
        self._elapsed += seconds
