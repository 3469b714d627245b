"""Whether mail is held until an operator says so: after a backup was restored, nobody knows what went out since it was made."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoldReason(StrEnum):
    """Why mail is held."""

    LEDGER_OLD = "LEDGER_OLD"
    SCHEDULER_OLD = "SCHEDULER_OLD"
    RESTORED = "RESTORED"


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it is written down; `released` until the scheduler has been told that the ledger counts anew."""

    reason: HoldReason
    since: datetime
    released: bool = False


class Holding:
    """What the loops of this process look at; held until the ledger was compared with the scheduler for the first time."""

    def __init__(self) -> None:
        self._compared = False
        self._hold: Hold | None = None

    @property
    def active(self) -> bool:
        """Whether nothing may be planned or handed over."""
        return not self._compared or (self._hold is not None and not self._hold.released)

    @property
    def hold(self) -> Hold | None:
        """What an operator has to release; None when nothing has to be."""
        return self._hold if self._hold is not None and not self._hold.released else None

    def learn(self, hold: Hold | None) -> None:
        """Takes what the ledger says."""
        self._hold = hold

    def compared(self) -> None:
        """Says that the ledger was compared."""
        self._compared = True
