"""Control process and worker as they run: gRPC, Redis, an encrypted store."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import grpc.aio
import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp
from livekit.protocol import rtc
from redis.asyncio import Redis

from briefing.v1 import quality_pb2, quality_service_pb2
from briefing.v1 import room_service_pb2 as pb
from briefing.v1.quality_service_pb2_grpc import QualityServiceStub
from briefing.v1.room_service_pb2_grpc import RoomServiceStub, WorkerServiceStub
from giaoban.config import Settings
from giaoban.principal import Grant, Principal
from giaoban.rpc.status import from_call
from giaoban.streams.redis import publish
from giaoban.testing.fixtures import PeerFactory, RedisServer, eventually
from services.media import app, worker
from services.media.store.registry import Registry

SPARE_PORT = 21_500


class House(NamedTuple):
    settings: Settings
    redis: Redis
    rooms: RoomServiceStub
    peers: PeerFactory


@pytest.fixture
def settings(tmp_path: Path, socket_folder: Path, redis_server: RedisServer) -> Settings:
    return Settings(
        home=socket_folder, keys_dir=tmp_path / "keys", redis_url=redis_server.url, media_udp=SPARE_PORT, metrics=None
    )


async def _announced(redis: Redis) -> None:
    async def there() -> bool:
        return bool(await redis.exists("worker:0"))

    await eventually(there)


@pytest_asyncio.fixture
async def house(settings: Settings, redis: Redis, peers: PeerFactory) -> AsyncIterator[House]:
    async with app.running(settings), worker.running(settings, 0):
        rooms = RoomServiceStub(peers(settings.grpc_target("media"), "media", None).channel)
        await _announced(redis)
        yield House(settings, redis, rooms, peers)


async def _token(house: House, identity: str = "people/an", *, create: bool = False) -> str:
    end = Timestamp()
    end.FromDatetime(datetime.now(UTC) + timedelta(minutes=5))
    request = pb.IssueTokenRequest(
        room="b1",
        identity=identity,
        display_name="An",
        unit_path="/tinh/",
        kind="person",
        expire_time=end,
        create=create,
    )
    return (await house.rooms.IssueToken(request)).token


async def test_a_room_is_opened_located_and_joined_and_closing_it_sends_everyone_out(house: House) -> None:
    await house.rooms.OpenRoom(pb.OpenRoomRequest(room="b1"))
    token = await _token(house)
    target = (await house.rooms.LocateRoom(pb.LocateRoomRequest(token=token))).target
    join = rtc.WrappedJoinRequest(join_request=rtc.JoinRequest().SerializeToString()).SerializeToString()
    query = f"join_request={base64.urlsafe_b64encode(join).decode()}"

    call = WorkerServiceStub(house.peers(target, "media", None).channel).Signal()
    await call.write(pb.SignalRequest(open=pb.SignalOpen(token=token, query=query)))
    first = await call.read()
    assert isinstance(first, pb.SignalResponse)
    listed = await house.rooms.ListParticipants(pb.ListParticipantsRequest(room="b1"))
    await house.rooms.CloseRoom(pb.CloseRoomRequest(room="b1"))
    rest: list[pb.SignalResponse] = []
    while isinstance(answer := await call.read(), pb.SignalResponse):
        rest.append(answer)

    assert rtc.SignalResponse.FromString(first.frame).join.participant.identity == "people/an"
    assert [each.unit_path for each in listed.participants] == ["/tinh/"]
    assert rtc.SignalResponse.FromString(rest[-2].frame).HasField("leave")
    assert rest[-1].WhichOneof("message") == "close"


async def test_a_room_nobody_opened_is_unknown_unless_the_token_makes_it(house: House) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await house.rooms.LocateRoom(pb.LocateRoomRequest(token=await _token(house)))

    made = await house.rooms.LocateRoom(pb.LocateRoomRequest(token=await _token(house, create=True)))

    assert from_call(refused.value).reason == "UNKNOWN_ROOM"
    assert made.target == house.settings.grpc_target("media", worker=0)


async def test_an_open_room_finds_its_place_again_after_its_worker_died(house: House) -> None:
    await house.rooms.OpenRoom(pb.OpenRoomRequest(room="b1"))
    await house.redis.set("room:b1", "unix:/nowhere/dead.sock")

    located = await house.rooms.LocateRoom(pb.LocateRoomRequest(token=await _token(house)))

    assert located.target == house.settings.grpc_target("media", worker=0)


async def test_a_room_that_was_closed_while_its_worker_was_away_is_closed_there_too(house: House) -> None:
    await house.rooms.OpenRoom(pb.OpenRoomRequest(room="b1"))
    registry = Registry(house.redis)

    await registry.note_closed("b1")

    async def closed() -> bool:
        return not await house.redis.exists("room:b1")

    await eventually(closed, seconds=10)
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await house.rooms.ListParticipants(pb.ListParticipantsRequest(room="b1"))
    await house.rooms.OpenRoom(pb.OpenRoomRequest(room="b1"))
    assert from_call(unknown.value).reason == "UNKNOWN_ROOM"
    assert await registry.closed(["b1", "b2"]) == set()


async def test_a_registry_that_lost_everything_closes_no_room(house: House) -> None:
    await house.rooms.OpenRoom(pb.OpenRoomRequest(room="b1"))

    await house.redis.flushdb()

    async def held() -> bool:
        return bool(await house.redis.exists("room:b1", "worker:0") == 2)

    await eventually(held, seconds=10)
    listed = await house.rooms.ListParticipants(pb.ListParticipantsRequest(room="b1"))
    assert not listed.participants


async def test_a_worker_that_is_gone_gives_its_rooms_free(settings: Settings, redis: Redis, peers: PeerFactory) -> None:
    async with app.running(settings):
        async with worker.running(settings, 0):
            rooms = RoomServiceStub(peers(settings.grpc_target("media"), "media", None).channel)
            await _announced(redis)
            await rooms.OpenRoom(pb.OpenRoomRequest(room="b1"))
            assert await redis.exists("room:b1")

        assert not await redis.exists("room:b1")
        assert not await redis.exists("worker:0")


def _sample(identity: str, path: str, seconds: int = 0, **fields: object) -> quality_pb2.QualitySample:
    end = Timestamp()
    end.FromDatetime(datetime(2026, 11, 23, 1, 0, tzinfo=UTC) + timedelta(seconds=seconds))
    sample = quality_pb2.QualitySample(
        key=f"b1/{identity}/{seconds}",
        room="b1",
        identity=identity,
        participant_sid="PA_1",
        unit_path=path,
        kind="point",
        window_end_time=end,
        up=quality_pb2.LineDirection(loss_percent=0.5, jitter_ms=4, bitrate_bps=500_000),
        round_trip_ms=20,
        grade=quality_pb2.QUALITY_GRADE_GOOD,
        connected=True,
    )
    for name, value in fields.items():
        setattr(sample, name, value)
    return sample


async def _publish(house: House, *samples: quality_pb2.QualitySample) -> None:
    for sample in samples:
        await publish(house.redis, "quality.samples", sample.key, sample.SerializeToString())


async def test_an_it_officer_watches_the_own_subtree_and_pages_through_its_history(house: House) -> None:
    officer = Principal("people/it", (Grant("district_it", "/tinh/huyen/"),))
    quality = QualityServiceStub(house.peers(house.settings.grpc_target("media"), "media", officer).channel)
    watch = quality.WatchQuality(quality_service_pb2.WatchQualityRequest())
    first = await watch.read()
    own = [_sample("points/a", "/tinh/huyen/xa/", second) for second in (5, 10, 15)]

    await _publish(house, *own, *own, _sample("points/z", "/tinh/khac/", 5))
    told: list[str] = []
    async with asyncio.timeout(10):
        while own[-1].key not in told:
            answer = await watch.read()
            assert isinstance(answer, quality_service_pb2.WatchQualityResponse)
            told += [sample.key for sample in answer.samples]
    watch.cancel()
    page = await quality.ListSamples(quality_service_pb2.ListSamplesRequest(identity="points/a", page_size=2))
    rest = await quality.ListSamples(
        quality_service_pb2.ListSamplesRequest(identity="points/a", page_size=2, page_token=page.next_page_token)
    )
    foreign = await quality.ListSamples(quality_service_pb2.ListSamplesRequest(identity="points/z"))

    assert isinstance(first, quality_service_pb2.WatchQualityResponse)
    assert first.reset
    assert not first.samples
    assert not any("points/z" in key for key in told)
    assert [sample.key for sample in (*page.samples, *rest.samples)] == [sample.key for sample in reversed(own)]
    assert not rest.next_page_token
    assert page.samples[0].up.loss_percent == pytest.approx(0.5)
    assert not page.samples[0].HasField("down") or not page.samples[0].down.HasField("loss_percent")
    assert not foreign.samples


async def test_a_line_test_is_judged_by_what_its_room_measured(house: House) -> None:
    quality = QualityServiceStub(house.peers(house.settings.grpc_target("media"), "media", None).channel)
    request = quality_service_pb2.JudgeLineRequest(room="loopback-1")
    with pytest.raises(grpc.aio.AioRpcError) as early:
        await quality.JudgeLine(request)

    windows = [_sample("people/an", "/tinh/", second, room="loopback-1", key=f"l/{second}") for second in range(5)]
    for window in windows:
        window.up.loss_percent = 8.0
    await _publish(house, *windows)

    async def judged() -> bool:
        try:
            return (await quality.JudgeLine(request)).verdict.measured_seconds == 5
        except grpc.aio.AioRpcError:
            return False

    await eventually(judged)
    verdict = (await quality.JudgeLine(request)).verdict
    assert from_call(early.value).reason == "NOT_MEASURED"
    assert verdict.grade == quality_pb2.QUALITY_GRADE_POOR
    assert verdict.advice == "CALL_SUPPORT"
    assert verdict.up.loss_percent == pytest.approx(8.0)
