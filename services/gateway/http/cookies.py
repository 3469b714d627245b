"""Session cookies: HttpOnly, SameSite, Secure under HTTPS."""

from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from giaoban.clock import Clock
from services.gateway.domain.sessions import Session
from services.gateway.http.addresses import ClientAddresses

_PENDING: Final = web.RequestKey("pending_cookies", dict)


class Cookies:
    """Notes cookies while a request is handled and writes them to its response."""

    def __init__(self, addresses: ClientAddresses, clock: Clock) -> None:
        self._addresses = addresses
        self._clock = clock

    def add(self, request: web.Request, name: str, token: str, session: Session) -> None:
        """Sets a cookie that the browser forgets when the session must end."""
        seconds = max(1, int((session.end_time - self._clock.now()).total_seconds()))
        request.setdefault(_PENDING, {})[name] = (token, seconds)

    def remove(self, request: web.Request, name: str) -> None:
        """Makes the browser forget a cookie."""
        request.setdefault(_PENDING, {})[name] = ("", 0)

    def middleware(self) -> Middleware:
        """A middleware that writes what the handler noted."""

        @web.middleware
        async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            self._write(request, response)
            return response

        return middleware

    def _write(self, request: web.Request, response: web.StreamResponse) -> None:
        secure = self._addresses.scheme(request) == "https"
        for name, (token, seconds) in request.get(_PENDING, {}).items():
            # Lax, not Strict: a link in a mail must find the session of the page it opens.
            response.set_cookie(name, token, max_age=seconds, path="/", secure=secure, httponly=True, samesite="Lax")
