"""Who was in the room when, out of facts that may come twice and in any order."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

_FRESH: Final = timedelta(seconds=10)


class Movement(StrEnum):
    """What media says of a room."""

    JOINED = "joined"
    LEFT = "left"
    ROOM_CLOSED = "room_closed"


@dataclass(frozen=True, slots=True)
class MediaFact:
    """One event of `events.media`; `identity` and `participant_sid` are empty when the room was closed."""

    key: str
    movement: Movement
    room: str
    identity: str
    participant_sid: str
    occurred: datetime


@dataclass(frozen=True, slots=True)
class Stay:
    """One session in the room; either end may still be unknown.

    Attributes:
        leave_assumed: The end was not heard of but concluded; the participant's own leaving replaces it.
    """

    participant_sid: str
    subject: str
    join_time: datetime | None = None
    leave_time: datetime | None = None
    leave_assumed: bool = False

    @property
    def is_present(self) -> bool:
        """Whether the session lasts."""
        return self.join_time is not None and self.leave_time is None


@dataclass(frozen=True, slots=True)
class Interval:
    """One visible stay; without an end it lasts."""

    join_time: datetime
    leave_time: datetime | None


def moved(stay: Stay | None, fact: MediaFact) -> Stay:
    """Takes one JOINED or LEFT of a session into account."""
    known = stay or Stay(fact.participant_sid, fact.identity)
    if fact.movement is Movement.JOINED:
        return replace(known, join_time=_earlier(known.join_time, fact.occurred))
    if known.leave_time is None or known.leave_assumed:
        return replace(known, leave_time=fact.occurred, leave_assumed=False)
    return replace(known, leave_time=_earlier(known.leave_time, fact.occurred))


def closed(stay: Stay, at: datetime) -> Stay:
    """Ends a session with its room, when its own end is not known."""
    if not stay.is_present:
        return stay
    return replace(stay, leave_time=at, leave_assumed=True)


def superseded(stays: Iterable[Stay]) -> tuple[Stay, ...]:
    """Sessions that a later one of the same identity has ended, closed: nobody is in a room twice."""
    lasting = sorted(
        (stay.subject, stay.join_time, stay.participant_sid, stay)
        for stay in stays
        if stay.join_time is not None and stay.leave_time is None
    )
    return tuple(closed(one[3], other[1]) for one, other in pairwise(lasting) if one[0] == other[0])


def ghosts(stays: Iterable[Stay], inside: Collection[str], asked: datetime) -> tuple[Stay, ...]:
    """Sessions that last by what was heard, and of which media knows nothing, closed.

    Args:
        stays: All sessions of a room.
        inside: The sessions that media named.
        asked: When media was asked; who came shortly before, on a clock of its own, may not be named yet.
    """
    return tuple(
        closed(stay, asked)
        for stay in stays
        if stay.join_time is not None
        and stay.leave_time is None
        and stay.join_time < asked - _FRESH
        and stay.participant_sid not in inside
    )


def _earlier(known: datetime | None, new: datetime) -> datetime:
    return new if known is None else min(known, new)


def intervals(stays: Iterable[Stay]) -> tuple[Interval, ...]:
    """The stays to show, in order; a session whose joining is not known yet is not shown."""
    shown = [(stay.join_time, stay.participant_sid, stay.leave_time) for stay in stays if stay.join_time is not None]
    # Those who came in one instant stand in one order, whichever event was first.
    shown.sort(key=lambda stay: stay[:2])
    return tuple(Interval(join_time, leave_time) for join_time, _, leave_time in shown)


def present(stays: Iterable[Stay]) -> tuple[str, ...]:
    """The subjects in the room now, each once, sorted."""
    return tuple(sorted({stay.subject for stay in stays if stay.is_present}))
