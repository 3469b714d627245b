#!/usr/bin/env python3
"""Takes the pictures of docs/screens: every screen of a house with the invented province, in a browser.

Starts a house of its own on free ports, signs in as the demonstration's people, and lets two points meet.
Usage: .venv/bin/python tools/screenshots.py [NAME …]; without names all screens are taken. Needs what `make test` installs.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.e2e.browsers import browser, enter_room, visitor  # noqa: E402
from tests.e2e.house import Api, House  # noqa: E402

FOLDER = ROOT / "docs" / "screens"
SIZES = {"1366": {"width": 1366, "height": 768}, "390": {"width": 390, "height": 844}}
LANGUAGES = ("vi", "en")
Reach = Callable[["Stage", Page], None]


@dataclass(frozen=True)
class Stage:
    """A running house and who plays in it."""

    house: House
    api: Api
    briefing: str
    """The demonstration's briefing that is open now, `briefings/{briefing}`."""

    links: tuple[str, ...]
    """Join links of its points."""

    @property
    def page(self) -> str:
        """Path of the briefing's page."""
        return "/cuoc-hop/" + self.briefing.removeprefix("briefings/")


def at(path: str) -> Reach:
    """A screen at an address, seen by the secretary of the province."""

    def reach(stage: Stage, page: Page) -> None:
        page.goto(stage.house.address + path)

    return reach


def briefing(stage: Stage, page: Page) -> None:
    """The briefing that is open now."""
    page.goto(stage.house.address + stage.page)


def booking(stage: Stage, page: Page) -> None:
    """The form with something in it."""
    page.goto(f"{stage.house.address}/dat-lich")
    page.locator("#field-title").fill("Giao ban tuần 49")
    # In the middle of the window the suggestions have room below.
    page.locator("#field-attendees").evaluate("field => field.scrollIntoView({ block: 'center' })")
    page.locator("#field-attendees").click()
    page.locator("#field-attendees").fill("tan")
    page.get_by_role("option").first.wait_for()


def prejoin(stage: Stage, page: Page) -> None:
    """What a point sees before it joins."""
    page.goto(stage.links[2])
    page.locator(".pj-enter").wait_for()
    page.wait_for_timeout(9_000)  # the line test takes five seconds and a few more


def room(stage: Stage, page: Page) -> None:
    """What a point sees in the room."""
    page.goto(stage.links[2])
    page.locator(".pj-enter:not([disabled])").click(timeout=30_000)
    page.locator("video[data-kind='camera']").first.wait_for(state="attached", timeout=30_000)
    page.wait_for_timeout(6_000)  # until the pictures are sharp


OFFICE: dict[str, Reach] = {
    "calendar": at("/"),
    "booking": booking,
    "briefings": at("/cuoc-hop"),
    "briefing": briefing,
    "points": at("/diem-cau"),
    "lines": at("/duong-truyen"),
    "mail": at("/thu-moi"),
    "administration": at("/quan-tri"),
}
OUTSIDE: dict[str, Reach] = {"sign-in": at("/dang-nhap"), "prejoin": prejoin, "room": room}


def take(stage: Stage, of: Browser, name: str, reach: Reach, language: str, size: str) -> None:
    """Takes one picture."""
    context = visitor(of, viewport=SIZES[size])
    context.add_init_script(f"localStorage.setItem('giaoban.language', '{language}')")
    page = context.new_page()
    if name in OFFICE:
        page.goto(f"{stage.house.address}/dang-nhap")
        page.locator("input[autocomplete=username]").fill("admin")
        page.locator("input[type=password]").fill("quan-tri-2026")
        page.locator("button[type=submit]").click()
        page.wait_for_url(lambda url: "dang-nhap" not in url)
    reach(stage, page)
    page.wait_for_timeout(2_500)  # skeletons, fonts and counters settle; nothing here is asserted
    picture = FOLDER / f"{name}.{language}.{size}.png"
    page.screenshot(path=picture)
    context.close()
    print(picture.relative_to(ROOT))


@contextmanager
def staged(of: Browser) -> Iterator[Stage]:
    """A house whose open briefing has two points in its room."""
    with tempfile.TemporaryDirectory(prefix="gb-") as folder, ExitStack() as stack:
        house = House(Path(folder) / "var", {})
        stack.callback(house.stop)
        house.start()
        api = house.api()
        found = api.call("BriefingService/ListBriefings", pageSize=500)["briefings"]
        name = next(b["name"] for b in found if b["state"] == "STATE_OPEN")
        invitees = api.call("BriefingService/ListInvitees", parent=name)["invitees"]
        links = tuple(house.address + i["joinPath"] for i in invitees if i["kind"] == "KIND_POINT")
        for link in links[:2]:
            page = visitor(of).new_page()
            page.goto(link)
            enter_room(page)
        yield Stage(house, api, name, links)


def write_index(names: list[str]) -> None:
    """Writes the page that shows all pictures."""
    lines = ["# Screens", "", "Taken by `tools/screenshots.py` of a house with the invented province.", ""]
    for name in names:
        lines += [f"## {name}", ""]
        lines += [
            f"![{name}, {language}, {size}]({name}.{language}.{size}.png)" for size in SIZES for language in LANGUAGES
        ]
        lines.append("")
    (FOLDER / "README.md").write_text("\n".join(lines))


def main() -> None:
    """Takes the screens named on the command line, or all."""
    screens = OFFICE | OUTSIDE
    chosen = sys.argv[1:] or list(screens)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        sync_playwright() as playwright,
        browser(playwright) as players,
        browser(playwright) as camera,
        staged(players) as stage,
    ):
        for name, language, size in product(chosen, LANGUAGES, SIZES):
            take(stage, camera, name, screens[name], language, size)
    write_index(list(screens))


if __name__ == "__main__":
    main()
