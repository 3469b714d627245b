"""Builds the methods of the public API from the descriptors of the services."""

from collections.abc import AsyncIterator, Mapping

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

# Importing the generated modules registers the services' descriptors.
from briefing.v1 import (  # noqa: F401 -- see above
    briefing_service_pb2,
    calendar_service_pb2,
    credential_service_pb2,
    delivery_service_pb2,
    options_pb2,
    org_service_pb2,
    point_service_pb2,
    quality_service_pb2,
    report_service_pb2,
    room_service_pb2,
)
from services.gateway.http.connect import Call, ServerStream, Unary
from services.gateway.peers import Peers


def remote_methods(peers: Peers, role_of_service: Mapping[str, str]) -> dict[str, Unary | ServerStream]:
    """Every method that people may call, by `{service}/{method}`.

    Methods for services only are left out: a person could do nothing with them but be refused.
    """
    pool = descriptor_pool.Default()
    methods: dict[str, Unary | ServerStream] = {}
    for service, role in role_of_service.items():
        for method in pool.FindServiceByName(service).methods:
            if permission_of(method) != "service":
                methods[f"{service}/{method.name}"] = _remote(peers, role, method)
    return methods


def permission_of(method: MethodDescriptor) -> str:
    """The permission that the contract asks for."""
    permission: str = method.GetOptions().Extensions[options_pb2.permission]
    return permission


def _remote(peers: Peers, role: str, method: MethodDescriptor) -> Unary | ServerStream:
    request_type = message_factory.GetMessageClass(method.input_type)
    response_type = message_factory.GetMessageClass(method.output_type)
    path = f"/{method.containing_service.full_name}/{method.name}"
    public = permission_of(method) == "public"
    channel = peers.channel(role)
    if method.server_streaming:
        open_stream = channel.unary_stream(path, request_type.SerializeToString, response_type.FromString)

        async def stream(request: Message, call: Call) -> AsyncIterator[Message]:
            answers = open_stream(request, metadata=peers.metadata(call.principal, role))
            try:
                async for answer in answers:
                    yield answer
            finally:
                answers.cancel()

        return ServerStream(request_type, stream, public)
    ask = channel.unary_unary(path, request_type.SerializeToString, response_type.FromString)

    async def unary(request: Message, call: Call) -> Message:
        answer: Message = await ask(
            request, timeout=call.timeout_seconds, metadata=peers.metadata(call.principal, role)
        )
        return answer

    return Unary(request_type, unary, public)
