"""Commands about mail and the streams that lead to it, for operators; each prints what it found or did.

Whoever can read the folder of keys may: it owns the data anyway.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import grpc.aio
from google.protobuf.message import DecodeError
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from briefing.v1 import delivery_service_pb2, events_pb2
from briefing.v1.delivery_service_pb2_grpc import DeliveryServiceStub
from giaoban.clock import SystemClock
from giaoban.config import Settings
from giaoban.errors import DomainError, FailedPrecondition, NotFound
from giaoban.principal import Grant, Principal
from giaoban.rpc.client import Peer
from giaoban.rpc.status import from_call
from giaoban.rpc.tokens import TokenMinter
from giaoban.sql.engine import create_engine
from giaoban.streams.redis import DEAD_SUFFIX, connect, publish
from services.notify.consumers.invitations import GROUP, STREAM
from services.notify.store.tellings import SqlTellings

_ADMINISTRATOR: Final = Principal("people/admin", (Grant("administrator", "/"),))
_STREAMS: Final = (STREAM, "events.media", "quality.samples")
_PAGE: Final = 500
_SECONDS: Final = 60.0
# What needs nobody to be told: it is over, or there never was such a briefing.
_SETTLED: Final = frozenset({"BRIEFING_OVER", "UNKNOWN_BRIEFING"})


async def status(settings: Settings) -> int:
    """Prints whether mail is held; answers the exit status, 1 when it is."""
    async with _ledger(settings) as tellings:
        hold = await tellings.hold()
    if hold is None:
        sys.stdout.write("Mail is not held.\n")
        return 0
    waits = "released, and goes on within seconds" if hold.released else "held until `giaoban mail release`"
    sys.stdout.write(f"Mail is {waits}: {hold.reason}, since {hold.since:%Y-%m-%d %H:%M} UTC.\n")
    return 0 if hold.released else 1


async def release(settings: Settings) -> int:
    """Lets mail go again; answers the exit status, 1 when it was not held.

    What waited when it was held stays of unknown fate: it may have gone out after the backup was made. People send it again from
    the page of mails.
    """
    async with _ledger(settings) as tellings:
        released = await tellings.release()
    sys.stdout.write("Mail is released.\n" if released else "Mail was not held.\n")
    return 0 if released else 1


async def list_dead(settings: Settings) -> int:
    """Prints the entries of all streams that could not be dealt with."""
    count = 0
    async with _redis(settings) as redis:
        for stream in _STREAMS:
            for entry, fields in await _dead(redis, stream):
                count += 1
                moment = datetime.fromtimestamp(int(entry.partition("-")[0]) / 1000, UTC)
                shown = " ".join(f"{name}={fields.get(name, '')}" for name in ("group", "key", "tries", "error"))
                sys.stdout.write(f"{stream} {entry} {moment:%Y-%m-%d %H:%M:%S} {shown}\n")
    sys.stdout.write(f"{count} dead entries.\n")
    return 0


async def replay_dead(settings: Settings) -> int:
    """Deals with dead entries once more and takes those that worked off the list; answers the exit status.

    A briefing is told as it stands today, if it is still ahead: never the old entry, never the past. A fact for another reader is
    published anew; its reader knows by the key whether it had its effect.
    """
    done = failed = 0
    async with _redis(settings) as redis, _deliveries(settings) as deliveries:
        for stream in _STREAMS:
            for entry, fields in await _dead(redis, stream):
                try:
                    await _again(redis, deliveries, stream, fields)
                except DomainError as error:
                    failed += 1
                    sys.stderr.write(f"{stream} {entry}: {error.message} ({error.reason})\n")
                else:
                    done += 1
                    await redis.xdel(stream + DEAD_SUFFIX, entry)
    sys.stdout.write(f"{done} replayed, {failed} failed.\n")
    return 1 if failed else 0


async def _again(redis: Redis, deliveries: DeliveryServiceStub, stream: str, fields: dict[str, Any]) -> None:
    payload = fields.get("payload", b"")
    if fields.get("group") != GROUP:
        if not fields.get("key"):
            return  # it never was an entry of ours
        await publish(redis, stream, fields["key"], payload)
        return
    try:
        briefing = events_pb2.BriefingEvent.FromString(payload).briefing
    except DecodeError:
        return  # nothing can be read out of it, today as little as then
    if not briefing:
        return
    try:
        await deliveries.TellBriefing(delivery_service_pb2.TellBriefingRequest(briefing=briefing), timeout=_SECONDS)
    except grpc.aio.AioRpcError as error:
        refused = from_call(error)
        if not (isinstance(refused, FailedPrecondition | NotFound) and refused.reason in _SETTLED):
            raise refused from error


async def _dead(redis: Redis, stream: str) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    last = "-"
    while True:
        page: Any = await redis.xrange(stream + DEAD_SUFFIX, min=last, count=_PAGE)
        for entry, raw in page:
            fields = {
                name.decode(): value if name == b"payload" else value.decode(errors="replace")
                for name, value in raw.items()
            }
            found.append((entry.decode(), fields))
        if len(page) < _PAGE:
            return found
        last = f"({found[-1][0]}"


@asynccontextmanager
async def _redis(settings: Settings) -> AsyncIterator[Redis]:
    redis = connect(settings.redis_url)
    try:
        yield redis
    finally:
        await redis.aclose()


@asynccontextmanager
async def _deliveries(settings: Settings) -> AsyncIterator[DeliveryServiceStub]:
    minter = TokenMinter("gateway", settings.key_folder())
    peer = Peer(settings.grpc_target("notify"), "notify", lambda role: minter.mint(_ADMINISTRATOR, role))
    try:
        yield DeliveryServiceStub(peer.channel)
    finally:
        await peer.aclose()


@asynccontextmanager
async def _ledger(settings: Settings) -> AsyncIterator[SqlTellings]:
    """The ledger of mail, whether notify runs or not."""
    engine: AsyncEngine = create_engine(settings.database_url("notify"), settings.key_folder().data_key())
    try:
        yield SqlTellings(engine, SystemClock())
    finally:
        await engine.dispose()
