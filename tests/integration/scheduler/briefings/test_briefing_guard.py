"""The database refuses two overlapping live claims on one point, whatever the code above it does."""

from datetime import timedelta

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from briefing.v1 import briefing_pb2, briefing_service_pb2
from giaoban.errors import DomainError
from giaoban.names import BriefingId, parse_briefing
from giaoban.sql.engine import sessions
from giaoban.sql.migrate import upgrade
from giaoban.testing.fixtures import DATA_KEY, EngineFactory
from services.scheduler.domain.briefings import Briefing, Plan, State
from services.scheduler.domain.conflicts import Conflict
from services.scheduler.store.briefing_guard import GUARD, create_guard
from services.scheduler.store.briefing_store import SqlBriefingWriter
from services.scheduler.store.briefing_tables import claim
from tests.integration.scheduler.briefings.house import MIGRATIONS, SECRETARY, House, refusal, tomorrow


async def overlap(engine: AsyncEngine, briefing: str) -> None:
    """Claims the point of a briefing once more, half an hour into it."""
    async with sessions(engine).begin() as session:
        found = select(claim).where(claim.c.occurrence_id == parse_briefing(briefing), claim.c.hard)
        row = dict((await session.execute(found)).mappings().one())
        del row["id"]
        # Another briefing of the same house holds no point; its claim is moved onto the first one's.
        other = await session.scalar(select(claim.c.occurrence_id).where(claim.c.occurrence_id != row["occurrence_id"]))
        row |= {"occurrence_id": other, "starts": row["starts"] + timedelta(minutes=30)}
        row["ends"] = row["starts"] + timedelta(hours=1)
        await session.execute(insert(claim).values(row))


async def two_briefings(house: House) -> briefing_pb2.Briefing:
    first = await house.book("points/diem-xa-1")
    await house.book("people/khach", start=tomorrow(15))
    return first


async def test_an_overlapping_insert_is_refused_by_the_database(house: House) -> None:
    first = await two_briefings(house)

    with pytest.raises(IntegrityError, match=GUARD):
        await overlap(house.engine, first.name)


async def test_an_update_into_an_overlap_is_refused_by_the_database(house: House) -> None:
    await house.book("points/diem-xa-1")
    later = await house.book("points/diem-xa-1", start=tomorrow(10))

    hard = claim.c.occurrence_id == parse_briefing(later.name), claim.c.hard
    async with sessions(house.engine)() as session:
        with pytest.raises(IntegrityError, match=GUARD):
            await session.execute(update(claim).where(*hard).values(starts=tomorrow(9, 30)))


async def test_a_rebuilt_table_has_no_guard_until_it_is_made_again(house: House) -> None:
    first = await two_briefings(house)

    def rebuild(connection: Connection) -> None:
        operations = Operations(MigrationContext.configure(connection, opts={"render_as_batch": True}))
        with operations.batch_alter_table("claim", recreate="always"):
            pass

    async with house.engine.begin() as connection:
        await connection.run_sync(rebuild)
        lost = (await connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))).all()
        await connection.run_sync(create_guard)

    assert not any(name.startswith(GUARD) for name in lost)
    with pytest.raises(IntegrityError, match=GUARD):
        await overlap(house.engine, first.name)


async def test_the_guard_is_made_however_a_store_comes_to_head(engines: EngineFactory) -> None:
    steps, leap = engines("steps"), engines("leap")
    for engine, targets in ((steps, ("0001_organisation", "head", "head")), (leap, ("head",))):
        for target in targets:
            await upgrade(engine.url.render_as_string(hide_password=False), DATA_KEY, MIGRATIONS, target)

        async with sessions(engine)() as session:
            names = (await session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))).all()
        assert {f"{GUARD}_insert", f"{GUARD}_update"} <= set(names)


Step = tuple[str, str, int, int, int]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(["book", "move", "cancel"]),
        st.sampled_from(["points/diem-xa-1", "points/diem-xa-2", "units/xa-3"]),
        st.integers(0, 6),
        st.sampled_from([30, 60, 90]),
        st.integers(0, 5),
    ),
    max_size=12,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(STEPS)
async def test_no_sequence_of_changes_lets_two_hard_claims_overlap(house: House, steps: list[Step]) -> None:
    booked: dict[BriefingId, int] = {}
    refusals: set[str] = set()
    for step in steps:
        try:
            result = await take(house, step, list(booked))
        except DomainError as error:
            refusals.add(error.reason)
        else:
            assert result.sequence >= booked.get(result.id, 0)
            booked[result.id] = result.sequence

    async with sessions(house.engine)() as session:
        live = (await session.execute(select(claim).where(claim.c.hard, claim.c.live))).all()
    await clear(house, list(booked))
    overlapping = [
        (one.id, other.id)
        for one in live
        for other in live
        if one.id < other.id
        and one.resource_id == other.resource_id
        and one.starts < other.ends
        and other.starts < one.ends
    ]
    assert overlapping == []
    assert refusals <= {"POINT_TAKEN", "BRIEFING_OVER"}


async def take(house: House, step: Step, booked: list[BriefingId]) -> Briefing:
    """Books, moves or cancels as the step says."""
    verb, attendee, half_hours, minutes, which = step
    start = tomorrow(8) + timedelta(minutes=30 * half_hours)
    plan = Plan("Giao ban", "units/tinh", "people/chu-tich", "people/thu-ky", start, minutes, attendees=(attendee,))
    booking = house.cases.booking
    if verb == "book" or not booked:
        return await booking.create(SECRETARY, plan, {"": "thử"})
    target = booked[which % len(booked)]
    if verb == "move":
        return await booking.change(SECRETARY, target, "", plan, {"": "thử"})
    return await booking.cancel(SECRETARY, target, "")


async def clear(house: House, booked: list[BriefingId]) -> None:
    """Frees what an example booked, for the next one."""
    for briefing in booked:
        if (await house.cases.reading.get(SECRETARY, briefing)).briefing.state is not State.CANCELLED:
            await house.cases.booking.cancel(SECRETARY, briefing, "")


async def test_a_booker_whom_only_the_database_stops_is_told_who_holds_the_point(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await house.book("points/diem-xa-1")

    async def sees_nothing(*_arguments: object) -> list[Conflict]:
        return []

    monkeypatch.setattr(SqlBriefingWriter, "conflicts", sees_nothing)

    plan = house.plan("points/diem-xa-1", start=tomorrow(9, 15))
    request = briefing_service_pb2.CreateBriefingRequest(briefing=plan)
    reason, metadata = await refusal(house.briefings(SECRETARY).CreateBriefing(request))
    second = await house.book("points/diem-xa-1", start=tomorrow(15))
    second.start_time.FromDatetime(tomorrow(9, 30))
    moving = await refusal(
        house.briefings(SECRETARY).UpdateBriefing(briefing_service_pb2.UpdateBriefingRequest(briefing=second))
    )

    assert (reason, metadata["holder"], metadata["holder_title"]) == ("POINT_TAKEN", first.name, "Giao ban tuần")
    assert (moving[0], moving[1]["holder"]) == ("POINT_TAKEN", first.name)
