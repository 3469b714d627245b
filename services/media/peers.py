"""Typed calls of media workers, by the targets they announce."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import grpc.aio

from briefing.v1 import room_service_pb2 as pb
from briefing.v1.room_service_pb2_grpc import WorkerServiceStub
from giaoban.errors import Unavailable
from giaoban.rpc.client import Peer
from giaoban.rpc.status import from_call

# Workers come and go; a channel to a dead one costs little, but not for ever.
_MOST_CHANNELS: Final = 256
_Answer = TypeVar("_Answer")


class WorkerPeers:
    """Keeps a channel per worker."""

    def __init__(self, connect: Callable[[str], Peer]) -> None:
        self._connect = connect
        self._peers: dict[str, Peer] = {}

    async def hold(self, target: str, room: str, policy: bytes) -> None:
        """Makes a room there, under a policy; safe to repeat."""
        request = pb.HoldRoomRequest(room=room, policy=pb.RoomPolicy.FromString(policy))
        await self._translated(self._stub(target).HoldRoom(request))

    async def drop(self, target: str, room: str) -> None:
        """Drops a room there."""
        await self._translated(self._stub(target).DropRoom(pb.DropRoomRequest(room=room)))

    async def participants(self, target: str, room: str) -> pb.ListRoomParticipantsResponse:
        """Lists who is in a room."""
        call = self._stub(target).ListRoomParticipants(pb.ListRoomParticipantsRequest(room=room))
        return await self._translated(call)

    async def mute(self, target: str, request: pb.MuteRoomParticipantsRequest) -> pb.MuteRoomParticipantsResponse:
        """Mutes microphones."""
        return await self._translated(self._stub(target).MuteRoomParticipants(request))

    async def expel(self, target: str, request: pb.ExpelRoomParticipantRequest) -> None:
        """Sends a participant out."""
        await self._translated(self._stub(target).ExpelRoomParticipant(request))

    async def room_api(self, target: str, call: pb.CallRoomApiRequest) -> pb.CallRoomApiResponse:
        """Runs a call of the room API there."""
        answer = await self._translated(self._stub(target).RunRoomApi(pb.RunRoomApiRequest(call=call)))
        return answer.answer

    async def aclose(self) -> None:
        """Closes all channels; safe to repeat."""
        while self._peers:
            _, peer = self._peers.popitem()
            await peer.aclose()

    def _stub(self, target: str) -> WorkerServiceStub:
        if target not in self._peers and len(self._peers) >= _MOST_CHANNELS:
            raise Unavailable("TOO_MANY_WORKERS", "More media workers came than this process can call.")
        if target not in self._peers:
            self._peers[target] = self._connect(target)
        return WorkerServiceStub(self._peers[target].channel)

    @staticmethod
    async def _translated(call: Awaitable[_Answer]) -> _Answer:
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error
