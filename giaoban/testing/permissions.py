"""Holds that a running server refuses who lacks the permission a method states."""

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor

from briefing.v1 import options_pb2
from giaoban.keys import KeyFolder
from giaoban.permissions import INVITED, ROLES, SERVICE, Permission
from giaoban.principal import NOBODY, Grant, Principal
from giaoban.rpc.status import from_call
from giaoban.rpc.tokens import TokenMinter

_SECONDS = 10.0


def _lacking(permission: str) -> list[Principal]:
    """Lists callers of every kind that do not have a permission; nobody is among them unless the method is public."""
    people = [
        Principal("people/stranger", (Grant(role, "/stranger/"),))
        for role, held in ROLES.items()
        if permission not in held
    ]
    callers = [NOBODY, *people]
    if permission not in INVITED:
        callers += [Principal("people/roleless"), Principal("briefings/b/invitees/i", link=True)]
    if permission not in SERVICE:
        callers.append(Principal("service:gateway"))
    return [caller for caller in callers if not caller.may(permission)]


async def assert_refusals(target: str, audience: str, keys: KeyFolder, services: Sequence[str]) -> int:
    """Calls every method as everybody who may not; answers how many methods were called.

    Args:
        target: Of the running server.
        audience: Its role.
        keys: Whose gateway key signs for the callers.
        services: Full names, for example `briefing.v1.OrgService`.

    Raises:
        AssertionError: A call was not refused.
    """
    minter, pool, called = TokenMinter("gateway", keys), descriptor_pool.Default(), 0
    async with grpc.aio.insecure_channel(target) as channel:
        for service in services:
            for method in pool.FindServiceByName(service).methods:
                permission = method.GetOptions().Extensions[options_pb2.permission]
                if permission == Permission.PUBLIC:
                    continue
                for caller in _lacking(permission):
                    await _assert_refused(channel, method, caller, minter.mint(caller, audience))
                called += 1
    return called


async def _assert_refused(channel: grpc.aio.Channel, method: MethodDescriptor, caller: Principal, token: str) -> None:
    expected = "SIGNED_OUT" if caller is NOBODY else "NO_PERMISSION"
    metadata = () if caller is NOBODY else (("authorization", f"Bearer {token}"),)
    try:
        await _call(channel, method, metadata)
    except grpc.aio.AioRpcError as error:
        reason = from_call(error).reason
        if reason == expected:
            return
        raise AssertionError(f"{method.full_name} answers {caller.subject!r} with {reason}, not {expected}.") from error
    raise AssertionError(f"{method.full_name} lets {caller.subject!r} in.")


async def _call(channel: grpc.aio.Channel, method: MethodDescriptor, metadata: tuple[tuple[str, str], ...]) -> None:
    request_class = message_factory.GetMessageClass(method.input_type)
    response_class = message_factory.GetMessageClass(method.output_type)
    kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
    start: Any = getattr(channel, kind)(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=request_class.SerializeToString,
        response_deserializer=response_class.FromString,
    )
    request = iter([request_class()]) if method.client_streaming else request_class()
    call = start(request, metadata=metadata, timeout=_SECONDS)
    if method.server_streaming:
        async for _ in call:
            return
    else:
        await call
