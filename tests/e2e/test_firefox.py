"""Offices have Firefox ESR as well: a point meets on it with Chromium and native clients, from the link to the end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

import pytest
from livekit import rtc
from playwright.sync_api import Page, sync_playwright

from giaoban.testing.fixtures import eventually
from tests.e2e.browsers import browser, enter_room, open_camera, visitor
from tests.e2e.firefox import FirefoxPage, firefox
from tests.e2e.house import House, command_line
from tests.e2e.mailbox import Mailbox
from tests.e2e.story import link_in, under_way
from tests.integration.media_sessions.clients import Client, clients

FIREFOX, CHROMIUM, NATIVE = "points/diem-xa-mot", "points/diem-xa-hai", "native"
OTHERS = ("one", "two", "three")
# Firefox counts no frames of live streams in getVideoPlaybackQuality().
SEES = """
(identity) => new Promise((done) => {
  const video = document.querySelector(`video[data-identity='${identity}'][data-kind='camera']`);
  let frames = 0;
  const look = () => {
    frames += 1;
    if (frames < 10) video.requestVideoFrameCallback(look);
    else done(true);
  };
  video?.requestVideoFrameCallback(look);
  setTimeout(() => done(false), 3_000);
})
"""
HEARS = """
async (identity) => {
  const element = document.querySelector(`audio[data-identity='${identity}']`);
  const track = element?.srcObject?.getAudioTracks()[0];
  if (!track || element.paused) return false;
  const energy = async () => {
    let sum = 0;
    for (const connection of window.testConnections.filter((it) => it.connectionState === "connected"))
      for (const report of (await connection.getStats()).values())
        if (report.type === "inbound-rtp" && report.trackIdentifier === track.id) sum += report.totalAudioEnergy ?? 0;
    return sum;
  };
  const before = await energy();
  await new Promise((done) => setTimeout(done, 1_200));
  return (await energy()) - before > 1e-5;
}
"""
CONNECTIONS = "() => window.testConnections.length"


@dataclass(frozen=True)
class Screen:
    """A browser's page and the thread that drives it, while native clients go on in the loop."""

    page: FirefoxPage | Page
    thread: ThreadPoolExecutor

    async def does(self, act: Callable[..., object], *given: object, **options: object) -> object:
        return await asyncio.get_running_loop().run_in_executor(self.thread, partial(act, *given, **options))

    async def until(self, code: str, *arguments: str, seconds: float = 40.0) -> None:
        """Waits until a function of the page answers something true for each argument."""
        async with asyncio.timeout(seconds):
            for argument in arguments:
                while not await self.does(self.page.evaluate, code, argument):
                    pass  # the functions take their time themselves


@asynccontextmanager
async def screen(opening: AbstractContextManager[FirefoxPage | Page]) -> AsyncIterator[Screen]:
    """Opens a page in a thread of its own, which Playwright asks for."""
    with ThreadPoolExecutor(1) as thread:
        loop = asyncio.get_running_loop()
        page = await loop.run_in_executor(thread, opening.__enter__)
        try:
            yield Screen(page, thread)
        except BaseException as error:
            await loop.run_in_executor(thread, opening.__exit__, type(error), error, error.__traceback__)
            raise
        else:
            await loop.run_in_executor(thread, opening.__exit__, None, None, None)


@contextmanager
def in_firefox(link: str) -> Iterator[FirefoxPage]:
    """A point that came into the room by its link, with the camera that pre-join switched on."""
    with firefox() as running:
        page = running.page()
        page.goto(link)
        page.until("() => /Tốt|Yếu|Kém/.test(document.querySelector('.pj-line')?.innerText)", seconds=30)
        page.press("VÀO HỌP")
        page.until_shown("Rời họp", seconds=30)
        page.until("() => /Tắt camera/.test(document.body.innerText)")
        yield page


@contextmanager
def in_chromium(link: str) -> Iterator[Page]:
    """The same in Chromium."""
    with sync_playwright() as playwright, browser(playwright) as running:
        page = visitor(running).new_page()
        page.goto(link)
        enter_room(page)
        open_camera(page)
        page.get_by_role("button", name="Bật micro").click()
        yield page


async def links_in(mailbox: Mailbox, title: str, *addresses: str) -> list[str]:
    return [await asyncio.to_thread(link_in, mailbox, address, title) for address in addresses]


async def join(client: Client, house: House, briefing: str, identity: str) -> None:
    room = briefing.removeprefix("briefings/")
    token = await asyncio.to_thread(house.run, "token", "--room", room, "--identity", identity)
    await client.join(f"ws://127.0.0.1:{house.http_port}", token)
    await client.publish_video()


def pictures_of(viewer: Client, identity: str = FIREFOX) -> int:
    """How many pictures of a participant a viewer is given."""
    sender = viewer.room.remote_participants.get(identity)
    if sender is None:
        return 0
    publications = sender.track_publications.values()
    return sum(1 for each in publications if each.kind == rtc.TrackKind.KIND_VIDEO and each.track is not None)


@pytest.mark.timeout(240)  # a browser and three native clients on two cores
async def test_a_point_on_firefox_is_seen_and_heard_and_sees_three_others(house: House, mailbox: Mailbox) -> None:
    title = f"Họp bằng Firefox {os.getpid()}"
    with under_way(house, title) as name:
        (link,) = await links_in(mailbox, title, "mot@thu.example")
        async with clients(len(OTHERS)) as others, screen(in_firefox(link)) as point:
            await first_meeting(house, name, others, point)


async def first_meeting(house: House, name: str, others: list[Client], point: Screen) -> None:
    page = point.page
    assert isinstance(page, FirefoxPage)
    for identity, other in zip(OTHERS, others, strict=True):
        await join(other, house, name, identity)
    await point.until(SEES, *OTHERS)
    await point.does(page.press, "Bật micro")
    await eventually(lambda: all(other.seen.tone_share() > 0.5 for other in others), seconds=30)
    await eventually(lambda: all(other.seen.pictures_of[FIREFOX] > 30 for other in others), seconds=30)
    await point.does(page.until_shown, "Cả phòng đang nghe")

    await point.does(page.press, "Chia sẻ")
    await eventually(lambda: all(pictures_of(other) == 2 for other in others), seconds=30)
    await point.does(page.press, "Dừng chia sẻ")
    await eventually(lambda: all(pictures_of(other) == 1 for other in others), seconds=30)

    await point.does(page.press, "Rời họp")
    await point.does(page.click, "dialog button ::-p-text(Rời họp)")
    await eventually(lambda: all(FIREFOX not in other.room.remote_participants for other in others), seconds=20)


@pytest.mark.timeout(300)  # two browsers and a native client on two cores
async def test_three_kinds_of_clients_meet_and_meet_again_after_a_full_reconnect(
    house: House, mailbox: Mailbox
) -> None:
    title = f"Họp ba loại máy {os.getpid()}"
    with under_way(house, title) as name:
        links = await links_in(mailbox, title, "mot@thu.example", "hai@thu.example")
        async with (
            clients(1) as (native,),
            screen(in_firefox(links[0])) as fox,
            screen(in_chromium(links[1])) as chromium,
        ):
            await join(native, house, name, NATIVE)
            await native.publish_tone()
            await meeting_again(house, native, fox, chromium)


async def meeting_again(house: House, native: Client, fox: Screen, chromium: Screen) -> None:
    assert isinstance(fox.page, FirefoxPage)
    await fox.does(fox.page.press, "Bật micro")
    await fox.does(fox.page.press, "Chia sẻ")
    await meet(native, fox, chromium)

    made = [await each.does(each.page.evaluate, CONNECTIONS) for each in (fox, chromium)]
    for worker in [pid for pid in house.children() if "--worker" in command_line(pid)]:
        os.kill(worker, signal.SIGKILL)
    for each, before in zip((fox, chromium), made, strict=True):
        await each.until(f"(_) => ({CONNECTIONS})() > {before}", "", seconds=60)
    await meet(native, fox, chromium)


async def meet(native: Client, fox: Screen, chromium: Screen) -> None:
    """Waits until each of the three sees and hears both others, and the native one the shared screen as well."""
    for seen in (native.seen.pictures_of, native.seen.loudness_of):
        seen.clear()
    async with asyncio.TaskGroup() as tasks:
        for looking, others in ((fox, (CHROMIUM, NATIVE)), (chromium, (FIREFOX, NATIVE))):
            tasks.create_task(seen_and_heard(looking, others))
    browsers = (FIREFOX, CHROMIUM)
    await eventually(lambda: all(native.seen.pictures_of[each] > 15 for each in browsers), seconds=30)
    await eventually(lambda: all(native.seen.loudness_of[each] > 2_000 for each in browsers), seconds=30)
    await eventually(lambda: pictures_of(native) == 2, seconds=30)


async def seen_and_heard(by: Screen, others: tuple[str, ...]) -> None:
    await by.until(SEES, *others)
    await by.until(HEARS, *others)
