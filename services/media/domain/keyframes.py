"""Key frame requests of one layer, spaced."""

from typing import Final

SPACING_SECONDS: Final = 0.5


class KeyframeGate:
    """Joins the wishes of all subscribers into requests at least half a second apart; none is lost, only late."""

    __slots__ = ("_asked_at", "_wanted")

    def __init__(self) -> None:
        self._asked_at = float("-inf")
        self._wanted = False

    def want(self, now: float) -> bool:
        """Notes a wish; True when a request goes out now."""
        self._wanted = True
        return self.due(now)

    def due(self, now: float) -> bool:
        """Answers whether a wish that had to wait goes out now."""
        if not self._wanted or now - self._asked_at < SPACING_SECONDS:
            return False
        self._wanted = False
        self._asked_at = now
        return True

    def on_keyframe(self) -> None:
        """Forgets a waiting wish: what it asked for has come."""
        self._wanted = False
