"""Which worker holds a room: the one that has it, else the one with the least to do."""

from typing import NamedTuple, Protocol

from giaoban.errors import NotFound, Unavailable
from services.media.domain.grants import RoomToken


class WorkerLoad(NamedTuple):
    """A live worker: where it is called, and what it has to do."""

    target: str
    participants: int
    rooms: int


class RoomRegistry(Protocol):
    """Who holds what; see `services.media.store.registry`."""

    async def workers(self) -> list[WorkerLoad]:
        """Lists the live workers, the one with the least to do first."""

    async def holder(self, room: str) -> str | None:
        """Answers the target of the worker that holds a room."""

    async def claim(self, room: str, target: str, instead_of: str = "") -> str:
        """Takes or renews the lease of a room; answers who holds it now."""

    async def release(self, room: str, target: str) -> None:
        """Gives a lease back, if it is still held."""

    async def note_opened(self, room: str, policy: bytes) -> None:
        """Remembers that a room is open until it is closed, and what holds in it."""

    async def note_closed(self, room: str) -> None:
        """Forgets an open room, and tells whoever still holds it as an open one to drop it."""

    async def opened(self, room: str) -> bytes | None:
        """Answers the policy of a room that was opened and not closed; None for others."""


class WorkerCalls(Protocol):
    """What the control process asks of workers."""

    async def hold(self, target: str, room: str, policy: bytes) -> None:
        """Makes a room there, under a policy; safe to repeat."""

    async def drop(self, target: str, room: str) -> None:
        """Drops a room there."""


class Placement:
    """Places rooms on workers and finds them again. Their policies it carries unread (`RoomPolicy` of `room_service.proto`)."""

    def __init__(self, registry: RoomRegistry, calls: WorkerCalls) -> None:
        self._registry = registry
        self._calls = calls

    async def open(self, room: str, policy: bytes | None = None) -> str:
        """Opens a room until `close`, or gives an open one its policy; answers where.

        Args:
            room: The room.
            policy: What holds in it; None leaves it as it is.

        Raises:
            Unavailable: `NO_MEDIA_WORKER`.
        """
        if policy is None:
            policy = await self._registry.opened(room) or b""
        # Kept first: a worker that takes the room over while this goes on lets nobody in whom the policy keeps out.
        await self._registry.note_opened(room, policy)
        target = await self._place(room)
        await self._calls.hold(target, room, policy)
        return target

    async def close(self, room: str) -> None:
        """Closes a room wherever it is; safe to repeat.

        Raises:
            Unavailable: `MEDIA_WORKER_AWAY`: its worker is not seen. The room is to stay closed all the same: the
                worker drops it when it is back.
        """
        await self._registry.note_closed(room)
        holder = await self._registry.holder(room)
        if holder is None:
            return
        if holder not in await self.targets():
            raise Unavailable("MEDIA_WORKER_AWAY", f"The worker of room {room} is not seen; try again in a moment.")
        await self._calls.drop(holder, room)
        await self._registry.release(room, holder)

    async def find(self, room: str) -> str | None:
        """Answers the live worker that holds a room; None when there is none."""
        holder = await self._registry.holder(room)
        live = {worker.target for worker in await self._registry.workers()}
        return holder if holder in live else None

    async def locate(self, token: RoomToken, *, anew: bool = False) -> str:
        """Answers the worker for the holder of a token, placing the room when it may be made now.

        A room that was opened is placed anew when its worker died. Its holder is asked for nothing: it may be busy with those
        who come.

        Args:
            token: Of whoever comes.
            anew: Its holder did not know the room: a worker that was started again within its lease.

        Raises:
            NotFound: `UNKNOWN_ROOM`: it is not open, and the token does not make it.
            Unavailable: `NO_MEDIA_WORKER`.
        """
        policy = await self._registry.opened(token.room)
        if policy is not None:
            holder = await self.find(token.room)
            if holder is not None and not anew:
                return holder
            target = await self._place(token.room)
            await self._calls.hold(target, token.room, policy)
            return target
        if token.create or token.loopback:
            return await self._place(token.room)
        found = await self.find(token.room)
        if found is None:
            raise NotFound("UNKNOWN_ROOM", f"Room {token.room} is not open.", room=token.room)
        return found

    async def require(self, room: str) -> str:
        """Answers the worker of a room.

        Raises:
            NotFound: `UNKNOWN_ROOM`.
        """
        found = await self.find(room)
        if found is None:
            raise NotFound("UNKNOWN_ROOM", f"Room {room} is not open.", room=room)
        return found

    async def targets(self) -> list[str]:
        """Lists where all live workers are called."""
        return [worker.target for worker in await self._registry.workers()]

    async def _place(self, room: str) -> str:
        holder = await self._registry.holder(room)
        targets = await self.targets()
        if holder is not None and holder in targets:
            return holder
        if not targets:
            raise Unavailable("NO_MEDIA_WORKER", "No media worker is running; try again in a moment.")
        return await self._registry.claim(room, targets[0], instead_of=holder or "")
