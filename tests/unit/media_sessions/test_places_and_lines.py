"""Where rooms are placed, and how the lines of all rooms are kept."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from briefing.v1 import room_service_pb2 as pb
from giaoban.clock import FakeClock
from giaoban.errors import NotFound, Unavailable
from services.media.domain.grades import LineGrade
from services.media.domain.lines import KEPT_AFTER_LEAVING, SILENT_AFTER, LiveLines
from services.media.domain.placement import Placement, WorkerLoad
from services.media.domain.ports import DirectionFacts
from services.media.domain.samples import LineSample
from services.media.rpc.facts import FactWriter
from services.media.rpc.names import DisplayNames
from tests.unit.media_sessions.fakes import token

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


@dataclass
class _Registry:
    live: list[WorkerLoad] = field(default_factory=lambda: [WorkerLoad("idle", 0, 0), WorkerLoad("busy", 9, 1)])
    holders: dict[str, str] = field(default_factory=dict)
    opened_rooms: dict[str, bytes] = field(default_factory=dict)

    async def workers(self) -> list[WorkerLoad]:
        return self.live

    async def holder(self, room: str) -> str | None:
        return self.holders.get(room)

    async def claim(self, room: str, target: str, instead_of: str = "") -> str:
        if self.holders.get(room) in (None, instead_of):
            self.holders[room] = target
        return self.holders[room]

    async def release(self, room: str, target: str) -> None:
        if self.holders.get(room) == target:
            del self.holders[room]

    async def note_opened(self, room: str, policy: bytes) -> None:
        self.opened_rooms[room] = policy

    async def note_closed(self, room: str) -> None:
        self.opened_rooms.pop(room, None)

    async def opened(self, room: str) -> bytes | None:
        return self.opened_rooms.get(room)


@dataclass
class _Calls:
    made: list[tuple[str, str, str]] = field(default_factory=list)
    policies: list[bytes] = field(default_factory=list)

    async def hold(self, target: str, room: str, policy: bytes) -> None:
        self.policies.append(policy)
        self.made.append(("hold", target, room))

    async def drop(self, target: str, room: str) -> None:
        self.made.append(("drop", target, room))


async def test_a_room_goes_to_the_least_loaded_worker_and_stays_there() -> None:
    registry, calls = _Registry(), _Calls()
    placement = Placement(registry, calls)

    first = await placement.open("demo")
    registry.live.reverse()
    again = await placement.locate(token("anna"))

    assert (first, again) == ("idle", "idle")
    assert calls.made == [("hold", "idle", "demo")], "who comes asks the worker for nothing"


async def test_a_room_that_its_worker_does_not_know_any_more_is_made_there_anew() -> None:
    registry, calls = _Registry(), _Calls()
    placement = Placement(registry, calls)
    await placement.open("demo")

    again = await placement.locate(token("anna"), anew=True)

    assert again == "idle"
    assert calls.made == [("hold", "idle", "demo")] * 2


async def test_a_room_whose_worker_died_moves() -> None:
    registry, calls = _Registry(holders={"demo": "dead"}, opened_rooms={"demo": b"policy"}), _Calls()

    assert await Placement(registry, calls).locate(token("anna")) == "idle"
    assert registry.holders == {"demo": "idle"}
    assert calls.policies == [b"policy"], "who was sent out stays out"


async def test_making_a_room_that_is_open_leaves_its_policy() -> None:
    registry, calls = _Registry(opened_rooms={"demo": b"policy"}), _Calls()

    await Placement(registry, calls).open("demo")

    assert (registry.opened_rooms, calls.policies) == ({"demo": b"policy"}, [b"policy"])


async def test_closing_drops_the_room_and_its_lease() -> None:
    registry, calls = _Registry(), _Calls()
    placement = Placement(registry, calls)
    await placement.open("demo")

    await placement.close("demo")
    await placement.close("demo")

    assert calls.made[-1] == ("drop", "idle", "demo")
    assert (registry.holders, registry.opened_rooms) == ({}, {})


async def test_a_room_whose_worker_is_not_seen_is_not_yet_closed() -> None:
    registry, calls = _Registry(holders={"demo": "away"}, opened_rooms={"demo": b""}), _Calls()
    placement = Placement(registry, calls)

    with pytest.raises(Unavailable, match="MEDIA_WORKER_AWAY"):
        await placement.close("demo")
    assert registry.opened_rooms == {}
    registry.live.append(WorkerLoad("away", 3, 1))
    await placement.close("demo")

    assert calls.made == [("drop", "away", "demo")]
    assert registry.holders == {}


async def test_without_a_worker_or_without_the_room_the_caller_is_told() -> None:
    with pytest.raises(Unavailable, match="NO_MEDIA_WORKER"):
        await Placement(_Registry(live=[]), _Calls()).open("demo")
    with pytest.raises(NotFound, match="UNKNOWN_ROOM"):
        await Placement(_Registry(), _Calls()).locate(token("anna", create=False))


def _sample(seconds: float = 0, **changes: object) -> LineSample:
    sample = LineSample(
        key="k",
        room="b1",
        identity="points/x",
        participant_sid="PA_1",
        unit_path="/t/",
        kind="point",
        display_name="X",
        window_end_time=NOON + timedelta(seconds=seconds),
        up=DirectionFacts(loss=0.0),
        down=DirectionFacts(),
        round_trip_ms=20,
        score=99,
        grade=LineGrade.GOOD,
        worst=None,
        connected=True,
    )
    return replace(sample, **changes)  # type: ignore[arg-type]  # fields of the sample


def _all(_sample: LineSample) -> bool:
    return True


def test_who_falls_silent_is_lost_and_stays_on_the_page_for_a_while() -> None:
    lines = LiveLines()
    lines.put(_sample())

    lines.tick(NOON + SILENT_AFTER + timedelta(seconds=1))
    (dropped,) = lines.since(0, _all)
    lines.tick(NOON + KEPT_AFTER_LEAVING + timedelta(seconds=1))

    assert (dropped.grade, dropped.connected, dropped.up.loss) == (LineGrade.LOST, False, None)
    assert lines.since(0, _all) == []


def test_the_late_end_of_a_replaced_session_hides_no_live_one() -> None:
    lines = LiveLines()
    lines.put(_sample(5, participant_sid="PA_2"))

    lines.put(_sample(6, participant_sid="PA_1", connected=False, grade=LineGrade.LOST))

    (shown,) = lines.since(0, _all)
    assert shown.participant_sid == "PA_2"


def test_only_what_changed_is_told_and_a_closed_room_is_forgotten() -> None:
    lines = LiveLines()
    lines.put(_sample())
    seen = lines.version
    lines.put(_sample(identity="points/y"))

    changed = [sample.identity for sample in lines.since(seen, _all)]
    lines.close_room("b1", NOON)

    assert changed == ["points/y"]
    assert lines.forgot_since(seen)
    assert lines.since(0, _all) == []


def test_what_participants_of_a_closed_room_said_last_does_not_bring_them_back() -> None:
    lines = LiveLines()
    lines.close_room("b1", NOON)
    version = lines.version

    lines.put(_sample(1, connected=False, grade=LineGrade.LOST))
    lines.put(_sample(0))
    assert lines.since(0, _all) == []
    lines.put(_sample(30))

    assert [sample.identity for sample in lines.since(version, _all)] == ["points/x"]


@dataclass
class _Presence:
    asked: int = 0

    async def participants(self, target: str, room: str) -> pb.ListRoomParticipantsResponse:
        self.asked += 1
        if target == "away":
            raise Unavailable("PEER_UNAVAILABLE", "The worker is away.")
        members = [pb.RoomParticipant(participant_sid=f"PA_{n}", display_name=f"Nguyễn Văn {n}") for n in range(3)]
        return pb.ListRoomParticipantsResponse(participants=members)


@dataclass
class _Sink:
    samples: list[bytes] = field(default_factory=list)

    def event(self, key: str, payload: bytes) -> None: ...

    def sample(self, key: str, payload: bytes) -> None:
        self.samples.append(payload)


async def test_what_goes_into_the_stream_names_nobody() -> None:
    sink = _Sink()

    FactWriter(sink, FakeClock()).sample(_sample(display_name="Nguyễn Văn An"))

    assert "Nguyễn".encode() not in sink.samples[0]


async def test_names_are_asked_of_the_worker_once_for_a_whole_room() -> None:
    presence, registry = _Presence(), _Registry(holders={"b1": "idle"})
    names = DisplayNames(Placement(registry, _Calls()), presence)

    found = [await names.of("b1", f"PA_{n}") for n in (0, 1, 2, 0, 7, 7)]

    assert found == ["Nguyễn Văn 0", "Nguyễn Văn 1", "Nguyễn Văn 2", "Nguyễn Văn 0", "", ""]
    assert presence.asked == 2


async def test_a_name_is_asked_for_again_when_its_worker_was_away() -> None:
    presence = _Presence()
    registry = _Registry(live=[WorkerLoad("away", 0, 0), WorkerLoad("idle", 0, 0)], holders={"b1": "away"})
    names = DisplayNames(Placement(registry, _Calls()), presence)

    assert await names.of("b1", "PA_1") == ""
    registry.holders["b1"] = "idle"
    assert await names.of("b1", "PA_1") == "Nguyễn Văn 1"
