"""`WorkerService`: rooms held by one worker, and the signalling of their participants."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from typing_extensions import override

from briefing.v1 import room_service_pb2 as pb
from briefing.v1 import room_service_pb2_grpc as grpc_pb
from giaoban.errors import InvalidArgument, NotFound
from giaoban.rpc.context import ADMITTED, Context
from services.media.domain.client import LeaveReason
from services.media.domain.grants import Source
from services.media.domain.participants import Identity, Participant
from services.media.domain.ports import RoomId
from services.media.domain.rooms import Rooms
from services.media.rpc.policy_convert import policy_of
from services.media.rpc.room_api import RoomApi
from services.media.rpc.signalling import Conversation, Signalling

log = logging.getLogger(__name__)

_SOUND: Final = frozenset({Source.MICROPHONE})
_SOURCES: Final = {
    pb.MUTED_SOURCE_CAMERA: frozenset({Source.CAMERA}),
    pb.MUTED_SOURCE_SCREEN: frozenset({Source.SCREEN_SHARE, Source.SCREEN_SHARE_AUDIO}),
}


class WorkerServicer(grpc_pb.WorkerServiceServicer):
    """Turns calls into calls of the rooms."""

    def __init__(self, rooms: Rooms, signalling: Signalling, room_api: RoomApi) -> None:
        self._rooms = rooms
        self._signalling = signalling
        self._room_api = room_api

    @override
    async def HoldRoom(self, request: pb.HoldRoomRequest, context: Context) -> pb.HoldRoomResponse:
        """Makes a room here, under its policy."""
        self._rooms.open(RoomId(request.room)).govern(policy_of(request.policy))
        return pb.HoldRoomResponse()

    @override
    async def DropRoom(self, request: pb.DropRoomRequest, context: Context) -> pb.DropRoomResponse:
        """Drops a room and sends everyone out."""
        self._rooms.close(RoomId(request.room))
        return pb.DropRoomResponse()

    @override
    async def Validate(self, request: pb.ValidateRequest, context: Context) -> pb.ValidateResponse:
        """Checks a token before the upgrade."""
        self._signalling.check(request.token)
        return pb.ValidateResponse()

    @override
    async def Signal(
        self, request_iterator: AsyncIterator[pb.SignalRequest], context: Context
    ) -> AsyncIterator[pb.SignalResponse]:
        """Carries one connection of the client protocol."""
        requests = aiter(request_iterator)
        first = await anext(requests, None)
        if first is None or first.WhichOneof("message") != "open":
            raise InvalidArgument("OPEN_MISSING", "The first message of a signalling stream is `open`.", field="open")
        conversation, link = self._signalling.open(first.open)
        await context.send_initial_metadata(((ADMITTED, "1"),))
        reading = asyncio.create_task(_read(requests, conversation), name="signal frames up")
        try:
            while (message := await link.next()) is not None:
                yield message
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            if conversation is not None:
                conversation.close()

    @override
    async def RunRoomApi(self, request: pb.RunRoomApiRequest, context: Context) -> pb.RunRoomApiResponse:
        """Runs one call of the room API on the rooms held here."""
        return pb.RunRoomApiResponse(answer=self._room_api.run(request.call))

    @override
    async def ListRoomParticipants(
        self, request: pb.ListRoomParticipantsRequest, context: Context
    ) -> pb.ListRoomParticipantsResponse:
        """Lists who is in a room."""
        members = self._rooms.get(RoomId(request.room)).members.values()
        return pb.ListRoomParticipantsResponse(participants=[_participant(member) for member in members])

    @override
    async def MuteRoomParticipants(
        self, request: pb.MuteRoomParticipantsRequest, context: Context
    ) -> pb.MuteRoomParticipantsResponse:
        """Mutes microphones, cameras or shared screens."""
        room, sources = self._rooms.get(RoomId(request.room)), _SOURCES.get(request.source, _SOUND)
        named, excepted = set(request.identities), set(request.excepted_identities)
        muted = 0
        for member in list(room.members.values()):
            if member.identity in excepted or (named and member.identity not in named):
                continue
            muted += room.stop(member, sources)
        return pb.MuteRoomParticipantsResponse(muted_count=muted)

    @override
    async def ExpelRoomParticipant(
        self, request: pb.ExpelRoomParticipantRequest, context: Context
    ) -> pb.ExpelRoomParticipantResponse:
        """Sends a participant out."""
        room = self._rooms.get(RoomId(request.room))
        member = room.members.get(Identity(request.identity))
        if member is None:
            raise NotFound("UNKNOWN_PARTICIPANT", "Nobody of that identity is in the room.", room=request.room)
        room.remove(member, LeaveReason.REMOVED)
        return pb.ExpelRoomParticipantResponse()


async def _read(requests: AsyncIterator[pb.SignalRequest], conversation: Conversation | None) -> None:
    """Takes frames until the client closes; then the answers end too."""
    if conversation is None:
        return
    try:
        async for request in requests:
            if request.WhichOneof("message") == "frame":
                conversation.take(request.frame)
    finally:
        conversation.link.end()


def _participant(member: Participant) -> pb.RoomParticipant:
    joined = Timestamp()
    joined.FromDatetime(member.join_time)
    return pb.RoomParticipant(
        identity=member.identity,
        participant_sid=member.sid,
        display_name=member.display_name,
        join_time=joined,
        unit_path=member.token.unit_path,
        kind=member.token.kind,
        microphone_open=member.microphone_open,
    )
