"""How fast one client may ask."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

SIGN_IN_WINDOW = timedelta(minutes=5)
SIGN_IN_FAILURES_PER_ACCOUNT = 8
"""Wrong passwords for one account from one address before it must wait: enough for a tired secretary, too few to guess."""

SIGN_IN_FAILURES_PER_ADDRESS = 60
"""Wrong passwords from one address, whatever the account: an office of hundreds sits behind one address."""


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

    def take(self, key: str, now: float) -> float:
        """Takes one token at monotonic time `now`; answers 0.0, or the seconds to wait when there is none."""
        bucket = self._buckets.pop(key, None) or _Bucket(float(self._burst), now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._rate)
        bucket.filled_at = now
        self._buckets[key] = bucket
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1.0:
            return (1.0 - bucket.tokens) / self._rate
        bucket.tokens -= 1.0
        return 0.0
