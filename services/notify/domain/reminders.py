"""When reminders are due, and whether one still counts when its time has come.

Nothing is scheduled ahead at a mail server: a reminder is a row with a time, and what it says is asked of the scheduler at
that time. Reminders of briefings that had been moved or called off are the classic complaint about other systems.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.notify.domain.model import Answer, BriefingStanding, DueReminder, Recipient, ReminderSlot

LATE_AFTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ReminderDecision:
    """What to do with a due reminder: send it, or drop it for a reason."""

    send: bool
    reason: str = ""
    late: bool = False


def slots_for(start: datetime, now: datetime, offsets: Sequence[int]) -> Sequence[ReminderSlot]:
    """Books reminders; one whose time has already passed is left out, because the invitation itself goes out now.

    Args:
        start: Start of the briefing, aware.
        now: The present instant, aware.
        offsets: Minutes before the start.
    """
    slots = (ReminderSlot(offset, start - timedelta(minutes=offset)) for offset in offsets)
    return tuple(slot for slot in slots if slot.due_time > now)


def decide(due: DueReminder, standing: BriefingStanding, now: datetime, offsets: Sequence[int]) -> ReminderDecision:
    """Decides at its time whether a reminder still counts."""
    if reason := _objection(due, standing, now, offsets):
        return ReminderDecision(send=False, reason=reason)
    return ReminderDecision(send=True, late=now - due.due_time > LATE_AFTER)


def served(due: DueReminder, standing: BriefingStanding) -> Sequence[Recipient]:
    """Whom the mailbox serves today and who need the reminder: neither absent by their own word, nor gone, nor there already."""
    return [
        one
        for one in standing.invitees
        if one.mailbox == due.mailbox
        and not one.left
        and one.answer is not Answer.DECLINED
        and one.name not in standing.present
    ]


def _objection(due: DueReminder, standing: BriefingStanding, now: datetime, offsets: Sequence[int]) -> str:
    briefing = standing.briefing
    own = [one for one in standing.invitees if one.mailbox == due.mailbox]
    nearer = any(due.start - timedelta(minutes=offset) <= now for offset in offsets if offset < due.offset_minutes)
    objections = (
        (briefing.cancelled or briefing.ended, "BRIEFING_OVER"),
        (briefing.start != due.start, "RESCHEDULED"),
        (now >= due.start, "TOO_LATE"),
        (not own, "UNINVITED"),
        (all(one.left for one in own), "LEFT"),
        (all(one.answer is Answer.DECLINED for one in own), "DECLINED"),
        (not served(due, standing), "PRESENT"),
        # After a long outage both reminders are due at once: only the last of them goes out.
        (nearer, "NEARER_REMINDER"),
    )
    return next((reason for holds, reason in objections if holds), "")
