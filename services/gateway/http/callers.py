"""Finds who is behind a request."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

import grpc
from aiohttp import web

from briefing.v1 import credential_service_pb2 as credential_pb2
from briefing.v1 import org_pb2
from briefing.v1.credential_service_pb2_grpc import CredentialServiceStub
from giaoban.clock import Clock
from giaoban.errors import Unauthenticated
from giaoban.principal import Grant, Principal
from services.gateway.domain.sessions import Session, SessionStore

SESSION_COOKIE = "giaoban_session"
LINK_COOKIE = "giaoban_link"
LINK_HEADER = "X-Giaoban-Link"
"""Set by pages that were opened by a join link: an official who is also signed in then acts as the invited point."""

_PERSON_FRESH_SECONDS = 20.0
"""A withdrawn role, and a session under a changed password, work at most this long."""

_MAX_CACHED_PEOPLE = 2_000
_TOUCH_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the identity that other services see, and the session it comes from.

    `person` is empty for the holder of a link.
    """

    principal: Principal
    session: Session
    token: str
    person: org_pb2.Person


class Callers:
    """Turns cookies and bearer tokens into identities, with roles read from scheduler."""

    def __init__(self, sessions: SessionStore, credentials: CredentialServiceStub, clock: Clock) -> None:
        self._sessions = sessions
        self._credentials = credentials
        self._clock = clock
        self._people: OrderedDict[str, tuple[float, credential_pb2.GetIdentityResponse]] = OrderedDict()

    async def find(self, request: web.Request) -> Caller | None:
        """The caller of a request, or None for a stranger."""
        token = _presented_token(request)
        if token is None:
            return None
        session = await self._sessions.get(token)
        if session is None:
            return None
        await self._touch(token, session)
        if session.is_link:
            return Caller(Principal(subject=session.subject, grants=(), link=True), session, token, org_pb2.Person())
        person = await self._person_of(session)
        if person is None:
            await self._sessions.drop(token)
            return None
        return Caller(principal_of(person), session, token, person)

    async def require(self, request: web.Request) -> Caller:
        """The caller, or `SIGNED_OUT`."""
        caller = await self.find(request)
        if caller is None:
            raise Unauthenticated("SIGNED_OUT", "Nobody is signed in; sign in and repeat the request.")
        return caller

    async def _person_of(self, session: Session) -> org_pb2.Person | None:
        """The person with the roles of at most `_PERSON_FRESH_SECONDS` ago; None once retired or the password changed."""
        now = self._clock.monotonic()
        cached = self._people.get(session.subject)
        if cached and now - cached[0] < _PERSON_FRESH_SECONDS and _opened(session, cached[1]):
            return cached[1].person
        try:
            identity = await self._credentials.GetIdentity(credential_pb2.GetIdentityRequest(name=session.subject))
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return None
        self._people[session.subject] = (now, identity)
        self._people.move_to_end(session.subject)
        if len(self._people) > _MAX_CACHED_PEOPLE:
            self._people.popitem(last=False)
        return identity.person if _opened(session, identity) else None

    async def _touch(self, token: str, session: Session) -> None:
        now = self._clock.now()
        if not session.is_link and now - session.last_use_time > _TOUCH_AFTER:
            await self._sessions.put(token, session.used(now))


def _opened(session: Session, identity: credential_pb2.GetIdentityResponse) -> bool:
    return session.password_version == identity.password_version


def principal_of(person: org_pb2.Person) -> Principal:
    """The person as other services see it, roles named as in the kit's permission table."""
    grants = tuple(
        Grant(org_pb2.Role.Name(grant.role).removeprefix("ROLE_").lower(), grant.unit_path) for grant in person.roles
    )
    return Principal(person.name, grants)


def _presented_token(request: web.Request) -> str | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    cookie = LINK_COOKIE if request.headers.get(LINK_HEADER) == "1" else SESSION_COOKIE
    return request.cookies.get(cookie)
