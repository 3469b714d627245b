"""What reading costs as a province grows: the same calls on 300 units and on 2,000 more, on encrypted SQLite.

A figure is the processor time of this process for one call: store, rules and answer; gRPC and HTTP come on top. The calls on
both provinces alternate, so that a busy machine slows both.

Run: make bench NAME=directory [QUICK=1]
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from briefing.v1 import briefing_service_pb2, org_service_pb2
from giaoban.clock import FakeClock
from giaoban.names import BriefingId, PersonId, PointId, UnitId
from giaoban.principal import Grant, Principal
from giaoban.sql.engine import create_engine
from giaoban.sql.migrate import upgrade
from services.scheduler.app import MIGRATIONS
from services.scheduler.domain.booking import Booking
from services.scheduler.domain.briefing_reading import BriefingReading, ListFilter
from services.scheduler.domain.briefings import Organizer, Plan
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.directory import Directory
from services.scheduler.domain.directory_search import DirectorySearch
from services.scheduler.domain.links import Links
from services.scheduler.domain.people import Person, Role, RoleGrant
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import Unit, UnitTree
from services.scheduler.rpc import briefing_convert, org_convert
from services.scheduler.store.briefing_store import SqlBriefingStore
from services.scheduler.store.org_store import SqlOrgStore

SMALL, MORE = 300, 2000
WEEK, DAYS = 448, 5
GUESTS = 300
MONDAY = datetime(2026, 11, 30, 1, tzinfo=UTC)
SECRETARY = Principal("people/van-thu", (Grant("secretary", "/tinh/"),))
COMMUNE = Principal("people/can-bo-7", (Grant("secretary", "/tinh/huyen-0/xa-7/"),))


@dataclass(frozen=True)
class Province:
    """A store with its use cases."""

    org: SqlOrgStore
    search: DirectorySearch
    reading: BriefingReading
    booking: Booking


def units_of(communes: int) -> list[Unit]:
    """A province, its districts and communes."""
    districts = [Unit(UnitId(f"huyen-{n}"), UnitId("tinh"), f"UBND huyện {n}", "huyện", order=n) for n in range(12)]
    below = [
        Unit(UnitId(f"xa-{n}"), UnitId(f"huyen-{n // 7 % 12}"), f"UBND xã Tân Lập {n}", "xã", order=n)
        for n in range(communes)
    ]
    return [Unit(UnitId("tinh"), None, "UBND tỉnh", "tỉnh"), *districts, *below]


async def nobody_inside(_briefing: BriefingId) -> None:
    """No room is open."""


async def province(folder: Path, communes: int, clock: FakeClock) -> Province:
    """Makes a store with so many communes, a point and two people in each."""
    url, key = f"sqlite+aiosqlite:///{folder}/{communes}.db", os.urandom(32)
    await upgrade(url, key, MIGRATIONS)
    engine = create_engine(url, key)
    org = SqlOrgStore(engine)
    people = [Person(PersonId("van-thu"), "Trần Văn Thư", UnitId("tinh"), roles=(RoleGrant(Role.SECRETARY, None),))]
    people += [
        Person(PersonId(f"can-bo-{n}"), f"Nguyễn Văn {n}", UnitId(f"xa-{n // 2}"), "Chủ tịch", f"cb{n}@example.vn")
        for n in range(2 * communes)
    ]
    points = [
        Point(PointId(f"dc-{n}"), UnitId(f"xa-{n}"), f"Điểm cầu xã Tân Lập {n}", email=f"dc{n}@example.vn")
        for n in range(communes)
    ]
    async with org.changing() as writer:
        await writer.put_units(UnitTree([]).put(units_of(communes)))
        await writer.put_points(points)
        await writer.put_people(people)
    store = SqlBriefingStore(engine, clock)
    booking = Booking(
        store, Directory(org), clock, Organizer("giaoban@example.vn", "Giao Ban"), nobody_inside, Changes()
    )
    return Province(org, DirectorySearch(org), BriefingReading(store, clock, Links(bytes(32))), booking)


async def book_week(there: Province) -> BriefingId:
    """Books a full week of small briefings and one of many points; answers the id of that."""
    for number in range(WEEK):
        start = MONDAY + timedelta(days=number % DAYS, minutes=5 * (number // DAYS))
        await there.booking.create(
            SECRETARY,
            Plan(
                title=f"Giao ban chuyên đề số {number}",
                host_unit="units/tinh",
                chair=f"people/can-bo-{number % 500}",
                secretary="people/van-thu",
                start=start,
                minutes=5,
                attendees=tuple(f"points/dc-{(4 * number + each) % SMALL}" for each in range(4)),
                notes="Chuẩn bị báo cáo theo mẫu đính kèm.",
            ),
            {"": "nhiều cuộc họp"},
            "",
        )
    plan = Plan(
        title="Giao ban toàn tỉnh",
        host_unit="units/tinh",
        chair="people/can-bo-1",
        secretary="people/van-thu",
        start=MONDAY + timedelta(days=6),
        minutes=60,
        attendees=tuple(f"points/dc-{each}" for each in range(GUESTS)),
    )
    return (await there.booking.create(SECRETARY, plan, {}, "")).id


def calls(there: Province, large: BriefingId) -> dict[str, Callable[[], Awaitable[Message]]]:
    """The calls measured, by name."""
    today = MONDAY.date()

    async def search(caller: Principal, text: str) -> Message:
        entries = await there.search.search(caller, text, today, 20)
        return org_service_pb2.SearchDirectoryResponse(entries=[org_convert.entry_message(each) for each in entries])

    async def week(caller: Principal) -> Message:
        wanted = ListFilter(ends_after=MONDAY, starts_before=MONDAY + timedelta(days=5), page_size=500)
        page = await there.reading.page(caller, wanted)
        shown = [briefing_convert.seen_message(each, full=False) for each in page.briefings]
        return briefing_service_pb2.ListBriefingsResponse(briefings=shown)

    async def invitees() -> Message:
        seen = await there.reading.invitees(SECRETARY, large)
        shown = [briefing_convert.invitee_message(each) for each in seen]
        return briefing_service_pb2.ListInviteesResponse(invitees=shown)

    async def live() -> Message:
        return briefing_convert.live_message(await there.reading.live(SECRETARY, large), 1)

    return {
        "search_words": lambda: search(SECRETARY, "tân lập 17"),
        "search_nothing": lambda: search(SECRETARY, ""),
        "search_commune": lambda: search(COMMUNE, "điểm cầu"),
        "week": lambda: week(SECRETARY),
        "week_commune": lambda: week(COMMUNE),
        "invitees": invitees,
        "live": live,
    }


async def timed(call: Callable[[], Awaitable[Message]]) -> tuple[float, int]:
    """Milliseconds of processor time, and the size of the answer as JSON."""
    began = time.process_time()
    answer = await call()
    spent = time.process_time() - began
    return spent * 1000, len(MessageToJson(answer, indent=None).encode())


async def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", default=os.environ.get("QUICK") == "1")
    rounds = 5 if parser.parse_args().quick else 25
    clock = FakeClock()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        small, large = [await province(Path(folder), each, clock) for each in (SMALL, SMALL + MORE)]
        measured = [calls(there, await book_week(there)) for there in (small, large)]
        for name in measured[0]:
            spent: tuple[list[float], list[float]] = ([], [])
            size = 0
            for each in measured:
                await each[name]()
            for _ in range(rounds):
                for mine, each in zip(spent, measured, strict=True):
                    milliseconds, size = await timed(each[name])
                    mine.append(milliseconds)
            few, many = map(statistics.median, spent)
            figures |= {f"{name}_ms": round(many, 1), f"{name}_growth": round(many / few, 2), f"{name}_bytes": size}
    print(json.dumps(figures))


if __name__ == "__main__":
    asyncio.run(main())
