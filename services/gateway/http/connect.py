"""The gRPC services for browsers and scripts, in the Connect protocol.

One handler serves every method from its descriptor: the `.proto` files are the API. Unary and server streaming, JSON and
binary (https://connectrpc.com/docs/protocol). Requests may come as gzip; answers go as they are, HTTP compresses what is
worth it. JSON is strict: a field that no message knows is refused by its name, because leaving it out would do something else
than was asked. Binary tolerates what it does not know, so that two releases side by side understand each other.
"""

import asyncio
import re
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import grpc
import structlog
from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from giaoban.errors import DomainError, InvalidArgument
from giaoban.principal import NOBODY, Principal
from services.gateway.domain.origins import API_MEDIA_TYPES
from services.gateway.http.bodies import BODY_SECONDS, decompressed, read_whole
from services.gateway.http.callers import Callers
from services.gateway.http.errors import ConnectError, end_of_stream, from_domain, from_rpc, with_reason

MAX_REQUEST_BYTES: Final = 1 << 20
MAX_PUBLIC_BYTES: Final = 8 << 10
"""What a stranger may send: a name and a password."""

MAX_IMPORT_BYTES: Final = 8 << 20
"""`ImportOrg` carries a file of up to 5 MB, a third longer in JSON's base64."""

_IMPORT: Final = "briefing.v1.OrgService/ImportOrg"
_IMPORT_SECONDS: Final = 120.0

_DEFAULT_TIMEOUT_SECONDS: Final = 15.0
_MAX_TIMEOUT_SECONDS: Final = 60.0
_MAX_STREAM_SECONDS: Final = 1800.0
"""A stream ends after half an hour; the client resumes it, and with it the right to it is checked anew."""

# As `json_format` words it; the path begins with the name of the message.
_UNKNOWN_FIELD: Final = re.compile(r'has no field named "(?P<field>[^"]{1,100})" at "(?P<above>[^"]{1,300})"')
_ENVELOPE: Final = struct.Struct("!BI")
_END_STREAM: Final = 2
_COMPRESSED: Final = 1

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """What a method is called with besides its request."""

    principal: Principal
    timeout_seconds: float
    http: web.Request


@dataclass(frozen=True, slots=True)
class Unary:
    """A method with one answer."""

    request_type: type[Message]
    run: Callable[[Message, Call], Awaitable["Message | web.Response"]]
    public: bool


@dataclass(frozen=True, slots=True)
class ServerStream:
    """A method with many answers."""

    request_type: type[Message]
    run: Callable[[Message, Call], AsyncIterator[Message]]
    public: bool


class ConnectHandler:
    """Serves `POST /api/{service}/{method}`."""

    def __init__(self, methods: Mapping[str, Unary | ServerStream], callers: Callers) -> None:
        self._methods = methods
        self._callers = callers

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answers one call; every failure is a Connect error."""
        try:
            return await self._dispatch(request)
        except DomainError as error:
            return from_domain(error).to_response()
        except grpc.aio.AioRpcError as error:
            return _rpc_failed(request, error).to_response()

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        name = f"{request.match_info['service']}/{request.match_info['method']}"
        method = self._methods.get(name)
        if method is None:
            return with_reason("unimplemented", "UNKNOWN_METHOD", f"There is no method {name}.").to_response()
        media_type = request.content_type
        if media_type not in API_MEDIA_TYPES:
            return web.Response(status=415, headers={"Accept-Post": ", ".join(sorted(API_MEDIA_TYPES))})
        caller = await self._callers.find(request)
        if caller is None and not method.public:
            return with_reason("unauthenticated", "SIGNED_OUT", "Nobody is signed in.").to_response()
        call = Call(caller.principal if caller else NOBODY, _timeout_seconds(request), request)
        if isinstance(method, ServerStream):
            return await self._stream(request, method, call)
        if media_type.startswith("application/connect+"):
            return web.Response(status=415, headers={"Accept-Post": "application/json, application/proto"})
        body = await _read(request, name, method)
        message = _parse(
            decompressed(body, request.headers.get("Content-Encoding", ""), _limit(name, method)),
            method.request_type,
            media_type,
        )
        answer = await method.run(message, call)
        if isinstance(answer, web.Response):
            return answer
        return web.Response(body=_serialize(answer, media_type), content_type=media_type)

    async def _stream(self, request: web.Request, method: ServerStream, call: Call) -> web.StreamResponse:
        media_type = request.content_type
        if not media_type.startswith("application/connect+"):
            return web.Response(
                status=415, headers={"Accept-Post": "application/connect+json, application/connect+proto"}
            )
        encoding = request.headers.get("Connect-Content-Encoding", "")
        message = _parse(_unwrap(await _read(request, "", method), encoding), method.request_type, media_type)
        # X-Accel-Buffering: a reverse proxy that gathers a stream shows district IT a picture of the past.
        response = web.StreamResponse(headers={"Content-Type": media_type, "X-Accel-Buffering": "no"})
        await response.prepare(request)
        failure: ConnectError | None = None
        try:
            async with asyncio.timeout(_MAX_STREAM_SECONDS):
                async for answer in method.run(message, call):
                    await response.write(_envelope(0, _serialize(answer, media_type)))
        except TimeoutError:
            failure = with_reason("unavailable", "STREAM_RENEWAL", "The stream is to be opened anew.")
        except grpc.aio.AioRpcError as error:
            failure = _rpc_failed(request, error)
        except DomainError as error:
            failure = from_domain(error)
        except ConnectionResetError:  # The browser went away: nobody is left to tell.
            return response
        await response.write(_envelope(_END_STREAM, end_of_stream(failure)))
        await response.write_eof()
        return response


def _limit(name: str, method: Unary | ServerStream) -> int:
    if method.public:
        return MAX_PUBLIC_BYTES
    return MAX_IMPORT_BYTES if name == _IMPORT else MAX_REQUEST_BYTES


async def _read(request: web.Request, name: str, method: Unary | ServerStream) -> bytes:
    limit = _limit(name, method)
    body = await read_whole(request, limit, _IMPORT_SECONDS if name == _IMPORT else BODY_SECONDS)
    if body is None:
        raise InvalidArgument("REQUEST_TOO_LARGE", f"A request has at most {limit} bytes.", limit=str(limit))
    return body


def _timeout_seconds(request: web.Request) -> float:
    value = request.headers.get("Connect-Timeout-Ms", "")
    if not value.isascii() or not value.isdigit() or len(value) > 10:
        return _DEFAULT_TIMEOUT_SECONDS
    return min(int(value) / 1000, _MAX_TIMEOUT_SECONDS)


def _unwrap(body: bytes, encoding: str) -> bytes:
    if len(body) < _ENVELOPE.size:
        raise InvalidArgument("BAD_REQUEST", "The request has no envelope.")
    flags, size = _ENVELOPE.unpack_from(body)
    if len(body) != _ENVELOPE.size + size or (flags & _COMPRESSED and not encoding):
        raise InvalidArgument("BAD_REQUEST", "The request must be one message.")
    return decompressed(body[_ENVELOPE.size :], encoding if flags & _COMPRESSED else "", MAX_REQUEST_BYTES)


def _parse(body: bytes, kind: type[Message], media_type: str) -> Message:
    try:
        if media_type.endswith("json"):
            return json_format.Parse(body or b"{}", kind(), max_recursion_depth=32)
        return kind.FromString(body)
    except (json_format.ParseError, DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        if unknown := _UNKNOWN_FIELD.search(str(error)):
            path = ".".join([*unknown["above"].split(".")[1:], unknown["field"]])
            raise InvalidArgument(
                "UNKNOWN_FIELD",
                f"There is no field {path} in {kind.DESCRIPTOR.name}; leave it out, or use the release that knows it.",
                field=path,
            ) from error
        raise InvalidArgument(
            "BAD_REQUEST", f"The request is no valid {kind.DESCRIPTOR.name}: {error}"[:300]
        ) from error


def _serialize(message: Message, media_type: str) -> bytes:
    if media_type.endswith("json"):
        return json_format.MessageToJson(message, indent=None, ensure_ascii=False).encode()
    return message.SerializeToString()


def _envelope(flags: int, payload: bytes) -> bytes:
    return _ENVELOPE.pack(flags, len(payload)) + payload


def _rpc_failed(request: web.Request, error: grpc.aio.AioRpcError) -> ConnectError:
    failure = from_rpc(error)
    if failure.status >= 500:  # The browser gets no transport detail, so the log must keep it.
        log.warning(
            "call failed", path=request.path, code=failure.code, detail=(error.debug_error_string() or "")[:300]
        )
    return failure
