"""One running house with a mail server behind it, shared by the tests that do not stop it."""

from collections.abc import Iterator

import pytest

from tests.e2e.house import House
from tests.e2e.mailbox import Mailbox
from tests.e2e.story import settle


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """A real SMTP server."""
    with Mailbox() as box:
        yield box


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[House]:
    """`giaoban up` with the invented province and, beside it, the organisation of the tests."""
    running = House(tmp_path_factory.mktemp("house") / "var", {"GIAOBAN_SMTP_URL": mailbox.url})
    running.start()
    try:
        settle(running)
        yield running
    finally:
        running.stop()
