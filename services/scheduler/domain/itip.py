"""What an organiser tells whom: the rules of RFC 5546 for one UID, without a byte of mail.

The counter SEQUENCE belongs to the UID (RFC 5545 §3.8.7.4): it rises by one when a change could make somebody miss the
briefing (start, duration), when it is called off, when somebody is uninvited (the CANCEL must outrank the REQUEST), and
when somebody is invited again (the REQUEST must outrank that CANCEL). Text and added attendees leave it as it is.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from giaoban.errors import InvalidArgument
from giaoban.names import InviteeId
from services.scheduler.domain.briefings import Answer, Invitee, Part, Plan


class Method(StrEnum):
    """The two messages an organiser sends here."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Tell(StrEnum):
    """Who is to hear of a change, by the word of who makes it."""

    AS_USUAL = "as_usual"
    EVERYONE = "everyone"
    CONCERNED = "concerned"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What one mailbox is to be told of one revision.

    A calendar knows one object of a UID (RFC 5545 §3.8.4.7): a mailbox that serves a point and its chairman, or two people,
    is told once, of all of them.

    Attributes:
        invitee: The first of those whom the mailbox serves, in protocol order.
        whole_briefing: False when only this mailbox serves nobody any more: that CANCEL carries no STATUS (RFC 5546 §3.2.5).
        update: True when the mailbox was told of an earlier revision.
        sharing: The others whom it serves.
    """

    invitee: Invitee
    method: Method
    sequence: int
    whole_briefing: bool
    update: bool
    sharing: tuple[Invitee, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """What one revision says and to whom it was true; `invitees` are those invited, none of them removed."""

    plan: Plan
    sequence: int
    invitees: tuple[Invitee, ...]


def is_rescheduled(before: Plan, after: Plan) -> bool:
    """Whether somebody who keeps to the old plan would miss the new one."""
    return (before.start, before.minutes) != (after.start, after.minutes)


def sequence_of_change(before: Issue, plan: Plan, guests: Sequence[Invitee], removed: Collection[InviteeId]) -> int:
    """Answers the SEQUENCE of a changed briefing.

    Args:
        before: The revision before.
        plan: The plan from now on.
        guests: Who is invited from now on.
        removed: Who was uninvited earlier and not invited again since.
    """
    invited = {one.id for one in guests}
    uninvited = any(invitee.id not in invited for invitee in before.invitees)
    invited_again = any(invitee in removed for invitee in invited)
    abandoned = any(
        box not in mailboxes(guests) for box, served in mailboxes(before.invitees).items() if served[0].email
    )
    return before.sequence + (is_rescheduled(before.plan, plan) or uninvited or invited_again or abandoned)


def unanswered(invitees: Iterable[Invitee]) -> tuple[Invitee, ...]:
    """Forgets all answers: after a reschedule nobody has agreed to the new time (PARTSTAT=NEEDS-ACTION)."""
    return tuple(replace(one, status=Answer.NEEDS_ACTION, comment="", response_time=None) for one in invitees)


def _text_of(plan: Plan) -> Plan:
    return replace(plan, attendees=())


def mailboxes(invitees: Iterable[Invitee]) -> dict[str, tuple[Invitee, ...]]:
    """Whom each mailbox serves, by its address in one case; whoever has no address stands alone under its id."""
    boxes: dict[str, tuple[Invitee, ...]] = {}
    for one in invitees:
        box = one.email.casefold() or one.id
        boxes[box] = (*boxes.get(box, ()), one)
    return boxes


def _heard(invitees: Iterable[Invitee], organizer_email: str) -> dict[str, tuple[Invitee, ...]]:
    # The organiser's own address gets no message: a calendar would answer itself.
    return {box: served for box, served in mailboxes(invitees).items() if box != organizer_email.casefold()}


def _request(served: tuple[Invitee, ...], sequence: int, *, update: bool) -> Invitation:
    return Invitation(served[0], Method.REQUEST, sequence, whole_briefing=True, update=update, sharing=served[1:])


def _cancel(served: tuple[Invitee, ...], sequence: int, *, whole_briefing: bool) -> Invitation:
    return Invitation(
        served[0], Method.CANCEL, sequence, whole_briefing=whole_briefing, update=True, sharing=served[1:]
    )


def invitations_of_booking(after: Issue, organizer_email: str) -> tuple[Invitation, ...]:
    """A first REQUEST to everyone invited."""
    heard = _heard(after.invitees, organizer_email)
    return tuple(_request(served, after.sequence, update=False) for served in heard.values())


def invitations_of_change(
    before: Issue, after: Issue, organizer_email: str, tell: Tell = Tell.AS_USUAL
) -> tuple[Invitation, ...]:
    """A REQUEST to whom the change concerns, a CANCEL to mailboxes that serve nobody any more, nothing to the others.

    Another time concerns everyone; a changed list of attendees only the mailboxes that serve others than before, or in
    another part. A corrected address is both: the mailbox before serves nobody, or one less; the new one knows nothing yet.
    Of other words in the plan everyone hears, unless who made the change wants it otherwise.

    Raises:
        InvalidArgument: `TELL_NEEDED`: nobody is to hear of it, and somebody is concerned.
    """
    was, now = _heard(before.invitees, organizer_email), _heard(after.invitees, organizer_email)
    reworded = _text_of(before.plan) != _text_of(after.plan)
    everyone = is_rescheduled(before.plan, after.plan) or tell is Tell.EVERYONE or (reworded and tell is Tell.AS_USUAL)
    requests = [
        _request(served, after.sequence, update=box in was)
        for box, served in now.items()
        if everyone or _parts(served) != _parts(was.get(box, ()))
    ]
    cancels = [
        _cancel(served, after.sequence, whole_briefing=False)
        for box, served in was.items()
        if box not in now and served[0].email
    ]
    if tell is Tell.NOBODY and (requests or cancels):
        raise InvalidArgument(
            "TELL_NEEDED", "This change concerns invitees, who must be told; choose to tell them.", field="tell"
        )
    return (*requests, *cancels)


def _parts(served: Iterable[Invitee]) -> set[tuple[InviteeId, Part]]:
    return {(one.id, one.part) for one in served}


def invitations_of_cancelling(before: Issue, organizer_email: str) -> tuple[Invitation, ...]:
    """A CANCEL to everyone invited, those who declined too; its SEQUENCE is one higher."""
    heard = _heard(before.invitees, organizer_email)
    return tuple(_cancel(served, before.sequence + 1, whole_briefing=True) for served in heard.values())
