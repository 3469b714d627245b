"""The iCalendar object of one invitation: RFC 5545 in the form that RFC 5546 wants of an organiser.

Only the recipient is named as ATTENDEE: three hundred names are nobody's business, and the object stays small.
"""

from datetime import date
from functools import cache
from typing import Final

from icalendar import Calendar, Event, Timezone, vCalAddress
from icalendar.enums import STATUS, TRANSP

from services.notify.domain.cleaning import clean_line, clean_text, typographic_quotes
from services.notify.domain.links import Links
from services.notify.domain.model import Answer, Kind, Method, Note, Part
from services.notify.domain.wording import LOCAL_ZONE, WORDS

_PRODID: Final = "-//Giao Ban//Giao Ban//VI"
# From here on Asia/Ho_Chi_Minh is plain +07; before 1975 it was +08, which old clients read as the rule of today.
_ZONE_FROM: Final = date(2000, 1, 1)


def calendar_object(note: Note, links: Links | None) -> bytes:
    """Writes the object, CRLF line ends, the same bytes for the same facts."""
    # The zone goes before the event that uses it.
    parts = [_local_timezone(), _event(note, links)]
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


def _event(note: Note, links: Links | None) -> Event:
    briefing = note.briefing
    return Event.new(
        uid=briefing.uid,
        stamp=note.stamp,
        sequence=note.sequence,
        start=briefing.start.astimezone(LOCAL_ZONE),
        end=briefing.end.astimezone(LOCAL_ZONE),
        summary=clean_line(briefing.title, 200),
        description=_description(note, links),
        location=_location(note),
        url=links.join if links is not None and note.method is Method.REQUEST else None,
        organizer=vCalAddress.new(note.organizer.address, cn=_common_name(note.organizer.name)),
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
    recipient = note.recipient
    asks = note.method is Method.REQUEST and recipient.answer is Answer.NEEDS_ACTION
    return vCalAddress.new(
        recipient.address,
        cn=_common_name(recipient.display_name),
        cutype="ROOM" if recipient.kind is Kind.POINT else "INDIVIDUAL",
        role="CHAIR" if recipient.part is Part.CHAIR else "REQ-PARTICIPANT",
        partstat=str(recipient.answer),
        rsvp=True if asks else None,
    )


def _common_name(name: str) -> str:
    return typographic_quotes(clean_line(name, 120))


def _location(note: Note) -> str:
    words = WORDS[note.recipient.language]
    if note.recipient.kind is Kind.POINT:
        return clean_line(note.recipient.display_name, 200)
    return f"{words.online} – {clean_line(note.briefing.host_name, 200)}" if note.briefing.host_name else words.online


def _description(note: Note, links: Links | None) -> str:
    words = WORDS[note.recipient.language]
    briefing = note.briefing
    paragraphs = []
    if note.method is Method.CANCEL:
        if note.whole_briefing and briefing.cancel_reason:
            paragraphs.append(f"{words.cancel_reason}: {clean_text(briefing.cancel_reason, 1000)}")
    elif links is not None:
        paragraphs.append(f"{words.join}: {links.join}")
    if briefing.chair_name:
        paragraphs.append(f"{words.chair}: {clean_line(briefing.chair_name)}")
    if briefing.agenda:
        lines = [f"{number}. {clean_line(item.title, 300)}" for number, item in enumerate(briefing.agenda, start=1)]
        paragraphs.append("\n".join([f"{words.agenda}:", *lines]))
    return "\n\n".join(paragraphs)
