"""What holds for every request: security headers, rate limits, the origin of writes, an access log without secrets."""

import math
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from giaoban.clock import Clock
from services.gateway.domain.limits import TokenBuckets
from services.gateway.domain.origins import may_write
from services.gateway.http.addresses import ClientAddresses
from services.gateway.http.errors import with_reason

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # Mantine writes style attributes.
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self' ws: wss:",  # 'self' does not cover ws: in the browsers of such offices (Chrome 109, ESR).
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
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # A join link must not leak to the next page.
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_REQUESTS_PER_SECOND: Final = 60.0
_BURST: Final = 400
"""An office of a hundred PCs behind one address opens the same page at 07:59."""

log = structlog.get_logger(__name__)


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Adds the headers that no handler may forget; hooked to `on_response_prepare`."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def limit_rate(addresses: ClientAddresses, clock: Clock) -> Middleware:
    """A middleware that slows one address down when it asks too much; probes and static files are free."""
    buckets = TokenBuckets(_REQUESTS_PER_SECOND, _BURST)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(("/api/", "/join/", "/rtc", "/twirp/")):
            return await handler(request)
        wait = buckets.take(addresses.of(request), clock.monotonic())
        if not wait:
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


@web.middleware
async def answer_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost edge: an unexpected error is logged once and answered without its inside."""
    try:
        return await handler(request)
    except (web.HTTPException, ConnectionResetError):
        raise
    except Exception:
        # The path only: queries carry tokens and SDP. Link tokens are in the path, so those are cut too.
        log.exception("request failed", method=request.method, route=_route(request))
        return with_reason("internal", "INTERNAL", "Something went wrong; the operators can see it.").to_response()


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
