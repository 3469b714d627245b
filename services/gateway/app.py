"""Wires the gateway: settings → Redis and channels → handlers → one HTTP server."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.web_log import AccessLogger
from redis.asyncio import Redis
from typing_extensions import override
from yarl import URL

from briefing.v1.credential_service_pb2_grpc import CredentialServiceStub
from briefing.v1.room_service_pb2_grpc import RoomServiceStub
from giaoban.clock import Clock, SystemClock
from giaoban.config import Settings
from giaoban.errors import InvalidArgument
from giaoban.machine import check_certificate
from giaoban.rpc.client import Peer
from giaoban.rpc.server import serve
from giaoban.rpc.tokens import TokenMinter
from giaoban.streams.redis import connect
from services.gateway.domain.hosts import Hosts
from services.gateway.domain.limits import DEFAULT_SLOWNESS, SlowLanes, Slowness
from services.gateway.http.addresses import ClientAddresses
from services.gateway.http.auth import AuthService
from services.gateway.http.callers import Callers
from services.gateway.http.connect import ConnectHandler
from services.gateway.http.connections import Connections, quiet_logger
from services.gateway.http.cookies import Cookies
from services.gateway.http.health import Readiness, alive
from services.gateway.http.join import JoinLinks
from services.gateway.http.methods import remote_methods
from services.gateway.http.middleware import (
    answer_failures,
    limit_rate,
    refuse_foreign_writes,
    refuse_other_hosts,
    security_headers,
)
from services.gateway.http.pages import Pages
from services.gateway.http.room_api import RoomApi
from services.gateway.http.tls import ReloadingCertificate
from services.gateway.peers import ROLE_OF_SERVICE, Peers
from services.gateway.store.redis import RedisFailureCounter, RedisSessionStore
from services.gateway.ws.placements import Placements
from services.gateway.ws.signalling import SignallingProxy
from services.gateway.ws.workers import Workers

WEB_FOLDER: Final = Path(__file__).parents[2] / "web" / "dist"
"""Where `make setup` builds the web application."""

SERVER_OPTIONS: Final[dict[str, Any]] = {"auto_decompress": False, "keepalive_timeout": 75.0, "logger": quiet_logger()}
"""Bodies are decompressed with a limit of ours; nothing of a request that cannot be read is logged."""

_HANDSHAKE_SECONDS: Final = 15.0

_SHUTDOWN_SECONDS: Final = 3.0
"""How long open streams and sockets may take to end before they are cut."""

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Serves HTTP until the context ends.

    Raises:
        InvalidArgument: `PORT_TAKEN`, when another program listens on the address; `BAD_CERTIFICATE`.
    """
    async with AsyncExitStack() as stack:
        clock = SystemClock()
        redis = connect(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        peers, workers = await _connect(settings, stack)
        certificate = _certificate(settings)
        app = build(settings, redis, peers, workers, clock)
        # The gateway has no methods for others; its server answers the standard health and reflection services.
        await stack.enter_async_context(serve(settings.grpc_target("gateway"), [], "gateway", settings.key_folder()))
        await _listen(app, settings, certificate.context if certificate else None, stack)
        if certificate:
            watcher = asyncio.create_task(certificate.watch(), name="certificate watch")
            stack.push_async_callback(_end, watcher)
        log.info("gateway serves", address=str(settings.http), https=certificate is not None)
        yield


def build(
    settings: Settings,
    redis: Redis,
    peers: Peers,
    workers: Workers,
    clock: Clock,
    slowness: Slowness = DEFAULT_SLOWNESS,
) -> web.Application:
    """The HTTP application with all its handlers."""
    credentials = CredentialServiceStub(peers.channel("scheduler"))
    rooms = RoomServiceStub(peers.channel("media"))
    addresses = ClientAddresses(settings.trusted_proxies)
    sessions = RedisSessionStore(redis, clock, settings.key_folder().session_secret())
    callers = Callers(sessions, credentials, clock)
    cookies = Cookies(addresses, clock)
    auth = AuthService(
        credentials,
        sessions,
        RedisFailureCounter(redis),
        callers,
        cookies,
        addresses,
        clock,
        SlowLanes(slowness.account_pause_seconds, slowness.most_waiting),
        SlowLanes(slowness.address_pause_seconds, slowness.most_waiting),
    )
    connect = ConnectHandler(auth.methods() | remote_methods(peers, ROLE_OF_SERVICE), callers)

    public_origins = frozenset({str(URL(settings.public_url).origin())})
    app = web.Application(
        middlewares=[
            answer_failures,
            refuse_other_hosts(_own_hosts(settings)),
            limit_rate(addresses, clock),
            refuse_foreign_writes(addresses, public_origins),
            cookies.middleware(),
        ]
    )
    app.on_response_prepare.append(security_headers(addresses))
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", Readiness(peers).answer)
    app.router.add_post("/api/{service}/{method}", connect.handle)
    app.router.add_get("/join/{token}", JoinLinks(credentials, sessions, cookies, clock).open)
    app.router.add_post("/twirp/livekit.RoomService/{method}", RoomApi(rooms).call)
    SignallingProxy(Placements(rooms), workers, addresses.of).add_to(app)
    Pages(WEB_FOLDER).add_to(app)
    return app


def _own_hosts(settings: Settings) -> Hosts:
    public = URL(settings.public_url).host or ""
    return Hosts([public, *settings.hosts], settings.http.host)


class PathOnlyLogger(AccessLogger):
    """An access log that knows routes, never addresses: links, room tokens and session descriptions are in those."""

    @property
    @override
    def enabled(self) -> bool:
        """Access lines are for debugging only."""
        return self.logger.isEnabledFor(10)

    @override
    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """One line per request with the route's pattern."""
        resource = request.match_info.route.resource if isinstance(request, web.Request) else None
        route = resource.canonical if resource else "unknown"
        self.logger.debug("%s %s %s %.0f ms", request.method, route, response.status, time * 1000)


async def _connect(settings: Settings, stack: AsyncExitStack) -> tuple[Peers, Workers]:
    tokens = TokenMinter("gateway", settings.key_folder())
    peers = {
        role: Peer(settings.grpc_target(role), role, tokens.for_service) for role in ("scheduler", "media", "notify")
    }
    for peer in peers.values():
        stack.push_async_callback(peer.aclose)
    workers = Workers(lambda target: Peer(target, "media", tokens.for_service))
    stack.push_async_callback(workers.aclose)
    return Peers(peers, tokens), workers


def _certificate(settings: Settings) -> ReloadingCertificate | None:
    check_certificate(settings)
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return ReloadingCertificate(settings.tls_cert, settings.tls_key)


async def _listen(app: web.Application, settings: Settings, tls: ssl.SSLContext | None, stack: AsyncExitStack) -> None:
    # 32 KB request lines: the publisher's first offer travels in the query of /rtc/v1.
    runner = web.AppRunner(
        app,
        access_log_class=PathOnlyLogger,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        max_line_size=32_768,
        handler_cancellation=True,
        **SERVER_OPTIONS,
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    assert runner.server is not None  # noqa: S101 -- made by setup
    connections = Connections(runner.server)
    try:
        listening = await asyncio.get_running_loop().create_server(
            connections.accept,
            settings.http.host,
            settings.http.port,
            ssl=tls,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS if tls else None,
            reuse_address=True,
            backlog=1024,
        )
    except OSError as error:
        raise InvalidArgument(
            "PORT_TAKEN", f"GIAOBAN_HTTP: cannot listen on {settings.http}: {error.strerror}.", field="GIAOBAN_HTTP"
        ) from error
    stack.callback(listening.close)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
