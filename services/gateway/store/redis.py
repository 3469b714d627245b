"""Sessions and failure counters in Redis.

A session is sealed: whoever reaches Redis can neither write one nor move one to another token or another person.
"""

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import structlog
from redis.asyncio import Redis

from giaoban.clock import Clock
from services.gateway.domain.sessions import Session, token_digest

log = structlog.get_logger(__name__)


class RedisSessionStore:
    """Keeps each session under the digest of its token, with the time to live that the session has left."""

    def __init__(self, redis: Redis, clock: Clock, secret: bytes) -> None:
        """Args: secret: seals what is stored."""
        self._redis = redis
        self._clock = clock
        self._secret = secret

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
        key = _session_key(token)
        sealed = f"{self._seal(key, value)} {value}"
        await self._redis.set(key, sealed, px=max(1, int(left.total_seconds() * 1000)))

    async def get(self, token: str) -> Session | None:
        """The session, or None when it expired or never was."""
        key = _session_key(token)
        fields = self._opened(key, await self._redis.get(key))
        if fields is None:
            return None
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

    def _opened(self, key: str, sealed: Any) -> dict[str, Any] | None:  # noqa: ANN401 - redis-py types nothing here
        if sealed is None:
            return None
        seal, _, value = bytes(sealed).decode("utf-8", "replace").partition(" ")
        if not hmac.compare_digest(seal.encode(), self._seal(key, value).encode()):
            log.warning("a session in Redis is not ours; whoever holds its token has to sign in")
            return None
        fields: dict[str, Any] = json.loads(value)
        return fields

    def _seal(self, key: str, value: str) -> str:
        return hmac.new(self._secret, f"{key}\n{value}".encode(), hashlib.sha256).hexdigest()


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
