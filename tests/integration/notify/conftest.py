"""The notify service's surroundings, all real but the scheduler's content."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest_asyncio
from redis.asyncio import Redis

from briefing.v1.briefing_service_pb2_grpc import add_BriefingServiceServicer_to_server
from briefing.v1.delivery_service_pb2_grpc import DeliveryServiceStub
from briefing.v1.org_service_pb2_grpc import add_OrgServiceServicer_to_server
from giaoban.config import Settings
from giaoban.principal import Grant, Principal
from giaoban.rpc.client import Peer
from giaoban.rpc.server import Servicers, serve
from giaoban.rpc.tokens import TokenMinter
from giaoban.sql.engine import create_engine
from giaoban.sql.migrate import upgrade
from giaoban.testing.fixtures import DATA_KEY, RedisServer
from services.notify.app import MIGRATIONS
from tests.integration.notify.doubles import Briefings, MailServer, Org
from tests.integration.notify.ledger import Ledger

SECRETARY = Principal("people/thu", (Grant("secretary", "/tinh/vp/"),))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the service finds: settings, a scheduler, a mail server, Redis."""

    settings: Settings
    briefings: Briefings
    mail: MailServer
    redis: Redis
    stack: AsyncExitStack
    stubs: dict[Principal, DeliveryServiceStub] = field(default_factory=dict)

    def deliveries(self, caller: Principal = SECRETARY) -> DeliveryServiceStub:
        """Calls the running service as somebody."""
        if caller not in self.stubs:
            minter = TokenMinter("gateway", self.settings.key_folder())
            peer = Peer(self.settings.grpc_target("notify"), "notify", lambda role: minter.mint(caller, role))
            self.stack.push_async_callback(peer.aclose)
            self.stubs[caller] = DeliveryServiceStub(peer.channel)
        return self.stubs[caller]


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[MailServer]:
    """A mail server that takes everything until told otherwise."""
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def around(
    tmp_path: Path, socket_folder: Path, redis_server: RedisServer, redis: Redis, mail: MailServer
) -> AsyncIterator[Surroundings]:
    """Surroundings in which `running(around.settings)` works."""
    target = f"unix:{socket_folder}/scheduler.sock"
    settings = Settings.load(
        {},
        home=tmp_path,
        redis_url=redis_server.url,
        smtp_url=mail.url,
        public_url="https://giaoban.tinh.gov.vn",
        peer_scheduler=target,
        peer_notify=f"unix:{socket_folder}/notify.sock",
    )
    briefings = Briefings()  # type: ignore[abstract]  # the methods under test
    servicers: Servicers = [
        (add_BriefingServiceServicer_to_server, briefings),
        (add_OrgServiceServicer_to_server, Org()),  # type: ignore[abstract]  # as above
    ]
    settings.key_folder().make_all(("scheduler", "notify", "gateway"))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serve(target, servicers, "scheduler", settings.key_folder()))
        yield Surroundings(settings, briefings, mail, redis, stack)


@pytest_asyncio.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    """The ledger in a store of its own."""
    url = f"sqlite+aiosqlite:///{tmp_path}/notify.db"
    await upgrade(url, DATA_KEY, MIGRATIONS)
    engine = create_engine(url, DATA_KEY)
    yield Ledger(engine)
    await engine.dispose()
