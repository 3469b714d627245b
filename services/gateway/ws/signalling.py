"""`/rtc/v1`: carries the frames of one client to the worker of its room and back, without reading them.

Tokens and session descriptions travel in the query string, so nothing here logs an address or a frame.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar

import grpc
import structlog
from aiohttp import WSMsgType, web

from briefing.v1 import room_service_pb2 as room_pb2
from briefing.v1.room_service_pb2_grpc import WorkerServiceStub
from giaoban.rpc.context import ADMITTED
from services.gateway.ws.placements import Placements
from services.gateway.ws.workers import Workers

MAX_FRAME_BYTES: Final = 3 << 20
"""An offer grows with every section, about 2.5 kB each: that of a room with 250 points has over a megabyte."""

_HEARTBEAT_SECONDS: Final = 20.0
_PATIENCE_SECONDS: Final = 20.0
"""How long a client waits to be let in: when hundreds come at once, the last of them waits for all before it."""

_PAUSE_SECONDS: Final = 0.5
_HALF_CLOSED_SECONDS: Final = 2.0  # A worker answers the end of the frames with the end of the call.
_LAST_WORD_SECONDS: Final = 2.0
"""Clients close by themselves once they have read why they must leave. One that meets the close first takes it for a cut
line, and livekit-client may then wait for ever for the socket of before."""

_CORS: Final = {"Access-Control-Allow-Origin": "*"}  # Clients of other origins read the verdict, which holds no secret.
_STATUS: Final = {
    grpc.StatusCode.UNAUTHENTICATED: (401, "The token is not valid."),
    grpc.StatusCode.PERMISSION_DENIED: (403, "The token does not allow to join."),
    grpc.StatusCode.INVALID_ARGUMENT: (401, "The token is not valid."),
    # The wording is part of the client protocol: clients tell it from a server without this endpoint.
    grpc.StatusCode.NOT_FOUND: (404, "requested room does not exist"),
    grpc.StatusCode.FAILED_PRECONDITION: (404, "requested room does not exist"),
}

_UNKNOWN: Final = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION)
_Answer = TypeVar("_Answer")

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

    placements: Placements
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

        async def ask(worker: WorkerServiceStub, seconds: float) -> None:
            await worker.Validate(room_pb2.ValidateRequest(token=token), timeout=seconds)

        try:
            await self._at_worker(token, ask)
        except Refused as refusal:
            return web.Response(status=refusal.status, text=refusal.text, headers=_CORS)
        return web.Response(text="success", headers=_CORS)

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=MAX_FRAME_BYTES, heartbeat=_HEARTBEAT_SECONDS, compress=False)
        if not socket.can_prepare(request).ok:
            return web.Response(status=426, text="This address speaks WebSocket.", headers={"Upgrade": "websocket"})
        opening = room_pb2.SignalOpen(
            token=_token(request), query=_query_without_token(request), remote_address=self.client_address(request)
        )

        async def ask(worker: WorkerServiceStub, seconds: float) -> SignalCall:
            return await _admitted(worker.Signal(), opening, seconds)

        try:
            call = await self._at_worker(opening.token, ask)
        except Refused as refusal:
            return web.Response(status=refusal.status, text=refusal.text, headers=_CORS)
        try:
            await socket.prepare(request)
            await _carry(socket, call)
        finally:
            call.cancel()
        return socket

    async def _at_worker(self, token: str, ask: Callable[[WorkerServiceStub, float], Awaitable[_Answer]]) -> _Answer:
        """Asks the worker of the room; while many come at once, or after a worker's death, that takes some seconds.

        Raises:
            Refused: The token is no good, the room is not open, or the wait was in vain.
        """
        if not token:
            raise Refused(401, "A token is needed.")
        loop = asyncio.get_running_loop()
        deadline, wrong = loop.time() + _PATIENCE_SECONDS, ""
        while True:
            target = ""
            try:
                target = await self.placements.find(token, wrong, max(0.1, deadline - loop.time()))
                return await ask(self.workers.stub(target), max(0.1, deadline - loop.time()))
            except grpc.aio.AioRpcError as error:
                # A worker that does not know the room may have lost it; only the registry knows that it is not open.
                lost = bool(target) and target != wrong and error.code() in _UNKNOWN
                if error.code() is not grpc.StatusCode.UNAVAILABLE and not lost:
                    raise _logged(Refused(*_refusal(error)), error.code().name) from error
                failure = error.code().name
            except TimeoutError:
                failure = "TIMEOUT"
            wrong = target or wrong
            if loop.time() + _PAUSE_SECONDS >= deadline:
                raise _logged(Refused(503, "The media service is busy or not reachable; try again."), failure)
            await asyncio.sleep(_PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - spreads them, no secret


async def _admitted(call: SignalCall, opening: room_pb2.SignalOpen, seconds: float) -> SignalCall:
    """Begins a signalling call and waits until the worker has let the client in.

    Raises:
        grpc.aio.AioRpcError: The worker refuses.
        TimeoutError: It said nothing in time.
    """
    try:
        async with asyncio.timeout(seconds):
            with contextlib.suppress(asyncio.InvalidStateError):  # over already: its status says why
                await call.write(room_pb2.SignalRequest(open=opening))
            metadata = await call.initial_metadata()
            if ADMITTED in dict(metadata or ()):
                return call
            await call.read()  # raises what the call ended with
            return _never()
    except BaseException:
        call.cancel()
        raise


def _never() -> NoReturn:
    raise TimeoutError


async def _carry(socket: web.WebSocketResponse, call: SignalCall) -> None:
    try:
        async with asyncio.TaskGroup() as tasks:
            gone = asyncio.Event()
            down = tasks.create_task(_frames_down(call, socket, gone), name="frames down")
            await _frames_up(socket, call)
            gone.set()
            await call.done_writing()
            await asyncio.wait({down}, timeout=_HALF_CLOSED_SECONDS)
            down.cancel()
    except* (grpc.aio.AioRpcError, asyncio.InvalidStateError, ConnectionResetError) as group:
        log.info("signalling ended", causes=[type(error).__name__ for error in group.exceptions])
    finally:
        if not socket.closed:
            await socket.close(code=1011, message=b"the media worker went away")


async def _frames_up(socket: web.WebSocketResponse, call: SignalCall) -> None:
    async for message in socket:
        if message.type is WSMsgType.BINARY:
            await call.write(room_pb2.SignalRequest(frame=message.data))
        elif message.type is WSMsgType.TEXT:  # The dialect is binary; a client that speaks JSON gets a clear end.
            await socket.close(code=1003, message=b"binary frames only")


async def _frames_down(call: SignalCall, socket: web.WebSocketResponse, gone: asyncio.Event) -> None:
    while isinstance(answer := await call.read(), room_pb2.SignalResponse):  # grpc.aio.EOF otherwise
        if answer.WhichOneof("message") == "close":
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORD_SECONDS):
                    await gone.wait()
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


def _logged(refusal: Refused, cause: str) -> Refused:
    log.info("a join is refused", status=refusal.status, cause=cause)
    return refusal


def _refusal(error: grpc.aio.AioRpcError) -> tuple[int, str]:
    return _STATUS.get(error.code(), (503, "The media service is not reachable; try again."))
