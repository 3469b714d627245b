"""Wires the notify service: settings → ledger, scheduler, channel → use cases → gRPC server."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from briefing.v1.delivery_service_pb2_grpc import add_DeliveryServiceServicer_to_server
from giaoban.clock import SystemClock
from giaoban.config import Settings
from giaoban.files import private_folder
from giaoban.keys import KeyFolder
from giaoban.metrics import Gauge, observe_call
from giaoban.rpc.client import Peer
from giaoban.rpc.server import serve
from giaoban.rpc.tokens import TokenMinter
from giaoban.sql.engine import create_engine
from giaoban.sql.migrate import upgrade
from giaoban.streams.redis import StreamConsumer, connect
from services.notify.channels.apart import InventedApart
from services.notify.channels.archive import ImapArchive
from services.notify.channels.folder import FolderChannel
from services.notify.channels.smtp import SmtpChannel
from services.notify.config import NotifySettings, notify_settings
from services.notify.consumers.invitations import GROUP, STREAM, InvitationConsumer
from services.notify.domain.dispatching import Dispatcher
from services.notify.domain.holding import Holding
from services.notify.domain.message import MessageRenderer
from services.notify.domain.planning import Planner
from services.notify.domain.ports import Channel
from services.notify.domain.reconciling import Reconciler
from services.notify.domain.reminding import ReminderRounds
from services.notify.domain.retry import RetryPolicy
from services.notify.domain.settling import Settler
from services.notify.domain.telling import Teller
from services.notify.peers import SchedulerPeer
from services.notify.rpc.servicer import Around, DeliveryServicer
from services.notify.store.books import SqlDeliveryBooks
from services.notify.store.outbox import SqlOutbox
from services.notify.store.problems import SqlProblemBook
from services.notify.store.reminders import SqlReminders
from services.notify.store.tellings import SqlTellings

ROLE: Final = "notify"
MIGRATIONS: Final = Path(__file__).parent / "store" / "migrations"

_LONGEST_GOODBYE_SECONDS: Final = 5.0
"""How long messages under way may take to be settled at the end; what is cut off is called unknown at the next start."""

_PROBLEM: Final = Gauge("giaoban_mail_problem", "1 while the mail server does not take messages.")
_HELD: Final = Gauge("giaoban_mail_held", "1 while all mail waits for an operator after a restored backup.")

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """Runs the service until the context ends.

    Raises:
        InvalidArgument: `BAD_SETTING`.
        FailedPrecondition: The store or the address cannot be opened.
    """
    own = notify_settings(settings)
    keys = settings.key_folder()
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        engine = await _open_store(settings, keys, stack)
        redis = connect(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        peer = Peer(settings.grpc_target("scheduler"), "scheduler", TokenMinter(ROLE, keys).for_service)
        stack.push_async_callback(peer.aclose)

        scheduler = SchedulerPeer(peer)
        outbox, tellings, holding = SqlOutbox(engine), SqlTellings(engine, clock), Holding()
        renderer = MessageRenderer(own.public_url, settings.mail_sender)
        mark = hmac.new(keys.data_key(), settings.smtp_url.encode(), hashlib.sha256).hexdigest()
        problems = SqlProblemBook(engine, mark)
        dispatcher = Dispatcher(
            outbox, _channel(own), RetryPolicy(), clock, problems=problems, holding=holding, workers=own.workers
        )
        planner = Planner(renderer.render, own.reminder_offsets)
        teller = Teller(scheduler, tellings, outbox, planner, clock, holding=holding, wake=dispatcher.wake)

        def wake() -> None:
            teller.wake()
            dispatcher.wake()

        _PROBLEM.set_function(lambda: float(dispatcher.problem is not None))
        _HELD.set_function(lambda: float(holding.hold is not None))
        reconciler = Reconciler(scheduler, tellings, clock, holding, wake)
        rounds = ReminderRounds(
            scheduler,
            SqlReminders(engine),
            renderer.render,
            clock,
            offsets=own.reminder_offsets,
            poll_seconds=own.reminder_poll_seconds,
            wake=dispatcher.wake,
            holding=holding,
        )
        consumer = StreamConsumer(redis, STREAM, GROUP, ROLE, InvitationConsumer(teller).handle)
        around = Around(scheduler, tellings, holding, lambda: dispatcher.problem, teller.wake)
        servicer = DeliveryServicer(SqlDeliveryBooks(engine), clock, dispatcher.wake, around)
        servicers = [(add_DeliveryServiceServicer_to_server, servicer)]
        await stack.enter_async_context(serve(settings.grpc_target(ROLE), servicers, ROLE, keys, observe=observe_call))
        loops = {
            "events.briefing": consumer.run,
            "tellings": teller.run,
            "reconciler": reconciler.run,
            "reminders": rounds.run,
        }
        if own.archive is not None:
            books, archive = SqlDeliveryBooks(engine), ImapArchive(own.archive)
            settler = Settler(books, outbox, archive, clock, holding=holding, wake=dispatcher.wake)
            loops["settler"] = settler.run
        await stack.enter_async_context(_at_work(dispatcher, loops))
        log.info("notify serves", channel="smtp" if own.smtp else "folder")
        yield


async def _open_store(settings: Settings, keys: KeyFolder, stack: AsyncExitStack) -> AsyncEngine:
    private_folder(settings.home)
    url = settings.database_url(ROLE)
    await upgrade(url, keys.data_key(), MIGRATIONS)
    engine = create_engine(url, keys.data_key())
    stack.push_async_callback(engine.dispose)
    return engine


def _channel(own: NotifySettings) -> Channel:
    folder = FolderChannel(own.mail_dir)
    if own.smtp is None:
        return folder
    archive = own.archive.address if own.archive is not None else ""
    return InventedApart(folder, SmtpChannel(own.smtp, own.smtp_helo, archive=archive))


@asynccontextmanager
async def _at_work(dispatcher: Dispatcher, loops: Mapping[str, Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """Runs the loops; at the end nothing new is taken up, and what is under way may finish."""
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(dispatcher.run(), name="dispatcher")
        others = [tasks.create_task(_run(loop), name=name) for name, loop in loops.items()]
        try:
            yield
        finally:
            for other in others:
                other.cancel()
            dispatcher.stop()
            with suppress(TimeoutError):
                async with asyncio.timeout(_LONGEST_GOODBYE_SECONDS):
                    await asyncio.wait([sending])
            sending.cancel()


async def _run(loop: Callable[[], Awaitable[None]]) -> None:
    await loop()
