"""The room API of the client protocol, carried to media as it came (`media-protocol.md` §8 is media's business)."""

from dataclasses import dataclass

import grpc
from aiohttp import web

from briefing.v1 import room_service_pb2 as room_pb2
from briefing.v1.room_service_pb2_grpc import RoomServiceStub
from services.gateway.http.bodies import read_whole

_MAX_BODY_BYTES = 1 << 18
_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RoomApi:
    """Serves `POST /twirp/livekit.RoomService/{method}`; media checks the bearer token and its grants."""

    rooms: RoomServiceStub

    async def call(self, request: web.Request) -> web.Response:
        """Answers with media's status and body; errors are Twirp's JSON objects."""
        body = await read_whole(request, _MAX_BODY_BYTES)
        if body is None:
            return _error(413, "malformed", f"a request has at most {_MAX_BODY_BYTES} bytes")
        try:
            answer = await self.rooms.CallRoomApi(
                room_pb2.CallRoomApiRequest(
                    method=request.match_info["method"],
                    body=body,
                    content_type=request.content_type,
                    authorization=request.headers.get("Authorization", ""),
                ),
                timeout=_TIMEOUT_SECONDS,
            )
        except grpc.aio.AioRpcError as error:
            return _error(503, "unavailable", error.code().name.lower())
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "msg": message, "meta": {}}, status=status)
