"""The secretary leads: who is on everyone's stage, what stops, and who is called next when somebody left the queue."""

import os
import re
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.browsers import browser, enter_room, sign_in, visitor
from tests.e2e.firefox import firefox
from tests.e2e.house import House
from tests.e2e.mailbox import Mailbox
from tests.e2e.story import PASSWORD, STAFF, link_in, under_way

SHARING, OTHER = "points/diem-xa-mot", "points/diem-xa-hai"
NAMES = {SHARING: "Điểm cầu xã Thử Một", OTHER: "Điểm cầu xã Thử Hai"}


def stage_shows(page: Page, identity: str, kind: str) -> None:
    stage = page.locator(f".rm-stage[data-stage='{identity}'] video[data-kind='{kind}']")
    expect(stage).to_be_visible(timeout=30_000)


def conduct(secretary: Page, identity: str, act: str) -> None:
    row = secretary.locator(f"[data-attendant='{identity}']")
    toggle = row.get_by_role("button", name=f"Điều hành {NAMES[identity]}")
    if toggle.get_attribute("aria-expanded") != "true":
        toggle.click()
    row.get_by_role("button", name=act, exact=True).click()


@pytest.mark.timeout(240)  # two browsers, three pages
def test_the_secretary_chooses_the_stage_stops_a_share_and_skips_who_left(house: House, mailbox: Mailbox) -> None:
    title = f"Điều hành {os.getpid()}"
    with under_way(house, title) as name, ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        running = stack.enter_context(browser(playwright))
        fox = stack.enter_context(firefox()).page()
        secretary, other = visitor(running).new_page(), visitor(running).new_page()
        fox.goto(link_in(mailbox, "mot@thu.example", title))
        fox.press("VÀO HỌP")
        fox.until_shown("Rời họp", seconds=30)
        other.goto(link_in(mailbox, "hai@thu.example", title))
        enter_room(other)
        sign_in(secretary, house.address, STAFF.secretary, PASSWORD)
        secretary.goto(f"{house.address}/cuoc-hop/{name.removeprefix('briefings/')}/vao")
        enter_room(secretary)

        fox.press("Chia sẻ")
        stage_shows(secretary, SHARING, "screen")
        secretary.get_by_role("tab", name=re.compile("Người")).click()
        conduct(secretary, OTHER, "Mời phát biểu")
        stage_shows(secretary, OTHER, "camera")
        conduct(secretary, SHARING, "Đưa lên màn hình chung")
        stage_shows(secretary, SHARING, "screen")
        stage_shows(other, SHARING, "screen")
        conduct(secretary, SHARING, "Dừng chia sẻ của đơn vị")
        stage_shows(other, SHARING, "camera")
        fox.until("() => /Chia sẻ/.test(document.querySelector('.rm-bar').innerText)")
        fox.until("() => !/Dừng chia sẻ/.test(document.querySelector('.rm-bar').innerText)")
        conduct(secretary, SHARING, "Tắt camera của đơn vị")
        fox.until_shown("Bật camera")
        conduct(secretary, SHARING, "Thôi đưa lên màn hình chung")

        other.get_by_role("button", name="Kết thúc phát biểu").click()
        other.get_by_role("button", name=re.compile("Xin phát biểu")).click()
        expect(other.get_by_text("thứ 1 trong hàng đợi")).to_be_visible()
        fox.press("Xin phát biểu")
        fox.until_shown("thứ 2 trong hàng đợi")
        other.get_by_role("button", name="Rời họp").click()
        other.get_by_role("dialog").get_by_role("button", name="Rời họp").click()
        secretary.get_by_role("tab", name=re.compile("Hàng đợi")).click()
        queue = secretary.get_by_role("list", name="Thứ tự phát biểu")
        expect(queue.get_by_role("listitem").filter(has_text=NAMES[OTHER])).to_contain_text("đã rời phòng")
        secretary.get_by_role("button", name="Mời đơn vị tiếp theo").click()
        fox.until_shown("Mời đơn vị phát biểu.")
        queue.get_by_role("button", name=f"Bỏ {NAMES[OTHER]} khỏi hàng đợi").click()
        expect(secretary.get_by_text("Chưa có ai xin phát biểu.")).to_be_visible()
