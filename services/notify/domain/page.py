"""The words of one mail, as HTML and as plain text; both say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.notify.domain.cleaning import clean_line, clean_text
from services.notify.domain.links import Links, links_of
from services.notify.domain.model import Answer, Kind, Method, Note, Purpose
from services.notify.domain.wording import WORDS, Words, day_and_time, short_start, span_change

# Colours of the design tokens that the heading of each kind of mail takes: primary, warning, stop, primary.
_ACCENTS: Final = {
    Purpose.INVITATION: "#12509B",
    Purpose.UPDATE: "#B26A00",
    Purpose.CANCELLATION: "#C62828",
    Purpose.REMINDER: "#12509B",
}


@dataclass(frozen=True, slots=True)
class AgendaLine:
    """One line of the agenda as it is shown; `remark` is empty or names presenter and minutes."""

    title: str
    remark: str


@dataclass(frozen=True, slots=True)
class Door:
    """The way in of one of those whom the mailbox serves; `name` is empty when it serves no other."""

    name: str
    links: Links
    asks: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the templates show: cleaned, not yet escaped."""

    words: Words
    language: str
    accent: str
    subject: str
    headline: str
    lead: str
    addressee: str
    addressee_unit: str
    title: str
    when: str
    place: str
    host: str
    chair: str
    agenda: Sequence[AgendaLine]
    notes: Sequence[str]
    cancel_reason: str
    off: bool
    doors: Sequence[Door]
    changes: Sequence[str]
    it_phone: str
    office_name: str
    office_address: str
    office_phone: str


class PageRenderer:
    """Renders pages with the templates that lie beside this module, read once."""

    def __init__(self) -> None:
        self._html = _environment(autoescape=True).get_template("mail.html.j2")
        self._text = _environment(autoescape=False).get_template("mail.txt.j2")

    def html(self, page: Page) -> str:
        """Returns the HTML part: one column of 600 px, no picture, every value escaped."""
        return self._html.render(page=page, words=page.words)

    def text(self, page: Page) -> str:
        """Returns the plain part."""
        return self._text.render(page=page, words=page.words).strip() + "\n"


def _environment(*, autoescape: bool) -> Environment:
    # Escaping is chosen here and not by the template's name, so that a renamed file cannot lose it.
    return Environment(
        loader=PackageLoader("services.notify.domain", "templates"),
        autoescape=autoescape,  # noqa: S701  (text/plain has no markup to escape)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_of(note: Note, public_url: str) -> Page:
    """Chooses what a mail shows: no link to join when there is nothing to join any more."""
    briefing, recipient = note.briefing, note.recipient
    words = WORDS[recipient.language]
    off = note.method is Method.CANCEL
    points = [one for one in recipient.everyone if one.kind is Kind.POINT]
    title = clean_line(briefing.title, 200)
    return Page(
        words=words,
        language=str(recipient.language),
        accent=_ACCENTS[note.purpose],
        subject=f"{words.subjects[note.purpose]}: {title} – {short_start(briefing.start)}",
        headline=words.headlines[note.purpose],
        lead=_lead(note, words),
        addressee="; ".join(clean_line(one.display_name, 200) for one in recipient.everyone),
        addressee_unit=_unit_beside_name(note),
        title=title,
        when=day_and_time(briefing.start, briefing.end, recipient.language),
        place="; ".join(clean_line(one.display_name, 200) for one in points) or words.online,
        host=clean_line(briefing.host_name, 200),
        chair=clean_line(briefing.chair_name, 200),
        agenda=() if off else _agenda(note, words),
        notes=() if off else _paragraphs(briefing.notes),
        off=off,
        cancel_reason=clean_line(briefing.cancel_reason) if briefing.cancelled else "",
        doors=() if off else _doors(note, public_url),
        changes=_changes(note, words),
        it_phone=next((clean_line(one.phone, 40) for one in points if one.phone), ""),
        office_name=clean_line(briefing.secretary_name or note.organizer.name, 200),
        office_address=briefing.secretary_address or ("" if briefing.secretary_name else note.organizer.address),
        office_phone=clean_line(briefing.secretary_phone, 40),
    )


def _doors(note: Note, public_url: str) -> Sequence[Door]:
    everyone = note.recipient.everyone
    named = [(one, links_of(public_url, one.join_path)) for one in everyone]
    return tuple(
        Door(
            clean_line(one.display_name, 200) if len(everyone) > 1 else "",
            links,
            one.answer in {Answer.NEEDS_ACTION, Answer.TENTATIVE},
        )
        for one, links in named
        if links is not None
    )


def _changes(note: Note, words: Words) -> Sequence[str]:
    """What is different from what the mailbox knows, old → new."""
    seen, now = note.seen, note.briefing
    if seen is None or note.purpose is not Purpose.UPDATE:
        return ()
    lines = []
    if (seen.start, seen.end) != (now.start, now.end):
        moved = span_change((seen.start, seen.end), (now.start, now.end), note.recipient.language)
        lines.append(f"{words.when}: {moved}")
    for label, before, after in (
        (words.title, seen.title, now.title),
        (words.host, seen.host_name, now.host_name),
        (words.chair, seen.chair_name, now.chair_name),
        (words.secretary, seen.secretary_name, now.secretary_name),
    ):
        if before != after:
            lines.append(f"{label}: {clean_line(before, 200) or '–'} → {clean_line(after, 200) or '–'}")
    for label, differs in (
        (words.agenda, tuple(seen.agenda) != tuple(now.agenda)),
        (words.notes, seen.notes != now.notes),
    ):
        if differs:
            lines.append(f"{label}: {words.changed}")
    return tuple(lines)


def _unit_beside_name(note: Note) -> str:
    unit = clean_line(note.recipient.unit_name, 200)
    return "" if note.recipient.sharing or unit in note.recipient.display_name else unit


def _lead(note: Note, words: Words) -> str:
    if note.purpose is Purpose.CANCELLATION and not note.whole_briefing:
        return words.uninvited_lead
    if note.purpose is Purpose.REMINDER and note.late:
        return words.late_lead
    return words.leads[note.purpose]


def _agenda(note: Note, words: Words) -> Sequence[AgendaLine]:
    lines = []
    for item in note.briefing.agenda:
        presenter = clean_line(item.presenter, 200)
        remarks = [f"{words.presenter}: {presenter}"] if presenter else []
        if item.minutes > 0:
            remarks.append(f"{item.minutes} {words.minutes}")
        lines.append(AgendaLine(clean_line(item.title, 300), " · ".join(remarks)))
    return tuple(lines)


def _paragraphs(notes: str) -> Sequence[str]:
    return tuple(line for line in clean_text(notes).split("\n") if line)
