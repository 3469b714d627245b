"""Facts on their way to the streams: a bounded queue and one publisher, so that no room waits for Redis."""

import asyncio
import logging
from typing import Final, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError

from giaoban.streams.redis import publish

log = logging.getLogger(__name__)

EVENTS: Final = "events.media"
SAMPLES: Final = "quality.samples"
# Redis may be away for a minute while 250 stations are sampled each 5 s.
_QUEUE: Final = 8192
_LONGEST_PAUSE_SECONDS: Final = 5.0


class _Fact(NamedTuple):
    stream: str
    key: str
    payload: bytes


class FactPublisher:
    """Publishes facts in order; when the queue is full the newest samples are dropped, never the events."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._facts: asyncio.Queue[_Fact] = asyncio.Queue()
        self.dropped = 0

    def event(self, key: str, payload: bytes) -> None:
        """Queues an event; joins and leaves are few enough to need no bound of their own."""
        self._facts.put_nowait(_Fact(EVENTS, key, payload))

    def sample(self, key: str, payload: bytes) -> None:
        """Queues a sample, or drops it when Redis was away too long."""
        if self._facts.qsize() >= _QUEUE:
            self.dropped += 1
            return
        self._facts.put_nowait(_Fact(SAMPLES, key, payload))

    async def run(self) -> None:
        """Publishes until cancelled; what is queued at the end is for `drain`."""
        while True:
            fact = await self._facts.get()
            pause = 0.1
            while not await self._published(fact):
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def drain(self) -> None:
        """Publishes what is queued, once each; called after `run` ended."""
        while not self._facts.empty():
            await self._published(self._facts.get_nowait())

    async def _published(self, fact: _Fact) -> bool:
        try:
            await publish(self._redis, fact.stream, fact.key, fact.payload)
        except (RedisError, OSError) as error:
            log.warning("a fact waits for the stream", extra={"stream": fact.stream, "error": type(error).__name__})
            return False
        return True
