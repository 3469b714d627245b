"""What stands before every servicer method: who calls, whether it may, and what becomes of its errors."""

import contextvars
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final, TypeAlias

import grpc
import grpc.aio
import structlog
from google.protobuf import descriptor_pool
from typing_extensions import override

from briefing.v1 import options_pb2
from giaoban.errors import (
    DomainError,
    FailedPrecondition,
    InvalidArgument,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
)
from giaoban.permissions import Permission
from giaoban.principal import NOBODY, Principal
from giaoban.rpc.context import Context
from giaoban.rpc.status import from_call, to_status
from giaoban.rpc.tokens import TokenVerifier

log = structlog.get_logger(__name__)

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Observer = Callable[[str, str, float], None]
"""Told the method, the code and the seconds of each call."""

_BEARER: Final = "bearer "
_STORE_AWAY: Final = Unavailable("SERVICE_UNAVAILABLE", "A part of the system is not reachable; try again soon.")
_principal: Final[contextvars.ContextVar[Principal]] = contextvars.ContextVar("principal", default=NOBODY)


def current_principal() -> Principal:
    """Answers who called the servicer method that runs; nobody outside of one."""
    return _principal.get()


def permissions_of(services: Mapping[str, object]) -> dict[str, str]:
    """Reads which permission each method of the services needs, keyed as `/package.Service/Method`.

    Raises:
        FailedPrecondition: `PERMISSION_MISSING`: a method states none, or one that does not exist.
    """
    pool = descriptor_pool.Default()
    needed: dict[str, str] = {}
    for service in services:
        for method in pool.FindServiceByName(service).methods:
            permission = method.GetOptions().Extensions[options_pb2.permission]
            if permission not in set(Permission):
                raise FailedPrecondition(
                    "PERMISSION_MISSING",
                    f"{method.full_name} must state one of the permissions of giaoban.permissions, not {permission!r}.",
                    method=method.full_name,
                )
            needed[f"/{service}/{method.name}"] = permission
    return needed


class Guard(grpc.aio.ServerInterceptor):
    """Lets a call reach its method only with a valid token and the permission the method states.

    Methods that are not in the table (health, reflection) pass untouched: they tell nothing about anybody.
    """

    def __init__(self, verifier: TokenVerifier, needed: Mapping[str, str], observe: Observer | None = None) -> None:
        self._verifier = verifier
        self._needed = needed
        self._observe = observe

    @override
    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """Wraps the handler of a guarded method."""
        handler = await continuation(handler_call_details)
        needed = self._needed.get(handler_call_details.method)
        if handler is None or needed is None:
            return handler
        return self._guarded(handler, handler_call_details.method, needed)

    def _guarded(self, handler: Any, method: str, needed: str) -> Handler:  # noqa: ANN401 - grpc declares no attributes
        make, inner = _maker(handler)
        unary = not handler.request_streaming and not handler.response_streaming

        async def answer(request: object, context: Context) -> object:
            async with self._admitted(context, method, needed, unary):
                return await inner(request, context)

        async def stream(request: object, context: Context) -> AsyncIterator[object]:
            async with self._admitted(context, method, needed, unary), aclosing(inner(request, context)) as responses:
                async for response in responses:
                    yield response

        # grpc.aio tells the two kinds of streaming methods apart by their code, so ours must be of the same kind.
        wrapped = stream if inspect.isasyncgenfunction(inner) else answer
        result: Handler = make(
            wrapped,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )
        return result

    @asynccontextmanager
    async def _admitted(self, context: Context, method: str, needed: str, unary: bool) -> AsyncIterator[None]:
        began, code = time.monotonic(), "CANCELLED"
        try:
            # Each call runs in a task of its own, so this ends with the call; generators run in that same task.
            _principal.set(self._admit(context, needed, unary))
            yield
            code = "OK"
        except DomainError as error:
            code = error.reason
            await context.abort_with_status(to_status(error))
        except grpc.aio.AbortError:
            code = "ABORTED"
            raise
        except grpc.aio.AioRpcError as error:
            # Another role refused our own call: its reasons are ours to translate, not the caller's to see.
            code = "PEER"
            log.warning("call of another role failed", method=method, code=error.code().name)
            await context.abort_with_status(to_status(_as_peer_failure(error)))
        except Exception as error:  # whatever a servicer raises ends here, answered without its inside
            if _is_outage(error):
                code = "STORE_AWAY"
                log.warning("a store is away", method=method, error=type(error).__name__)
                await context.abort_with_status(to_status(_STORE_AWAY))
            code = "INTERNAL"
            log.exception("method failed", method=method)
            await context.abort(grpc.StatusCode.INTERNAL, "The service failed; its log tells why.")
        finally:
            if self._observe is not None:
                self._observe(method, code, time.monotonic() - began)

    def _admit(self, context: Context, needed: str, unary: bool) -> Principal:
        if unary and context.time_remaining() is None:
            raise InvalidArgument("DEADLINE_MISSING", "Every unary call needs a deadline; set a timeout.")
        token = _bearer(context)
        principal = NOBODY if token is None else self._verifier.verify(token)
        if principal.may(needed):
            return principal
        if principal is NOBODY:
            raise Unauthenticated("SIGNED_OUT", "The call needs somebody signed in.")
        raise PermissionDenied("NO_PERMISSION", f"The call needs the permission {needed}.", permission=needed)


def _bearer(context: Context) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str) and value[: len(_BEARER)].lower() == _BEARER:
            return value[len(_BEARER) :]
    return None


def _is_outage(error: Exception) -> bool:
    from giaoban.streams.passing import is_outage  # noqa: PLC0415 - roles without a store need no SQLAlchemy till then

    return is_outage(error)


def _as_peer_failure(error: grpc.aio.AioRpcError) -> DomainError:
    found = from_call(error)
    return (
        found if found.reason == "PEER_UNAVAILABLE" else FailedPrecondition("PEER_REFUSED", "Another service refused.")
    )


def _maker(handler: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:  # noqa: ANN401 - grpc declares no attributes
    if handler.request_streaming and handler.response_streaming:
        return grpc.stream_stream_rpc_method_handler, handler.stream_stream
    if handler.request_streaming:
        return grpc.stream_unary_rpc_method_handler, handler.stream_unary
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler, handler.unary_stream
    return grpc.unary_unary_rpc_method_handler, handler.unary_unary
