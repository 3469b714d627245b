"""Which mailbox gets which message of a revision: RFC 5546 for the organiser, one message per attendee.

The scheduler says who is to be told what. Here that is held against what this service has told each mailbox before, because
events may come twice, late and in the wrong order, and because a message that nobody has seen yet needs no correction.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import structlog

from giaoban.mail_address import is_mail_address
from services.notify.domain.model import (
    Briefing,
    Invitation,
    InvitationBatch,
    MailboxName,
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
NOT_RENDERED = "NOT_RENDERED"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans the messages of revisions.

    Attributes:
        render: Renders a note whose address can be written to.
        reminder_offsets: Minutes before the start at which reminders are due.
    """

    render: Callable[[Note], RenderedMessage]
    reminder_offsets: Sequence[int]

    def plan(
        self,
        batch: InvitationBatch,
        told: Mapping[MailboxName, Told],
        now: datetime,
        seen: Mapping[int, Briefing] = MappingProxyType({}),
    ) -> Sequence[PlannedMessage]:
        """Plans one message for each mailbox that has none of this revision or a later one.

        Args:
            batch: The revision.
            told: What was told before.
            now: The present instant.
            seen: The briefing as of earlier revisions; what is missing is not compared with.
        """
        planned = []
        for invitation in heard(batch):
            before = told.get(invitation.recipient.mailbox)
            if before is None or before.revision < batch.briefing.revision:
                known = seen.get(before.seen_revision) if before is not None else None
                planned.append(self._plan_one(batch, invitation, before, known, now))
        return planned

    def _plan_one(
        self,
        batch: InvitationBatch,
        invitation: Invitation,
        before: Told | None,
        known: Briefing | None,
        now: datetime,
    ) -> PlannedMessage:
        note = replace(note_of(batch, invitation, before), seen=known)
        state, reason = _standing(note, before, now)
        briefing, message = batch.briefing, None
        if state is State.PENDING:
            try:
                message = self.render(note)
            except Exception:  # whatever is in it: one invitation that cannot be written must not keep the others back
                log.exception("a message could not be rendered", invitee=note.recipient.name)
                state, reason = State.FAILED, NOT_RENDERED
        delivery = NewDelivery(
            key=_key(note),
            note=note,
            state=state,
            expire_time=briefing.start if now < briefing.start else briefing.end,
            message=message,
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


def heard(batch: InvitationBatch) -> Sequence[Invitation]:
    """The invitations that get a message: the organiser's own mailbox gets none, a calendar would answer itself."""
    own = batch.organizer.address.lower()
    return [each for each in batch.invitations if each.recipient.address.lower() != own]


def _key(note: Note) -> str:
    """Unique for one mailbox and revision; an address would be too long for it."""
    digest = hashlib.sha256(note.recipient.mailbox.encode()).hexdigest()[:32]
    return f"{note.briefing.name}/{digest}/{note.briefing.revision}"


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
    if note.method is Method.CANCEL and (before is None or not before.reached):
        return State.SUPERSEDED, NEVER_TOLD
    if not note.recipient.address:
        return State.NO_ADDRESS, NO_ADDRESS
    if not is_mail_address(note.recipient.address):
        return State.FAILED, BAD_ADDRESS
    return State.PENDING, ""
