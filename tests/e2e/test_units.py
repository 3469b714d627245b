"""A unit is added as it was meant: Enter saves nothing by chance, and what stands beside the tree is asked about."""

from playwright.sync_api import expect, sync_playwright

from tests.e2e.browsers import browser, sign_in, visitor
from tests.e2e.house import House

ADMIN_PASSWORD = "quan-tri-2026"


def roots(house: House) -> list[str]:
    found = house.api().call("OrgService/ListUnits", pageSize=1000)["units"]
    return [unit["displayName"] for unit in found if not unit.get("parent")]


def test_enter_in_the_field_of_the_unit_above_saves_nothing_and_a_second_root_is_asked_about(house: House) -> None:
    before = roots(house)
    with sync_playwright() as playwright, browser(playwright) as running:
        page = visitor(running).new_page()
        sign_in(page, house.address, "admin", ADMIN_PASSWORD)
        page.goto(f"{house.address}/quan-tri")
        page.get_by_role("button", name="Thêm đơn vị").click()
        drawer = page.get_by_role("dialog")
        drawer.get_by_label("Tên đơn vị").fill("UBND xã Tân Tiến")
        above = drawer.get_by_role("combobox", name="Đơn vị cấp trên")
        above.fill("không có đơn vị nào như thế")
        above.press("Enter")
        above.press("Escape")
        above.press("Enter")
        expect(drawer).to_be_visible()
        assert roots(house) == before

        drawer.get_by_role("combobox", name="Loại").fill("xa")
        page.get_by_role("option", name="xã", exact=True).click()
        drawer.get_by_role("button", name="Lưu").click()
        expect(drawer.get_by_text("Đơn vị này sẽ đứng ngoài cây đơn vị")).to_be_visible()
        assert roots(house) == before
        above.fill("UBND tỉnh Thử")
        page.get_by_role("option", name="UBND tỉnh Thử", exact=True).first.click()
        drawer.get_by_role("button", name="Lưu").click()
        expect(page.get_by_text("Đã lưu UBND xã Tân Tiến.")).to_be_visible()

        page.get_by_role("button", name="Thêm đơn vị").click()
        drawer.get_by_label("Tên đơn vị").fill("ubnd xã tân tiến")
        above.fill("UBND tỉnh Thử")
        page.get_by_role("option", name="UBND tỉnh Thử", exact=True).first.click()
        drawer.get_by_role("button", name="Lưu").click()
        expect(drawer.get_by_text("Đã có đơn vị cùng tên")).to_be_visible()
        drawer.get_by_label("Tên đơn vị").fill("UBND Xã Tân Tiến")
        drawer.get_by_role("button", name="Lưu").click()
        expect(drawer.get_by_text("Đã có đơn vị cùng tên")).to_be_visible()
        drawer.get_by_role("button", name="Thôi").click()

    units = house.api().call("OrgService/ListUnits", pageSize=1000)["units"]
    [made] = [unit for unit in units if unit["displayName"].casefold() == "ubnd xã tân tiến"]
    assert (made["kind"], made["parent"]) == ("xã", "units/thu")
