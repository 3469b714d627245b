"""What an answer of a mail server means, and when to try again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from services.notify.domain.model import Fate, Outcome, State, Verdict

INTERRUPTED: Final = "INTERRUPTED"
NO_ANSWER: Final = "NO_ANSWER"
BAD_ANSWER: Final = "BAD_ANSWER"
EXPIRED: Final = "EXPIRED"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential pauses with jitter until the message would come too late.

    Attributes:
        first_pause_seconds: Longest pause after the first try.
        longest_pause_seconds: The pauses double up to this.
    """

    first_pause_seconds: float = 30.0
    longest_pause_seconds: float = 900.0

    def verdict(self, outcome: Outcome, attempt: int, now: datetime, expire_time: datetime, chance: float) -> Verdict:
        """Decides what becomes of a delivery after a try.

        Args:
            outcome: How the try ended.
            attempt: Which try it was, from 1.
            now: The present instant.
            expire_time: From when on the message is of no use.
            chance: Uniform in [0, 1): spreads tries that failed together.
        """
        match outcome.fate:
            case Fate.ACCEPTED:
                return Verdict(State.SENT, "", outcome.detail)
            case Fate.REFUSED:
                return Verdict(State.FAILED, outcome.reason, outcome.detail)
            case Fate.LOST:
                return Verdict(State.UNKNOWN, outcome.reason, outcome.detail)
            case Fate.HELD:
                return Verdict(State.PENDING, outcome.reason, outcome.detail, now, counts=False)
            case Fate.DEFERRED:
                pause = self._pause(attempt, expire_time - now, chance)
                if pause is None:
                    return Verdict(State.FAILED, outcome.reason, outcome.detail)
                return Verdict(State.PENDING, outcome.reason, outcome.detail, now + pause)
        assert_never(outcome.fate)

    def _pause(self, attempt: int, left: timedelta, chance: float) -> timedelta | None:
        # 2**20 seconds are past any cap; more would only overflow.
        full = min(self.longest_pause_seconds, self.first_pause_seconds * 2.0 ** min(attempt - 1, 20))
        pause = timedelta(seconds=full * (0.5 + chance / 2))
        if pause < left:
            return pause
        # Too long a pause would miss the start: halve what is left instead, until that is no time at all.
        half = left / 2
        return half if half.total_seconds() >= self.first_pause_seconds / 4 else None
