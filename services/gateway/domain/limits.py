"""How fast one client may ask."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from giaoban.turns import NewestFirst

SIGN_IN_WINDOW = timedelta(minutes=5)
SIGN_IN_FAILURES_PER_ACCOUNT = 8
"""Wrong passwords for one account from one address before it is slowed down: enough for a tired secretary, too few to guess."""

SIGN_IN_FAILURES_PER_ADDRESS = 60
"""Wrong passwords from one address, whatever the account, before it is slowed down: an office of hundreds sits behind one."""


@dataclass(frozen=True, slots=True)
class Slowness:
    """How guessing is slowed down. Nobody is locked out: who guesses a colleague's password must not keep them out.

    Attributes:
        account_pause_seconds: Between two attempts at an account with too many failures from one address.
        address_pause_seconds: Between two attempts at any account from an address with too many failures.
        most_waiting: Beyond this the oldest attempt is refused.
    """

    account_pause_seconds: float = 1.5
    address_pause_seconds: float = 0.1
    most_waiting: int = 20


DEFAULT_SLOWNESS = Slowness()


class SlowLanes:
    """A lane per key, as long as an attempt is in it."""

    def __init__(self, pause_seconds: float, most_waiting: int) -> None:
        self._pause_seconds = pause_seconds
        self._most_waiting = most_waiting
        self._lanes: dict[str, NewestFirst] = {}

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Waits for a turn in the lane of a key.

        Raises:
            ResourceExhausted: `TOO_MANY_ATTEMPTS`.
        """
        for idle in [known for known, lane in self._lanes.items() if lane.is_idle]:
            del self._lanes[idle]
        lane = self._lanes.setdefault(key, NewestFirst(1, self._most_waiting, self._pause_seconds))
        async with lane.turn():
            yield


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class TokenBuckets:
    """A token bucket per key; the least recently used keys are forgotten, so memory stays bounded."""

    def __init__(self, rate_per_second: float, burst: int, max_keys: int = 20_000) -> None:
        self._rate = rate_per_second
        self._burst = burst
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now: float, patience_seconds: float = 0.0) -> float:
        """Takes one token at monotonic time `now` and answers the seconds until it is there.

        Who would have to wait longer than its patience takes none.
        """
        bucket = self._buckets.pop(key, None) or _Bucket(float(self._burst), now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._rate)
        bucket.filled_at = now
        self._buckets[key] = bucket
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        wait = max(0.0, (1.0 - bucket.tokens) / self._rate)
        if wait <= patience_seconds:
            bucket.tokens -= 1.0
        return wait
