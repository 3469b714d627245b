"""Every participant's line, judged window by window."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.media.domain.client import GradeChange, LeaveReason
from services.media.domain.grades import LOST, NO_DATA, WINDOW_SECONDS, Judgement, LineGrade, LineJudge
from services.media.domain.participants import Participant, Presence
from services.media.domain.ports import PeerId, Plane, QualityFacts
from services.media.domain.rooms import Rooms
from services.media.domain.samples import LineSample

# A line test lasts 5 s; its samples must be there before it ends.
LOOPBACK_WINDOW_SECONDS = 1.0


@dataclass(slots=True)
class _Watched:
    judge: LineJudge
    due_at: float
    told: LineGrade | None = None


@dataclass(slots=True)
class Sampler:
    """Takes samples of all rooms of a worker.

    Args:
        rooms: Whose participants are judged.
        plane: Measures.
        sink: Takes each sample.
    """

    rooms: Rooms
    plane: Plane
    sink: Callable[[LineSample], None]
    _watched: dict[PeerId, _Watched] = field(default_factory=dict)

    def tick(self) -> None:
        """Takes the samples that are due; to be called about once a second."""
        clock = self.rooms.tools.clock
        now, wall = clock.monotonic(), clock.now()
        for room in self.rooms.all():
            window = LOOPBACK_WINDOW_SECONDS if room.loopback else WINDOW_SECONDS
            changes = []
            for member in list(room.members.values()):
                if member.presence is not Presence.ACTIVE:
                    continue
                watched = self._watched.setdefault(member.sid, _Watched(LineJudge(), now + window))
                if now >= watched.due_at:
                    watched.due_at = max(watched.due_at + window, now)
                    change = self._sample(member, watched, wall, window)
                    changes += [change] if change is not None else []
            if changes:
                room.grades(changes)

    def farewell(self, member: Participant, reason: LeaveReason) -> None:
        """Takes the last words of somebody who left: lost, unless it went by itself or was sent out."""
        self._watched.pop(member.sid, None)
        expected = reason in (LeaveReason.CLIENT, LeaveReason.REMOVED, LeaveReason.ROOM_CLOSED)
        facts, wall = self.plane.sample(member.sid), self.rooms.tools.clock.now()
        self.sink(_line_sample(member, facts, NO_DATA if expected else LOST, wall, connected=False))

    def _sample(self, member: Participant, watched: _Watched, wall: datetime, window: float) -> GradeChange | None:
        facts = self.plane.sample(member.sid)
        judgement = watched.judge.judge(facts, window)
        self.sink(_line_sample(member, facts, judgement, wall, connected=True))
        if judgement.grade is watched.told:
            return None
        watched.told = judgement.grade
        return GradeChange(member.sid, judgement.grade, facts.score if facts.score is not None else 0.0)


def _line_sample(
    member: Participant, facts: QualityFacts, judgement: Judgement, wall: datetime, *, connected: bool
) -> LineSample:
    end = wall.strftime("%Y%m%dT%H%M%S.%f")[:-3]
    return LineSample(
        key=f"{member.room}/{member.sid}/{end}/{'in' if connected else 'out'}",
        room=member.room,
        identity=member.identity,
        participant_sid=member.sid,
        unit_path=member.token.unit_path,
        kind=member.token.kind,
        display_name=member.display_name,
        window_end_time=wall,
        up=facts.up,
        down=facts.down,
        round_trip_ms=facts.round_trip_ms,
        score=facts.score,
        grade=judgement.grade,
        worst=judgement.worst,
        connected=connected,
    )
