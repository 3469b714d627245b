"""Each method of each running service refuses who lacks its permission."""

import grpc
import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor

from briefing.v1 import options_pb2
from giaoban.config import Settings
from giaoban.keys import KeyFolder
from giaoban.permissions import ROLES, Permission
from giaoban.principal import Grant, Principal
from giaoban.rpc.tokens import TokenMinter
from services.gateway.http.methods import permission_of
from services.gateway.peers import ROLE_OF_SERVICE
from tests.e2e.house import House

SERVICES = {**ROLE_OF_SERVICE, "briefing.v1.WorkerService": "media worker"}
EVERYWHERE = "/"


def methods() -> list[MethodDescriptor]:
    pool = descriptor_pool.Default()
    return [method for service in SERVICES for method in pool.FindServiceByName(service).methods]


def outsiders(permission: str) -> list[Principal]:
    """Callers who lack a permission: roles without it everywhere, a person without any role, a link holder, a service."""
    lacking = [
        Principal("people/nobody", (Grant(r, EVERYWHERE),)) for r, held in ROLES.items() if permission not in held
    ]
    link = Principal("briefings/none/invitees/none", link=True)
    without_role = Principal("people/nobody")
    service = Principal("service:gateway")
    return [p for p in (*lacking, without_role, link, service) if not p.may(permission)]


def target_of(settings: Settings, service: str) -> str:
    role = SERVICES[service]
    return settings.grpc_target("media", 0) if role == "media worker" else settings.grpc_target(role)


def refusal(house: House, method: MethodDescriptor, token: str | None) -> grpc.StatusCode:
    settings = Settings.load(house.environment)
    request_type = message_factory.GetMessageClass(method.input_type)
    response_type = message_factory.GetMessageClass(method.output_type)
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    path = f"/{method.containing_service.full_name}/{method.name}"
    with grpc.insecure_channel(target_of(settings, method.containing_service.full_name)) as channel:
        codec = (path, request_type.SerializeToString, response_type.FromString)
        try:
            if method.client_streaming:
                list(channel.stream_stream(*codec)(iter([request_type()]), metadata=metadata, timeout=10))
            elif method.server_streaming:
                list(channel.unary_stream(*codec)(request_type(), metadata=metadata, timeout=10))
            else:
                channel.unary_unary(*codec)(request_type(), metadata=metadata, timeout=10)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.full_name)
def test_a_method_refuses_strangers_and_whoever_lacks_its_permission(house: House, method: MethodDescriptor) -> None:
    minter = TokenMinter("gateway", KeyFolder(house.home / "keys"))
    audience = SERVICES[method.containing_service.full_name].partition(" ")[0]
    permission = permission_of(method)

    codes = {
        principal.subject + str(principal.grants): refusal(house, method, minter.mint(principal, audience))
        for principal in outsiders(permission)
    }

    assert set(codes.values()) <= {grpc.StatusCode.PERMISSION_DENIED}, codes
    assert permission == Permission.SIGNED_IN or codes
    assert refusal(house, method, None) is grpc.StatusCode.UNAUTHENTICATED
    assert refusal(house, method, "forged") is grpc.StatusCode.UNAUTHENTICATED
    assert method.GetOptions().Extensions[options_pb2.permission] == permission
