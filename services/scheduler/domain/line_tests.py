"""A line test: what the server saw of an invitee's line in a loopback room, before the briefing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from giaoban.names import BriefingId, InviteeId

TOKEN_LIVES = timedelta(minutes=2)
NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a line; None is "not measured"."""

    loss_percent: float | None = None
    jitter_ms: float | None = None
    bitrate_bps: float | None = None


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """What the server saw.

    Attributes:
        grade: `good`, `fair`, `poor`, `no_data` or `lost`.
        advice: Stable code of what to do, made by media.
    """

    grade: str
    up: Direction
    down: Direction
    round_trip_ms: float | None
    measured_seconds: float
    advice: str


@dataclass(frozen=True, slots=True)
class LineTest:
    """One test; without a verdict it is not finished."""

    room: str
    briefing: BriefingId
    invitee: InviteeId
    started: datetime
    verdict: LineVerdict | None = None
    finished: datetime | None = None
