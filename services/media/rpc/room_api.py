"""The room API of the client protocol (Twirp) on the rooms of one worker.

Bodies are the API's own messages, as protobuf or JSON. What is not served answers `unimplemented`.
"""

import json
from collections.abc import Callable
from typing import Any, Final, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from livekit.protocol import models
from livekit.protocol import room as api

from briefing.v1 import room_service_pb2 as pb
from giaoban.errors import DomainError, InvalidArgument, NotFound, PermissionDenied, ResourceExhausted, Unauthenticated
from services.media.domain.client import LeaveReason
from services.media.domain.grants import RoomToken
from services.media.domain.participants import Identity, Participant
from services.media.domain.ports import RoomId, TrackId
from services.media.domain.room import Room
from services.media.domain.rooms import Rooms
from services.media.rpc.data_packets import server_message
from services.media.rpc.signal_convert import participant_info, rights_of, room_info, track_info
from services.media.rpc.tokens import verify_room_token

PROTOBUF: Final = "application/protobuf"
JSON: Final = "application/json"
_LARGEST_BODY: Final = 256 * 1024
# Twirp's error codes and their HTTP statuses (https://twitchtv.github.io/twirp/docs/spec_v7.html).
_ERRORS: Final[dict[type[DomainError], tuple[int, str]]] = {
    NotFound: (404, "not_found"),
    InvalidArgument: (400, "invalid_argument"),
    PermissionDenied: (403, "permission_denied"),
    Unauthenticated: (401, "unauthenticated"),
    ResourceExhausted: (429, "resource_exhausted"),
}
_Request = TypeVar("_Request", bound=Message)


def room_of(method: str, body: bytes, content_type: str) -> str | None:
    """Answers the room a call is about; None for a call about all rooms or an unknown method.

    Raises:
        InvalidArgument: `BODY_INVALID`.
    """
    request_type = REQUESTS.get(method)
    if request_type is None or request_type is api.ListRoomsRequest:
        return None
    request = parse_body(request_type, body, content_type)
    name: str = request.name if isinstance(request, api.CreateRoomRequest) else getattr(request, "room", "")
    return name or None


REQUESTS: Final[dict[str, type[Message]]] = {
    "CreateRoom": api.CreateRoomRequest,
    "ListRooms": api.ListRoomsRequest,
    "DeleteRoom": api.DeleteRoomRequest,
    "ListParticipants": api.ListParticipantsRequest,
    "GetParticipant": api.RoomParticipantIdentity,
    "RemoveParticipant": api.RoomParticipantIdentity,
    "MutePublishedTrack": api.MuteRoomTrackRequest,
    "UpdateParticipant": api.UpdateParticipantRequest,
    "SendData": api.SendDataRequest,
}


def parse_body(request_type: type[_Request], body: bytes, content_type: str) -> _Request:
    """Parses the body of a call.

    Raises:
        InvalidArgument: `BODY_INVALID`.
    """
    request = request_type()
    if len(body) > _LARGEST_BODY:
        raise InvalidArgument("BODY_INVALID", "The body of the call is too large.", field="body")
    try:
        if content_type.partition(";")[0].strip() == JSON:
            json_format.Parse(body or b"{}", request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, json_format.ParseError) as error:
        raise InvalidArgument("BODY_INVALID", "The body of the call cannot be read.", field="body") from error
    return request


def write_answer(message: Message, content_type: str) -> pb.CallRoomApiResponse:
    """Writes an answer in the form of its request."""
    if content_type.partition(";")[0].strip() == JSON:
        body = json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None).encode()
        return pb.CallRoomApiResponse(status=200, body=body, content_type=JSON)
    return pb.CallRoomApiResponse(status=200, body=message.SerializeToString(), content_type=PROTOBUF)


def write_error(error: DomainError) -> pb.CallRoomApiResponse:
    """Writes a refusal as Twirp does: JSON whatever the request was."""
    status, code = next(
        (each for kind, each in _ERRORS.items() if isinstance(error, kind)), (412, "failed_precondition")
    )
    return _error(status, code, error.message)


def unimplemented(method: str) -> pb.CallRoomApiResponse:
    """Answers a method that is not served."""
    return _error(501, "unimplemented", f"{method[:64]} is not served.")


def _error(status: int, code: str, message: str) -> pb.CallRoomApiResponse:
    body = json.dumps({"code": code, "msg": message, "meta": {}}).encode()
    return pb.CallRoomApiResponse(status=status, body=body, content_type=JSON)


def bearer(authorization: str) -> str:
    """Answers the token of an `Authorization` value, or the value itself when it names no scheme."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else authorization.strip()


class RoomApi:
    """Runs calls on the rooms of this worker.

    Args:
        rooms: Of this worker.
        pair: Key and secret of the room API.
    """

    def __init__(self, rooms: Rooms, pair: tuple[str, str]) -> None:
        self._rooms = rooms
        self._pair = pair
        self._methods: dict[str, Callable[[Any, RoomToken], Message]] = {
            "CreateRoom": self._create_room,
            "ListRooms": self._list_rooms,
            "DeleteRoom": self._delete_room,
            "ListParticipants": self._list_participants,
            "GetParticipant": self._get_participant,
            "RemoveParticipant": self._remove_participant,
            "MutePublishedTrack": self._mute_track,
            "UpdateParticipant": self._update_participant,
            "SendData": self._send_data,
        }

    def run(self, call: pb.CallRoomApiRequest) -> pb.CallRoomApiResponse:
        """Runs a call; refusals are answers too."""
        method = self._methods.get(call.method)
        if method is None:
            return unimplemented(call.method)
        try:
            token = verify_room_token(self._pair, bearer(call.authorization))
            request = parse_body(REQUESTS[call.method], call.body, call.content_type)
            return write_answer(method(request, token), call.content_type)
        except DomainError as error:
            return write_error(error)

    def _create_room(self, request: api.CreateRoomRequest, token: RoomToken) -> models.Room:
        _need(token.room_create, "roomCreate")
        if not request.name or len(request.name) > 128:
            raise InvalidArgument("ROOM_NAME_INVALID", "A room needs a name of at most 128 characters.", field="name")
        room = self._rooms.open(RoomId(request.name))
        if request.metadata:
            room.metadata = request.metadata[:16_384]
        return room_info(room.facts)

    def _list_rooms(self, request: api.ListRoomsRequest, token: RoomToken) -> api.ListRoomsResponse:
        _need(token.room_list, "roomList")
        named = set(request.names)
        rooms = [room for room in self._rooms.all() if not room.loopback and (not named or room.name in named)]
        return api.ListRoomsResponse(rooms=[room_info(room.facts) for room in rooms])

    def _delete_room(self, request: api.DeleteRoomRequest, token: RoomToken) -> api.DeleteRoomResponse:
        _need(token.room_create, "roomCreate")
        self._rooms.get(RoomId(request.room))
        self._rooms.close(RoomId(request.room))
        return api.DeleteRoomResponse()

    def _list_participants(
        self, request: api.ListParticipantsRequest, token: RoomToken
    ) -> api.ListParticipantsResponse:
        room = self._room(request.room, token)
        return api.ListParticipantsResponse(participants=[participant_info(each) for each in room.members.values()])

    def _get_participant(self, request: api.RoomParticipantIdentity, token: RoomToken) -> models.ParticipantInfo:
        return participant_info(self._member(self._room(request.room, token), request.identity))

    def _remove_participant(
        self, request: api.RoomParticipantIdentity, token: RoomToken
    ) -> api.RemoveParticipantResponse:
        room = self._room(request.room, token)
        room.remove(self._member(room, request.identity), LeaveReason.REMOVED)
        return api.RemoveParticipantResponse()

    def _mute_track(self, request: api.MuteRoomTrackRequest, token: RoomToken) -> api.MuteRoomTrackResponse:
        room = self._room(request.room, token)
        track = self._member(room, request.identity).tracks.get(TrackId(request.track_sid))
        if track is None:
            raise NotFound("UNKNOWN_TRACK", "The participant has no such track.")
        room.ask_mute(track, muted=request.muted)
        return api.MuteRoomTrackResponse(track=track_info(track))

    def _update_participant(self, request: api.UpdateParticipantRequest, token: RoomToken) -> models.ParticipantInfo:
        room = self._room(request.room, token)
        member = self._member(room, request.identity)
        if request.HasField("permission"):
            room.permit(member, rights_of(request.permission, member.token.rights))
        if request.metadata or request.name or request.attributes:
            room.rename(member, request.name[:256], request.metadata[:16_384], dict(request.attributes))
        return participant_info(member)

    def _send_data(self, request: api.SendDataRequest, token: RoomToken) -> api.SendDataResponse:
        room = self._room(request.room, token)
        by_sid = {str(member.sid): str(member.identity) for member in room.members.values()}
        named = {*request.destination_identities, *(by_sid.get(sid, sid) for sid in request.destination_sids)}
        reliable = request.kind == models.DataPacket.RELIABLE
        room.send_data(server_message(request.data, request.topic, frozenset(named), reliable=reliable), sender=None)
        return api.SendDataResponse()

    def _room(self, name: str, token: RoomToken) -> Room:
        _need(token.rights.admin and token.room == name, "roomAdmin of the room")
        return self._rooms.get(RoomId(name))

    def _member(self, room: Room, identity: str) -> Participant:
        member = room.members.get(Identity(identity))
        if member is None:
            raise NotFound("UNKNOWN_PARTICIPANT", "Nobody of that identity is in the room.", room=room.name)
        return member


def _need(allowed: bool, grant: str) -> None:
    if not allowed:
        raise PermissionDenied("GRANT_MISSING", f"The token needs the grant {grant}.", grant=grant)
