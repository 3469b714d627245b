"""From a fact on the stream to a message at the mail server."""

from datetime import UTC, datetime, timedelta
from functools import partial

import grpc
import pytest

from briefing.v1 import delivery_service_pb2 as pb2
from briefing.v1 import events_pb2
from giaoban.principal import Grant, Principal
from giaoban.rpc.status import from_call
from giaoban.testing.fixtures import eventually
from services.notify.app import running
from services.notify.consumers.invitations import STREAM
from tests.integration.notify.conftest import Surroundings
from tests.integration.notify.doubles import CANCEL, REQUEST, briefing_of, invitation_to, invitee_of, tell
from tests.integration.notify.waiting import listed, until, until_read, until_state

CHANGED = events_pb2.BriefingEvent.KIND_CHANGED
CANCELLED = events_pb2.BriefingEvent.KIND_CANCELLED


async def _went_out(around: Surroundings, count: int) -> bool:
    return len(await listed(around, pb2.Delivery.STATE_SENT)) == count


def soon() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)


async def test_everyone_invited_gets_one_message_however_often_the_fact_comes(around: Surroundings) -> None:
    people = [invitee_of(1), invitee_of(2), invitee_of(3, email="")]
    around.briefings.put(briefing_of(soon()), [invitation_to(one) for one in people], datetime.now(UTC))
    await tell(around.redis)
    await tell(around.redis)

    async with running(around.settings):
        await eventually(lambda: len(around.mail.taken) == 2)
        await tell(around.redis)
        await until_read(around)
        await until(lambda: _went_out(around, 2))
        states = {one.display_name: pb2.Delivery.State.Name(one.state) for one in await listed(around)}

    assert around.mail.count_by_recipient() == {"xa1@tinh.gov.vn": 1, "xa2@tinh.gov.vn": 1}
    assert {mail.sender for mail in around.mail.taken} == {around.settings.mail_sender.address}
    assert states == {
        "Điểm cầu xã số 1": "STATE_SENT",
        "Điểm cầu xã số 2": "STATE_SENT",
        "Điểm cầu xã số 3": "STATE_NO_ADDRESS",
    }


async def test_the_bytes_at_the_server_are_the_bytes_in_the_log(around: Surroundings) -> None:
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(1))], datetime.now(UTC))
    await tell(around.redis)

    async with running(around.settings):
        await eventually(lambda: len(around.mail.taken) == 1)
        [delivery] = await listed(around)
        shown = await around.deliveries().GetMessage(pb2.GetMessageRequest(name=delivery.name))

    assert shown.content == around.mail.taken[0].content
    assert "https://giaoban.tinh.gov.vn/join/i1.c2lnbmVk" in shown.html
    assert "Giao ban tuần 48" in shown.text
    assert around.mail.taken[0].message["Subject"] == delivery.subject


async def test_a_change_that_comes_before_the_first_message_went_out_takes_its_place(around: Surroundings) -> None:
    around.mail.recipient_answer = lambda _address: "451 busy"
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(1))], datetime.now(UTC))
    await tell(around.redis)

    async with running(around.settings):
        await until_state(around, pb2.Delivery.STATE_PENDING, attempts=1)
        around.mail.recipient_answer = lambda _address: "250 OK"
        moved = briefing_of(soon() + timedelta(hours=1), revision=2)
        around.briefings.put(moved, [invitation_to(invitee_of(1), sequence=1)], datetime.now(UTC))
        await tell(around.redis, 2, CHANGED)
        await eventually(lambda: len(around.mail.taken) == 1)
        await until_state(around, pb2.Delivery.STATE_SENT)
        found = {one.revision: one for one in await listed(around)}

    assert found[1].state == pb2.Delivery.STATE_SUPERSEDED
    assert found[2].state == pb2.Delivery.STATE_SENT
    assert found[2].purpose == pb2.Delivery.PURPOSE_INVITATION


async def test_invited_changed_and_called_off_makes_three_messages_in_that_order(around: Surroundings) -> None:
    start = soon()
    async with running(around.settings):
        for revision, method in ((1, REQUEST), (2, REQUEST), (3, CANCEL)):
            invitation = invitation_to(invitee_of(1), method, revision - 1)
            around.briefings.put(
                briefing_of(start + timedelta(hours=revision), revision), [invitation], datetime.now(UTC)
            )
            await tell(around.redis, revision, CANCELLED if method == CANCEL else CHANGED)
            await until(partial(_sent, around, revision))

    calendars = [
        next(part for part in mail.message.walk() if part.get_content_type() == "text/calendar").get_content()
        for mail in around.mail.taken
    ]
    assert [_line(text, "METHOD") for text in calendars] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [_line(text, "SEQUENCE") for text in calendars] == ["0", "1", "2"]
    assert len({_line(text, "UID") for text in calendars}) == 1
    assert [_line(text, "DTSTAMP") for text in calendars] == sorted({_line(text, "DTSTAMP") for text in calendars})


async def test_while_the_scheduler_is_away_facts_wait(around: Surroundings) -> None:
    around.briefings.away = True
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(1))], datetime.now(UTC))
    await tell(around.redis)

    async with running(around.settings):
        await until_read(around)
        assert around.mail.taken == []
        around.briefings.away = False
        await eventually(lambda: len(around.mail.taken) == 1)


async def test_an_entry_that_is_none_of_ours_ends_among_the_dead_and_holds_nobody_up(around: Surroundings) -> None:
    await around.redis.xadd(STREAM, {"no": "fields of ours"})
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(1))], datetime.now(UTC))
    await tell(around.redis)

    async with running(around.settings):
        await eventually(lambda: len(around.mail.taken) == 1)

    assert await around.redis.xlen(f"{STREAM}.dead") == 1


async def test_without_a_mail_server_messages_become_files(around: Surroundings) -> None:
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(1))], datetime.now(UTC))
    await tell(around.redis)
    folder = around.settings.home / "mail"

    async with running(around.settings.model_copy(update={"smtp_url": ""})):
        await eventually(lambda: len(list(folder.glob("*.eml"))) == 1)
        await until_state(around, pb2.Delivery.STATE_SENT)
        [delivery] = await listed(around)
        shown = await around.deliveries().GetMessage(pb2.GetMessageRequest(name=delivery.name))

    [path] = list(folder.iterdir())
    assert path.read_bytes() == shown.content
    assert path.stat().st_mode & 0o077 == 0


async def test_pages_follow_each_other_without_gap_or_repeat(around: Surroundings) -> None:
    people = [invitation_to(invitee_of(number)) for number in range(7)]
    around.briefings.put(briefing_of(soon()), people, datetime.now(UTC))
    await tell(around.redis)

    async with running(around.settings):
        await eventually(lambda: len(around.mail.taken) == 7)
        names: list[str] = []
        token = ""
        for _ in range(3):
            request = pb2.ListDeliveriesRequest(page_size=3, page_token=token, briefing="briefings/b1")
            page = await around.deliveries().ListDeliveries(request)
            names += [one.name for one in page.deliveries]
            token = page.next_page_token

    assert token == ""
    assert len(names) == len(set(names)) == 7
    assert names == sorted(names, reverse=True)


async def test_a_secretary_sees_the_mails_of_the_own_subtree_only(around: Surroundings) -> None:
    stranger = Principal("people/xa", (Grant("secretary", "/tinh/huyen-a/"),))
    administrator = Principal("people/admin", (Grant("administrator", "/tinh/"),))
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(1))], datetime.now(UTC))
    await tell(around.redis)

    async with running(around.settings):
        await eventually(lambda: len(around.mail.taken) == 1)
        [delivery] = await listed(around)
        theirs = await around.deliveries(stranger).ListDeliveries(pb2.ListDeliveriesRequest())
        above = await around.deliveries(administrator).ListDeliveries(pb2.ListDeliveriesRequest())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await around.deliveries(stranger).GetMessage(pb2.GetMessageRequest(name=delivery.name))

    assert list(theirs.deliveries) == []
    assert [one.name for one in above.deliveries] == [delivery.name]
    assert from_call(refused.value).reason == "UNKNOWN_DELIVERY"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (pb2.ListDeliveriesRequest(page_token="../x"), "BAD_PAGE_TOKEN"),
        (pb2.ListDeliveriesRequest(page_size=-1), "BAD_FIELD"),
        (pb2.ListDeliveriesRequest(briefing="b1"), "BAD_NAME"),
        (pb2.ListDeliveriesRequest(states=[pb2.Delivery.STATE_UNSPECIFIED]), "BAD_FIELD"),
    ],
)
async def test_a_wrong_question_gets_the_reason(
    around: Surroundings, request_: pb2.ListDeliveriesRequest, reason: str
) -> None:
    async with running(around.settings):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await around.deliveries().ListDeliveries(request_)

    assert from_call(refused.value).reason == reason


async def _sent(around: Surroundings, count: int) -> bool:
    return len(await listed(around, pb2.Delivery.STATE_SENT)) == count


def _line(calendar: str, name: str) -> str:
    [value] = [line.partition(":")[2] for line in calendar.splitlines() if line.startswith(f"{name}:")]
    return value


async def test_who_was_not_told_is_named_and_told_as_the_briefing_stands_today(around: Surroundings) -> None:
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(n)) for n in (1, 2)], datetime.now(UTC))

    async with running(around.settings):
        await eventually(lambda: len(around.mail.taken) == 2)
        around.briefings.invitees["briefings/b1"].append(invitee_of(3))
        untold = await around.deliveries().GetTelling(pb2.GetTellingRequest(briefing="briefings/b1"))
        around.briefings.put(
            briefing_of(soon(), revision=2),
            [invitation_to(invitee_of(n), sequence=0) for n in (1, 2, 3)],
            datetime.now(UTC),
        )
        await around.deliveries().TellBriefing(pb2.TellBriefingRequest(briefing="briefings/b1"))
        await eventually(lambda: around.mail.count_by_recipient()["xa3@tinh.gov.vn"] == 1)
        told = await around.deliveries().GetTelling(pb2.GetTellingRequest(briefing="briefings/b1"))

    assert (list(untold.untold_names), list(told.untold_names)) == (["Điểm cầu xã số 3"], [])


async def test_a_server_that_is_away_is_one_problem_and_mail_goes_on_by_itself(around: Surroundings) -> None:
    around.mail.sender_answer = "550 5.7.1 sender is not yours"
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(n)) for n in range(5)], datetime.now(UTC))
    await tell(around.redis)

    async with running(around.settings):

        async def shown() -> bool:
            status = await around.deliveries().GetMailStatus(pb2.GetMailStatusRequest())
            return status.problem.kind == pb2.MailProblem.KIND_REFUSED and status.waiting_count == 5

        await until(shown)
        around.mail.sender_answer = "250 OK"
        await eventually(lambda: len(around.mail.taken) == 5, seconds=20)
        status = await around.deliveries().GetMailStatus(pb2.GetMailStatusRequest())

    assert not status.HasField("problem")


async def test_many_that_failed_for_one_reason_are_sent_again_at_once(around: Surroundings) -> None:
    around.mail.recipient_answer = lambda _address: "550 5.1.1 user unknown"
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(n)) for n in range(4)], datetime.now(UTC))
    await tell(around.redis)

    async with running(around.settings):
        await until(lambda: _failed(around, 4))
        around.mail.recipient_answer = lambda _address: "250 OK"
        request = pb2.RetryDeliveriesRequest(briefing="briefings/b1", reason="SMTP_550", validate_only=True)
        counted = (await around.deliveries().RetryDeliveries(request)).count
        request.validate_only = False
        retried = (await around.deliveries().RetryDeliveries(request)).count
        await eventually(lambda: len(around.mail.taken) == 4)

    assert (counted, retried) == (4, 4)


async def test_nothing_is_sent_again_to_an_address_that_was_corrected_a_moment_ago(around: Surroundings) -> None:
    around.mail.recipient_answer = lambda _address: "550 5.1.1 user unknown"
    around.briefings.put(briefing_of(soon()), [invitation_to(invitee_of(n)) for n in (1, 2)], datetime.now(UTC))
    await tell(around.redis)

    async with running(around.settings):
        await until(lambda: _failed(around, 2))
        around.mail.recipient_answer = lambda _address: "250 OK"
        mended = invitee_of(1, email="mended@tinh.gov.vn")  # the fact of it has not come yet
        around.briefings.invitees["briefings/b1"] = [mended, invitee_of(2)]
        old = next(one for one in await listed(around) if one.address == "xa1@tinh.gov.vn")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await around.deliveries().RetryDelivery(pb2.RetryDeliveryRequest(name=old.name))
        retried = (await around.deliveries().RetryDeliveries(pb2.RetryDeliveriesRequest())).count
        await eventually(lambda: len(around.mail.taken) == 1)

    assert from_call(refused.value).reason == "DELIVERY_NOT_RETRYABLE"
    assert (retried, [mail.recipients for mail in around.mail.taken]) == (1, [["xa2@tinh.gov.vn"]])


async def _failed(around: Surroundings, count: int) -> bool:
    return len(await listed(around, pb2.Delivery.STATE_FAILED)) == count
