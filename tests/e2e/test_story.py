"""The main job, from booking to attendance, as its people do it in their browsers."""

import os
import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from tests.e2e.browsers import (
    await_pictures,
    browser,
    enter_room,
    open_camera,
    sign_in,
    totals,
    visitor,
    watch_together,
)
from tests.e2e.house import House
from tests.e2e.mailbox import Mailbox, part
from tests.e2e.story import PASSWORD, STAFF, link_in

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
POINT, POINT_NAME = "points/diem-xa-mot", "Điểm cầu xã Thử Một"
PERSON = "people/dai-bieu-thu"
GAP_BEYOND_THE_PUBLISHERS_MS = 300
Totals = tuple[dict[str, Any], dict[str, Any]]


def choose(page: Page, label: str, words: str, option: str) -> None:
    """Finds somebody by words without diacritics and takes the suggestion."""
    field = page.get_by_label(label)
    field.click()
    field.fill(words)
    page.get_by_role("option", name=re.compile(re.escape(option))).first.click()


def book(page: Page, house: House, title: str, start: datetime) -> None:
    page.goto(f"{house.address}/dat-lich")
    page.get_by_label("Tên cuộc họp").fill(title)
    choose(page, "Đơn vị chủ trì", "tinh thu", "UBND tỉnh Thử")
    choose(page, "Người chủ trì", "chu tri", "Lê Thị Chủ Trì")
    page.locator("#field-date").fill(start.strftime("%d/%m/%Y"))
    page.locator("#field-date").press("Enter")
    hours, minutes = page.get_by_label("Giờ bắt đầu").all()[:2]
    hours.fill(start.strftime("%H"))
    minutes.fill(start.strftime("%M"))
    for words, option in (
        ("huyen thu nghiem", "UBND huyện Thử Nghiệm"),
        ("xa thu mot", "UBND xã Thử Một"),
        ("xa thu hai", "UBND xã Thử Hai"),
        ("xa thu ba", "UBND xã Thử Ba"),
        ("hoang van dai", "Hoàng Văn Đại"),
    ):
        choose(page, "Mời đơn vị, điểm cầu, người hoặc nhóm", words, option)
    page.get_by_role("button", name="Đặt lịch và gửi thông báo mời họp").click()
    page.wait_for_url(re.compile(r"/cuoc-hop/[^/]+$"))


def check_invitation(mailbox: Mailbox, address: str, title: str, start: datetime) -> None:
    mail = mailbox.wait_for(address)
    calendar = icalendar.Calendar.from_ical(part(mail, "text/calendar"))
    event = calendar.walk("VEVENT")[0]

    assert calendar["METHOD"] == "REQUEST"
    assert title in str(mail["Subject"])
    assert str(event["SUMMARY"]) == title
    assert event.decoded("DTSTART") == start
    assert str(event["ATTENDEE"]).lower() == f"mailto:{address}"
    assert event.decoded("SEQUENCE") == 0


def see_each_other(point: Page, person: Page) -> None:
    """Both ends of each picture are watched in the same seconds: a stall of the machine shows at the publisher too."""
    await_pictures((point, person), (PERSON, POINT))
    before = totals(point), totals(person)
    (of_person, own_point), (own_person, of_point) = watch_together((point, person), (PERSON, POINT))
    after = totals(point), totals(person)

    for seen, published in ((of_person, own_person), (of_point, own_point)):
        assert seen.pictures >= 10
        assert seen.longest <= published.longest + GAP_BEYOND_THE_PUBLISHERS_MS
    for viewer, publisher in ((0, 1), (1, 0)):
        assert keeps_up(before, after, viewer, publisher), (before, after)


def keeps_up(before: Totals, after: Totals, viewer: int, publisher: int) -> bool:
    """Whether the frames decoded keep up with the frames sent, and sound arrives."""
    # By the second, as a busy browser is asked some frames later than the other.
    seconds = [then["at"] - first["at"] for first, then in zip(before, after, strict=True)]
    decoded = (after[viewer]["decoded"] - before[viewer]["decoded"]) / seconds[viewer]
    sent = max(after[publisher]["sent"][rid] - count for rid, count in before[publisher]["sent"].items())
    heard = after[viewer]["audio"] > before[viewer]["audio"]
    return bool(decoded >= 0.9 * sent / seconds[publisher] - 1 and heard)


@pytest.mark.timeout(300)  # three browsers, a booking and a meeting on two cores
def test_a_briefing_is_booked_held_and_remembered(house: House, mailbox: Mailbox) -> None:
    with ExitStack() as stage:
        hold(stage, house, mailbox)


def hold(stage: ExitStack, house: House, mailbox: Mailbox) -> None:
    playwright: Playwright = stage.enter_context(sync_playwright())
    office, commune, delegate = (stage.enter_context(browser(playwright)) for _ in range(3))
    title = f"Giao ban tuần {os.getpid()}"
    start = (datetime.now(VIETNAM) + timedelta(minutes=12)).replace(second=0, microsecond=0)
    start -= timedelta(minutes=start.minute % 5)

    secretary = visitor(office).new_page()
    sign_in(secretary, house.address, STAFF.secretary, PASSWORD)
    book(secretary, house, title, start)
    briefing_page = secretary.url
    expect(secretary.get_by_role("heading", name=title)).to_be_visible()
    for address in ("mot@thu.example", "hai@thu.example", "ba@thu.example", "huyen@thu.example", "daibieu@thu.example"):
        check_invitation(mailbox, address, title, start.astimezone(UTC))

    point, person = visitor(commune).new_page(), visitor(delegate).new_page()
    point.goto(link_in(mailbox, "mot@thu.example", title))
    person.goto(link_in(mailbox, "daibieu@thu.example", title))
    expect(point.get_by_text(POINT_NAME).first).to_be_visible()
    point.get_by_label("Số người dự tại điểm cầu").fill("6")
    expect(point.get_by_text(re.compile("Tốt|Yếu|Kém")).first).to_be_visible(timeout=25_000)
    enter_room(point)
    enter_room(person)
    for page in (point, person):
        open_camera(page)
        page.get_by_role("button", name="Bật micro").click()

    see_each_other(point, person)

    secretary.goto(f"{briefing_page}/vao")
    enter_room(secretary)
    secretary.get_by_role("tab", name=re.compile("Người")).click()
    secretary.get_by_role("button", name=f"Điều hành {POINT_NAME}").click()
    secretary.get_by_role("button", name="Tắt micro", exact=True).last.click()
    expect(point.get_by_text("Thư ký đã tắt micro của đơn vị")).to_be_visible()

    watcher = visitor(office).new_page()
    sign_in(watcher, house.address, STAFF.district_it, PASSWORD)
    watcher.goto(f"{house.address}/duong-truyen")
    for name in (POINT_NAME, "Hoàng Văn Đại"):
        expect(watcher.get_by_text(re.compile(name)).first).to_be_visible(timeout=20_000)

    secretary.get_by_role("tab", name=re.compile("Hàng đợi")).click()
    secretary.get_by_role("button", name="Kết thúc cuộc họp").click()
    secretary.get_by_role("dialog").get_by_role("button", name="Kết thúc cuộc họp").click()
    expect(point.get_by_text("Cuộc họp đã kết thúc")).to_be_visible()
    secretary.goto(briefing_page)
    row = secretary.get_by_role("row").filter(has_text=POINT_NAME)
    expect(row).to_contain_text(re.compile(r"\d{2}:\d{2}\s*–\s*\d{2}:\d{2}"))
    expect(row).to_contain_text("6")
