"""One media worker process: one UDP port, the rooms placed on it, their signalling over gRPC."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from redis.exceptions import RedisError

from briefing.v1.room_service_pb2_grpc import add_WorkerServiceServicer_to_server
from giaoban.clock import Clock, SystemClock
from giaoban.config import Settings
from giaoban.rpc.server import serve
from giaoban.streams.redis import connect
from services.media.config import media_settings
from services.media.domain.client import LeaveReason
from services.media.domain.participants import Participant
from services.media.domain.placement import WorkerLoad
from services.media.domain.ports import RoomId
from services.media.domain.room import Room
from services.media.domain.rooms import Rooms
from services.media.domain.sampling import Sampler
from services.media.domain.tools import Tools
from services.media.rpc.facts import FactSink, FactWriter
from services.media.rpc.room_api import RoomApi
from services.media.rpc.signalling import Signalling
from services.media.rpc.worker_servicer import WorkerServicer
from services.media.sfu.node import Bound, MediaNode, media_node
from services.media.store.registry import Registry
from services.media.store.streams import FactPublisher

log = logging.getLogger(__name__)

_TICK_SECONDS: Final = 1.0
_ANNOUNCE_SECONDS: Final = 2.0


@dataclass(slots=True)
class Watcher:
    """Hears what happens in rooms and passes it to the streams and the sampler."""

    writer: FactWriter
    sampler: Sampler | None = None
    signalling: Signalling | None = None

    def on_joined(self, participant: Participant) -> None:
        """Tells that somebody's media may flow."""
        self.writer.joined(participant)

    def on_left(self, participant: Participant, reason: LeaveReason) -> None:
        """Tells that somebody who was connected is gone."""
        self.writer.left(participant, reason)
        if self.sampler is not None:
            self.sampler.farewell(participant, reason)
        if self.signalling is not None:
            self.signalling.forget(participant.sid)

    def on_closed(self, room: Room) -> None:
        """Tells that a room is no more."""
        self.writer.closed(room)
        if self.signalling is not None:
            self.signalling.forget_room(room.name)


@dataclass(frozen=True, slots=True)
class WorkerHouse:
    """Rooms on a node, with their servicer; knows neither Redis nor gRPC servers."""

    rooms: Rooms
    sampler: Sampler
    signalling: Signalling
    servicer: WorkerServicer


def build_house(node: MediaNode, pair: tuple[str, str], sink: FactSink, clock: Clock) -> WorkerHouse:
    """Wires rooms, signalling and sampling to a node."""
    watcher = Watcher(FactWriter(sink, clock))
    rooms = Rooms(Tools(node.plane, node.peers, node.switchboard, watcher, clock))
    signalling = Signalling(rooms, pair, node.plane, clock)
    sampler = Sampler(rooms, node.plane, watcher.writer.sample)
    # What reports to the rooms was made before them; here the circle closes.
    watcher.signalling, watcher.sampler = signalling, sampler
    node.switchboard.rooms, node.switchboard.transports = rooms, signalling
    servicer = WorkerServicer(rooms, signalling, RoomApi(rooms, pair))
    return WorkerHouse(rooms, sampler, signalling, servicer)


@asynccontextmanager
async def running(settings: Settings, index: int) -> AsyncIterator[None]:
    """Runs worker `index` until the block ends; then everyone is told to come back, and rooms are given free.

    Raises:
        OSError: The UDP port is taken.
        FailedPrecondition: `ADDRESS_TAKEN`: the gRPC address is.
    """
    chosen, keys, clock = media_settings(settings), settings.key_folder(), SystemClock()
    async with AsyncExitStack() as stack:
        redis = connect(chosen.redis_url)
        stack.push_async_callback(redis.aclose)
        facts, registry = FactPublisher(redis), Registry(redis)
        stack.push_async_callback(facts.drain)
        addresses = [Bound(each.host, each.announced, each.local) for each in chosen.addresses]
        node = await stack.enter_async_context(media_node(addresses, chosen.udp_port + index, clock))
        house = build_house(node, chosen.pair, facts, clock)
        target = settings.grpc_target("media", worker=index)
        services = [(add_WorkerServiceServicer_to_server, house.servicer)]
        server = await stack.enter_async_context(serve(target, services, "media", keys))
        stack.push_async_callback(_give_free, house.rooms, registry, index, server.target)
        async with asyncio.TaskGroup() as tasks:
            loops = [
                tasks.create_task(facts.run(), name="publish facts"),
                tasks.create_task(_keep_time(house), name="rooms keep time"),
                tasks.create_task(_keep_leases(house.rooms, registry, index, server.target), name="leases"),
            ]
            try:
                yield
            finally:
                for loop in loops:
                    loop.cancel()


async def _keep_time(house: WorkerHouse) -> None:
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        try:
            house.rooms.tick()
            house.sampler.tick()
        except Exception:
            # The loop's edge: the next second must come for all other rooms.
            log.exception("a tick of the rooms failed")


async def _keep_leases(rooms: Rooms, registry: Registry, index: int, target: str) -> None:
    while True:
        try:
            for room in await registry.closed(rooms.opened):
                log.warning("a room was closed while this worker was not seen", extra={"room": room})
                _close(rooms, RoomId(room), LeaveReason.ROOM_CLOSED)
                await registry.release(room, target)
            await registry.announce(index, WorkerLoad(target, rooms.load, len(rooms.names)))
            for name in rooms.names:
                if not await registry.renew(name, target):
                    log.warning("a room is held by another worker", extra={"room": name})
                    _close(rooms, name, LeaveReason.SHUTDOWN)
        except (RedisError, OSError) as error:
            # Rooms go on without the registry; only new ones wait for it.
            log.warning("the registry cannot be reached", extra={"error": type(error).__name__})
        await asyncio.sleep(_ANNOUNCE_SECONDS)


def _close(rooms: Rooms, name: RoomId, reason: LeaveReason) -> None:
    try:
        rooms.close(name, reason)
    except Exception:
        # The room is closed all the same, and the other rooms have their turn.
        log.exception("a room did not close well", extra={"room": name})


async def _give_free(rooms: Rooms, registry: Registry, index: int, target: str) -> None:
    """Tells everyone to come back, and others that the rooms may be held elsewhere."""
    names = rooms.names
    try:
        await registry.withdraw(index)
        for name in names:
            _close(rooms, name, LeaveReason.SHUTDOWN)
            await registry.release(name, target)
    except (RedisError, OSError):
        log.warning("the registry cannot be reached; leases run out by themselves")
        for name in names:
            _close(rooms, name, LeaveReason.SHUTDOWN)
