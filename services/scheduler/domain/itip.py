"""What an organiser tells whom: the rules of RFC 5546 for one UID, without a byte of mail.

The counter SEQUENCE belongs to the UID (RFC 5545 §3.8.7.4): it rises by one when a change could make somebody miss the
briefing (start, duration), when it is called off, when somebody is uninvited (the CANCEL must outrank the REQUEST), and
when somebody is invited again (the REQUEST must outrank that CANCEL). Text and added attendees leave it as it is.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from giaoban.names import InviteeId
from services.scheduler.domain.briefings import Answer, Invitee, Plan


class Method(StrEnum):
    """The two messages an organiser sends here."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What one invitee is to be told of one revision.

    Attributes:
        whole_briefing: False when only this invitee was uninvited: that CANCEL carries no STATUS (RFC 5546 §3.2.5).
        update: True when the invitee was told of an earlier revision.
    """

    invitee: Invitee
    method: Method
    sequence: int
    whole_briefing: bool
    update: bool


@dataclass(frozen=True, slots=True)
class Issue:
    """What one revision says and to whom it was true; `invitees` are those invited, none of them removed."""

    plan: Plan
    sequence: int
    invitees: tuple[Invitee, ...]


def is_rescheduled(before: Plan, after: Plan) -> bool:
    """Whether somebody who keeps to the old plan would miss the new one."""
    return (before.start, before.minutes) != (after.start, after.minutes)


def sequence_of_change(
    before: Issue, plan: Plan, invited: Collection[InviteeId], removed: Collection[InviteeId]
) -> int:
    """Answers the SEQUENCE of a changed briefing.

    Args:
        before: The revision before.
        plan: The plan from now on.
        invited: Who is invited from now on.
        removed: Who was uninvited earlier and not invited again since.
    """
    uninvited = any(invitee.id not in invited for invitee in before.invitees)
    invited_again = any(invitee in removed for invitee in invited)
    return before.sequence + (is_rescheduled(before.plan, plan) or uninvited or invited_again)


def unanswered(invitees: Iterable[Invitee]) -> tuple[Invitee, ...]:
    """Forgets all answers: after a reschedule nobody has agreed to the new time (PARTSTAT=NEEDS-ACTION)."""
    return tuple(replace(one, status=Answer.NEEDS_ACTION, comment="", response_time=None) for one in invitees)


def _text_of(plan: Plan) -> Plan:
    return replace(plan, attendees=())


def _address(invitee: Invitee) -> str:
    return invitee.email.casefold()


def _heard(invitees: Iterable[Invitee], organizer_email: str) -> list[Invitee]:
    # The organiser's own address gets no message: a calendar would answer itself.
    return [one for one in invitees if not one.email or _address(one) != organizer_email.casefold()]


def invitations_of_booking(after: Issue, organizer_email: str) -> tuple[Invitation, ...]:
    """A first REQUEST to everyone invited."""
    return tuple(
        Invitation(one, Method.REQUEST, after.sequence, whole_briefing=True, update=False)
        for one in _heard(after.invitees, organizer_email)
    )


def invitations_of_change(before: Issue, after: Issue, organizer_email: str) -> tuple[Invitation, ...]:
    """A REQUEST to whom the change concerns, a CANCEL to those invited no more, nothing to the others.

    A changed plan concerns everyone; a changed list of attendees only those who come new; a corrected address only the
    one it belongs to, whose mailbox knows nothing yet. What the address before got is not called off: the invitee, and
    with it the invitation, is the same.
    """
    known = {(one.id, _address(one)) for one in before.invitees}
    kept = {one.id for one in after.invitees}
    concerns_all = _text_of(before.plan) != _text_of(after.plan)
    requests = [
        Invitation(one, Method.REQUEST, after.sequence, whole_briefing=True, update=(one.id, _address(one)) in known)
        for one in _heard(after.invitees, organizer_email)
        if concerns_all or (one.id, _address(one)) not in known
    ]
    # A mailbox that still holds another invitation of this UID would lose that one, too.
    still_used = {_address(one) for one in after.invitees if one.email}
    cancels = [
        Invitation(one, Method.CANCEL, after.sequence, whole_briefing=False, update=True)
        for one in _heard(before.invitees, organizer_email)
        if one.id not in kept and _address(one) not in still_used
    ]
    return (*requests, *cancels)


def invitations_of_cancelling(before: Issue, organizer_email: str) -> tuple[Invitation, ...]:
    """A CANCEL to everyone invited, those who declined too; its SEQUENCE is one higher."""
    return tuple(
        Invitation(one, Method.CANCEL, before.sequence + 1, whole_briefing=True, update=True)
        for one in _heard(before.invitees, organizer_email)
    )
