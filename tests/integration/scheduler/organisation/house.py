"""A scheduler of the organisation for tests: encrypted SQLite and real gRPC."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import argon2
import grpc.aio
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from sqlalchemy.ext.asyncio import AsyncEngine

from briefing.v1 import credential_service_pb2_grpc, org_service_pb2_grpc, report_service_pb2_grpc
from giaoban.clock import FakeClock, SystemClock
from giaoban.errors import Unauthenticated
from giaoban.keys import KeyFolder
from giaoban.names import PersonId, PointId, UnitId
from giaoban.principal import Grant, Principal
from giaoban.rpc.client import Peer
from giaoban.rpc.server import serve
from giaoban.rpc.tokens import TokenMinter
from giaoban.sql.migrate import upgrade
from giaoban.testing.fixtures import DATA_KEY
from services.scheduler.app import MIGRATIONS
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.org_cases import OrgCases, org_cases
from services.scheduler.domain.passwords import Argon2Hasher
from services.scheduler.domain.people import Person, Role, RoleGrant
from services.scheduler.domain.points import Line, Point
from services.scheduler.domain.readdressing import Readdressing
from services.scheduler.domain.units import Unit, UnitTree
from services.scheduler.rpc.org_servicers import org_servicers
from services.scheduler.store.briefing_store import SqlBriefingStore
from services.scheduler.store.org_store import SqlOrgStore

ADMINISTRATOR: Final = Principal("people/admin", (Grant("administrator", "/"),))
DISTRICT_ADMINISTRATOR: Final = Principal("people/quan-tri-bac", (Grant("administrator", "/tinh/bac/"),))
SECRETARY: Final = Principal("people/van-thu", (Grant("secretary", "/tinh/so/"),))
DELEGATE: Final = Principal("people/dai-bieu", (Grant("delegate", "/tinh/bac/xa-1/"),))
LINK_HOLDER: Final = Principal("briefings/b1/invitees/i1", link=True)
GATEWAY: Final = Principal("service:gateway")
LINK_END: Final = datetime(2026, 11, 25, tzinfo=UTC)


@dataclass
class House:
    """The running scheduler and how to call it."""

    cases: OrgCases
    store: SqlOrgStore
    engine: AsyncEngine
    connect: Callable[[Principal], Peer]

    def org(self, caller: Principal) -> org_service_pb2_grpc.OrgServiceStub:
        return org_service_pb2_grpc.OrgServiceStub(self.connect(caller).channel)

    def credentials(self, caller: Principal = GATEWAY) -> credential_service_pb2_grpc.CredentialServiceStub:
        return credential_service_pb2_grpc.CredentialServiceStub(self.connect(caller).channel)

    def reports(self, caller: Principal = ADMINISTRATOR) -> report_service_pb2_grpc.ReportServiceStub:
        return report_service_pb2_grpc.ReportServiceStub(self.connect(caller).channel)


async def refusal(call: Any) -> tuple[str, dict[str, str]]:  # noqa: ANN401 - any unary call
    """The reason and metadata with which a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    status = rpc_status.from_call(refused.value)  # type: ignore[arg-type]  # an aio error is a call to it
    assert status is not None, refused.value
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return info.reason, dict(info.metadata)


async def fill(store: SqlOrgStore) -> None:
    """A province of two districts and a department."""
    units = [
        Unit(UnitId("tinh"), None, "UBND tỉnh Sơn Hà", "tỉnh"),
        Unit(UnitId("so"), UnitId("tinh"), "Sở Y tế", "sở", order=1),
        Unit(UnitId("bac"), UnitId("tinh"), "UBND huyện Bắc Sơn", "huyện", order=2),
        Unit(UnitId("nam"), UnitId("tinh"), "UBND huyện Nam Sơn", "huyện", order=3),
        *[Unit(UnitId(f"xa-{n}"), UnitId("bac"), f"UBND xã Đồng {n}", "xã", order=n) for n in (1, 2, 3)],
        Unit(UnitId("xa_1"), UnitId("nam"), "UBND xã Suối Đỏ", "xã"),
    ]
    line = Line("VNPT", 20_000, 10_000, "Lò Văn Pản", "0900 000 000")
    points = [
        Point(PointId(f"diem-{unit}"), UnitId(unit), f"Điểm cầu {unit}", line=line, email=f"{unit}@example.vn")
        for unit in ("bac", "xa-1", "xa-2", "xa-3", "xa_1")
    ]
    people = [
        _person("van-thu", "Trần Thị Văn Thư", "so", Role.SECRETARY, "vanthu"),
        _person("giam-doc", "Nguyễn Văn Giám", "so", Role.CHAIR, ""),
        _person("quan-tri-bac", "Lê Quản Trị", "bac", Role.ADMINISTRATOR, "quantribac"),
        _person("chu-tich-bac", "Đỗ Chủ Tịch", "bac", Role.CHAIR, "chutichbac"),
        _person("dai-bieu", "Hoàng Đại Biểu", "xa-1", Role.DELEGATE, ""),
        Person(
            PersonId("lanh-dao"),
            "Phạm Lãnh Đạo",
            UnitId("bac"),
            username="lanhdao",
            roles=(RoleGrant(Role.ADMINISTRATOR, UnitId("tinh")),),
        ),
    ]
    async with store.changing() as writer:
        await writer.put_units(UnitTree([]).put(units))
        await writer.put_points(points)
        await writer.put_people(people)


def _person(name: str, display_name: str, unit: str, role: Role, username: str) -> Person:
    return Person(PersonId(name), display_name, UnitId(unit), username=username, roles=(RoleGrant(role, UnitId(unit)),))


async def _check_link(token: str) -> tuple[str, datetime]:
    if token != "right":
        raise Unauthenticated("LINK_INVALID", "This link is not valid.")
    return "briefings/b1/invitees/i1", LINK_END


@asynccontextmanager
async def running_house(engine: AsyncEngine, keys: KeyFolder, sockets: Path) -> AsyncIterator[House]:
    """Runs the servicers of the organisation on a fresh store."""
    await upgrade(engine.url.render_as_string(hide_password=False), DATA_KEY, MIGRATIONS)
    store = SqlOrgStore(engine)
    await fill(store)
    # Cheap hashes: their cost is argon2's business, not ours.
    cases = org_cases(
        store,
        Argon2Hasher(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
        Readdressing(SqlBriefingStore(engine, SystemClock()), SystemClock(), Changes()),
    )
    minter, target = TokenMinter("gateway", keys), f"unix:{sockets}/scheduler.sock"
    connections: dict[Principal, Peer] = {}

    def connect(caller: Principal) -> Peer:
        return connections.setdefault(caller, Peer(target, "scheduler", lambda role: minter.mint(caller, role)))

    servicers = org_servicers(cases, FakeClock(), _check_link)
    async with serve(target, servicers, "scheduler", keys, drain_seconds=1):
        try:
            yield House(cases, store, engine, connect)
        finally:
            for peer in connections.values():
                await peer.aclose()
