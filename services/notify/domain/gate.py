"""A problem of the mail server is one problem, whatever waits behind it.

What the server refuses before it has heard of a recipient (connection, greeting, TLS, sign-in, sender) concerns us, and the same
refusal by rule for three recipient domains in a row is most likely about us too. The queue is held then, and one message at a
time probes; the first that gets through opens it again.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.notify.domain.model import Fate, Outcome

_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=1)
# Servers lock an account, or block an address, that tries a wrong password again and again.
_SIGN_IN_PAUSE: Final = timedelta(minutes=15)
_SAME_REFUSALS: Final = 3


class ProblemKind(StrEnum):
    """What is wrong between us and the mail server."""

    UNREACHABLE = "UNREACHABLE"
    SIGN_IN = "SIGN_IN"
    REFUSED = "REFUSED"
    POLICY = "POLICY"


@dataclass(frozen=True, slots=True)
class Problem:
    """What holds the queue.

    Attributes:
        since: When it was first met.
        next_try_time: When a message probes next.
        tries: How many found it so.
    """

    kind: ProblemKind
    reason: str
    detail: str
    since: datetime
    next_try_time: datetime
    tries: int = 1


class Gate:
    """Lets messages through to the mail server, or one at a time while there is a problem."""

    def __init__(self, problem: Problem | None = None) -> None:
        """Args: problem: what was known before this process started, with these settings."""
        self._problem = problem
        self._probing = False
        self._streak: tuple[str, set[str]] = ("", set())

    @property
    def problem(self) -> Problem | None:
        """What holds the queue; None while it moves."""
        return self._problem

    def admits(self, now: datetime) -> bool:
        """Whether a message may be tried; who is let in while there is a problem probes, and must `note` or `leave`."""
        if self._problem is None:
            return True
        if self._probing or now < self._problem.next_try_time:
            return False
        self._probing = True
        return True

    def leave(self) -> None:
        """Says that there was nothing to probe with."""
        self._probing = False

    def note(self, outcome: Outcome, address: str, now: datetime) -> bool:
        """Takes the end of a try into account; answers whether the problem is another one now."""
        self._probing = False
        before = self._problem
        if outcome.fate is Fate.HELD:
            self._problem = self._worse(outcome, now)
        elif outcome.fate is Fate.ACCEPTED:
            self._problem, self._streak = None, ("", set())
        elif outcome.policy:
            self._count(outcome, address, now)
        elif outcome.fate is not Fate.LOST and before is not None and before.kind is not ProblemKind.POLICY:
            self._problem = None  # the server listened to a recipient
        return self._problem != before

    def _count(self, outcome: Outcome, address: str, now: datetime) -> None:
        same, domains = self._streak
        domains = domains if same == outcome.policy else set()
        domains.add(address.rpartition("@")[2].lower())
        self._streak = (outcome.policy, domains)
        if len(domains) >= _SAME_REFUSALS or (self._problem is not None and self._problem.kind is ProblemKind.POLICY):
            self._problem = self._worse(replace(outcome, kind=ProblemKind.POLICY), now)
        else:
            self._problem = None

    def _worse(self, outcome: Outcome, now: datetime) -> Problem:
        kind = ProblemKind(outcome.kind)
        before = self._problem if self._problem is not None and self._problem.kind is kind else None
        if before is not None and now < before.next_try_time:
            return before  # it was under way when another lane met the same problem: no probe, so no longer pause
        tries = before.tries + 1 if before is not None else 1
        pause = {ProblemKind.SIGN_IN: _SIGN_IN_PAUSE, ProblemKind.POLICY: _LONGEST_PAUSE}.get(
            kind, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(tries - 1, 10))
        )
        since = before.since if before is not None else now
        return Problem(kind, outcome.reason, outcome.detail, since, now + pause, tries)
