"""The MIME message around a page and its calendar object (RFC 5322, RFC 6047).

`mixed( alternative( plain, html, calendar ), application/ics )`: the calendar part is the last alternative, without a
Content-Disposition, or Outlook takes it for a file. Everything that the e-mail package would draw at random or take from the
clock is set from the note, so that a message rendered twice is the same message.
"""

import hashlib
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from giaoban.config import Mailbox
from services.notify.domain.cleaning import clean_line, typographic_quotes
from services.notify.domain.model import Note, Purpose, RenderedMessage
from services.notify.domain.page import PageRenderer, page_of

_MAX_NAME_LENGTH: Final = 200


class MessageRenderer:
    """Renders notes into messages."""

    def __init__(self, public_url: str, sender: Mailbox) -> None:
        """Makes a renderer.

        Args:
            public_url: What browsers reach the gateway by; the links in mails begin with it.
            sender: Who sends today. The organiser of a UID stays who it was when it was booked (RFC 5546 §2.1.4).
        """
        self._public_url = public_url
        self._sender = sender
        self._pages = PageRenderer()

    def render(self, note: Note) -> RenderedMessage:
        """Renders a note. The recipient's address must be one that `is_mail_address` takes."""
        page = page_of(note, self._public_url)
        identity = _identity(note)
        message = EmailMessage(policy=SMTP)
        message.set_content(self._pages.text(page), cte="base64")
        message.add_alternative(self._pages.html(page), subtype="html", cte="base64")
        if note.purpose is not Purpose.REMINDER:
            # icalendar takes as long to load as all else that renders; most starts of the service render nothing.
            from services.notify.domain.calendar_object import calendar_object  # noqa: PLC0415

            self._attach_calendar(
                message, note, calendar_object(note, page.doors, self._sender.address), page.words.calendar_file
            )
        _fix_boundaries(message, identity)
        message_id = f"<{identity}@{note.organizer.address.rpartition('@')[2]}>"
        head = _headers(note, page.subject, message_id, self._sender)
        return RenderedMessage(
            message_id, page.subject, head.encode("ascii") + message.as_bytes(), self._sender.address
        )

    @staticmethod
    def _attach_calendar(message: EmailMessage, note: Note, calendar: bytes, filename: str) -> None:
        method = str(note.method)
        # Other encodings than base64 would turn the CRLF inside the part into LF.
        message.add_alternative(
            calendar.decode(), subtype="calendar", params={"method": method}, cte="base64", charset="utf-8"
        )
        message.add_attachment(calendar, maintype="application", subtype="ics", filename=filename)


def _identity(note: Note) -> str:
    """Returns the same 32 hexadecimal digits for the same (UID, SEQUENCE, DTSTAMP, METHOD, recipient, purpose)."""
    facts = (
        note.briefing.uid,
        str(note.sequence),
        note.stamp.isoformat(),
        str(note.method),
        *(one.name for one in note.recipient.everyone),
        note.recipient.address,
        str(note.purpose),
        str(note.offset_minutes),
    )
    return hashlib.sha256("\x1f".join(facts).encode()).hexdigest()[:32]


def _headers(note: Note, subject: str, message_id: str, sender: Mailbox) -> str:
    briefing, own = note.briefing, _mailbox(*sender)
    # Nobody reads what is sent to the system: whoever writes back reaches a person, if one is known.
    secretary = briefing.secretary_address
    lines = (
        f"From: {own}",
        f"To: {_mailbox('; '.join(one.display_name for one in note.recipient.everyone), note.recipient.address)}",
        f"Reply-To: {_mailbox(briefing.secretary_name, secretary) if secretary else own}",
        f"Subject: {_encoded(subject)}",
        f"Date: {format_datetime(note.stamp)}",
        f"Message-ID: {message_id}",
        # RFC 3834: nobody's absence notice answers this. Not `Precedence`, which some servers take for advertising.
        "Auto-Submitted: auto-generated",
        f"Content-Language: {note.recipient.language}",
    )
    return "".join(f"{line}\r\n" for line in lines)


def _mailbox(name: str, address: str) -> str:
    shown = typographic_quotes(clean_line(name, _MAX_NAME_LENGTH))
    return f"{_encoded(shown)}\r\n <{address}>" if shown else f"<{address}>"


def _encoded(text: str) -> str:
    # Not by `EmailMessage`: its folding loses the space between two encoded words ("đầu tư" arrived as "đầutư").
    return Header(text, "utf-8", maxlinelen=76, header_name="Reply-To").encode(linesep="\r\n")


def _fix_boundaries(message: EmailMessage, identity: str) -> None:
    multiparts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(multiparts):
        # "=_" occurs in no base64 line and in no quoted-printable one.
        part.set_boundary(f"=_{number}_{identity}")
