"""What people do with their own account, by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e.browsers import browser, sign_in, visitor
from tests.e2e.house import Api, ApiError, House
from tests.e2e.story import PASSWORD

USERNAME, NEW_PASSWORD = "doimatkhau.thu", "mua-xuan-nho-nho"


@pytest.fixture
def other_device(house: House) -> Api:
    """The same person, signed in elsewhere."""
    house.run(
        *("user", "add", USERNAME, "--name", "Vũ Thị Đổi", "--unit", "thu", "--role", "delegate"),
        *("--email", "doi@thu.example"),
        given=PASSWORD + "\n",
    )
    return house.api(USERNAME, PASSWORD)


def test_a_changed_password_works_at_once_and_the_old_one_no_more(house: House, other_device: Api) -> None:
    with sync_playwright() as playwright, browser(playwright) as running:
        page = visitor(running).new_page()
        sign_in(page, house.address, USERNAME, PASSWORD)
        menu = page.get_by_role("button", name=re.compile("Tài khoản"))
        menu.focus()
        page.keyboard.press("Enter")
        expect(menu).not_to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("menuitem", name="Đổi mật khẩu")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Mật khẩu hiện tại")).to_be_focused()
        page.keyboard.type("không phải mật khẩu này")
        for label in ("Mật khẩu mới", "Nhập lại mật khẩu mới"):
            page.get_by_label(label, exact=True).focus()
            page.keyboard.type(NEW_PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Mật khẩu hiện tại không đúng.")).to_be_visible()
        page.get_by_label("Mật khẩu hiện tại").fill(PASSWORD)
        page.keyboard.press("Enter")

        expect(page.get_by_text("Đã đổi mật khẩu.")).to_be_visible()
        page.reload()
        expect(menu).to_be_visible()

    house.api(USERNAME, NEW_PASSWORD).call("AuthService/GetSession")
    with pytest.raises(ApiError) as refused:
        house.api(USERNAME, PASSWORD)
    assert refused.value.reason == "WRONG_CREDENTIALS"
    with pytest.raises(ApiError) as ended:
        other_device.call("AuthService/GetSession")
    assert ended.value.reason == "SIGNED_OUT"
