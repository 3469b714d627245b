"""Domain errors as `google.rpc.Status`, and back at the caller."""

from typing import Final

import grpc
import grpc.aio
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from giaoban.errors import (
    ERROR_DOMAIN,
    Aborted,
    Conflict,
    DomainError,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)

_CODES: Final[dict[type[DomainError], grpc.StatusCode]] = {
    NotFound: grpc.StatusCode.NOT_FOUND,
    InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    Conflict: grpc.StatusCode.ALREADY_EXISTS,
    FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    ResourceExhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Aborted: grpc.StatusCode.ABORTED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    Unimplemented: grpc.StatusCode.UNIMPLEMENTED,
}
_ERRORS: Final = {code: error for error, code in _CODES.items()}
_DETAILS_KEY: Final = "grpc-status-details-bin"


def _packed(detail: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed


def code_of(error: DomainError) -> grpc.StatusCode:
    """Answers the canonical code of an error; `UNKNOWN` for a bare `DomainError`."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), grpc.StatusCode.UNKNOWN)


def to_proto(error: DomainError) -> status_pb2.Status:
    """Writes an error as a status with exactly one `ErrorInfo`, and `BadRequest` where a field is to blame."""
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=ERROR_DOMAIN, metadata=dict(error.metadata))
    details = [_packed(info)]
    if isinstance(error, InvalidArgument) and error.field:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=error.field, description=error.message, reason=error.reason
        )
        details.append(_packed(error_details_pb2.BadRequest(field_violations=[violation])))
    return status_pb2.Status(code=code_of(error).value[0], message=error.message, details=details)


def to_status(error: DomainError) -> grpc.Status:
    """Writes an error as what `context.abort_with_status` takes."""
    return rpc_status.to_status(to_proto(error))


def proto_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    """Reads the status a failed call carries; without one, code and message alone."""
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    return status_pb2.Status(code=error.code().value[0], message=error.details() or "")


def from_call(error: grpc.aio.AioRpcError) -> DomainError:
    """Reads the domain error behind a failed call.

    A failure of the way (no peer, deadline passed) becomes `Unavailable("PEER_UNAVAILABLE")`; one without an `ErrorInfo`
    of ours has the canonical code as its reason.
    """
    code = error.code()
    status = proto_of(error)
    kind = _ERRORS.get(code, DomainError)
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info) and info.domain == ERROR_DOMAIN:
            return _rebuilt(kind, info, status.message)
    if code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
        return Unavailable("PEER_UNAVAILABLE", "Another service does not answer; repeat in a moment.", code=code.name)
    return kind(code.name, status.message)


def _rebuilt(kind: type[DomainError], info: error_details_pb2.ErrorInfo, message: str) -> DomainError:
    return kind(info.reason, message, **dict(info.metadata))
