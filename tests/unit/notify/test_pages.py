"""What mails say, and that hostile words change nothing but the words."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giaoban.mail_address import is_mail_address
from services.notify.domain.cleaning import clean_line, clean_text
from services.notify.domain.model import Answer, Language, Note, Purpose
from services.notify.domain.wording import WORDS, day_and_time, short_start
from tests.unit.notify.facts import (
    BRIEFING,
    CANCEL,
    CHAIR,
    POINT,
    PUBLIC_URL,
    RENDERER,
    REQUEST,
    START,
    calendar_bytes,
    one,
    parsed,
    part_of,
)

HEADERS = ["from", "to", "reply-to", "subject", "date", "message-id", "auto-submitted", "content-language"]
HEADERS += ["mime-version", "content-type"]
JOIN = "https://giaoban.tinh.gov.vn/join/i1.c2lnbmVk"


class Outline(HTMLParser):
    """Notes every tag, every link and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


def html_of(note: Note) -> Outline:
    return Outline(part_of(parsed(note), "text/html").get_content())


def text_of(note: Note) -> str:
    return str(part_of(parsed(note), "text/plain").get_content())


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (Language.VIETNAMESE, "Thứ Ba, 24/11/2026 · 08:00–09:30"),
        (Language.ENGLISH, "Tuesday, 24/11/2026 · 08:00–09:30"),
    ],
)
def test_days_and_times_are_those_of_the_province(language: Language, expected: str) -> None:
    assert day_and_time(START, START + timedelta(minutes=90), language) == expected
    assert short_start(START) == "08:00 24/11/2026"


def test_a_briefing_past_midnight_names_both_days() -> None:
    late = START.replace(hour=16)

    assert day_and_time(late, late + timedelta(hours=2), Language.VIETNAMESE) == (
        "Thứ Ba, 24/11/2026 · 23:00 – Thứ Tư, 25/11/2026 · 01:00"
    )


@pytest.mark.parametrize("read", [lambda note: html_of(note).words, text_of], ids=["html", "plain"])
def test_an_invitation_says_what_whom_when_and_where(read: Callable[[Note], str]) -> None:
    words = read(REQUEST)

    for expected in ("Giao ban tuần 48", "Thứ Ba, 24/11/2026 · 08:00–09:30", "Điểm cầu xã Tân Lập", "UBND xã Tân Lập"):
        assert expected in words
    for expected in (
        "Khai mạc",
        "10 phút",
        "Kết nối thử",
        "Nguyễn Văn An",
        "0912 345 678",
        "binh@tinh.gov.vn",
        "0987 654 321",
        JOIN,
    ):
        assert expected in words


def test_the_buttons_lead_to_the_personal_link_and_carry_the_answer() -> None:
    links = html_of(REQUEST).links

    assert links.count(JOIN) == 2
    assert [link for link in links if "tra-loi" in link] == [
        f"{JOIN}?tra-loi=tham-du",
        f"{JOIN}?tra-loi=cu-nguoi-du-thay",
        f"{JOIN}?tra-loi=vang-mat",
    ]
    assert one(REQUEST, "URL").value == JOIN


def test_who_has_answered_is_not_asked_again() -> None:
    accepted = replace(REQUEST, recipient=replace(POINT, answer=Answer.ACCEPTED))

    assert not [link for link in html_of(accepted).links if "tra-loi" in link]


def test_a_cancellation_gives_the_reason_and_no_way_in() -> None:
    called_off = replace(CANCEL, briefing=replace(BRIEFING, cancelled=True, cancel_reason="Bão số 9"))

    page = html_of(called_off)

    assert "Bão số 9" in page.words
    assert "Bão số 9" in text_of(called_off)
    assert not [link for link in page.links if "/join/" in link]
    assert b"/join/" not in calendar_bytes(called_off)


def test_a_person_gets_english_words_and_no_strange_telephone() -> None:
    note = replace(REQUEST, recipient=CHAIR)

    assert WORDS[Language.ENGLISH].join in html_of(note).words
    assert str(parsed(note)["Subject"]) == "Invitation: Giao ban tuần 48 – 08:00 24/11/2026"
    assert CHAIR.phone not in text_of(note)


def test_a_reminder_brings_no_calendar_object_and_says_when_it_is_late() -> None:
    reminder = replace(REQUEST, purpose=Purpose.REMINDER, offset_minutes=15, late=True)

    assert [part.get_content_type() for part in parsed(reminder).walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert WORDS[Language.VIETNAMESE].late_lead in text_of(reminder)


@settings(max_examples=40, deadline=None)  # a slow machine is no failure
@given(title=st.text(max_size=300), name=st.text(max_size=150), notes=st.text(max_size=300))
def test_hostile_words_stay_words(title: str, name: str, notes: str) -> None:
    briefing = replace(BRIEFING, title=title, notes=notes, chair_name=name, host_name=name)
    note = replace(REQUEST, briefing=briefing, recipient=replace(POINT, display_name=name))
    message, page = parsed(note), html_of(note)

    assert "script" not in page.tags
    assert not [link for link in page.links if not link.startswith((JOIN, "mailto:binh@"))]
    assert _unescaped(one(note, "SUMMARY").value) == clean_line(title, 200)
    assert [address.addr_spec for address in message["To"].addresses] == [POINT.address]
    assert message.defects == []
    assert [name.lower() for name in message.keys()] == HEADERS  # noqa: SIM118  (a message is no mapping)


@settings(max_examples=40, deadline=None)  # a slow machine is no failure
@given(title=st.text(st.sampled_from('đầuư vốn công 0=?Q?_—"\\😀'), min_size=1, max_size=200))
def test_a_subject_arrives_letter_by_letter(title: str) -> None:
    content = RENDERER.render(replace(REQUEST, briefing=replace(BRIEFING, title=title))).content
    expected = f"Thông báo mời họp: {clean_line(title, 200)} – 08:00 24/11/2026"

    by_old_rules = str(make_header(decode_header(str(message_from_bytes(content)["Subject"]))))

    assert by_old_rules == expected
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


@settings(max_examples=40, deadline=None)  # a slow machine is no failure
@given(st.text(max_size=300))
def test_cleaned_text_has_no_control_characters_and_cleaning_again_changes_nothing(text: str) -> None:
    line, body = clean_line(text), clean_text(text)

    assert all(letter.isprintable() or letter in "\u00a0\u00ad" or ord(letter) > 0x9F for letter in line)
    assert "\n" not in line
    assert clean_line(line) == line
    assert clean_text(body) == body


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("tan.lap+hop@tinh.gov.vn", True),
        ("a@b", True),
        ("", False),
        ("no-at-sign", False),
        ("a@b\r\nBcc: c@d", False),
        ("a b@c.vn", False),
        ("nguyễn@xa.gov.vn", False),
        (".a@b.vn", False),
        ("a@b..vn", False),
        ("a" * 65 + "@b.vn", False),
        ("a@" + "b" * 260, False),
        ("<a@b.vn>", False),
        ("a@b.vn,c@d.vn", False),
    ],
)
def test_only_plain_addresses_are_written_to(address: str, good: bool) -> None:
    assert is_mail_address(address) is good


def _unescaped(value: str) -> str:
    return re.sub(r"\\([\\,;])", r"\1", value)


def test_a_mailbox_that_serves_two_names_both_and_holds_both_links() -> None:
    both = replace(REQUEST, recipient=replace(POINT, sharing=(replace(CHAIR, address=POINT.address),)))

    message = parsed(both)
    plain, html = (part_of(message, kind).get_content() for kind in ("text/plain", "text/html"))

    for text in (plain, html):
        for recipient in (POINT, CHAIR):
            assert text.count(f"{PUBLIC_URL}{recipient.join_path}?tra-loi=tham-du") == 1
            assert recipient.display_name in text
    # The parser of the standard library puts a second space between two encoded words of a name.
    assert f"{POINT.display_name}; {CHAIR.display_name}" in " ".join(str(message["To"]).split())


def test_an_update_shows_old_and_new_and_an_invitation_does_not() -> None:
    seen = replace(BRIEFING, title="Giao ban cũ", notes="")
    moved = replace(BRIEFING, start=START + timedelta(hours=1), end=START + timedelta(hours=2, minutes=30))
    note = replace(REQUEST, briefing=moved, seen=seen, purpose=Purpose.UPDATE)

    plain = part_of(parsed(note), "text/plain").get_content()
    html = part_of(parsed(note), "text/html").get_content()
    first = part_of(parsed(replace(note, purpose=Purpose.INVITATION)), "text/plain").get_content()

    for text in (plain, html):
        assert "Thời gian: 08:00–09:30 → 09:00–10:30" in text
        assert "Tên cuộc họp: Giao ban cũ → Giao ban tuần 48" in text
        assert "Yêu cầu, ghi chú: đã thay đổi, xem dưới đây" in text
        assert "Chương trình họp: đã" not in text
    assert "→" not in first
