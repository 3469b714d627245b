"""The iCalendar object of one invitation: RFC 5545 in the form that RFC 5546 wants of an organiser.

Only the recipient is named as ATTENDEE: three hundred names are nobody's business, and the object stays small.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Final

from icalendar import Calendar, Event, Timezone, vCalAddress
from icalendar.enums import STATUS, TRANSP

from services.notify.domain.cleaning import clean_line, clean_text, typographic_quotes
from services.notify.domain.model import Answer, Kind, Method, Note, Part
from services.notify.domain.page import Door
from services.notify.domain.wording import LOCAL_ZONE, WORDS

_PRODID: Final = "-//Giao Ban//Giao Ban//VI"
# From here on Asia/Ho_Chi_Minh is plain +07; before 1975 it was +08, which old clients read as the rule of today.
_ZONE_FROM: Final = date(2000, 1, 1)


def calendar_object(note: Note, doors: Sequence[Door], sender: str) -> bytes:
    """Writes the object, CRLF line ends, the same bytes for the same facts.

    `sender` is the address that mails come from today; where that is not the organiser's it acts for it (RFC 5545 §3.2.18).
    """
    # The zone goes before the event that uses it.
    parts = [_local_timezone(), _event(note, doors, sender)]
    calendar = Calendar.new(method=str(note.method), prodid=_PRODID, subcomponents=parts)
    # `new` invents a UID of the calendar itself, another one on every call.
    calendar.pop("UID")
    written: bytes = calendar.to_ical()
    return written


@cache
def _local_timezone() -> Timezone:
    # Made once: it takes longer than all the rest of a message.
    zone = Timezone.from_tzid(LOCAL_ZONE.key, first_date=_ZONE_FROM)
    zone.pop("COMMENT", None)
    return zone


def _event(note: Note, doors: Sequence[Door], sender: str) -> Event:
    briefing, organizer = note.briefing, note.organizer
    acts_for_it = sender.lower() != organizer.address.lower()
    return Event.new(
        uid=briefing.uid,
        stamp=note.stamp,
        sequence=note.sequence,
        start=briefing.start.astimezone(LOCAL_ZONE),
        end=briefing.end.astimezone(LOCAL_ZONE),
        summary=clean_line(briefing.title, 200),
        description=_description(note, doors),
        location=_location(note),
        url=doors[0].links.join if doors else None,
        organizer=vCalAddress.new(
            organizer.address, cn=_common_name(organizer.name), sent_by=sender if acts_for_it else None
        ),
        contacts=_contact(note),
        attendees=[_attendee(note)],
        status=_status(note),
        transparency=TRANSP.OPAQUE if note.method is Method.REQUEST else None,
    )


def _status(note: Note) -> STATUS | None:
    if note.method is Method.REQUEST:
        return STATUS.CONFIRMED
    # RFC 5546 §3.2.5: a CANCEL that only uninvites says nothing of the event's own state.
    return STATUS.CANCELLED if note.whole_briefing else None


def _attendee(note: Note) -> vCalAddress:
    """One for the mailbox, named after all whom it serves: a calendar knows an attendee by its address."""
    everyone = note.recipient.everyone
    answers = {one.answer for one in everyone}
    return vCalAddress.new(
        note.recipient.address,
        cn="; ".join(_common_name(one.display_name) for one in everyone),
        cutype="ROOM" if all(one.kind is Kind.POINT for one in everyone) else "INDIVIDUAL",
        role="CHAIR" if any(one.part is Part.CHAIR for one in everyone) else "REQ-PARTICIPANT",
        partstat=str(answers.pop() if len(answers) == 1 else Answer.NEEDS_ACTION),
        # Nobody reads replies by mail: a calendar must not ask for one. The buttons in the text are the way to answer.
        rsvp=False if note.method is Method.REQUEST else None,
    )


def _contact(note: Note) -> str | None:
    """Whom to ask: the secretary with telephone and address (RFC 5545 §3.8.4.2)."""
    briefing = note.briefing
    facts = (briefing.secretary_name, briefing.secretary_phone, briefing.secretary_address)
    return ", ".join(clean_line(fact, 200) for fact in facts if fact) or None


def _common_name(name: str) -> str:
    return typographic_quotes(clean_line(name, 120))


def _location(note: Note) -> str:
    words = WORDS[note.recipient.language]
    points = [clean_line(one.display_name, 200) for one in note.recipient.everyone if one.kind is Kind.POINT]
    if points:
        return "; ".join(points)
    return f"{words.online} – {clean_line(note.briefing.host_name, 200)}" if note.briefing.host_name else words.online


def _description(note: Note, doors: Sequence[Door]) -> str:
    words = WORDS[note.recipient.language]
    briefing = note.briefing
    paragraphs = []
    if note.method is Method.CANCEL:
        if note.whole_briefing and briefing.cancel_reason:
            paragraphs.append(f"{words.cancel_reason}: {clean_text(briefing.cancel_reason, 1000)}")
    else:
        paragraphs += [f"{words.join}{f' ({door.name})' if door.name else ''}: {door.links.join}" for door in doors]
    if briefing.chair_name:
        paragraphs.append(f"{words.chair}: {clean_line(briefing.chair_name)}")
    if briefing.agenda:
        lines = [f"{number}. {clean_line(item.title, 300)}" for number, item in enumerate(briefing.agenda, start=1)]
        paragraphs.append("\n".join([f"{words.agenda}:", *lines]))
    return "\n\n".join(paragraphs)
