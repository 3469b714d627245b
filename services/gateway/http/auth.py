"""`AuthService`: the gateway's own, since it owns the cookie."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import grpc
import structlog
from aiohttp import web
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from briefing.v1 import auth_service_pb2, org_pb2
from briefing.v1 import credential_service_pb2 as credential_pb2
from briefing.v1.credential_service_pb2_grpc import CredentialServiceStub
from giaoban.clock import Clock
from giaoban.errors import InvalidArgument
from giaoban.principal import Principal
from services.gateway.domain import limits
from services.gateway.domain.sessions import FailureCounter, Session, SessionStore, new_token, open_session
from services.gateway.http.addresses import ClientAddresses
from services.gateway.http.callers import SESSION_COOKIE, Callers, principal_of
from services.gateway.http.connect import Call, ServerStream, Unary
from services.gateway.http.cookies import Cookies

_MAX_USERNAME = 128
_MAX_PASSWORD = 1024
_VERIFY_SECONDS = 14.0
"""A little less than browsers wait."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AuthService:
    """Opens and closes browser sessions."""

    credentials: CredentialServiceStub
    sessions: SessionStore
    failures: FailureCounter
    callers: Callers
    cookies: Cookies
    addresses: ClientAddresses
    clock: Clock
    slow_accounts: limits.SlowLanes
    slow_addresses: limits.SlowLanes

    def methods(self) -> dict[str, Unary | ServerStream]:
        """The service's methods for the Connect handler."""
        name = "briefing.v1.AuthService"
        return {
            f"{name}/SignIn": Unary(auth_service_pb2.SignInRequest, self._sign_in, public=True),
            f"{name}/SignOut": Unary(auth_service_pb2.SignOutRequest, self._sign_out, public=True),
            f"{name}/GetSession": Unary(auth_service_pb2.GetSessionRequest, self._get_session, public=False),
        }

    async def _sign_in(self, message: Message, call: Call) -> Message | web.Response:
        assert isinstance(message, auth_service_pb2.SignInRequest)  # noqa: S101 -- the table above pairs them
        _check_lengths(message)
        verified = await self._verified(message, self.addresses.of(call.http))
        person = verified.person
        token = new_token()
        session = open_session(person.name, self.clock.now(), password_version=verified.password_version)
        await self.sessions.put(token, session)
        self.cookies.add(call.http, SESSION_COOKIE, token, session)
        log.info("signed in", person=person.name)
        return auth_service_pb2.SignInResponse(
            session=_describe(person, session, principal_of(person)), access_token=token
        )

    async def _verified(
        self, message: auth_service_pb2.SignInRequest, address: str
    ) -> credential_pb2.VerifyPasswordResponse:
        # Blanks and case do not count, as where the password is checked: they must not make another account here either.
        account_key = f"account:{address}:{message.username.strip().lower()}"
        address_key = f"address:{address}"
        # An attempt counts as a failure until it succeeds: guesses made at once must not all pass.
        of_account = await self.failures.add(account_key, limits.SIGN_IN_WINDOW)
        # Those of an address count when they are known, else an office that signs in at 07:59 would slow itself down.
        of_address = await self.failures.count(address_key)
        async with AsyncExitStack() as lanes:
            if of_address >= limits.SIGN_IN_FAILURES_PER_ADDRESS:
                await lanes.enter_async_context(self.slow_addresses.turn(address_key))
            if of_account > limits.SIGN_IN_FAILURES_PER_ACCOUNT:
                await lanes.enter_async_context(self.slow_accounts.turn(account_key))
            try:
                response = await self.credentials.VerifyPassword(
                    credential_pb2.VerifyPasswordRequest(username=message.username, password=message.password),
                    timeout=_VERIFY_SECONDS,
                )
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                    await self.failures.add(address_key, limits.SIGN_IN_WINDOW)
                else:  # Nobody learned whether the password is right.
                    await self.failures.take_back(account_key, limits.SIGN_IN_WINDOW)
                raise
        await self.failures.clear(account_key)
        return response

    async def _sign_out(self, message: Message, call: Call) -> Message | web.Response:
        del message
        caller = await self.callers.find(call.http)
        if caller is not None:
            await self.sessions.drop(caller.token)
        self.cookies.remove(call.http, SESSION_COOKIE)
        return auth_service_pb2.SignOutResponse()

    async def _get_session(self, message: Message, call: Call) -> Message | web.Response:
        del message
        caller = await self.callers.require(call.http)
        return auth_service_pb2.GetSessionResponse(session=_describe(caller.person, caller.session, caller.principal))


def _describe(person: org_pb2.Person, session: Session, principal: Principal) -> auth_service_pb2.Session:
    expire_time = Timestamp()
    expire_time.FromDatetime(session.expire_time)
    return auth_service_pb2.Session(person=person, permissions=principal.permissions(), expire_time=expire_time)


def _check_lengths(message: auth_service_pb2.SignInRequest) -> None:
    for field, value, longest in (
        ("username", message.username, _MAX_USERNAME),
        ("password", message.password, _MAX_PASSWORD),
    ):
        if not value or len(value) > longest:
            raise InvalidArgument("BAD_FIELD", f"Give a {field} of at most {longest} characters.", field=field)
