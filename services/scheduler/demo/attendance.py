"""What became of the invitations of a demonstration: answers, who came when, how many sat at a point."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from services.scheduler.domain.attendance import Stay
from services.scheduler.domain.briefings import Answer, Briefing, Invitee, Part


def answers(random: Random, invitees: Sequence[Invitee], now: datetime) -> list[Invitee]:
    """Most accept, some are silent, few decline; chair and secretary come anyway."""
    return [_answered(random, invitee, now) for invitee in invitees]


def _answered(random: Random, invitee: Invitee, now: datetime) -> Invitee:
    if invitee.part is not Part.ATTENDEE:
        return replace(invitee, status=Answer.ACCEPTED, response_time=now)
    status = random.choices((Answer.ACCEPTED, Answer.NEEDS_ACTION, Answer.DECLINED, Answer.TENTATIVE), (80, 12, 4, 4))[
        0
    ]
    if status is Answer.NEEDS_ACTION:
        return invitee
    comment = "Điểm cầu đang sửa chữa, xin vắng." if status is Answer.DECLINED else ""
    return replace(invitee, status=status, comment=comment, response_time=now)


def came(invitees: Sequence[Invitee]) -> list[Invitee]:
    """Those who were in the room."""
    return [invitee for invitee in invitees if invitee.status in (Answer.ACCEPTED, Answer.TENTATIVE)]


def stays(random: Random, briefing: Briefing, present: Sequence[Invitee]) -> Iterator[Stay]:
    """Everyone came a little early or late; one in eight lost the line for some minutes."""
    for number, invitee in enumerate(present):
        join = briefing.plan.start - timedelta(seconds=random.randrange(-120, 900))
        leave = briefing.plan.end + timedelta(seconds=random.randrange(0, 240))
        if random.randrange(8) == 0:
            broken = briefing.plan.start + timedelta(minutes=random.randrange(10, briefing.plan.minutes - 10))
            yield Stay(f"PA_demo_{number}_1", invitee.subject, join, broken)
            join = broken + timedelta(seconds=random.randrange(20, 300))
        yield Stay(f"PA_demo_{number}_2", invitee.subject, join, leave)
