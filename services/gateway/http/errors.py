"""Errors as the Connect protocol writes them: one JSON object with code, message and details."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import grpc
from aiohttp import web
from google.protobuf import any_pb2, json_format
from google.rpc import code_pb2, error_details_pb2, status_pb2

from giaoban.errors import DomainError
from giaoban.rpc.status import proto_of, to_proto

HTTP_STATUS: Final = {
    "canceled": 499,
    "unknown": 500,
    "invalid_argument": 400,
    "deadline_exceeded": 504,
    "not_found": 404,
    "already_exists": 409,
    "permission_denied": 403,
    "resource_exhausted": 429,
    "failed_precondition": 400,
    "aborted": 409,
    "out_of_range": 400,
    "unimplemented": 501,
    "internal": 500,
    "unavailable": 503,
    "data_loss": 500,
    "unauthenticated": 401,
}
"""HTTP status of each Connect code (Connect protocol, «Error Codes»)."""

_COME_BACK_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class ConnectError:
    """One error on its way to a browser."""

    code: str
    message: str
    details: tuple[any_pb2.Any, ...] = ()

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return HTTP_STATUS[self.code]

    def to_json(self) -> dict[str, object]:
        """The JSON object of the protocol; details are unpadded base64 with the type's full name."""
        return {
            "code": self.code,
            "message": self.message,
            "details": [_detail(detail) for detail in self.details],
        }

    def to_response(self) -> web.Response:
        """The error as the answer of a unary call."""
        headers = {"Retry-After": str(_COME_BACK_SECONDS)} if self.status == 503 else None
        return web.json_response(self.to_json(), status=self.status, headers=headers)


def from_status(status: status_pb2.Status) -> ConnectError:
    """A Connect error with the code, message and details of a gRPC status."""
    name = code_pb2.Code.Name(status.code).lower() if status.code in code_pb2.Code.values() else "unknown"
    return ConnectError("canceled" if name == "cancelled" else name, status.message, tuple(status.details))


def from_rpc(error: grpc.aio.AioRpcError) -> ConnectError:
    """A Connect error from a failed gRPC call.

    A service that cannot be reached is named by no address: the message of the transport stays in our logs.
    """
    status = proto_of(error)
    if status.details:
        return from_status(status)
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return unavailable()
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return with_reason("deadline_exceeded", "TOO_SLOW", "The answer took too long; try again.")
    return from_status(status)


def unavailable() -> ConnectError:
    """The answer while a part of the system is away."""
    return with_reason("unavailable", "SERVICE_UNAVAILABLE", "A part of the system is not reachable; try again soon.")


def from_domain(error: DomainError) -> ConnectError:
    """A Connect error from one of our own."""
    return from_status(to_proto(error))


def with_reason(code: str, reason: str, message: str, **metadata: str) -> ConnectError:
    """A Connect error with the one `ErrorInfo` every error carries."""
    info = any_pb2.Any()
    info.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="giaoban", metadata=metadata))
    return ConnectError(code, message, (info,))


def reason_of(error: ConnectError) -> str:
    """The stable reason in the error's `ErrorInfo`; empty when there is none."""
    info = error_details_pb2.ErrorInfo()
    for detail in error.details:
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            return str(info.reason)
    return ""


def end_of_stream(error: ConnectError | None) -> bytes:
    """The JSON of the last envelope of a stream."""
    return json.dumps({"error": error.to_json()} if error else {}, ensure_ascii=False).encode()


def _detail(detail: any_pb2.Any) -> dict[str, object]:
    entry: dict[str, object] = {
        "type": detail.type_url.rpartition("/")[2],
        "value": base64.b64encode(detail.value).decode().rstrip("="),
    }
    for known in _readable(detail):
        entry["debug"] = known
    return entry


def _readable(detail: any_pb2.Any) -> Iterable[object]:
    """The detail as JSON, for scripts without generated code."""
    for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo):
        message = kind()
        if detail.Is(kind.DESCRIPTOR) and detail.Unpack(message):
            yield json_format.MessageToDict(message)
