"""What holds for every request: security headers, rate limits, the origin of writes, an access log without secrets."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from giaoban.clock import Clock
from services.gateway.domain.hosts import Hosts
from services.gateway.domain.limits import TokenBuckets
from services.gateway.domain.origins import may_write
from services.gateway.http.addresses import ClientAddresses
from services.gateway.http.errors import unavailable, with_reason

_CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Mantine writes style attributes.
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self' {sockets}",  # 'self' does not cover ws: in the browsers of such offices (Chrome 109, ESR).
        "font-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'self' blob: data:",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
    )
)

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # A join link must not leak to the next page.
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_REQUESTS_PER_SECOND: Final = 150.0
_BURST: Final = 2_000
"""A province of hundreds of points behind one address opens the same page at 07:59."""

_LONGEST_WAIT_SECONDS: Final = 10.0
"""Who asks too much is slowed down first; refused is who would wait longer than this."""

_API: Final = ("/api/", "/join/", "/rtc", "/twirp/")
_PROBES: Final = ("/healthz", "/readyz")

log = structlog.get_logger(__name__)


def security_headers(addresses: ClientAddresses) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Makes the hook of `on_response_prepare` that adds the headers no handler may forget."""

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        # Named by host: a page that was tampered with must not send what it sees to a socket elsewhere.
        sockets = addresses.origin(request).replace("http", "ws", 1)
        response.headers.setdefault("Content-Security-Policy", _CONTENT_SECURITY_POLICY.format(sockets=sockets))
        if request.path.startswith(_API):
            response.headers.setdefault("Cache-Control", "no-store")
        _add_transport_security(request, response)

    return add


def _add_transport_security(request: web.Request, response: web.StreamResponse) -> None:
    if request.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def limit_rate(addresses: ClientAddresses, clock: Clock) -> Middleware:
    """A middleware that slows one address down when it asks too much; probes and static files are free."""
    buckets = TokenBuckets(_REQUESTS_PER_SECOND, _BURST)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(_API):
            return await handler(request)
        wait = buckets.take(addresses.of(request), clock.monotonic(), _LONGEST_WAIT_SECONDS)
        if wait <= _LONGEST_WAIT_SECONDS:
            await asyncio.sleep(wait)
            return await handler(request)
        seconds = str(math.ceil(wait))
        error = with_reason(
            "resource_exhausted", "TOO_MANY_REQUESTS", "Too many requests; wait.", retry_seconds=seconds
        )
        response = error.to_response()
        response.headers["Retry-After"] = seconds
        return response

    return middleware


def refuse_foreign_writes(addresses: ClientAddresses, public_origins: frozenset[str]) -> Middleware:
    """A middleware that refuses API calls which a page of another origin made with the caller's cookie."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        own = public_origins | {addresses.origin(request)}
        if request.path.startswith("/api/") and not may_write(request.headers.get("Origin"), own):
            return with_reason(
                "permission_denied", "FOREIGN_ORIGIN", "Calls from other sites are refused."
            ).to_response()
        return await handler(request)

    return middleware


def refuse_other_hosts(hosts: Hosts) -> Middleware:
    """A middleware that answers 421 where the request names a host that is not ours (RFC 9110 §15.5.20).

    A name of somebody else that leads here (DNS rebinding) makes our pages theirs. Probes come by any address.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in _PROBES or hosts.are_ours(request.headers.get("Host")):
            return await handler(request)
        text = "This server does not answer for that name; see GIAOBAN_PUBLIC_URL and GIAOBAN_HOSTS."
        return web.Response(status=421, text=text, headers={"Cache-Control": "no-store"})

    return middleware


@web.middleware
async def answer_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost edge: an unexpected error is logged once and answered without its inside."""
    try:
        return await handler(request)
    except (web.HTTPException, ConnectionResetError):
        raise
    except (RedisConnectionError, RedisTimeoutError) as error:
        log.warning("Redis is away", route=_route(request), error=type(error).__name__)
        return unavailable().to_response()
    except Exception:
        # The path only: queries carry tokens and SDP. Link tokens are in the path, so those are cut too.
        log.exception("request failed", method=request.method, route=_route(request))
        return with_reason("internal", "INTERNAL", "Something went wrong; the operators can see it.").to_response()


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
