"""Messages of unknown fate, settled by a real IMAP server that got the copies."""

import asyncio
import imaplib
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from giaoban.child import bound_to_parent
from giaoban.errors import InvalidArgument, Unavailable
from giaoban.testing.fixtures import eventually
from services.notify.channels.archive import ImapArchive
from services.notify.channels.smtp import SmtpChannel
from services.notify.config import parse_archive_url, parse_smtp_url
from services.notify.domain.model import DeliveryQuery, Fate, Outcome, State, Verdict
from services.notify.domain.settling import Settler
from tests.integration.notify.doubles import MailServer
from tests.integration.notify.ledger import Ledger
from tests.integration.notify.test_smtp import DELIVERY
from tests.unit.notify.facts import CHAIR, NOW, POINT, batch_of, request_to

USER, PASSWORD = "archive@tinh.gov.vn", "mat-khau"
LOST = Outcome(Fate.LOST, "NO_ANSWER")


@dataclass(frozen=True)
class Imap:
    """A mailbox that a test puts messages into."""

    port: int

    @property
    def url(self) -> str:
        return f"imap://archive%40tinh.gov.vn:{PASSWORD}@127.0.0.1:{self.port}/INBOX"

    def put(self, *message_ids: str) -> None:
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.login(USER, PASSWORD)
            for each in message_ids:
                client.append("INBOX", "", "", f"Message-ID: {each}\r\nSubject: m\r\n\r\nm\r\n".encode())


@pytest_asyncio.fixture
async def imap() -> AsyncIterator[Imap]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("pymap")), "--host", "127.0.0.1", "--port", str(port), "--no-tls"]
    command += ["dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD]
    process = await asyncio.create_subprocess_exec(*bound_to_parent(command), stderr=asyncio.subprocess.DEVNULL)
    try:
        await eventually(lambda: asyncio.to_thread(_answers, port), seconds=30)
        yield Imap(port)
    finally:
        process.kill()
        await process.wait()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def settler(ledger: Ledger, imap: Imap) -> Settler:
    archive = ImapArchive(parse_archive_url(imap.url))
    return Settler(ledger.books, ledger.outbox, archive, ledger.clock, holding=ledger.holding, wake=lambda: None)


async def doubtful(ledger: Ledger) -> tuple[str, str]:
    """One message is taken, the next is of unknown fate; answers their ids."""
    await ledger.record(batch_of(request_to(CHAIR), request_to(POINT)))
    ids = []
    for outcome in (Outcome(Fate.ACCEPTED), LOST):
        claimed = await ledger.outbox.claim(ledger.clock.now())
        assert claimed is not None
        ids.append(claimed.message_id)
        state = State.SENT if outcome.fate is Fate.ACCEPTED else State.UNKNOWN
        await ledger.outbox.settle(claimed.id, Verdict(state, outcome.reason), ledger.clock.now())
        ledger.clock.advance(1)
    ledger.clock.advance(300)
    return ids[0], ids[1]


async def test_what_is_in_the_archive_was_taken(ledger: Ledger, imap: Imap) -> None:
    taken, lost = await doubtful(ledger)
    await asyncio.to_thread(imap.put, taken, lost)

    assert await settler(ledger, imap).look() == (1, 0)
    assert set(await ledger.states()) == {State.SENT}


async def test_what_is_not_there_goes_out_again_with_the_same_bytes(ledger: Ledger, imap: Imap) -> None:
    taken, lost = await doubtful(ledger)
    await asyncio.to_thread(imap.put, taken)

    assert await settler(ledger, imap).look() == (0, 1)
    again = await ledger.outbox.claim(ledger.clock.now())

    assert again is not None
    assert (again.message_id, again.attempt) == (lost, 2)


async def test_an_archive_without_what_was_taken_before_says_nothing(ledger: Ledger, imap: Imap) -> None:
    await doubtful(ledger)

    assert await settler(ledger, imap).look() == (0, 0)
    assert State.UNKNOWN in await ledger.states()


@pytest.mark.parametrize("reason", ["RESTORED", "INTERNAL_ERROR"])
async def test_what_only_a_person_may_repeat_is_left_alone(ledger: Ledger, reason: str) -> None:
    await ledger.record(batch_of(request_to(POINT)))
    claimed = await ledger.outbox.claim(ledger.clock.now())
    assert claimed is not None
    await ledger.outbox.settle(claimed.id, Verdict(State.UNKNOWN, reason), NOW)

    assert await ledger.books.doubtful(NOW + timedelta(hours=1), 10) == []


async def test_an_archive_that_is_away_settles_nothing(ledger: Ledger, imap: Imap) -> None:
    await doubtful(ledger)

    with pytest.raises(Unavailable, match="ARCHIVE_AWAY"):
        await settler(ledger, replace(imap, port=1)).look()
    [newest, _] = await ledger.books.find(DeliveryQuery(None))
    assert newest.state in (State.UNKNOWN, State.SENT)


async def test_each_message_goes_to_the_archive_too_and_its_refusal_keeps_none_back(mail: MailServer) -> None:
    lane = SmtpChannel(parse_smtp_url(mail.url), archive=USER).lane()
    mail.recipient_answer = lambda address: "552 5.2.2 full" if address == USER and len(mail.taken) else "250 OK"

    outcomes = [await lane.send(DELIVERY), await lane.send(replace(DELIVERY, message_id="<m2@tinh.gov.vn>"))]
    await lane.rest()

    assert [one.fate for one in outcomes] == [Fate.ACCEPTED] * 2
    assert [one.recipients for one in mail.taken] == [[DELIVERY.address, USER], [DELIVERY.address]]


def test_the_address_of_the_archive_says_what_is_wrong_with_it() -> None:
    found = parse_archive_url("imaps://u:p%40ss@imap.tinh.gov.vn/Luu%20tru?address=luu@tinh.gov.vn")
    assert (found.port, found.tls, found.folder, found.address) == (993, True, "Luu tru", "luu@tinh.gov.vn")
    for url in (
        "imap://u:p@imap.tinh.gov.vn",
        "imaps://imap.tinh.gov.vn",
        "imaps://u:p@imap.tinh.gov.vn",
        "http://u@h",
    ):
        with pytest.raises(InvalidArgument, match="GIAOBAN_ARCHIVE_IMAP_URL") as refused:
            parse_archive_url(url)
        assert "p@" not in refused.value.message
