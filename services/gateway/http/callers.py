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
"""A withdrawn role works at most this long."""

_MAX_CACHED_PEOPLE = 2_000
_TOUCH_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the identity that other services see, and the session it comes from."""

    principal: Principal
    session: Session
    token: str


class Callers:
    """Turns cookies and bearer tokens into identities, with roles read from scheduler."""

    def __init__(self, sessions: SessionStore, credentials: CredentialServiceStub, clock: Clock) -> None:
        self._sessions = sessions
        self._credentials = credentials
        self._clock = clock
        self._people: OrderedDict[str, tuple[float, org_pb2.Person]] = OrderedDict()

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
            return Caller(Principal(subject=session.subject, grants=(), link=True), session, token)
        try:
            person = await self.person(session.subject)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            await self._sessions.drop(token)  # Retired since: the session is worth nothing any more.
            return None
        return Caller(principal_of(person), session, token)

    async def require(self, request: web.Request) -> Caller:
        """The caller, or `SIGNED_OUT`."""
        caller = await self.find(request)
        if caller is None:
            raise Unauthenticated("SIGNED_OUT", "Nobody is signed in; sign in and repeat the request.")
        return caller

    async def person(self, name: str) -> org_pb2.Person:
        """A person with the roles of at most `_PERSON_FRESH_SECONDS` ago."""
        now = self._clock.monotonic()
        cached = self._people.get(name)
        if cached and now - cached[0] < _PERSON_FRESH_SECONDS:
            return cached[1]
        response = await self._credentials.GetIdentity(credential_pb2.GetIdentityRequest(name=name))
        self._people[name] = (now, response.person)
        self._people.move_to_end(name)
        if len(self._people) > _MAX_CACHED_PEOPLE:
            self._people.popitem(last=False)
        return response.person

    async def _touch(self, token: str, session: Session) -> None:
        now = self._clock.now()
        if not session.is_link and now - session.last_use_time > _TOUCH_AFTER:
            await self._sessions.put(token, session.used(now))


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
