"""Real browsers with an invented camera and microphone, and what they measure of pictures and sound."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

expect.set_options(timeout=20_000)

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)
# Keeps the page's peer connections where a test can read their statistics; the product knows nothing of it.
REMEMBER_CONNECTIONS = """
window.testConnections = [];
const Original = window.RTCPeerConnection;
window.RTCPeerConnection = function (...given) {
  const made = new Original(...given);
  window.testConnections.push(made);
  return made;
};
window.RTCPeerConnection.prototype = Original.prototype;
"""
WATCH = """
({ selector, seconds }) => new Promise((done) => {
  const video = document.querySelector(selector);
  const canvas = document.createElement("canvas");
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pictures = new Set();
  let frames = 0, longest = 0, last = performance.now();
  const end = last + seconds * 1000;
  const look = (now) => {
    frames += 1;
    longest = Math.max(longest, now - last);
    last = now;
    context.drawImage(video, 0, 0, 64, 36);
    pictures.add(context.getImageData(0, 0, 64, 36).data.reduce((sum, value, at) => (sum * 31 + value * (at + 1)) % 2147483647, 7));
    if (now < end) video.requestVideoFrameCallback(look);
    else done({ frames, longest, pictures: pictures.size });
  };
  video.requestVideoFrameCallback(look);
  setTimeout(() => done({ frames, longest: Math.max(longest, performance.now() - last), pictures: pictures.size }), seconds * 1000 + 3000);
})
"""
TOTALS = """
async () => {
  const totals = { at: 0, decoded: 0, audio: 0, sent: {} };
  for (const connection of window.testConnections) {
    if (connection.connectionState !== "connected") continue;
    for (const report of (await connection.getStats()).values()) {
      totals.at = Math.max(totals.at, report.timestamp / 1000);
      if (report.type === "inbound-rtp" && report.kind === "video") totals.decoded += report.framesDecoded ?? 0;
      if (report.type === "inbound-rtp" && report.kind === "audio") totals.audio += report.totalAudioEnergy ?? 0;
      if (report.type === "outbound-rtp" && report.kind === "video") totals.sent[report.rid ?? ""] = report.framesSent ?? 0;
    }
  }
  return totals;
}
"""


@dataclass(frozen=True)
class Watched:
    """What a viewer saw of one picture within some seconds; gaps in milliseconds."""

    frames: int
    longest: float
    pictures: int


@contextmanager
def browser(
    playwright: Playwright, *, executable: str = CHROMIUM, flags: tuple[str, ...] = FLAGS, **env: str
) -> Iterator[Browser]:
    """A browser process of its own."""
    running = playwright.chromium.launch(executable_path=executable, args=list(flags), env={**env} or None)
    try:
        yield running
    except BaseException:
        _keep_pictures(running)
        raise
    finally:
        running.close()


def _keep_pictures(of: Browser) -> None:
    """Saves what each page showed, for whoever looks into a failure."""
    for number, page in enumerate(page for context in of.contexts for page in context.pages):
        picture = Path(tempfile.gettempdir()) / f"giaoban-e2e-{os.getpid()}-{id(of):x}-{number}.png"
        page.screenshot(path=picture)
        print(f"{page.url}: {picture}")  # noqa: T201 -- pytest shows it with the failure


def visitor(of: Browser, **options: Any) -> BrowserContext:  # noqa: ANN401 -- Playwright's own options
    """An office PC in Việt Nam: small screen, Vietnamese, camera allowed."""
    chosen: dict[str, Any] = {
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "viewport": {"width": 1366, "height": 768},
        "permissions": ["camera", "microphone"],
        **options,
    }
    context = of.new_context(**chosen)
    context.set_default_timeout(20_000)
    context.add_init_script(REMEMBER_CONNECTIONS)
    return context


def sign_in(page: Page, address: str, username: str, password: str) -> None:
    """Signs in as a person does."""
    page.goto(f"{address}/dang-nhap")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu", exact=True).fill(password)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(lambda url: "dang-nhap" not in url)


def enter_room(page: Page) -> None:
    """Passes pre-join: waits for the verdict on the line, then the one large button."""
    button = page.get_by_role("button", name="VÀO HỌP")
    expect(button).to_be_enabled(timeout=20_000)
    button.click()
    expect(page.get_by_role("button", name="Rời họp")).to_be_visible(timeout=30_000)


def open_camera(page: Page) -> None:
    """Switches the camera on where it is not: points join with it, unless the line was judged too thin for pictures."""
    on, off = (page.get_by_role("button", name=f"{word} camera") for word in ("Tắt", "Bật"))
    try:
        # The room switches it on by itself where pre-join said so: a press at that moment would switch it off again.
        expect(on).to_be_visible(timeout=5_000)
    except AssertionError:
        off.click()
    expect(on).to_be_visible()


def await_pictures(pages: Sequence[Page], identities: Sequence[str]) -> None:
    """Waits until every page shows everyone's picture."""
    for page in pages:
        for identity in identities:
            page.wait_for_function(
                "(selector) => document.querySelector(selector)?.videoWidth > 0", arg=_camera(identity)
            )


def _camera(identity: str) -> str:
    return f"video[data-identity='{identity}'][data-kind='camera']"


def watch_together(pages: Sequence[Page], identities: Sequence[str], seconds: float = 5.0) -> list[list[Watched]]:
    """Watches the pictures of the same participants on several pages within the same seconds, one row a page."""
    await_pictures(pages, identities)
    wanted = [{"selector": _camera(identity), "seconds": seconds} for identity in identities]
    for page in pages:
        page.evaluate(f"(wanted) => {{ window.testWatches = wanted.map({WATCH}); }}", wanted)
    return [[Watched(**seen) for seen in page.evaluate("() => Promise.all(window.testWatches)")] for page in pages]


def watch(page: Page, identity: str, seconds: float = 5.0) -> Watched:
    """Watches the picture of one participant on one page."""
    return watch_together((page,), (identity,), seconds)[0][0]


def totals(page: Page) -> dict[str, Any]:
    """Frames decoded, audio energy and frames sent by layer so far, and the second it was so."""
    return dict(page.evaluate(TOTALS))
