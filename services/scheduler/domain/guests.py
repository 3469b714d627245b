"""From what a secretary chose to who is invited: each subject once, in protocol order, known ones under their old id."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from giaoban.errors import InvalidArgument
from giaoban.ids import new_id
from giaoban.names import InviteeId
from services.scheduler.domain.briefings import MAX_INVITEES, Invitee, Kind, Part, Plan
from services.scheduler.domain.directory import Resolved, Subject

_PARTS = (Part.CHAIR, Part.SECRETARY, Part.ATTENDEE)
_UNKNOWN = {"points": "UNKNOWN_POINT", "people": "UNKNOWN_PERSON"}


def check_known(plan: Plan, leaders: Resolved, attendees: Resolved) -> None:
    """Refuses names that stand for nobody on the day of the briefing.

    Raises:
        InvalidArgument: `UNKNOWN_PERSON`, `UNKNOWN_POINT`, `UNKNOWN_UNIT` with the field, `NO_ATTENDEES`.
    """
    for field, name in (("briefing.chair", plan.chair), ("briefing.secretary", plan.secretary)):
        if name in leaders.unknown or not name.startswith("people/"):
            raise _unknown(field, name, "UNKNOWN_PERSON")
    for position, name in enumerate(plan.attendees):
        if name in attendees.unknown:
            reason = _UNKNOWN.get(name.partition("/")[0], "UNKNOWN_UNIT")
            raise _unknown(f"briefing.attendees[{position}].name", name, reason)
    count = len(attendees.points) + len(attendees.people)
    if count == 0:
        raise InvalidArgument(
            "NO_ATTENDEES",
            "The units chosen have neither points nor chairs; choose points or people.",
            field="briefing.attendees",
        )
    if count > MAX_INVITEES:
        raise InvalidArgument(
            "BAD_FIELD",
            f"The choice means {count} invitees; at most {MAX_INVITEES} fit one briefing.",
            field="briefing.attendees",
        )


def _unknown(field: str, name: str, reason: str) -> InvalidArgument:
    return InvalidArgument(
        reason, f"There is no {name[:80]!r}; choose from the directory.", field=field, value=name[:80]
    )


def title_of(subject: Subject) -> str:
    """What to show: "Họ tên – chức vụ", or the point's name."""
    return f"{subject.display_name} – {subject.position}" if subject.position else subject.display_name


def guest_list(plan: Plan, leaders: Resolved, attendees: Resolved, former: Iterable[Invitee]) -> tuple[Invitee, ...]:
    """Makes the invitees of a plan; whoever was invited before keeps id, answer and link."""
    known = {invitee.subject: invitee for invitee in former}
    subjects: dict[str, Subject] = {}
    for subject in (*leaders.people, *attendees.points, *attendees.people):
        subjects.setdefault(subject.name, subject)
    guests = [_invitee(subject, _part(plan, subject.name), known) for subject in subjects.values()]
    return in_protocol_order(guests)


def _part(plan: Plan, subject: str) -> Part:
    # One person with two parts is invited once, by the higher part.
    if subject == plan.chair:
        return Part.CHAIR
    return Part.SECRETARY if subject == plan.secretary else Part.ATTENDEE


def _invitee(subject: Subject, part: Part, known: Mapping[str, Invitee]) -> Invitee:
    fresh = Invitee(
        id=InviteeId(new_id("i")),
        kind=Kind.POINT if subject.is_point else Kind.PERSON,
        subject=subject.name,
        display_name=title_of(subject),
        unit=subject.unit,
        unit_display_name=subject.unit_display_name,
        unit_path=subject.unit_path,
        part=part,
        rank=subject.rank,
        email=subject.email,
        phone=subject.phone,
        language=subject.language,
    )
    before = known.get(subject.name)
    if before is None:
        return fresh
    if before.removed:
        return replace(fresh, id=before.id, link_version=before.link_version + 1)
    return replace(
        fresh,
        id=before.id,
        status=before.status,
        comment=before.comment,
        response_time=before.response_time,
        override_reason=before.override_reason,
        link_version=readdressed(before, fresh.email).link_version,
    )


def readdressed(invitee: Invitee, email: str) -> Invitee:
    """The invitee with the address of today; another one voids the link that was sent to the address before."""
    moved = invitee.email and invitee.email.casefold() != email.casefold()
    return replace(invitee, email=email, link_version=invitee.link_version + bool(moved))


def in_protocol_order(invitees: Sequence[Invitee]) -> tuple[Invitee, ...]:
    """Chair, secretary, then points and people by rank."""
    return tuple(
        sorted(invitees, key=lambda one: (_PARTS.index(one.part), one.kind is Kind.PERSON, one.rank, one.subject))
    )
