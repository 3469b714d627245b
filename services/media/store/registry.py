"""Which worker holds which room, and which workers live; in Redis, with leases.

Keys: `worker:{index}` (target and load of a live worker), `workers` (their names, for a look without a scan), `room:{name}` (target of the worker that holds a room),
`rooms.opened` (rooms that were opened and not closed, with their policies, so that they find a place again after their worker died),
`room.closed:{name}` (a room that was closed and not opened again, for the worker that did not hear of it).
"""

import json
import random
from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import Redis

from services.media.domain.placement import WorkerLoad

LEASE_MS: Final = 10_000
ALIVE_MS: Final = 6_000
# A worker may lose sight of Redis for hours while its rooms go on.
CLOSED_MS: Final = 24 * 60 * 60 * 1000
_OPENED: Final = "rooms.opened"
_WORKERS: Final = "workers"
# Takes a room when nobody has it, or when its holder is the dead one that was seen; answers the holder.
_CLAIM: Final = """
local holder = redis.call('GET', KEYS[1])
if (not holder) or (ARGV[2] ~= '' and holder == ARGV[2]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
  return ARGV[1]
end
return holder
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Registry:
    """The registry; all of it may be lost without harm to rooms that run."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._claim = redis.register_script(_CLAIM)
        self._release = redis.register_script(_RELEASE)

    async def announce(self, index: int, load: WorkerLoad) -> None:
        """Says that a worker lives; to be repeated within `ALIVE_MS`."""
        name = f"worker:{index}"
        async with self._redis.pipeline(transaction=False) as pipeline:
            await pipeline.set(name, json.dumps(load._asdict()), px=ALIVE_MS)
            await pipeline.sadd(_WORKERS, name)
            await pipeline.execute()

    async def withdraw(self, index: int) -> None:
        """Says that a worker is gone."""
        await self._redis.delete(f"worker:{index}")

    async def workers(self) -> list[WorkerLoad]:
        """Lists the live workers, the one with the least to do first."""
        names: Any = sorted(await self._members())
        values: list[Any] = await self._redis.mget(names) if names else []
        if gone := [name for name, value in zip(names, values, strict=True) if not value]:
            await self._forget_workers(gone)  # one that lives adds itself with each announcement
        found = [WorkerLoad(**json.loads(value)) for value in values if value]
        random.shuffle(found)
        return sorted(found, key=lambda each: each.participants + each.rooms)

    async def holder(self, room: str) -> str | None:
        """Answers the target of the worker that holds a room."""
        value: Any = await self._redis.get(f"room:{room}")
        return value.decode() if value else None

    async def claim(self, room: str, target: str, instead_of: str = "") -> str:
        """Takes or renews the lease of a room; answers who holds it now.

        Args:
            room: The room.
            target: Who wants it.
            instead_of: A holder known to be dead, whose lease does not count.
        """
        holder: Any = await self._claim(keys=[f"room:{room}"], args=[target, instead_of, LEASE_MS])
        return holder.decode() if isinstance(holder, bytes) else str(holder)

    async def renew(self, room: str, target: str) -> bool:
        """Renews a lease; False when the room has another holder."""
        return await self.claim(room, target, instead_of=target) == target

    async def release(self, room: str, target: str) -> None:
        """Gives a lease back, if it is still held."""
        await self._release(keys=[f"room:{room}"], args=[target])

    async def note_opened(self, room: str, policy: bytes) -> None:
        """Remembers that a room is open until it is closed, and what holds in it."""
        await self._hash("hset", room, policy)
        await self._redis.delete(_closed(room))

    async def note_closed(self, room: str) -> None:
        """Forgets an open room, and remembers for a day that it was closed."""
        await self._redis.set(_closed(room), "1", px=CLOSED_MS)
        await self._hash("hdel", room)

    async def closed(self, rooms: Sequence[str]) -> set[str]:
        """Answers which rooms were closed and not opened again.

        Not which are missing from the open ones: after a loss of the registry that would be all that run.
        """
        values: list[Any] = await self._redis.mget([_closed(room) for room in rooms]) if rooms else []
        return {room for room, value in zip(rooms, values, strict=True) if value}

    async def opened(self, room: str) -> bytes | None:
        """Answers the policy of a room that was opened and not closed; None for others."""
        policy: bytes | None = await self._hash("hget", room)
        return policy

    async def _members(self) -> Any:  # noqa: ANN401 - redis-py types nothing here
        return await self._redis.smembers(_WORKERS)

    async def _forget_workers(self, names: Sequence[bytes]) -> None:
        await getattr(self._redis, "srem")(_WORKERS, *names)  # noqa: B009 - redis-py types an answer that is not awaited

    async def _hash(self, command: str, *arguments: str | bytes) -> Any:  # noqa: ANN401 - as above
        return await getattr(self._redis, command)(_OPENED, *arguments)


def _closed(room: str) -> str:
    return f"room.closed:{room}"
