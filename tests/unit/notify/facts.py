"""Facts that the tests of notify start from, and a reader of messages that shares no code with the writer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from giaoban.config import Mailbox
from services.notify.domain.message import MessageRenderer
from services.notify.domain.model import (
    AgendaItem,
    Briefing,
    BriefingName,
    Invitation,
    InvitationBatch,
    InviteeName,
    Kind,
    Language,
    Method,
    Note,
    Organizer,
    Part,
    Purpose,
    Recipient,
)

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # a Tuesday, 08:00 in Việt Nam
PUBLIC_URL = "https://giaoban.tinh.gov.vn"
ORGANIZER = Organizer("giaoban@tinh.gov.vn", "Văn phòng UBND tỉnh")
SENDER = Mailbox("Văn phòng UBND tỉnh", "giaoban@tinh.gov.vn")
RENDERER = MessageRenderer(PUBLIC_URL, SENDER)

BRIEFING = Briefing(
    name=BriefingName("briefings/b1"),
    uid="b1-7f3a@giaoban.tinh.gov.vn",
    revision=1,
    title="Giao ban tuần 48",
    start=START,
    end=START + timedelta(minutes=90),
    host_unit="units/vp",
    host_name="Văn phòng UBND tỉnh",
    chair_name="Nguyễn Văn An – Phó Chủ tịch",
    secretary_name="Trần Thị Bình",
    secretary_address="binh@tinh.gov.vn",
    secretary_phone="0987 654 321",
    agenda=(AgendaItem("Khai mạc", "Văn phòng", 10), AgendaItem("Kết luận")),
    notes="Kết nối thử trước 15 phút.",
)
POINT = Recipient(
    name=InviteeName("briefings/b1/invitees/i1"),
    subject="points/tan-lap",
    kind=Kind.POINT,
    part=Part.ATTENDEE,
    display_name="Điểm cầu xã Tân Lập",
    unit_name="UBND xã Tân Lập",
    address="tanlap@tinh.gov.vn",
    join_path="/join/i1.c2lnbmVk",
    language=Language.VIETNAMESE,
    phone="0912 345 678",
)
CHAIR = Recipient(
    name=InviteeName("briefings/b1/invitees/i2"),
    subject="people/an",
    kind=Kind.PERSON,
    part=Part.CHAIR,
    display_name="Nguyễn Văn An",
    unit_name="UBND tỉnh",
    address="an@tinh.gov.vn",
    join_path="/join/i2.c2lnbmVk",
    language=Language.ENGLISH,
    phone="0900 000 000",
)
REQUEST = Note(Purpose.INVITATION, BRIEFING, ORGANIZER, POINT, NOW)
CANCEL = Note(Purpose.CANCELLATION, BRIEFING, ORGANIZER, POINT, NOW, Method.CANCEL, sequence=1)


def batch_of(*invitations: Invitation, briefing: Briefing = BRIEFING, at: datetime = NOW) -> InvitationBatch:
    return InvitationBatch(briefing, ORGANIZER, at, "/tinh/vp/", invitations)


def request_to(recipient: Recipient, sequence: int = 0, *, update: bool = False) -> Invitation:
    return Invitation(recipient, Method.REQUEST, sequence, update=update)


def parsed(note: Note) -> EmailMessage:
    return message_from_bytes(RENDERER.render(note).content, policy=default)


def part_of(message: EmailMessage, content_type: str) -> EmailMessage:
    [part] = [part for part in message.walk() if part.get_content_type() == content_type]
    assert isinstance(part, EmailMessage)
    return part


@dataclass(frozen=True, slots=True)
class Property:
    """One content line of RFC 5545."""

    name: str
    parameters: dict[str, str]
    value: str


def calendar_bytes(note: Note) -> bytes:
    payload = part_of(parsed(note), "text/calendar").get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


def properties(note: Note, component: str = "VEVENT") -> list[Property]:
    """Reads the properties of the one component of that kind, by the letter of RFC 5545 §3.1."""
    lines = calendar_bytes(note).replace(b"\r\n ", b"").decode().split("\r\n")
    assert lines.count(f"BEGIN:{component}") == 1
    inside = lines[lines.index(f"BEGIN:{component}") + 1 : lines.index(f"END:{component}")]
    return [_property(line) for line in inside]


def one(note: Note, name: str, component: str = "VEVENT") -> Property:
    [found] = [item for item in properties(note, component) if item.name == name]
    return found


def _property(line: str) -> Property:
    pieces, piece, quoted = [], "", False
    for at, letter in enumerate(line):
        if letter == '"':
            quoted = not quoted
        elif letter in ";:" and not quoted:
            pieces.append(piece)
            piece = ""
            if letter == ":":
                parameters = dict(text.split("=", 1) for text in pieces[1:])
                return Property(pieces[0], parameters, line[at + 1 :])
        else:
            piece += letter
    raise AssertionError(f"not a content line: {line}")
