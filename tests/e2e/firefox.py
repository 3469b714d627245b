"""A real Firefox, driven over WebDriver BiDi by the script beside this module; Debian has no driver for it."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

from tests.e2e.browsers import REMEMBER_CONNECTIONS

FIREFOX: Final = "/usr/bin/firefox-esr"
_DRIVER: Final = Path(__file__).parent / "firefox" / "driver.mjs"
_PAGES: Final = count()


class FirefoxError(AssertionError):
    """What was asked of the browser failed, or did not come about in time."""


@dataclass(frozen=True)
class FirefoxPage:
    """A page in a profile of its own. Selectors are Puppeteer's: CSS, or `::-p-text(words)`."""

    firefox: "Firefox"
    name: str

    def goto(self, url: str) -> None:
        self._ask("goto", url=url)

    def evaluate(self, code: str, argument: object = None) -> Any:  # noqa: ANN401 -- whatever the page answers
        """Calls a function of the page with what JSON can carry."""
        return self._ask("evaluate", code=code, argument=argument)

    def until(self, code: str, argument: object = None, *, seconds: float = 20.0) -> None:
        """Waits until a function of the page answers something true."""
        self._ask("until", code=code, argument=argument, timeout=seconds * 1000)

    def until_shown(self, words: str, *, seconds: float = 20.0) -> None:
        """Waits until the page shows these words."""
        self.until("(words) => document.body.innerText.includes(words)", words, seconds=seconds)

    def click(self, selector: str, *, seconds: float = 20.0) -> None:
        """Clicks as a hand does, once the element is there, visible and enabled."""
        self._ask("click", selector=selector, timeout=seconds * 1000)

    def press(self, words: str, *, seconds: float = 20.0) -> None:
        """Clicks the button with these words."""
        self.click(f"button ::-p-text({words})", seconds=seconds)

    def fill(self, selector: str, text: str) -> None:
        self._ask("fill", selector=selector, text=text)

    def _ask(self, operation: str, **given: object) -> Any:  # noqa: ANN401 -- whatever the page answers
        return self.firefox.ask(operation, page=self.name, **given)


@dataclass
class Firefox:
    """A browser process."""

    process: "subprocess.Popen[str]"
    pages: list[FirefoxPage] = field(default_factory=list)

    def page(self, *, width: int = 1366, height: int = 768) -> FirefoxPage:
        """Opens a page that remembers its peer connections, as those of Chromium do."""
        opened = FirefoxPage(self, f"page-{next(_PAGES)}")
        self.ask("open", page=opened.name, width=width, height=height, script=REMEMBER_CONNECTIONS)
        self.pages.append(opened)
        return opened

    def ask(self, operation: str, **given: object) -> Any:  # noqa: ANN401 -- whatever the page answers
        """Asks the driver for something.

        Raises:
            FirefoxError: It failed, or the driver is gone.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"id": operation, "operation": operation, **given}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise FirefoxError(f"the driver of Firefox ended before it answered {operation}")
        answer = json.loads(line)
        if "error" in answer:
            raise FirefoxError(f"{operation} {given}: {answer['error']}")
        return answer["result"]


@contextmanager
def _display() -> Iterator[str]:
    """A screen that nobody sees, under a number that is free: without one Firefox has nothing to share."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1366x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL) as server:  # noqa: S603 -- no input
        os.close(writing)
        try:
            with os.fdopen(reading) as answer:
                yield f":{int(answer.readline())}"
        finally:
            server.terminate()


@contextmanager
def firefox(*prefix: str) -> Iterator[Firefox]:
    """A Firefox with an invented camera and microphone, in Vietnamese, until the block ends.

    `prefix` comes before the command, to run it elsewhere; there it takes any certificate, as its own store is empty.
    """
    with _display() as display:
        command = [*prefix, "node", str(_DRIVER), os.environ.get("GIAOBAN_FIREFOX", FIREFOX)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, env={**os.environ, "DISPLAY": display}, **pipes) as process:  # noqa: S603 -- ours
            running = Firefox(process)
            try:
                yield running
            except BaseException:
                _keep_pictures(running)
                raise
            finally:
                assert process.stdin is not None
                process.stdin.close()  # the driver closes the browser, and ends
                process.wait(30)


def _keep_pictures(of: Firefox) -> None:
    """Saves what each page showed, for whoever looks into a failure."""
    for page in of.pages:
        picture = Path(tempfile.gettempdir()) / f"giaoban-e2e-{os.getpid()}-{page.name}.png"
        try:
            of.ask("screenshot", page=page.name, path=str(picture))
        except FirefoxError as error:
            print(f"{page.name}: no picture, {error}")  # noqa: T201 -- pytest shows it with the failure
        else:
            print(f"{page.name}: {picture}")  # noqa: T201 -- as above
