"""Join links of mails: `/join/{token}` becomes a session that acts as one invitee."""

from dataclasses import dataclass
from datetime import UTC

import grpc
from aiohttp import web
from yarl import URL

from briefing.v1 import credential_service_pb2 as credential_pb2
from briefing.v1.credential_service_pb2_grpc import CredentialServiceStub
from giaoban.clock import Clock
from services.gateway.domain.sessions import SessionStore, new_token, open_session
from services.gateway.http.callers import LINK_COOKIE
from services.gateway.http.cookies import Cookies
from services.gateway.http.errors import from_rpc, reason_of

PREJOIN_PATH = "/vao-hop"
_MAX_TOKEN = 200
_KEPT_PARAMETERS = ("tra-loi",)
"""Answer buttons of mails say which answer was clicked; anything else in the query is dropped."""


@dataclass(frozen=True, slots=True)
class JoinLinks:
    """Opens join links."""

    credentials: CredentialServiceStub
    sessions: SessionStore
    cookies: Cookies
    clock: Clock

    async def open(self, request: web.Request) -> web.StreamResponse:
        """Checks the link and sends the browser to the pre-join page, which shows why when the link is no good.

        Nothing of the link's token stays in the address bar, the history or a `Referer`.
        """
        token = request.match_info["token"]
        if len(token) > _MAX_TOKEN:
            return _to_prejoin({"loi": "LINK_INVALID"})
        try:
            link = await self.credentials.VerifyLink(credential_pb2.VerifyLinkRequest(token=token))
        except grpc.aio.AioRpcError as error:
            return _to_prejoin({"loi": _reason(error)})
        session_token = new_token()
        session = open_session(link.invitee, self.clock.now(), link.expire_time.ToDatetime(tzinfo=UTC))
        await self.sessions.put(session_token, session)
        self.cookies.add(request, LINK_COOKIE, session_token, session)
        return _to_prejoin({name: request.query[name][:20] for name in _KEPT_PARAMETERS if name in request.query})


def _to_prejoin(parameters: dict[str, str]) -> web.Response:
    location = URL(PREJOIN_PATH).with_query(parameters)
    return web.Response(status=303, headers={"Location": str(location), "Cache-Control": "no-store"})


def _reason(error: grpc.aio.AioRpcError) -> str:
    """The stable reason of a refused link; anything else is no fault of the link, so it is not called invalid."""
    return reason_of(from_rpc(error)) or "SERVICE_UNAVAILABLE"
