"""One running house with a mail server behind it, shared by the tests that do not stop it."""

from collections.abc import Iterator

import pytest

from giaoban.config import ROLES, Settings
from tests.e2e.house import House
from tests.e2e.mailbox import Mailbox
from tests.e2e.namespace import Neighbour, neighbour
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


@pytest.fixture(scope="session")
def pc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbour]:
    """A computer beside this one."""
    with neighbour(tmp_path_factory.mktemp("beside") / "pc") as beside:
        yield beside


@pytest.fixture(scope="session")
def lan_house(tmp_path_factory: pytest.TempPathFactory, pc: Neighbour, mailbox: Mailbox) -> Iterator[House]:
    """A house that serves that computer over HTTPS, with a certificate of `giaoban cert` that it trusts."""
    home = tmp_path_factory.mktemp("lan") / "var"
    settings = {
        "GIAOBAN_TLS_CERT": str(home / "tls" / "server.pem"),
        "GIAOBAN_TLS_KEY": str(home / "tls" / "server.key"),
        "GIAOBAN_MEDIA_ADDRESSES": pc.server,
        "GIAOBAN_MEDIA_WORKERS": "1",
        "GIAOBAN_SMTP_URL": mailbox.url,
    }
    house = House(home, settings, host=pc.server)
    # A house that has keys is not new and gets no demonstration province, which nobody looks at here.
    Settings.load(house.environment).key_folder().make_all(ROLES)
    house.run("cert", pc.server)
    house.start()
    try:
        settle(house)
        assert house.authority
        pc.trust(house.authority)
        yield house
    finally:
        house.stop()
