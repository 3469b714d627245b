"""Sessions and failure counters in Redis."""

import hashlib
import json
from datetime import datetime, timedelta

from redis.asyncio import Redis

from giaoban.clock import Clock
from services.gateway.domain.sessions import Session, token_digest


class RedisSessionStore:
    """Keeps each session under the digest of its token, with the time to live that the session has left."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock

    async def put(self, token: str, session: Session) -> None:
        """Stores or replaces."""
        left = session.expire_time - self._clock.now()
        value = json.dumps(
            {
                "subject": session.subject,
                "create": session.create_time.isoformat(),
                "use": session.last_use_time.isoformat(),
                "end": session.end_time.isoformat(),
                "password": session.password_version,
            }
        )
        await self._redis.set(_session_key(token), value, px=max(1, int(left.total_seconds() * 1000)))

    async def get(self, token: str) -> Session | None:
        """The session, or None when it expired or never was."""
        value = await self._redis.get(_session_key(token))
        if value is None:
            return None
        fields = json.loads(value)
        session = Session(
            fields["subject"],
            datetime.fromisoformat(fields["create"]),
            datetime.fromisoformat(fields["use"]),
            datetime.fromisoformat(fields["end"]),
            fields.get("password", ""),
        )
        return session if session.expire_time > self._clock.now() else None

    async def drop(self, token: str) -> None:
        """Forgets it."""
        await self._redis.delete(_session_key(token))


class RedisFailureCounter:
    """Counts in a key that expires with its window; keys are hashed, since they hold account names and addresses."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(self, key: str, window: timedelta) -> int:
        """Counts one failure."""
        return await self._change(key, 1, window)

    async def take_back(self, key: str, window: timedelta) -> None:
        """Uncounts one; where the window ended meanwhile, the next window allows one more."""
        await self._change(key, -1, window)

    async def _change(self, key: str, by: int, window: timedelta) -> int:
        name = _rate_key(key)
        async with self._redis.pipeline(transaction=True) as pipeline:
            await pipeline.incrby(name, by)
            # NX keeps the window of the first failure: a steady guesser must not extend it for the honest user for ever.
            await pipeline.expire(name, int(window.total_seconds()), nx=True)
            count, _ = await pipeline.execute()
        return int(count)

    async def count(self, key: str) -> int:
        """How many failures there are."""
        return int(await self._redis.get(_rate_key(key)) or 0)

    async def clear(self, key: str) -> None:
        """Forgets them."""
        await self._redis.delete(_rate_key(key))


def _session_key(token: str) -> str:
    return f"session:{token_digest(token)}"


def _rate_key(key: str) -> str:
    return f"rate:{hashlib.sha256(key.encode()).hexdigest()}"
