"""The quality history in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, delete, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from giaoban.sql.engine import sessions
from services.media.domain.grades import LineGrade, Metric
from services.media.domain.ports import DirectionFacts
from services.media.domain.samples import LineSample
from services.media.store.tables import SampleRow

# Numbers in the table; the same as the contract's, never changed.
_GRADES = {LineGrade.GOOD: 1, LineGrade.FAIR: 2, LineGrade.POOR: 3, LineGrade.NO_DATA: 4, LineGrade.LOST: 5}
_GRADE_OF = {number: grade for grade, number in _GRADES.items()}


class SqlSampleStore:
    """Samples in an encrypted SQLite file or in PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)

    async def add(self, sample: LineSample) -> None:
        """Keeps a sample; the same key again changes nothing."""
        try:
            async with self._write.begin() as session:
                await session.execute(insert(SampleRow).values(**_columns(sample)))
        except IntegrityError:
            async with self._read() as session:
                if await session.get(SampleRow, sample.key) is None:
                    raise

    async def page(
        self,
        identity: str,
        *,
        room: str = "",
        after: datetime | None = None,
        before: tuple[datetime, str] | None = None,
        size: int,
    ) -> Sequence[LineSample]:
        """Lists samples of a participant, newest first; see `SampleStore`."""
        query = select(SampleRow).where(SampleRow.identity == identity)
        if room:
            query = query.where(SampleRow.room == room)
        if after is not None:
            query = query.where(SampleRow.window_end_time > after)
        if before is not None:
            end, key = before
            earlier = and_(SampleRow.window_end_time == end, SampleRow.key < key)
            query = query.where(or_(SampleRow.window_end_time < end, earlier))
        query = query.order_by(SampleRow.window_end_time.desc(), SampleRow.key.desc()).limit(size)
        async with self._read() as session:
            return [_sample(row) for row in await session.scalars(query)]

    async def newest(self, since: datetime) -> Sequence[LineSample]:
        """Answers the newest sample of each participant of each room."""
        ranked = (
            select(
                SampleRow.key,
                func.row_number()
                .over(partition_by=(SampleRow.room, SampleRow.identity), order_by=SampleRow.window_end_time.desc())
                .label("rank"),
            )
            .where(SampleRow.window_end_time > since)
            .subquery()
        )
        query = select(SampleRow).join(ranked, ranked.c.key == SampleRow.key).where(ranked.c.rank == 1)
        async with self._read() as session:
            return [_sample(row) for row in await session.scalars(query)]

    async def prune(self, before: datetime) -> int:
        """Removes what is older; answers how many."""
        async with self._write.begin() as session:
            doomed = delete(SampleRow).where(SampleRow.window_end_time < before).returning(SampleRow.key)
            return len((await session.scalars(doomed)).all())


def _columns(sample: LineSample) -> dict[str, object]:
    return {
        "key": sample.key,
        "room": sample.room,
        "identity": sample.identity,
        "participant_sid": sample.participant_sid,
        "unit_path": sample.unit_path,
        "kind": sample.kind,
        "display_name": sample.display_name,
        "window_end_time": sample.window_end_time,
        "loss_up_percent": _percent(sample.up.loss),
        "jitter_up_ms": sample.up.jitter_ms,
        "bitrate_up_bps": sample.up.bitrate_bps,
        "loss_down_percent": _percent(sample.down.loss),
        "jitter_down_ms": sample.down.jitter_ms,
        "bitrate_down_bps": sample.down.bitrate_bps,
        "round_trip_ms": sample.round_trip_ms,
        "score": sample.score,
        "grade": _GRADES[sample.grade],
        "worst_metric": sample.worst.value if sample.worst is not None else "",
        "connected": sample.connected,
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _sample(row: SampleRow) -> LineSample:
    return LineSample(
        key=row.key,
        room=row.room,
        identity=row.identity,
        participant_sid=row.participant_sid,
        unit_path=row.unit_path,
        kind=row.kind,
        display_name=row.display_name,
        window_end_time=row.window_end_time,
        up=DirectionFacts(_share(row.loss_up_percent), None, row.jitter_up_ms, row.bitrate_up_bps),
        down=DirectionFacts(_share(row.loss_down_percent), None, row.jitter_down_ms, row.bitrate_down_bps),
        round_trip_ms=row.round_trip_ms,
        score=row.score,
        grade=_GRADE_OF[row.grade],
        worst=Metric(row.worst_metric) if row.worst_metric else None,
        connected=row.connected,
    )
