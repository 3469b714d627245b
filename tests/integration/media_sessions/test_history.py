"""The quality history in its store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from giaoban.sql.migrate import upgrade
from giaoban.testing.fixtures import DATA_KEY, EngineFactory
from services.media.app import MIGRATIONS
from services.media.domain.grades import LineGrade, Metric
from services.media.domain.ports import DirectionFacts
from services.media.domain.samples import LineSample
from services.media.store.history import SqlSampleStore
from services.media.store.tables import Base

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


async def _upgraded(tmp_path: Path) -> None:
    await upgrade(f"sqlite+aiosqlite:///{tmp_path / 'media'}.db", DATA_KEY, MIGRATIONS)


def _sample(minute: int) -> LineSample:
    return LineSample(
        key=f"b1/PA_1/{minute}",
        room="b1",
        identity="points/x",
        participant_sid="PA_1",
        unit_path="/t/x/",
        kind="point",
        display_name="Xã Tân Lập",
        window_end_time=NOON + timedelta(minutes=minute),
        up=DirectionFacts(loss=0.03, jitter_ms=4.5, bitrate_bps=300_000),
        down=DirectionFacts(),
        round_trip_ms=None,
        score=71.5,
        grade=LineGrade.FAIR,
        worst=Metric.LOSS_UP,
        connected=True,
    )


async def test_the_migrations_make_what_the_tables_say(tmp_path: Path, engines: EngineFactory) -> None:
    await _upgraded(tmp_path)

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async with engines("media").connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_sample_comes_back_as_it_went_in_and_a_repeat_changes_nothing(
    tmp_path: Path, engines: EngineFactory
) -> None:
    await _upgraded(tmp_path)
    store = SqlSampleStore(engines("media"))

    for _ in range(2):
        await store.add(_sample(0))
    await store.add(_sample(1))

    assert await store.page("points/x", size=10) == [_sample(1), _sample(0)]
    assert await store.newest(NOON - timedelta(hours=1)) == [_sample(1)]
    assert await store.page("points/x", after=NOON, size=10) == [_sample(1)]


async def test_what_is_too_old_is_removed(tmp_path: Path, engines: EngineFactory) -> None:
    await _upgraded(tmp_path)
    store = SqlSampleStore(engines("media"))
    for minute in range(3):
        await store.add(_sample(minute))

    removed = await store.prune(NOON + timedelta(minutes=2))

    assert removed == 2
    assert [sample.key for sample in await store.page("points/x", size=9)] == ["b1/PA_1/2"]
