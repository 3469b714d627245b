"""`CredentialService`: who somebody is, for the gateway."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from typing_extensions import override

from briefing.v1 import credential_service_pb2 as pb
from briefing.v1 import credential_service_pb2_grpc
from giaoban.rpc.context import Context
from giaoban.rpc.interceptors import current_principal
from services.scheduler.domain.accounts import Accounts
from services.scheduler.rpc.org_convert import person_message

LinkCheck = Callable[[str], Awaitable[tuple[str, datetime]]]
"""Answers whom the token of a join link names and when the link dies."""


class CredentialServicer(credential_service_pb2_grpc.CredentialServiceServicer):
    """Checks passwords and links."""

    def __init__(self, accounts: Accounts, check_link: LinkCheck) -> None:
        self._accounts = accounts
        self._check_link = check_link

    @override
    async def VerifyPassword(self, request: pb.VerifyPasswordRequest, context: Context) -> pb.VerifyPasswordResponse:
        """Checks a password."""
        identity = await self._accounts.verify_password(request.username, request.password)
        return pb.VerifyPasswordResponse(
            person=person_message(identity.view), password_version=identity.password_version
        )

    @override
    async def GetIdentity(self, request: pb.GetIdentityRequest, context: Context) -> pb.GetIdentityResponse:
        """Reads a person with the roles of this moment."""
        identity = await self._accounts.identity(request.name)
        return pb.GetIdentityResponse(person=person_message(identity.view), password_version=identity.password_version)

    @override
    async def VerifyLink(self, request: pb.VerifyLinkRequest, context: Context) -> pb.VerifyLinkResponse:
        """Checks the token of a join link."""
        invitee, expires = await self._check_link(request.token)
        expire_time = Timestamp()
        expire_time.FromDatetime(expires)
        return pb.VerifyLinkResponse(invitee=invitee, expire_time=expire_time)

    @override
    async def ChangePassword(self, request: pb.ChangePasswordRequest, context: Context) -> pb.ChangePasswordResponse:
        """Changes the caller's own password."""
        await self._accounts.change_password(current_principal(), request.old_password, request.new_password)
        return pb.ChangePasswordResponse()
