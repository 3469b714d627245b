"""What participants are called: asked of their worker, because what goes into a stream lies in the clear on a disk."""

from collections import OrderedDict
from collections.abc import Awaitable
from typing import Final, Protocol

from briefing.v1 import room_service_pb2 as pb
from giaoban.errors import DomainError

_MOST_KEPT: Final = 10_000


class Whereabouts(Protocol):
    """Finds rooms."""

    def find(self, room: str) -> Awaitable[str | None]:
        """Answers the live worker that holds a room."""


class Presence(Protocol):
    """Asks workers."""

    def participants(self, target: str, room: str) -> Awaitable[pb.ListRoomParticipantsResponse]:
        """Lists who is in a room."""


class DisplayNames:
    """Keeps the names of sessions, the least recently used forgotten; one question tells those of a whole room."""

    def __init__(self, rooms: Whereabouts, workers: Presence) -> None:
        self._rooms = rooms
        self._workers = workers
        self._names: OrderedDict[str, str] = OrderedDict()

    async def of(self, room: str, participant_sid: str) -> str:
        """The name of a session; empty when its worker does not answer or does not know it any more."""
        if participant_sid not in self._names:
            await self._ask(room, participant_sid)
        return self._names.get(participant_sid, "")

    async def _ask(self, room: str, participant_sid: str) -> None:
        try:
            target = await self._rooms.find(room)
            found = None if target is None else await self._workers.participants(target, room)
        except DomainError:
            return  # asked again with the next sample
        for each in found.participants if found is not None else ():
            self._keep(each.participant_sid, each.display_name)
        # Whoever is gone by now is not asked for with each of its last samples.
        self._names.setdefault(participant_sid, "")

    def _keep(self, participant_sid: str, name: str) -> None:
        self._names[participant_sid] = name
        self._names.move_to_end(participant_sid)
        while len(self._names) > _MOST_KEPT:
            self._names.popitem(last=False)
