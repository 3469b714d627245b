"""What a mail server can do to a message, and what becomes of the delivery."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest

from briefing.v1 import delivery_service_pb2 as pb2
from giaoban.rpc.status import from_call
from services.notify.app import running
from services.notify.channels.smtp import SmtpChannel
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


async def try_once(mail: MailServer, timeout_seconds: float = 5.0) -> Outcome:
    return await SmtpChannel(parse_smtp_url(mail.url), timeout_seconds).send(DELIVERY)


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
    [("452 disk full", Fate.DEFERRED, "SMTP_452"), ("554 looks like spam", Fate.REFUSED, "SMTP_554")],
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

    outcome = await try_once(mail, timeout_seconds=0.3)

    assert (outcome.fate, outcome.reason) == (Fate.LOST, "NO_ANSWER")


async def test_no_server_is_a_reason_to_try_later(mail: MailServer) -> None:
    url = mail.url
    await mail.stop()

    outcome = await SmtpChannel(parse_smtp_url(url), 2.0).send(DELIVERY)

    assert (outcome.fate, outcome.reason) == (Fate.DEFERRED, "SMTP_UNREACHABLE")


async def test_a_wrong_password_is_mended_by_people_so_the_message_waits(mail: MailServer) -> None:
    mail.login = ("giaoban", "geheim")
    url = mail.url.replace("://", "://giaoban:{}@")

    refused = await SmtpChannel(parse_smtp_url(url.format("falsch")), 5.0).send(DELIVERY)
    taken = await SmtpChannel(parse_smtp_url(url.format("geheim")), 5.0).send(DELIVERY)

    assert (refused.fate, refused.reason) == (Fate.DEFERRED, "SMTP_535")
    assert taken.fate is Fate.ACCEPTED
    assert len(mail.taken) == 1


async def test_tls_that_is_required_and_not_offered_sends_nothing(mail: MailServer) -> None:
    outcome = await SmtpChannel(parse_smtp_url(f"{mail.url}?starttls=required"), 5.0).send(DELIVERY)

    assert outcome.fate is Fate.DEFERRED
    assert mail.taken == []


async def test_a_person_can_send_a_refused_message_again_with_the_same_bytes(around: Surroundings) -> None:
    around.mail.data_answer = lambda _address: "554 not today"
    _book(around)
    await tell(around.redis)

    async with running(around.settings):
        failed = await until_state(around, pb2.Delivery.STATE_FAILED)
        first = await around.deliveries().GetMessage(pb2.GetMessageRequest(name=failed.name))
        around.mail.data_answer = lambda _address: "250 OK"
        await around.deliveries().RetryDelivery(pb2.RetryDeliveryRequest(name=failed.name))
        sent = await until_state(around, pb2.Delivery.STATE_SENT)

    assert (failed.reason, failed.detail) == ("SMTP_554", "not today")
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
