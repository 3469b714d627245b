"""Rows of the ledger and the values they stand for."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row

from giaoban.ids import new_id
from services.notify.domain.model import (
    Briefing,
    BriefingName,
    Delivery,
    DeliveryId,
    DueReminder,
    InviteeName,
    Language,
    MailboxName,
    NewDelivery,
    Note,
    Organizer,
    Purpose,
    ReminderId,
    ReminderSlot,
    State,
)

URGENT_WITHIN: Final = timedelta(days=1)
CANCELLATIONS_FIRST: Final = 0
URGENT: Final = 1
REST: Final = 2


def turn_of(note: Note, now: datetime) -> int:
    """What goes first: what concerns a briefing within a day, cancellations above all."""
    if note.briefing.start > now + URGENT_WITHIN:
        return REST
    return CANCELLATIONS_FIRST if note.purpose is Purpose.CANCELLATION else URGENT


def delivery_values(new: NewDelivery, host_unit_path: str, now: datetime) -> dict[str, object]:
    """The row of a delivery that was just planned."""
    note, message = new.note, new.message
    return {
        "id": new_id(),
        "key": new.key,
        "briefing": note.briefing.name,
        "revision": note.briefing.revision,
        "invitee": note.recipient.name,
        "mailbox": note.recipient.mailbox,
        "display_name": "; ".join(one.display_name for one in note.recipient.everyone),
        "host_unit_path": host_unit_path,
        "purpose": note.purpose,
        "method": note.method,
        "sequence": note.sequence,
        "stamp": note.stamp,
        "start_time": note.briefing.start,
        "end_time": note.briefing.end,
        "sender": message.sender if message is not None else note.organizer.address,
        "address": note.recipient.address,
        "subject": message.subject if message is not None else note.briefing.title,
        "message_id": message.message_id if message is not None else None,
        "state": new.state,
        "reason": new.reason,
        "detail": "",
        "attempt_count": 0,
        "next_attempt_time": now,
        "expire_time": new.expire_time,
        "create_time": now,
        "update_time": now,
        "turn": turn_of(note, now),
    }


def recipient_values(note: Note, host_unit_path: str) -> dict[str, object]:
    """The row of a mailbox as it was just written to."""
    return {
        "mailbox": note.recipient.mailbox,
        "language": note.recipient.language,
        "organizer_address": note.organizer.address,
        "organizer_name": note.organizer.name,
        "host_unit_path": host_unit_path,
    }


def reminder_values(briefing: Briefing, mailbox: MailboxName, slot: ReminderSlot, now: datetime) -> dict[str, object]:
    """The row of a reminder that is to come."""
    return {
        "id": new_id(),
        "briefing": briefing.name,
        "mailbox": mailbox,
        "offset_minutes": slot.offset_minutes,
        "occ_rev": briefing.revision,
        "start_time": briefing.start,
        "due_time": slot.due_time,
        "state": "PENDING",
        "reason": "",
        "update_time": now,
    }


def due_reminder(row: Row[Any]) -> DueReminder:
    """Reads a reminder joined with its mailbox."""
    return DueReminder(
        id=ReminderId(row.id),
        briefing=BriefingName(row.briefing),
        offset_minutes=row.offset_minutes,
        due_time=row.due_time,
        start=row.start_time,
        mailbox=MailboxName(row.mailbox),
        language=Language(row.language),
        organizer=Organizer(row.organizer_address, row.organizer_name),
        host_unit_path=row.host_unit_path,
    )


def delivery_of(row: Row[Any]) -> Delivery:
    """Reads a delivery without its content."""
    return Delivery(
        id=DeliveryId(row.id),
        briefing=BriefingName(row.briefing),
        invitee=InviteeName(row.invitee),
        display_name=row.display_name,
        address=row.address,
        purpose=Purpose(row.purpose),
        state=State(row.state),
        reason=row.reason,
        detail=row.detail,
        attempt_count=row.attempt_count,
        create_time=row.create_time,
        update_time=row.update_time,
        subject=row.subject,
        revision=row.revision,
    )
