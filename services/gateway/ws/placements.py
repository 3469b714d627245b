"""Which worker a room is on, known without asking each time: 250 points come within seconds, to the same room.

What is known may be wrong, after a worker's death for one. The worker called says so, and the caller asks anew.
"""

import asyncio
import base64
import binascii
import json
from collections import OrderedDict
from typing import Final

from briefing.v1 import room_service_pb2 as room_pb2
from briefing.v1.room_service_pb2_grpc import RoomServiceStub

_FRESH_SECONDS: Final = 10.0
_MOST_KEPT: Final = 1_000
_LONGEST_TOKEN: Final = 8_192


class Placements:
    """Keeps where rooms are; of many who ask for one room at once, one asks for all."""

    def __init__(self, rooms: RoomServiceStub) -> None:
        self._rooms = rooms
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}

    async def find(self, token: str, wrong: str, timeout_seconds: float) -> str:
        """Answers the gRPC target of the worker for the holder of a token; the worker checks the token.

        Args:
            token: The room token; whom it does not let in, the worker refuses.
            wrong: The target that was tried in vain, empty at first.
            timeout_seconds: For the question.

        Raises:
            grpc.aio.AioRpcError: The room is nowhere, or the token is no token.
        """
        room = _room_of(token)
        if not room:
            return await self._ask(token, anew=bool(wrong), timeout_seconds=timeout_seconds)
        async with self._asking.setdefault(room, asyncio.Lock()):
            now = asyncio.get_running_loop().time()
            known = self._known.get(room)
            if known is not None and now - known[0] < _FRESH_SECONDS and known[1] != wrong:
                return known[1]
            target = await self._ask(token, anew=bool(wrong), timeout_seconds=timeout_seconds)
            self._keep(room, now, target)
            return target

    async def _ask(self, token: str, *, anew: bool, timeout_seconds: float) -> str:
        request = room_pb2.LocateRoomRequest(token=token, anew=anew)
        return (await self._rooms.LocateRoom(request, timeout=timeout_seconds)).target

    def _keep(self, room: str, now: float, target: str) -> None:
        self._known[room] = (now, target)
        self._known.move_to_end(room)
        while len(self._known) > _MOST_KEPT:
            forgotten, _ = self._known.popitem(last=False)
            self._asking.pop(forgotten, None)


def _room_of(token: str) -> str:
    """The room a token names, unchecked: it only says where the check is made. Empty for what is no token."""
    parts = token.split(".")
    if len(token) > _LONGEST_TOKEN or len(parts) != 3:
        return ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        room = claims["video"]["room"]
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return room if isinstance(room, str) else ""
