"""What a mail server can do to a message, and what becomes of the delivery."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest

from briefing.v1 import delivery_service_pb2 as pb2
from giaoban.rpc.status import from_call
from services.notify.app import running
from services.notify.channels.apart import InventedApart
from services.notify.channels.folder import FolderChannel
from services.notify.channels.smtp import Deadlines, SmtpChannel
from services.notify.config import parse_smtp_url
from services.notify.domain.model import ClaimedDelivery, DeliveryId, Fate, Outcome
from tests.integration.notify.conftest import Surroundings
from tests.integration.notify.doubles import MailServer, briefing_of, invitation_to, invitee_of, tell
from tests.integration.notify.waiting import listed, until_state

DELIVERY = ClaimedDelivery(
    id=DeliveryId("d1"),
    sender="giaoban@tinh.gov.vn",
    address="xa1@tinh.gov.vn",
    message_id="<m1@tinh.gov.vn>",
    content=b"From: giaoban@tinh.gov.vn\r\nTo: xa1@tinh.gov.vn\r\n\r\n.dot\r\nbody\r\n",
    attempt=1,
    expire_time=datetime(2026, 11, 24, tzinfo=UTC),
)


PATIENT = Deadlines(2.0, 5.0, 5.0)


async def try_once(mail: MailServer, deadlines: Deadlines = PATIENT, url: str = "") -> Outcome:
    lane = SmtpChannel(parse_smtp_url(url or mail.url), deadlines=deadlines).lane()
    try:
        return await lane.send(DELIVERY)
    finally:
        await lane.rest()


async def test_what_the_server_takes_is_accepted_byte_by_byte(mail: MailServer) -> None:
    outcome = await try_once(mail)

    assert outcome.fate is Fate.ACCEPTED
    [taken] = mail.taken
    assert (taken.sender, taken.recipients) == (DELIVERY.sender, [DELIVERY.address])
    assert taken.content == DELIVERY.content


@pytest.mark.parametrize(
    ("answer", "fate", "reason"),
    [
        ("451 4.7.1 greylisted", Fate.DEFERRED, "SMTP_451"),
        ("550 5.1.1 no such user", Fate.REFUSED, "SMTP_550"),
    ],
)
async def test_a_refused_recipient_is_final_or_not_as_the_server_says(
    mail: MailServer, answer: str, fate: Fate, reason: str
) -> None:
    mail.recipient_answer = lambda _address: answer

    outcome = await try_once(mail)

    assert (outcome.fate, outcome.reason) == (fate, reason)
    assert outcome.detail == answer[4:]
    assert mail.taken == []


@pytest.mark.parametrize(
    ("answer", "fate", "reason"),
    [
        ("452 disk full", Fate.DEFERRED, "SMTP_452"),
        ("554 looks like spam", Fate.DEFERRED, "SMTP_554"),
        ("554 5.6.0 odd", Fate.DEFERRED, "SMTP_554"),
        ("552 5.2.2 mailbox full", Fate.REFUSED, "SMTP_552"),
    ],
)
async def test_a_refused_message_is_final_or_not_as_the_server_says(
    mail: MailServer, answer: str, fate: Fate, reason: str
) -> None:
    mail.data_answer = lambda _address: answer

    outcome = await try_once(mail)

    assert (outcome.fate, outcome.reason) == (fate, reason)


async def test_a_line_cut_before_the_servers_word_leaves_the_fate_unknown(mail: MailServer) -> None:
    mail.drop_after_taking = True

    outcome = await try_once(mail)

    assert (outcome.fate, outcome.reason) == (Fate.LOST, "NO_ANSWER")
    assert len(mail.taken) == 1


async def test_a_server_that_never_answers_leaves_the_fate_unknown(mail: MailServer) -> None:
    mail.answer_after_seconds = 3.0

    outcome = await try_once(mail, Deadlines(1.0, 1.0, 0.3))

    assert (outcome.fate, outcome.reason) == (Fate.LOST, "NO_ANSWER")


async def test_a_connection_carries_many_messages_and_says_goodbye(mail: MailServer) -> None:
    lane = SmtpChannel(parse_smtp_url(mail.url), deadlines=PATIENT).lane()

    fates = [(await lane.send(DELIVERY)).fate for _ in range(5)]
    mail.recipient_answer = lambda _address: "550 5.1.1 no such user"
    refused = await lane.send(DELIVERY)
    mail.recipient_answer = lambda _address: "250 OK"
    fates.append((await lane.send(DELIVERY)).fate)
    await lane.rest()

    assert (set(fates), refused.fate) == ({Fate.ACCEPTED}, Fate.REFUSED)
    assert (mail.connections, mail.goodbyes) == (1, 1)
    [name] = set(mail.names)
    assert "." in name or name.startswith("[")
    assert "localhost" not in name


async def test_a_kept_connection_that_the_server_ended_is_made_anew(mail: MailServer) -> None:
    lane = SmtpChannel(parse_smtp_url(mail.url), deadlines=PATIENT).lane()
    await lane.send(DELIVERY)
    mail.cut()

    outcome = await lane.send(DELIVERY)
    await lane.rest()

    assert outcome.fate is Fate.ACCEPTED
    assert (len(mail.taken), mail.connections) == (2, 2)


async def test_a_sender_that_the_server_refuses_is_a_problem_of_ours(mail: MailServer) -> None:
    mail.sender_answer = "553 5.7.1 sender is not yours"

    outcome = await try_once(mail)

    assert (outcome.fate, outcome.reason, outcome.kind) == (Fate.HELD, "SMTP_553", "REFUSED")


async def test_mail_of_the_invented_province_stays_on_the_machine(mail: MailServer, tmp_path: Path) -> None:
    channel = InventedApart(FolderChannel(tmp_path), SmtpChannel(parse_smtp_url(mail.url), deadlines=PATIENT))
    lane = channel.lane()

    await lane.send(replace(DELIVERY, address="chu-tich@SonHa.example"))
    await lane.send(DELIVERY)
    await lane.rest()

    assert [taken.recipients for taken in mail.taken] == [[DELIVERY.address]]
    assert len(list(tmp_path.glob("*.eml"))) == 1  # noqa: ASYNC240  (nobody else waits)


async def test_no_server_is_a_reason_to_try_later(mail: MailServer) -> None:
    url = mail.url
    await mail.stop()

    outcome = await try_once(mail, url=url)

    assert (outcome.fate, outcome.reason, outcome.kind) == (Fate.HELD, "SMTP_UNREACHABLE", "UNREACHABLE")


async def test_a_wrong_password_is_mended_by_people_so_the_message_waits(mail: MailServer) -> None:
    mail.login = ("giaoban", "geheim")
    url = mail.url.replace("://", "://giaoban:{}@")

    refused = await try_once(mail, url=url.format("falsch"))
    taken = await try_once(mail, url=url.format("geheim"))

    assert (refused.fate, refused.reason, refused.kind) == (Fate.HELD, "SMTP_535", "SIGN_IN")
    assert taken.fate is Fate.ACCEPTED
    assert len(mail.taken) == 1


async def test_tls_that_is_required_and_not_offered_sends_nothing(mail: MailServer) -> None:
    outcome = await try_once(mail, url=f"{mail.url}?starttls=required")

    assert outcome.fate is Fate.HELD
    assert mail.taken == []


async def test_a_person_can_send_a_refused_message_again_with_the_same_bytes(around: Surroundings) -> None:
    around.mail.data_answer = lambda _address: "552 5.2.2 not today"
    _book(around)
    await tell(around.redis)

    async with running(around.settings):
        failed = await until_state(around, pb2.Delivery.STATE_FAILED)
        first = await around.deliveries().GetMessage(pb2.GetMessageRequest(name=failed.name))
        around.mail.data_answer = lambda _address: "250 OK"
        await around.deliveries().RetryDelivery(pb2.RetryDeliveryRequest(name=failed.name))
        sent = await until_state(around, pb2.Delivery.STATE_SENT)

    assert (failed.reason, failed.detail) == ("SMTP_552", "5.2.2 not today")
    assert (sent.name, sent.attempt_count) == (failed.name, 2)
    assert [mail.content for mail in around.mail.taken] == [first.content]


async def test_what_was_taken_cannot_be_sent_again(around: Surroundings) -> None:
    _book(around)
    await tell(around.redis)

    async with running(around.settings):
        sent = await until_state(around, pb2.Delivery.STATE_SENT)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await around.deliveries().RetryDelivery(pb2.RetryDeliveryRequest(name=sent.name))

    assert from_call(refused.value).reason == "DELIVERY_NOT_RETRYABLE"
    assert len(around.mail.taken) == 1


async def test_a_busy_server_gets_the_message_later(around: Surroundings) -> None:
    around.mail.recipient_answer = lambda _address: "451 busy"
    _book(around)
    await tell(around.redis)

    async with running(around.settings):
        waiting = await until_state(around, pb2.Delivery.STATE_PENDING, attempts=1)
        [still] = await listed(around)

    assert waiting.reason == "SMTP_451"
    assert still.attempt_count == 1
    assert around.mail.taken == []


def _book(around: Surroundings) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    around.briefings.put(briefing_of(start), [invitation_to(invitee_of(1))], datetime.now(UTC))
