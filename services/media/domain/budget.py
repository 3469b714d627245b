"""How much a client may send: a bucket that fills with time."""

from dataclasses import dataclass


@dataclass(slots=True)
class Budget:
    """Allows `per_second` in the long run and `burst` at once.

    Args:
        per_second: What comes back each second.
        burst: The most that is saved up; also the start.
    """

    per_second: float
    burst: float
    _spent: float = 0.0
    _at: float = 0.0

    def take(self, amount: float, now: float) -> bool:
        """Takes an amount; False, and nothing taken, when there is not enough."""
        self._spent = max(0.0, self._spent - (now - self._at) * self.per_second)
        self._at = now
        if self._spent + amount > self.burst:
            return False
        self._spent += amount
        return True
