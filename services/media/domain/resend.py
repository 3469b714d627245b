"""Whether a subscriber's NACK is answered: what it may cost, and how often one packet is repeated."""

from typing import Final

_FIRST_BYTES: Final = 30_000
_MOST_BYTES: Final = 90_000
_SHARE: Final = 0.5
_SPACING_SECONDS: Final = 0.010
_SLOTS: Final = 1024


class ResendBudget:
    """Lets repeats cost at most half of what is sent, and repeats one packet at most each 10 ms."""

    __slots__ = ("_bytes", "_numbers", "_times")

    def __init__(self) -> None:
        self._bytes = float(_FIRST_BYTES)
        self._numbers = [-1] * _SLOTS
        self._times = [0.0] * _SLOTS

    def earn(self, size: int) -> None:
        """Takes the size of a packet sent for the first time."""
        earned = self._bytes + _SHARE * size
        self._bytes = earned if earned < _MOST_BYTES else _MOST_BYTES  # noqa: FURB136 - for each packet sent

    def spend(self, extended: int, size: int, now: float) -> bool:
        """Answers whether to repeat a packet now, and books it."""
        slot = extended % _SLOTS
        if self._numbers[slot] == extended and now - self._times[slot] < _SPACING_SECONDS:
            return False
        if self._bytes < size:
            return False
        self._bytes -= size
        self._numbers[slot], self._times[slot] = extended, now
        return True
