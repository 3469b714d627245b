"""The organiser's checklist of RFC 5546 and RFC 6047, one line a test, read back without the library that wrote."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import recurring_ical_events
from icalendar import Calendar

from giaoban.config import Mailbox
from services.notify.domain.message import MessageRenderer
from services.notify.domain.model import Answer, Invitation, Method, Note, Purpose, Told
from services.notify.domain.planning import Planner, note_of
from tests.unit.notify.facts import (
    BRIEFING,
    CANCEL,
    CHAIR,
    NOW,
    ORGANIZER,
    POINT,
    PUBLIC_URL,
    RENDERER,
    REQUEST,
    START,
    batch_of,
    calendar_bytes,
    one,
    parsed,
    part_of,
    properties,
    request_to,
)

TOLD = Told(revision=1, sequence=2, stamp=NOW, start=START, method=Method.REQUEST, reached=True)


@pytest.mark.parametrize("note", [REQUEST, CANCEL])
def test_g1_the_uid_is_the_one_that_was_stored(note: Note) -> None:
    retitled = replace(note, briefing=replace(note.briefing, title="Khác", start=START + timedelta(hours=1)))

    assert one(note, "UID").value == one(retitled, "UID").value == BRIEFING.uid
    assert not [item for item in calendar_bytes(note).split(b"\r\n")[:4] if item.startswith(b"UID")]


@pytest.mark.parametrize("note", [REQUEST, CANCEL])
def test_g2_header_and_body_name_the_same_method(note: Note) -> None:
    part = part_of(parsed(note), "text/calendar")

    assert part.get_param("method") == note.method
    assert calendar_bytes(note).count(f"METHOD:{note.method}\r\n".encode()) == 1
    assert part.get_content_charset() == "utf-8"
    assert part.get_content_disposition() is None


@pytest.mark.parametrize("note", [REQUEST, CANCEL])
def test_g3_the_parts_stand_as_outlook_reads_them(note: Note) -> None:
    message = parsed(note)
    alternative, attachment = message.iter_parts()
    kinds = [part.get_content_type() for part in alternative.iter_parts()]

    assert message.get_content_type() == "multipart/mixed"
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert attachment.get_content_type() == "application/ics"
    assert attachment.get_content_disposition() == "attachment"
    assert attachment.get_payload(decode=True) == calendar_bytes(note)
    assert {part["Content-Transfer-Encoding"] for part in message.walk() if not part.is_multipart()} == {"base64"}
    assert calendar_bytes(note).count(b"\n") == calendar_bytes(note).count(b"\r\n")


def test_g4_dtstamp_is_the_revisions_time_and_always_newer_than_the_last_one() -> None:
    same_second = batch_of(request_to(POINT, 2, update=True), at=NOW + timedelta(milliseconds=400))
    earlier = batch_of(request_to(POINT, 2, update=True), at=NOW - timedelta(hours=1))

    assert one(REQUEST, "DTSTAMP").value == "20261120T020000Z"
    assert note_of(same_second, same_second.invitations[0], TOLD).stamp == NOW + timedelta(seconds=1)
    assert note_of(earlier, earlier.invitations[0], TOLD).stamp == NOW + timedelta(seconds=1)


@pytest.mark.parametrize("note", [REQUEST, CANCEL])
def test_g5_the_organizer_is_who_sends_and_who_gets_answers(note: Note) -> None:
    message = parsed(note)

    assert one(note, "ORGANIZER").value == f"mailto:{ORGANIZER.address}"
    assert [address.addr_spec for address in message["From"].addresses] == [ORGANIZER.address]
    assert [address.addr_spec for address in message["Reply-To"].addresses] == [BRIEFING.secretary_address]
    assert message["From"].addresses[0].display_name == ORGANIZER.name


def test_g6_the_attendee_is_described_and_asked_nothing_that_nobody_reads() -> None:
    waiting = one(REQUEST, "ATTENDEE").parameters
    accepted = one(replace(REQUEST, recipient=replace(POINT, answer=Answer.ACCEPTED)), "ATTENDEE").parameters
    quoted = one(replace(REQUEST, recipient=replace(POINT, display_name='Tổ "Một"; A, B: C')), "ATTENDEE").parameters

    assert waiting == {
        "CN": "Điểm cầu xã Tân Lập",
        "CUTYPE": "ROOM",
        "PARTSTAT": "NEEDS-ACTION",
        "ROLE": "REQ-PARTICIPANT",
        "RSVP": "FALSE",
    }
    assert accepted["PARTSTAT"] == "ACCEPTED"
    assert accepted["RSVP"] == "FALSE"
    assert quoted["CN"] == "Tổ “Một”; A, B: C"
    assert "RSVP" not in one(CANCEL, "ATTENDEE").parameters


def test_another_sender_acts_for_the_organiser_of_an_older_briefing() -> None:
    renderer = MessageRenderer("https://giaoban.tinh.gov.vn", Mailbox("Văn thư", "vanthu@tinh.gov.vn"))
    rendered = renderer.render(REQUEST)
    message = message_from_bytes(rendered.content, policy=default)
    calendar = part_of(message, "text/calendar").get_payload(decode=True)
    assert isinstance(calendar, bytes)
    lines = calendar.replace(b"\r\n ", b"").decode().split("\r\n")
    [organizer] = [line for line in lines if line.startswith("ORGANIZER")]

    assert rendered.sender == "vanthu@tinh.gov.vn"
    assert [each.addr_spec for each in message["From"].addresses] == ["vanthu@tinh.gov.vn"]
    assert 'SENT-BY="mailto:vanthu@tinh.gov.vn"' in organizer
    assert organizer.endswith(f":mailto:{ORGANIZER.address}")
    assert "SENT-BY" not in one(REQUEST, "ORGANIZER").parameters
    assert one(REQUEST, "CONTACT").value == "Trần Thị Bình\\, 0987 654 321\\, binh@tinh.gov.vn"


def test_g6_the_chair_has_the_role_of_a_chair() -> None:
    attendee = one(replace(REQUEST, recipient=CHAIR), "ATTENDEE")

    assert attendee.value == "mailto:an@tinh.gov.vn"
    assert (attendee.parameters["ROLE"], attendee.parameters["CUTYPE"]) == ("CHAIR", "INDIVIDUAL")


@pytest.mark.parametrize("note", [REQUEST, CANCEL])
def test_g7_the_zone_is_described_before_it_is_used(note: Note) -> None:
    start, end = one(note, "DTSTART"), one(note, "DTEND")
    content = calendar_bytes(note)

    assert start.parameters == end.parameters == {"TZID": "Asia/Ho_Chi_Minh"}
    assert (start.value, end.value) == ("20261124T080000", "20261124T093000")
    assert content.index(b"END:VTIMEZONE") < content.index(b"BEGIN:VEVENT")
    assert one(note, "TZOFFSETTO", "STANDARD").value == "+0700"
    assert b"COMMENT" not in content


@pytest.mark.parametrize(
    ("asked", "before", "expected"),
    [
        (request_to(POINT, 0), None, 0),
        (request_to(POINT, 2, update=True), TOLD, 2),
        (request_to(POINT, 3, update=True), TOLD, 3),
        (replace(request_to(POINT, 2), method=Method.CANCEL), TOLD, 3),
        (request_to(POINT, 3), replace(TOLD, method=Method.CANCEL, sequence=3), 4),
    ],
    ids=["create", "text only", "moved", "cancel rises", "invited again rises"],
)
def test_g8_the_sequence_rises_when_it_must_and_only_then(
    asked: Invitation, before: Told | None, expected: int
) -> None:
    assert note_of(batch_of(asked), asked, before).sequence == expected


def test_g9_the_sequence_never_falls_below_what_the_invitee_has_seen() -> None:
    asked = request_to(POINT, 0, update=True)

    note = note_of(batch_of(asked), asked, replace(TOLD, sequence=7))

    assert one(note, "SEQUENCE").value == "7"


@pytest.mark.parametrize("note", [REQUEST, CANCEL])
def test_g10_there_is_no_alarm_no_private_property_and_no_control_character(note: Note) -> None:
    hostile = replace(note, briefing=replace(note.briefing, title="Giao\x00 ban\x07\u0085\u2028tuần\r\nX-EVIL:1"))

    content = calendar_bytes(hostile)

    assert b"VALARM" not in content
    assert not [item.name for item in properties(hostile) if item.name.startswith("X-")]
    assert one(hostile, "SUMMARY").value == "Giao ban tuần X-EVIL:1"
    assert not [letter for letter in content.decode() if ord(letter) < 32 and letter not in "\r\n"]


@pytest.mark.parametrize("note", [REQUEST, CANCEL, replace(REQUEST, purpose=Purpose.REMINDER, offset_minutes=15)])
def test_g11_the_same_facts_give_the_same_bytes_and_the_same_message_id(note: Note) -> None:
    first, second = RENDERER.render(note), RENDERER.render(replace(note))

    assert first == second
    assert parsed(note)["Message-ID"] == first.message_id


def test_g11_another_revision_method_or_recipient_gives_another_message_id() -> None:
    others = [
        REQUEST,
        CANCEL,
        replace(REQUEST, sequence=1),
        replace(REQUEST, stamp=NOW + timedelta(seconds=1)),
        replace(REQUEST, recipient=CHAIR),
        replace(REQUEST, purpose=Purpose.REMINDER, offset_minutes=15),
    ]

    assert len({RENDERER.render(note).message_id for note in others}) == len(others)


def test_g12_the_organizer_gets_nothing() -> None:
    own = replace(CHAIR, address="GiaoBan@TINH.gov.vn")
    planner = Planner(RENDERER.render, ())

    planned = planner.plan(batch_of(request_to(own), request_to(POINT)), {}, NOW)

    assert [item.delivery.note.recipient for item in planned] == [POINT]


def test_a_whole_cancel_says_so_and_uninviting_leaves_the_status_out() -> None:
    uninvited = replace(CANCEL, whole_briefing=False)

    assert one(CANCEL, "STATUS").value == "CANCELLED"
    assert one(REQUEST, "STATUS").value == "CONFIRMED"
    assert not [item for item in properties(uninvited) if item.name == "STATUS"]


@pytest.mark.parametrize("note", [REQUEST, CANCEL])
def test_an_object_names_one_attendee_only(note: Note) -> None:
    assert len([item for item in properties(note) if item.name == "ATTENDEE"]) == 1


def test_mails_say_that_a_machine_wrote_them_without_calling_themselves_advertising() -> None:
    message = parsed(REQUEST)

    assert message["Auto-Submitted"] == "auto-generated"
    assert "Precedence" not in message


def test_another_reader_finds_the_same_instant() -> None:
    [event] = recurring_ical_events.of(Calendar.from_ical(calendar_bytes(REQUEST))).at((2026, 11, 24))

    assert event.start.astimezone(UTC) == START == datetime(2026, 11, 24, 1, tzinfo=UTC)
    assert event.end - event.start == timedelta(minutes=90)


def test_one_mailbox_is_one_attendee_named_after_all_whom_it_serves() -> None:
    chair = replace(CHAIR, address=POINT.address)
    note = replace(REQUEST, recipient=replace(POINT, sharing=(chair,)))

    attendee = one(note, "ATTENDEE")

    assert attendee.value == f"mailto:{POINT.address}"
    assert attendee.parameters["CN"] == f"{POINT.display_name}; {chair.display_name}"
    assert (attendee.parameters["CUTYPE"], attendee.parameters["ROLE"]) == ("INDIVIDUAL", "CHAIR")
    description = one(note, "DESCRIPTION").value
    assert all(f"{PUBLIC_URL}{recipient.join_path}" in description for recipient in (POINT, chair))
