"""The tables of the quality history."""

from datetime import datetime
from typing import Final

from sqlalchemy import Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from giaoban.sql.engine import UtcDateTime

NAMING: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention=NAMING)


class SampleRow(Base):
    """One sample of one participant's line; a number that was not measured is NULL."""

    __tablename__ = "quality_samples"
    __table_args__ = (
        Index("ix_quality_samples_identity_window", "identity", "window_end_time"),
        Index("ix_quality_samples_window", "window_end_time"),
    )

    key: Mapped[str] = mapped_column(String(512), primary_key=True)
    room: Mapped[str] = mapped_column(String(128))
    identity: Mapped[str] = mapped_column(String(256))
    participant_sid: Mapped[str] = mapped_column(String(32))
    unit_path: Mapped[str] = mapped_column(String(1024))
    kind: Mapped[str] = mapped_column(String(16))
    display_name: Mapped[str] = mapped_column(String(256))
    window_end_time: Mapped[datetime] = mapped_column(UtcDateTime)
    loss_up_percent: Mapped[float | None]
    jitter_up_ms: Mapped[float | None]
    bitrate_up_bps: Mapped[float | None]
    loss_down_percent: Mapped[float | None]
    jitter_down_ms: Mapped[float | None]
    bitrate_down_bps: Mapped[float | None]
    round_trip_ms: Mapped[float | None]
    score: Mapped[float | None]
    grade: Mapped[int]
    worst_metric: Mapped[str] = mapped_column(String(16))
    connected: Mapped[bool]
