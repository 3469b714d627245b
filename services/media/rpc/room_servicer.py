"""`RoomService`: rooms wherever they are, for scheduler and gateway."""

import logging

from livekit.protocol import room as api
from typing_extensions import override

from briefing.v1 import room_service_pb2 as pb
from briefing.v1 import room_service_pb2_grpc as grpc_pb
from giaoban.errors import DomainError, InvalidArgument, PermissionDenied
from giaoban.rpc.context import Context
from giaoban.rpc.times import instant
from services.media.domain.grants import Rights
from services.media.domain.placement import Placement
from services.media.peers import WorkerPeers
from services.media.rpc.room_api import (
    REQUESTS,
    bearer,
    parse_body,
    room_of,
    unimplemented,
    write_answer,
    write_error,
)
from services.media.rpc.tokens import mint_room_token, verify_join_token, verify_room_token

log = logging.getLogger(__name__)

_LONGEST_ROOM = 128


class RoomServicer(grpc_pb.RoomServiceServicer):
    """Places rooms on workers and passes on what is asked about them.

    Args:
        placement: Knows the workers.
        peers: Calls them.
        pair: Key and secret of room tokens and the room API.
    """

    def __init__(self, placement: Placement, peers: WorkerPeers, pair: tuple[str, str]) -> None:
        self._placement = placement
        self._peers = peers
        self._pair = pair

    @override
    async def OpenRoom(self, request: pb.OpenRoomRequest, context: Context) -> pb.OpenRoomResponse:
        """Makes a room on a worker, or gives it its policy."""
        await self._placement.open(_named(request.room), request.policy.SerializeToString())
        return pb.OpenRoomResponse()

    @override
    async def CloseRoom(self, request: pb.CloseRoomRequest, context: Context) -> pb.CloseRoomResponse:
        """Closes a room and sends everyone out."""
        await self._placement.close(_named(request.room))
        return pb.CloseRoomResponse()

    @override
    async def IssueToken(self, request: pb.IssueTokenRequest, context: Context) -> pb.IssueTokenResponse:
        """Issues a token for one participant of one room."""
        if not request.identity:
            raise InvalidArgument("IDENTITY_MISSING", "A token needs an identity.", field="identity")
        if not request.HasField("expire_time"):
            raise InvalidArgument("EXPIRY_MISSING", "A token needs an end.", field="expire_time")
        rights = Rights(
            publish=request.rights.publish,
            subscribe=request.rights.subscribe,
            data=request.rights.data,
            admin=request.rights.admin,
        )
        token = mint_room_token(
            self._pair,
            room=_named(request.room),
            identity=request.identity,
            display_name=request.display_name,
            unit_path=request.unit_path,
            kind=request.kind,
            rights=rights,
            expire_time=instant(request.expire_time, "expire_time"),
            loopback=request.loopback,
            create=request.create,
            admission=request.admission,
        )
        return pb.IssueTokenResponse(token=token)

    @override
    async def LocateRoom(self, request: pb.LocateRoomRequest, context: Context) -> pb.LocateRoomResponse:
        """Says where the worker of a room is reached."""
        token = verify_join_token(self._pair, request.token)
        return pb.LocateRoomResponse(target=await self._placement.locate(token, anew=request.anew))

    @override
    async def ListParticipants(
        self, request: pb.ListParticipantsRequest, context: Context
    ) -> pb.ListParticipantsResponse:
        """Lists who is in a room."""
        target = await self._placement.require(_named(request.room))
        found = await self._peers.participants(target, request.room)
        return pb.ListParticipantsResponse(participants=found.participants)

    @override
    async def MuteParticipants(
        self, request: pb.MuteParticipantsRequest, context: Context
    ) -> pb.MuteParticipantsResponse:
        """Mutes microphones, cameras or shared screens."""
        target = await self._placement.require(_named(request.room))
        asked = pb.MuteRoomParticipantsRequest(
            room=request.room,
            identities=request.identities,
            excepted_identities=request.excepted_identities,
            source=request.source,
        )
        muted = await self._peers.mute(target, asked)
        return pb.MuteParticipantsResponse(muted_count=muted.muted_count)

    @override
    async def ExpelParticipant(
        self, request: pb.ExpelParticipantRequest, context: Context
    ) -> pb.ExpelParticipantResponse:
        """Sends a participant out."""
        target = await self._placement.require(_named(request.room))
        await self._peers.expel(target, pb.ExpelRoomParticipantRequest(room=request.room, identity=request.identity))
        return pb.ExpelParticipantResponse()

    @override
    async def CallRoomApi(self, request: pb.CallRoomApiRequest, context: Context) -> pb.CallRoomApiResponse:
        """Carries one call of the room API; refusals are answers too."""
        if request.method not in REQUESTS:
            return unimplemented(request.method)
        try:
            return await self._run_room_api(request)
        except DomainError as error:
            return write_error(error)

    async def _run_room_api(self, request: pb.CallRoomApiRequest) -> pb.CallRoomApiResponse:
        token = verify_room_token(self._pair, bearer(request.authorization))
        if request.method == "ListRooms":
            return await self._list_rooms(request)
        room = _named(room_of(request.method, request.body, request.content_type) or "")
        if request.method in ("CreateRoom", "DeleteRoom"):
            if not token.room_create:
                raise PermissionDenied("GRANT_MISSING", "The token needs the grant roomCreate.", grant="roomCreate")
            if request.method == "CreateRoom":
                await self._placement.open(room)
        elif not token.rights.admin or token.room != room:
            # Not even whether the room exists is told to others.
            raise PermissionDenied(
                "GRANT_MISSING", "The token needs the grant roomAdmin of the room.", grant="roomAdmin"
            )
        answer = await self._peers.room_api(await self._placement.require(room), request)
        if request.method == "DeleteRoom":
            await self._placement.close(room)
        return answer

    async def _list_rooms(self, request: pb.CallRoomApiRequest) -> pb.CallRoomApiResponse:
        merged = api.ListRoomsResponse()
        for target in await self._placement.targets():
            answer = await self._peers.room_api(target, request)
            if answer.status != 200:
                return answer
            merged.MergeFrom(parse_body(api.ListRoomsResponse, answer.body, answer.content_type))
        return write_answer(merged, request.content_type)


def _named(room: str) -> str:
    if not room or len(room) > _LONGEST_ROOM:
        raise InvalidArgument("ROOM_NAME_INVALID", "A room has a name of 1 to 128 characters.", field="room")
    return room
