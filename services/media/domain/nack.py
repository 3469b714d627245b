"""Which packets of one upstream layer to ask for, and when to ask again."""

from typing import Final

REORDER_WAIT_SECONDS: Final = 0.020
MAX_TRIES: Final = 10
GIVE_UP_SECONDS: Final = 1.0
_MIN_RETRY_SECONDS: Final = 0.020
_MAX_GAP: Final = 256


class _Gap:
    __slots__ = ("ask_at", "noticed_at", "tries")

    def __init__(self, now: float) -> None:
        self.noticed_at = now
        self.ask_at = now + REORDER_WAIT_SECONDS
        self.tries = 0


class GapTracker:
    """Follows the gaps in one stream's extended sequence numbers."""

    __slots__ = ("_gaps", "_highest", "abandoned")

    def __init__(self) -> None:
        self._gaps: dict[int, _Gap] = {}
        self._highest: int | None = None
        self.abandoned = 0
        """Packets that were asked for in vain so far."""

    def __bool__(self) -> bool:
        return bool(self._gaps)

    def on_packet(self, extended: int, now: float) -> bool:
        """Takes an arrival; True when the jump was too far to repair, so that only a key frame helps."""
        highest = self._highest
        if highest is None:
            self._highest = extended
            return False
        if extended <= highest:
            self._gaps.pop(extended, None)
            return False
        self._highest = extended
        missing = extended - highest - 1
        if missing + len(self._gaps) > _MAX_GAP:
            self.abandoned += missing + len(self._gaps)
            self._gaps.clear()
            return True
        for number in range(highest + 1, extended):
            self._gaps[number] = _Gap(now)
        return False

    def due(self, now: float, round_trip_seconds: float) -> list[int]:
        """Answers the numbers to ask for now, in rising order, and drops those that were asked for long enough."""
        wait = max(_MIN_RETRY_SECONDS, round_trip_seconds)
        asked: list[int] = []
        for number, gap in list(self._gaps.items()):
            if now - gap.noticed_at >= GIVE_UP_SECONDS or (gap.tries >= MAX_TRIES and now >= gap.ask_at):
                del self._gaps[number]
                self.abandoned += 1
            elif now >= gap.ask_at:
                gap.tries += 1
                gap.ask_at = now + wait
                asked.append(number)
        return asked
