"""Who gets which message of a revision: RFC 5546 for the organiser, one message per attendee.

The scheduler says who is to be told what. Here that is held against what this service has told each invitee before, because
events may come twice, late and in the wrong order, and because a message that nobody has seen yet needs no correction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.domain.cleaning import is_mail_address
from services.notify.domain.model import (
    Invitation,
    InvitationBatch,
    InviteeName,
    Method,
    NewDelivery,
    Note,
    PlannedMessage,
    Purpose,
    ReminderSlot,
    RenderedMessage,
    State,
    Told,
)
from services.notify.domain.reminders import slots_for

NO_ADDRESS = "NO_ADDRESS"
BAD_ADDRESS = "BAD_ADDRESS"
BRIEFING_OVER = "BRIEFING_OVER"
NEVER_TOLD = "NEVER_TOLD"


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the messages of revisions.

    Attributes:
        render: Renders a note whose address can be written to.
        reminder_offsets: Minutes before the start at which reminders are due.
    """

    render: Callable[[Note], RenderedMessage]
    reminder_offsets: Sequence[int]

    def plan(self, batch: InvitationBatch, told: Mapping[InviteeName, Told], now: datetime) -> Sequence[PlannedMessage]:
        """Plans one message for each invitee that has none of this revision or a later one."""
        planned = []
        subjects: set[str] = set()
        for invitation in batch.invitations:
            recipient = invitation.recipient
            before = told.get(recipient.name)
            if before is not None and before.revision >= batch.briefing.revision:
                continue
            # One person with two entries gets one message; the organiser's own mailbox gets none.
            if recipient.subject in subjects or recipient.address.lower() == batch.organizer.address.lower():
                continue
            subjects.add(recipient.subject)
            planned.append(self._plan_one(batch, invitation, before, now))
        return planned

    def _plan_one(
        self, batch: InvitationBatch, invitation: Invitation, before: Told | None, now: datetime
    ) -> PlannedMessage:
        note = note_of(batch, invitation, before)
        state, reason = _standing(note, before, now)
        briefing = batch.briefing
        delivery = NewDelivery(
            key=f"{note.recipient.name}/{briefing.revision}",
            note=note,
            state=state,
            expire_time=briefing.start if now < briefing.start else briefing.end,
            message=self.render(note) if state is State.PENDING else None,
            reason=reason,
        )
        return PlannedMessage(delivery, self._reminders(note, state, before, now))

    def _reminders(self, note: Note, state: State, before: Told | None, now: datetime) -> Sequence[ReminderSlot] | None:
        if note.method is Method.CANCEL or state is not State.PENDING:
            return ()
        start = note.briefing.start
        if before is not None and before.method is Method.REQUEST and before.written and before.start == start:
            return None
        return slots_for(start, now, self.reminder_offsets)


def note_of(batch: InvitationBatch, invitation: Invitation, before: Told | None) -> Note:
    """Makes the note of one invitation, with DTSTAMP and SEQUENCE that no client takes for an old message."""
    return Note(
        purpose=_purpose(invitation, before),
        briefing=batch.briefing,
        organizer=batch.organizer,
        recipient=invitation.recipient,
        stamp=_stamp(batch.revision_time, before),
        method=invitation.method,
        sequence=_sequence(invitation, before),
        whole_briefing=invitation.whole_briefing,
    )


def _purpose(invitation: Invitation, before: Told | None) -> Purpose:
    if invitation.method is Method.CANCEL:
        return Purpose.CANCELLATION
    known = before is None or (before.reached and before.method is Method.REQUEST)
    return Purpose.UPDATE if invitation.update and known else Purpose.INVITATION


def _stamp(revision_time: datetime, before: Told | None) -> datetime:
    """DTSTAMP has whole seconds; two revisions within one second still have to be told apart (RFC 5546 §2.1.5)."""
    stamp = revision_time.replace(microsecond=0)
    return stamp if before is None else max(stamp, before.stamp + timedelta(seconds=1))


def _sequence(invitation: Invitation, before: Told | None) -> int:
    """Never below what the invitee has seen, above it for a CANCEL and for an invitation after a CANCEL."""
    if before is None:
        return invitation.sequence
    turns = invitation.method is Method.CANCEL or before.method is Method.CANCEL
    return max(invitation.sequence, before.sequence + 1 if turns else before.sequence)


def _standing(note: Note, before: Told | None, now: datetime) -> tuple[State, str]:
    if note.briefing.ended or now >= note.briefing.end:
        return State.SUPERSEDED, BRIEFING_OVER
    if note.method is Method.CANCEL and before is not None and not before.reached:
        return State.SUPERSEDED, NEVER_TOLD
    if not note.recipient.address:
        return State.NO_ADDRESS, NO_ADDRESS
    if not is_mail_address(note.recipient.address):
        return State.FAILED, BAD_ADDRESS
    return State.PENDING, ""
