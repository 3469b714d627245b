"""Arithmetic of numbers that wrap."""

_HALF_16 = 1 << 15
_CYCLE_16 = 1 << 16


def forward_distance(newer: int, older: int, bits: int) -> int:
    """Answers how far `newer` lies ahead of `older` on a wheel of 2**bits; negative when it lies behind."""
    half = 1 << (bits - 1)
    return ((newer - older + half) & ((1 << bits) - 1)) - half


class Unwrapper:
    """Extends 16-bit sequence numbers to ones that never wrap.

    The first number is put in the second cycle, so that packets from before it stay above zero.
    """

    __slots__ = ("highest",)

    def __init__(self) -> None:
        self.highest: int | None = None

    def extend(self, sequence: int) -> int:
        """Answers the extended number nearest to the highest seen, and keeps the highest."""
        if self.highest is None:
            self.highest = _CYCLE_16 + sequence
            return self.highest
        distance = ((sequence - self.highest + _HALF_16) & 0xFFFF) - _HALF_16
        extended = self.highest + distance
        if distance > 0:
            self.highest = extended
        return extended
