"""What was measured of a participant's line in one window, and where it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.media.domain.grades import LineGrade, Metric
from services.media.domain.ports import DirectionFacts


@dataclass(frozen=True, slots=True)
class LineSample:
    """One window of one participant; `up` is from the participant to us.

    Attributes:
        key: Unique: room, session and window.
        connected: False in the last words of a participant.
    """

    key: str
    room: str
    identity: str
    participant_sid: str
    unit_path: str
    kind: str
    display_name: str = field(repr=False)
    window_end_time: datetime
    up: DirectionFacts
    down: DirectionFacts
    round_trip_ms: float | None
    score: float | None
    grade: LineGrade
    worst: Metric | None
    connected: bool


class SampleStore(Protocol):
    """Keeps samples."""

    async def add(self, sample: LineSample) -> None:
        """Keeps a sample; the same key again changes nothing."""

    async def page(
        self,
        identity: str,
        *,
        room: str = "",
        after: datetime | None = None,
        before: tuple[datetime, str] | None = None,
        size: int,
    ) -> Sequence[LineSample]:
        """Lists samples of a participant, newest first.

        Args:
            identity: The participant.
            room: Only this room; empty means all.
            after: Only samples after this.
            before: Only samples behind this end and key in the list: where the page before ended.
            size: At most this many.
        """

    async def newest(self, since: datetime) -> Sequence[LineSample]:
        """Answers the newest sample of each participant of each room."""

    async def prune(self, before: datetime) -> int:
        """Removes what is older; answers how many."""
