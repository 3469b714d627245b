"""Pictures get the space: on an office PC, and on a phone whatever the page has to say."""

import os
import re
from contextlib import ExitStack

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.e2e.browsers import FLAGS, browser, enter_room, open_camera, sign_in, visitor
from tests.e2e.house import House
from tests.e2e.mailbox import Mailbox
from tests.e2e.story import PASSWORD, STAFF, link_in, under_way

LONG = "Giao ban tuần 48 về thu ngân sách và giải ngân vốn đầu tư công"
# Without the invented devices: the phone has no camera and no microphone.
NO_DEVICES = tuple(flag for flag in FLAGS if "media-stream" not in flag)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def share_of_screen(page: Page, selector: str) -> float:
    """How much of the window an element takes."""
    code = (
        "(it) => { const box = it.getBoundingClientRect(); return box.width * box.height / innerWidth / innerHeight; }"
    )
    return float(page.locator(selector).evaluate(code))


def in_view(page: Page, what: Locator) -> bool:
    box, size = what.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


def scrolls(page: Page) -> bool:
    code = (
        "() => document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight"
    )
    return bool(page.evaluate(code))


@pytest.mark.timeout(240)  # two browsers, three pages
def test_the_stage_has_the_space_on_a_pc_and_on_a_phone_by_touch(house: House, mailbox: Mailbox) -> None:
    title = f"{LONG} {os.getpid()}"
    with under_way(house, title) as name, ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        office = stack.enter_context(browser(playwright))
        pc, secretary = visitor(office).new_page(), visitor(office).new_page()
        phone = visitor(stack.enter_context(browser(playwright, flags=NO_DEVICES)), **PHONE).new_page()

        pc.goto(link_in(mailbox, "mot@thu.example", title))
        assert in_view(pc, pc.get_by_role("button", name="VÀO HỌP"))
        enter_room(pc)
        open_camera(pc)
        sign_in(secretary, house.address, STAFF.secretary, PASSWORD)
        secretary.goto(f"{house.address}/cuoc-hop/{name.removeprefix('briefings/')}/vao")
        enter_room(secretary)
        phone.goto(link_in(mailbox, "hai@thu.example", title))
        join = phone.get_by_role("button", name="VÀO HỌP")
        expect(join).to_be_enabled()
        assert in_view(phone, join)
        join.tap()
        expect(phone.get_by_role("button", name="Rời họp")).to_be_visible(timeout=30_000)

        for page in (pc, secretary):
            assert share_of_screen(page, ".rm-stage-picture") >= 0.45
            assert not scrolls(page)
        check_folding_and_full_screen(pc)
        check_the_end_stands_apart(secretary)
        check_a_device_that_is_missing(phone)


def check_folding_and_full_screen(page: Page) -> None:
    fold = page.get_by_role("button", name=re.compile("Danh sách"))
    before = share_of_screen(page, ".rm-stage-picture")
    fold.click()
    expect(page.get_by_role("tab", name="Hàng đợi")).to_be_hidden()
    assert share_of_screen(page, ".rm-stage-picture") > before
    fold.click()
    expect(page.get_by_role("tab", name="Hàng đợi")).to_be_visible()
    page.get_by_role("button", name="Toàn màn hình").click()
    expect(page.get_by_role("button", name="Thu nhỏ")).to_be_visible()
    assert share_of_screen(page, ".rm-stage") > 0.95
    page.get_by_role("button", name="Thu nhỏ").click()
    expect(page.get_by_role("button", name="Toàn màn hình")).to_be_visible()


def check_the_end_stands_apart(page: Page) -> None:
    mute, end = (page.get_by_role("button", name=words) for words in ("Tắt micro tất cả", "Kết thúc cuộc họp"))
    above, below = mute.bounding_box(), end.bounding_box()
    assert above is not None
    assert below is not None
    assert below["y"] - above["y"] - above["height"] > 2 * below["height"]


def check_a_device_that_is_missing(phone: Page) -> None:
    open_microphone, banner = phone.get_by_role("button", name="Bật micro"), phone.locator(".rm-banners")
    for remedy in ("Thử lại", "Đóng"):
        open_microphone.tap()
        expect(banner.get_by_text("Chưa mở được micro.")).to_be_visible()
        assert share_of_screen(phone, ".rm-stage-picture") >= 0.4
        assert not scrolls(phone)
        banner.get_by_role("button", name=remedy).tap()
    expect(banner.get_by_text("Chưa mở được micro.")).to_be_hidden()
    expect(phone.locator(".rm-card .rm-initials", has_text="TH")).to_be_visible()
    phone.get_by_role("button", name=re.compile("Danh sách")).tap()
    expect(phone.get_by_role("tab", name="Hàng đợi")).to_be_visible()
    phone.get_by_role("button", name="Đóng").tap()
    expect(phone.get_by_role("tab", name="Hàng đợi")).to_be_hidden()
