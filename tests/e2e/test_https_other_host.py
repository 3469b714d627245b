"""A pilot on a LAN: PCs that trust the authority of `giaoban cert` join over HTTPS from another host."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, sync_playwright

from tests.e2e.browsers import FLAGS, browser, enter_room, visitor, watch
from tests.e2e.house import House
from tests.e2e.mailbox import Mailbox
from tests.e2e.namespace import Neighbour
from tests.e2e.story import link_in, under_way

pytestmark = pytest.mark.timeout(180)  # whichever comes first starts the house, too

POINT, PERSON = "points/diem-xa-mot", "people/dai-bieu-thu"
LAN_FLAGS = tuple(flag for flag in FLAGS if "loopback" not in flag)
ADDRESSES_OF_THE_CONNECTION = """
async () => {
  const found = [];
  for (const connection of window.testConnections) {
    const reports = await connection.getStats();
    for (const report of reports.values()) {
      if (report.type === "transport" && report.selectedCandidatePairId) {
        found.push(reports.get(reports.get(report.selectedCandidatePairId).remoteCandidateId).address);
      }
    }
  }
  return found;
}
"""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as kept:
        yield kept


@pytest.fixture
def playwright(stack: ExitStack) -> Playwright:
    return stack.enter_context(sync_playwright())


def browser_of(stack: ExitStack, playwright: Playwright, pc: Neighbour) -> Browser:
    launched = browser(playwright, executable=str(pc.chromium()), flags=LAN_FLAGS, **pc.environment)
    return stack.enter_context(launched)


def picture_moves(page: Page, of: str) -> bool:
    seen = watch(page, of, seconds=4)
    return seen.pictures >= 10 and seen.frames >= 20


def test_a_pc_that_does_not_trust_the_authority_is_warned(
    stack: ExitStack, playwright: Playwright, lan_house: House, tmp_path: Path, pc: Neighbour
) -> None:
    stranger = replace(pc, home=tmp_path)
    page = visitor(browser_of(stack, playwright, stranger)).new_page()

    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        page.goto(lan_house.address)


def test_two_browsers_on_another_host_join_over_https_and_see_each_other(
    stack: ExitStack, playwright: Playwright, lan_house: House, mailbox: Mailbox, pc: Neighbour
) -> None:
    title = f"Giao ban qua HTTPS {os.getpid()}"
    with under_way(lan_house, title):
        links = {
            POINT: link_in(mailbox, "mot@thu.example", title),
            PERSON: link_in(mailbox, "daibieu@thu.example", title),
        }
        pages: dict[str, Page] = {}
        for identity, link in links.items():
            page = pages[identity] = visitor(browser_of(stack, playwright, pc)).new_page()
            page.goto(link)
            enter_room(page)
        pages[PERSON].get_by_role("button", name="Bật camera").click()

        for identity, other in ((POINT, PERSON), (PERSON, POINT)):
            page = pages[identity]
            assert links[identity].startswith(f"https://{pc.server}:")
            assert page.url.startswith(lan_house.address)
            assert page.evaluate("isSecureContext")
            assert picture_moves(page, other), f"{identity} does not see {other} move"
            assert set(page.evaluate(ADDRESSES_OF_THE_CONNECTION)) == {pc.server}
