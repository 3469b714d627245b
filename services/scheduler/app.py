"""Wires the scheduler: settings → store → use cases → servicers → server, outbox relay and background tasks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Final

import structlog
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.clock import Clock, SystemClock
from giaoban.config import Settings
from giaoban.files import private_folder
from giaoban.keys import KeyFolder
from giaoban.metrics import observe_call
from giaoban.rpc.client import Peer
from giaoban.rpc.server import serve
from giaoban.rpc.tokens import TokenMinter
from giaoban.sql.engine import create_engine
from giaoban.sql.migrate import upgrade
from giaoban.sql.outbox import OutboxRelay
from giaoban.streams.redis import connect
from services.scheduler.config import ROLE, SchedulerSettings
from services.scheduler.consumers.media_events import attendance_consumer
from services.scheduler.consumers.room_clock import RoomClock
from services.scheduler.domain.briefing_cases import BriefingCases, Surroundings, briefing_cases
from services.scheduler.domain.briefings import Organizer
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.links import Links
from services.scheduler.domain.org_cases import OrgCases, org_cases
from services.scheduler.domain.passwords import Argon2Hasher
from services.scheduler.domain.readdressing import Readdressing
from services.scheduler.domain.support import Support
from services.scheduler.peers import MediaLineJudge, MediaRooms
from services.scheduler.rpc.briefing_servicers import briefing_servicers
from services.scheduler.rpc.org_servicers import org_servicers
from services.scheduler.store.briefing_events import STREAM
from services.scheduler.store.briefing_store import SqlBriefingStore
from services.scheduler.store.briefing_tables import outbox
from services.scheduler.store.org_store import SqlOrgStore
from services.scheduler.store.working_day_seed import special_days_of

MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Runs the service until the context ends.

    Raises:
        FailedPrecondition: The store, the keys or the address cannot be opened.
    """
    own, keys, clock = SchedulerSettings.of(settings), settings.key_folder(), SystemClock()
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(opened_store(settings, keys))
        redis = connect(own.redis_url)
        stack.push_async_callback(redis.aclose)
        media = Peer(own.media_target, "media", TokenMinter(ROLE, keys).for_service)
        stack.push_async_callback(media.aclose)

        relay = OutboxRelay(engine, outbox, redis, STREAM, clock=clock)
        org = SqlOrgStore(engine)
        store, changes = SqlBriefingStore(engine, clock, relay.wake), Changes()
        readdressing = Readdressing(store, clock, changes)
        people = org_cases(org, Argon2Hasher(), readdressing)
        await first_administrator(settings, keys, people)
        await _seed_special_days(store, clock)
        await readdressing.catch_up(people.directory)
        around = _surroundings(settings, keys, org, people, media, clock)
        briefings = briefing_cases(store, around, changes)
        servicers = [
            *org_servicers(people, clock, briefings.verifier.verify),
            *briefing_servicers(briefings, clock),
        ]
        await stack.enter_async_context(_at_work(relay, redis, briefings))
        await stack.enter_async_context(serve(own.target, servicers, ROLE, keys, observe=observe_call))
        # First of all on the way down: streams that watch a briefing would hold the server open.
        stack.callback(briefings.changes.close)
        log.info("scheduler serves", target=own.target)
        yield


@asynccontextmanager
async def opened_store(settings: Settings, keys: KeyFolder) -> AsyncIterator[AsyncEngine]:
    """Brings the store up to date and opens it."""
    await asyncio.to_thread(private_folder, settings.home)
    url, key = settings.database_url(ROLE), keys.data_key()
    await upgrade(url, key, MIGRATIONS)
    engine = create_engine(url, key)
    try:
        yield engine
    finally:
        await engine.dispose()


def _surroundings(
    settings: Settings, keys: KeyFolder, org: SqlOrgStore, people: OrgCases, media: Peer, clock: Clock
) -> Surroundings:
    return Surroundings(
        directory=people.directory,
        support=Support(org),
        clock=clock,
        organizer=Organizer(settings.mail_sender.address, settings.mail_sender.name),
        links=Links(keys.link_secret()),
        rooms=MediaRooms(media),
        judge=MediaLineJudge(media),
    )


async def _seed_special_days(store: SqlBriefingStore, clock: Clock) -> None:
    """Writes the holidays of last year to next year, at the first start of each year."""
    this_year = clock.now().year
    async with store.reading() as reader:
        if await reader.special_days(date(this_year + 1, 1, 1), date(this_year + 1, 12, 31)):
            return
    await store.seed_special_days(special_days_of([this_year - 1, this_year, this_year + 1]))


async def first_administrator(settings: Settings, keys: KeyFolder, people: OrgCases) -> None:
    """Makes the account `admin` in a store without accounts."""
    password = settings.admin_password.get_secret_value() or await asyncio.to_thread(keys.admin_password)
    if await people.accounts.bootstrap(password):
        log.info("first administrator made", username="admin")


@asynccontextmanager
async def _at_work(relay: OutboxRelay, redis: Redis, briefings: BriefingCases) -> AsyncIterator[None]:
    """Runs the loops beside the server and ends them after it; one that fails ends the service."""
    loops: dict[str, Callable[[], Awaitable[None]]] = {
        "outbox": relay.run,
        "attendance": attendance_consumer(redis, briefings.keeper).run,
        "rooms": RoomClock(briefings.keeper).run,
    }
    async with asyncio.TaskGroup() as tasks:
        running_loops = [tasks.create_task(_run(loop), name=name) for name, loop in loops.items()]
        try:
            yield
        finally:
            for task in running_loops:
                task.cancel()


async def _run(loop: Callable[[], Awaitable[None]]) -> None:
    await loop()
