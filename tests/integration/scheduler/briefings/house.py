"""A scheduler of briefings for tests: encrypted SQLite, real gRPC, and a media service that notes what it is asked."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import grpc.aio
from google.protobuf.duration_pb2 import Duration
from sqlalchemy.ext.asyncio import AsyncEngine
from typing_extensions import override

from briefing.v1 import (
    briefing_pb2,
    briefing_service_pb2,
    briefing_service_pb2_grpc,
    calendar_service_pb2_grpc,
    point_service_pb2_grpc,
    quality_pb2,
    quality_service_pb2,
    quality_service_pb2_grpc,
    room_service_pb2,
    room_service_pb2_grpc,
)
from giaoban.clock import FakeClock
from giaoban.errors import Unavailable
from giaoban.keys import KeyFolder
from giaoban.names import PersonId, PointId, UnitId
from giaoban.principal import Grant, Principal
from giaoban.rpc.client import Peer
from giaoban.rpc.context import Context
from giaoban.rpc.server import Servicers, serve
from giaoban.rpc.status import from_call
from giaoban.rpc.tokens import TokenMinter
from giaoban.sql.migrate import upgrade
from giaoban.testing.fixtures import DATA_KEY
from services.scheduler.domain.briefing_cases import BriefingCases, Surroundings, briefing_cases
from services.scheduler.domain.briefings import Organizer
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.directory import Directory
from services.scheduler.domain.links import Links
from services.scheduler.domain.people import Person, Role, RoleGrant
from services.scheduler.domain.points import Line, Point
from services.scheduler.domain.support import Support
from services.scheduler.domain.units import Unit, UnitTree
from services.scheduler.peers import MediaLineJudge, MediaRooms
from services.scheduler.rpc.briefing_servicers import briefing_servicers
from services.scheduler.store.briefing_store import SqlBriefingStore
from services.scheduler.store.org_store import SqlOrgStore

MIGRATIONS: Final = Path(__file__).parents[4] / "services/scheduler/store/migrations"
PROVINCE: Final = "/tinh/"
SECRETARY: Final = Principal("people/thu-ky", (Grant("secretary", PROVINCE),))
OTHER_SECRETARY: Final = Principal("people/thu-ky-2", (Grant("secretary", PROVINCE),))
COMMUNE_SECRETARY: Final = Principal("people/thu-ky-xa-1", (Grant("secretary", "/tinh/huyen/xa-1/"),))
DELEGATE: Final = Principal("people/can-bo-xa-3", (Grant("delegate", "/tinh/huyen/xa-3/"),))
NOTIFY: Final = Principal("service:notify")

Call = Callable[..., Any]


@dataclass
class Media(room_service_pb2_grpc.RoomServiceServicer, quality_service_pb2_grpc.QualityServiceServicer):
    """Answers as media does and notes the calls."""

    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    tokens: list[room_service_pb2.IssueTokenRequest] = field(default_factory=list)
    muted: list[room_service_pb2.MuteParticipantsRequest] = field(default_factory=list)
    policies: list[room_service_pb2.RoomPolicy] = field(default_factory=list)
    inside: set[str] = field(default_factory=set)
    workers: bool = True
    grade: "quality_pb2.QualityGrade.ValueType" = quality_pb2.QUALITY_GRADE_FAIR

    @override
    async def OpenRoom(
        self, request: room_service_pb2.OpenRoomRequest, context: Context
    ) -> room_service_pb2.OpenRoomResponse:
        if not self.workers:
            raise Unavailable("NO_MEDIA_WORKER", "No media worker is running; try again in a moment.")
        self.opened.append(request.room)
        self.policies.append(request.policy)
        return room_service_pb2.OpenRoomResponse()

    @override
    async def CloseRoom(
        self, request: room_service_pb2.CloseRoomRequest, context: Context
    ) -> room_service_pb2.CloseRoomResponse:
        self.closed.append(request.room)
        return room_service_pb2.CloseRoomResponse()

    @override
    async def IssueToken(
        self, request: room_service_pb2.IssueTokenRequest, context: Context
    ) -> room_service_pb2.IssueTokenResponse:
        self.tokens.append(request)
        return room_service_pb2.IssueTokenResponse(token=f"token of {request.identity}")

    @override
    async def MuteParticipants(
        self, request: room_service_pb2.MuteParticipantsRequest, context: Context
    ) -> room_service_pb2.MuteParticipantsResponse:
        self.muted.append(request)
        return room_service_pb2.MuteParticipantsResponse(muted_count=2)

    @override
    async def ListParticipants(
        self, request: room_service_pb2.ListParticipantsRequest, context: Context
    ) -> room_service_pb2.ListParticipantsResponse:
        found = [room_service_pb2.RoomParticipant(participant_sid=sid) for sid in sorted(self.inside)]
        return room_service_pb2.ListParticipantsResponse(participants=found)

    def standing(self, identity: str) -> room_service_pb2.ParticipantPolicy:
        """What media was told last about an identity."""
        found = [one for one in self.policies[-1].participants if one.identity == identity]
        return found[0] if found else room_service_pb2.ParticipantPolicy(identity=identity)

    @override
    async def JudgeLine(
        self, request: quality_service_pb2.JudgeLineRequest, context: Context
    ) -> quality_service_pb2.JudgeLineResponse:
        verdict = quality_pb2.LineVerdict(
            grade=self.grade,
            up=quality_pb2.LineDirection(loss_percent=2.5),
            round_trip_ms=80,
            measured_seconds=5,
            advice="LOW_VIDEO",
        )
        return quality_service_pb2.JudgeLineResponse(verdict=verdict)


@dataclass
class House:
    """The running scheduler and how to call it."""

    clock: FakeClock
    engine: AsyncEngine
    store: SqlBriefingStore
    cases: BriefingCases
    media: Media
    org: SqlOrgStore
    connect: Callable[[Principal], Peer]

    def briefings(self, caller: Principal) -> briefing_service_pb2_grpc.BriefingServiceStub:
        return briefing_service_pb2_grpc.BriefingServiceStub(self.connect(caller).channel)

    def points(self, caller: Principal) -> point_service_pb2_grpc.PointServiceStub:
        return point_service_pb2_grpc.PointServiceStub(self.connect(caller).channel)

    def calendar(self, caller: Principal) -> calendar_service_pb2_grpc.CalendarServiceStub:
        return calendar_service_pb2_grpc.CalendarServiceStub(self.connect(caller).channel)

    def plan(self, *attendees: str, **changes: Any) -> briefing_pb2.Briefing:  # noqa: ANN401 - any field
        """A briefing tomorrow at nine in Việt Nam, an hour long."""
        message = briefing_pb2.Briefing(
            title="Giao ban tuần",
            host_unit="units/tinh",
            chair="people/chu-tich",
            secretary="people/thu-ky",
            duration=Duration(seconds=3600),
            attendees=[briefing_pb2.AttendeeSelector(name=name) for name in attendees or ("points/diem-xa-1",)],
        )
        message.start_time.FromDatetime(changes.pop("start", tomorrow(9)))
        for name, value in changes.items():
            setattr(message, name, value)
        return message

    async def book(self, *attendees: str, **changes: Any) -> briefing_pb2.Briefing:  # noqa: ANN401 - any field
        request = briefing_service_pb2.CreateBriefingRequest(briefing=self.plan(*attendees, **changes))
        return (await self.briefings(SECRETARY).CreateBriefing(request)).briefing

    async def invitees(self, name: str, caller: Principal = SECRETARY) -> dict[str, briefing_pb2.Invitee]:
        request = briefing_service_pb2.ListInviteesRequest(parent=name)
        answer = await self.briefings(caller).ListInvitees(request)
        return {invitee.subject: invitee for invitee in answer.invitees}

    async def link_holder(self, name: str, subject: str) -> Principal:
        return Principal((await self.invitees(name))[subject].name, link=True)

    async def told(self, name: str, revision: int) -> briefing_service_pb2.GetInvitationsResponse:
        request = briefing_service_pb2.GetInvitationsRequest(name=name, revision=revision)
        return await self.briefings(NOTIFY).GetInvitations(request)

    def advance_to(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()).total_seconds())


def tomorrow(local_hour: int, minute: int = 0) -> datetime:
    """A time on Tuesday, 24 November 2026; the clock of the tests starts on the Monday before, at eight."""
    return datetime(2026, 11, 24, local_hour, minute, tzinfo=UTC) - timedelta(hours=7)


async def refusal(call: Any) -> tuple[str, dict[str, str]]:  # noqa: ANN401 - any unary call
    """The reason and metadata with which a call is refused."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        found = from_call(error)
        return found.reason, dict(found.metadata)
    raise AssertionError("The call was not refused.")


async def _people_and_points(org: SqlOrgStore) -> None:
    units = [
        Unit(UnitId("tinh"), None, "UBND tỉnh", "tỉnh"),
        Unit(UnitId("huyen"), UnitId("tinh"), "UBND huyện", "huyện"),
        *[Unit(UnitId(f"xa-{n}"), UnitId("huyen"), f"UBND xã {n}", "xã", order=n) for n in (1, 2, 3)],
    ]
    line = Line("VNPT", 4000, 2000, "Anh Kỹ Thuật", "0900000000")
    points = [
        Point(
            PointId(f"diem-xa-{n}"),
            UnitId(f"xa-{n}"),
            f"Điểm cầu xã {n}",
            line=line,
            email=f"diem-xa-{n}@example.vn",
        )
        for n in (1, 2, 3)
    ]
    people = [
        _person("chu-tich", "tinh", "Chủ tịch", Role.CHAIR),
        _person("thu-ky", "tinh", "Thư ký", Role.SECRETARY),
        _person("thu-ky-2", "tinh", "Thư ký", Role.SECRETARY),
        _person("thu-ky-xa-1", "xa-1", "Văn phòng", Role.SECRETARY),
        _person("can-bo-xa-3", "xa-3", "Cán bộ", Role.DELEGATE),
        _person("khach", "xa-2", "Officer", None, language="en"),
    ]
    async with org.changing() as writer:
        await writer.put_units(UnitTree([]).put(units))
        await writer.put_points(points)
        await writer.put_people(people)


def _person(name: str, unit: str, position: str, role: Role | None, language: str = "") -> Person:
    return Person(
        PersonId(name),
        f"Nguyễn {name}",
        UnitId(unit),
        position=position,
        email=f"{name}@example.vn",
        language=language,
        roles=() if role is None else (RoleGrant(role, UnitId(unit)),),
    )


@asynccontextmanager
async def running_house(engine: AsyncEngine, keys: KeyFolder, sockets: Path) -> AsyncIterator[House]:
    """Runs the scheduler on a store that came up from the first revision."""
    url = engine.url.render_as_string(hide_password=False)
    for target in ("0001_organisation", "head"):
        await upgrade(url, DATA_KEY, MIGRATIONS, target)
    # What media serves besides answers UNIMPLEMENTED here.
    org, clock, media = SqlOrgStore(engine), FakeClock(), Media()  # type: ignore[abstract]
    await _people_and_points(org)
    store = SqlBriefingStore(engine, clock)
    media_target, target = f"unix:{sockets}/media.sock", f"unix:{sockets}/scheduler.sock"
    to_media = Peer(media_target, "media", TokenMinter("scheduler", keys).for_service)
    around = Surroundings(
        directory=Directory(org),
        support=Support(org),
        clock=clock,
        organizer=Organizer("giaoban@tinh.example.vn", "Giao Ban"),
        links=Links(bytes(32)),
        rooms=MediaRooms(to_media),
        judge=MediaLineJudge(to_media),
    )
    cases = briefing_cases(store, around, Changes())
    connections: dict[Principal, Peer] = {}
    minters = {True: TokenMinter("notify", keys), False: TokenMinter("gateway", keys)}

    def connect(caller: Principal) -> Peer:
        minter = minters[caller.is_service]
        return connections.setdefault(caller, Peer(target, "scheduler", lambda role: minter.mint(caller, role)))

    servicers: Servicers = [
        (room_service_pb2_grpc.add_RoomServiceServicer_to_server, media),
        (quality_service_pb2_grpc.add_QualityServiceServicer_to_server, media),
    ]
    async with (
        serve(media_target, servicers, "media", keys, drain_seconds=1),
        serve(target, briefing_servicers(cases, clock), "scheduler", keys, drain_seconds=1),
    ):
        try:
            yield House(clock, engine, store, cases, media, org, connect)
        finally:
            cases.changes.close()
            for peer in (to_media, *connections.values()):
                await peer.aclose()
