"""`/rtc/v1`: carries the frames of one client to the worker of its room and back, without reading them.

Tokens and session descriptions travel in the query string, so nothing here logs an address or a frame.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import grpc
import structlog
from aiohttp import WSMsgType, web

from briefing.v1 import room_service_pb2 as room_pb2
from briefing.v1.room_service_pb2_grpc import RoomServiceStub
from services.gateway.ws.workers import Workers

MAX_FRAME_BYTES: Final = 3 << 20
"""An offer grows with every section, about 2.5 kB each: that of a room with 250 points has over a megabyte."""

_HEARTBEAT_SECONDS: Final = 20.0
_LOCATE_TIMEOUT_SECONDS: Final = 4.0  # Clients give up after 5 s.
_HALF_CLOSED_SECONDS: Final = 2.0  # A worker answers the end of the frames with the end of the call.
_CORS: Final = {"Access-Control-Allow-Origin": "*"}  # Clients of other origins read the verdict, which holds no secret.
_STATUS: Final = {
    grpc.StatusCode.UNAUTHENTICATED: (401, "The token is not valid."),
    grpc.StatusCode.PERMISSION_DENIED: (403, "The token does not allow to join."),
    grpc.StatusCode.INVALID_ARGUMENT: (401, "The token is not valid."),
    # The wording is part of the client protocol: clients tell it from a server without this endpoint.
    grpc.StatusCode.NOT_FOUND: (404, "requested room does not exist"),
    grpc.StatusCode.FAILED_PRECONDITION: (404, "requested room does not exist"),
}

SignalCall = grpc.aio.StreamStreamCall[room_pb2.SignalRequest, room_pb2.SignalResponse]

log = structlog.get_logger(__name__)


class Refused(Exception):
    """The client may not join; carries the HTTP status and a sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class SignallingProxy:
    """Serves the WebSocket endpoint of the client protocol."""

    rooms: RoomServiceStub
    workers: Workers
    client_address: Callable[[web.Request], str]

    def add_to(self, app: web.Application) -> None:
        """Adds the routes."""
        app.router.add_get("/rtc/v1", self._connect)
        app.router.add_get("/rtc/v1/validate", self._validate)
        app.router.add_get("/rtc", _no_dual_mode)
        app.router.add_get("/rtc/validate", _no_dual_mode)

    async def _validate(self, request: web.Request) -> web.Response:
        token = _token(request)
        try:
            target = await self._locate(token)
            await self.workers.stub(target).Validate(
                room_pb2.ValidateRequest(token=token), timeout=_LOCATE_TIMEOUT_SECONDS
            )
        except Refused as refusal:
            return web.Response(status=refusal.status, text=refusal.text, headers=_CORS)
        except grpc.aio.AioRpcError as error:
            status, text = _refusal(error)
            return web.Response(status=status, text=text, headers=_CORS)
        return web.Response(text="success", headers=_CORS)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        try:
            target = await self._locate(_token(request))
        except Refused as refusal:
            return web.Response(status=refusal.status, text=refusal.text, headers=_CORS)
        socket = web.WebSocketResponse(max_msg_size=MAX_FRAME_BYTES, heartbeat=_HEARTBEAT_SECONDS, compress=False)
        if not socket.can_prepare(request).ok:
            return web.Response(status=426, text="This address speaks WebSocket.", headers={"Upgrade": "websocket"})
        await socket.prepare(request)
        await self._carry(request, socket, target)
        return socket

    async def _locate(self, token: str) -> str:
        if not token:
            raise Refused(401, "A token is needed.")
        try:
            located = await self.rooms.LocateRoom(
                room_pb2.LocateRoomRequest(token=token), timeout=_LOCATE_TIMEOUT_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            raise Refused(*_refusal(error)) from error
        return located.target

    async def _carry(self, request: web.Request, socket: web.WebSocketResponse, target: str) -> None:
        call = self.workers.stub(target).Signal()
        opening = room_pb2.SignalOpen(
            token=_token(request), query=_query_without_token(request), remote_address=self.client_address(request)
        )
        try:
            await call.write(room_pb2.SignalRequest(open=opening))
            async with asyncio.TaskGroup() as tasks:
                down = tasks.create_task(_frames_down(call, socket), name="frames down")
                await _frames_up(socket, call)
                await call.done_writing()
                await asyncio.wait({down}, timeout=_HALF_CLOSED_SECONDS)
                down.cancel()
        except* (grpc.aio.AioRpcError, asyncio.InvalidStateError, ConnectionResetError) as group:
            log.info("signalling ended", causes=[type(error).__name__ for error in group.exceptions])
        finally:
            call.cancel()
            if not socket.closed:
                await socket.close(code=1011, message=b"the media worker went away")


async def _frames_up(socket: web.WebSocketResponse, call: SignalCall) -> None:
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            await call.write(room_pb2.SignalRequest(frame=message.data))
        elif message.type is WSMsgType.TEXT:  # The dialect is binary; a client that speaks JSON gets a clear end.
            await socket.close(code=1003, message=b"binary frames only")


async def _frames_down(call: SignalCall, socket: web.WebSocketResponse) -> None:
    while isinstance(answer := await call.read(), room_pb2.SignalResponse):  # grpc.aio.EOF otherwise
        if answer.WhichOneof("message") == "close":
            await socket.close(code=answer.close.code or 1000, message=answer.close.reason.encode()[:120])
            return
        await socket.send_bytes(answer.frame)
    await socket.close()


async def _no_dual_mode(request: web.Request) -> web.Response:
    del request
    text = "This server speaks the client protocol with a single peer connection, at /rtc/v1."
    return web.Response(status=404, text=text, headers=_CORS)


def _token(request: web.Request) -> str:
    """The token: browsers put it in the query, native clients in the header."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    return request.query.get("access_token", "")


def _query_without_token(request: web.Request) -> str:
    return str(request.rel_url.without_query_params("access_token").query_string)


def _refusal(error: grpc.aio.AioRpcError) -> tuple[int, str]:
    return _STATUS.get(error.code(), (503, "The media service is not reachable; try again."))
