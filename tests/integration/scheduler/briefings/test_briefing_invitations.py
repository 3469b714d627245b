"""Who is told what of which revision, and who may see and answer."""

from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from briefing.v1 import briefing_pb2, briefing_service_pb2, events_pb2
from giaoban.errors import Unauthenticated
from giaoban.principal import Grant, Principal
from giaoban.sql.outbox import OutboxRelay
from services.scheduler.store.briefing_events import STREAM
from services.scheduler.store.briefing_tables import outbox
from tests.integration.scheduler.briefings.house import (
    COMMUNE_SECRETARY,
    DELEGATE,
    NOTIFY,
    SECRETARY,
    House,
    refusal,
    tomorrow,
)

REQUEST = briefing_service_pb2.Invitation.METHOD_REQUEST
CANCEL = briefing_service_pb2.Invitation.METHOD_CANCEL
Get = briefing_service_pb2.GetBriefingRequest
Update = briefing_service_pb2.UpdateBriefingRequest
Respond = briefing_service_pb2.RespondInvitationRequest
ACCEPTED = briefing_pb2.PARTICIPATION_STATUS_ACCEPTED


async def change(house: House, briefing: briefing_pb2.Briefing) -> briefing_pb2.Briefing:
    return (await house.briefings(SECRETARY).UpdateBriefing(Update(briefing=briefing))).briefing


async def test_the_invitations_of_a_booking_carry_all_that_a_mail_needs(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "people/khach")

    told = await house.told(booked.name, 1)

    by_subject = {one.invitee.subject: one for one in told.invitations}
    assert set(by_subject) == {"points/diem-xa-1", "people/khach", "people/chu-tich", "people/thu-ky"}
    assert {one.method for one in told.invitations} == {REQUEST}
    assert {one.sequence for one in told.invitations} == {0}
    assert by_subject["people/khach"].language == "en"
    assert by_subject["points/diem-xa-1"].language == "vi"
    assert by_subject["points/diem-xa-1"].invitee.email == "diem-xa-1@example.vn"
    assert by_subject["points/diem-xa-1"].invitee.join_path.startswith("/join/i")
    assert told.organizer_email == "giaoban@tinh.example.vn"
    assert told.briefing.uid == booked.uid
    assert told.revision_time.ToSeconds() == int(house.clock.now().timestamp())
    assert told.latest_revision == 1


async def test_a_revision_is_told_as_it_was_after_it_was_changed(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    booked.title = "Họp đột xuất"
    booked.start_time.FromDatetime(tomorrow(15))
    await change(house, booked)

    first, second = await house.told(booked.name, 1), await house.told(booked.name, 2)

    assert (first.briefing.title, first.latest_revision) == ("Giao ban tuần", 2)
    assert (second.briefing.title, second.briefing.sequence) == ("Họp đột xuất", 1)
    assert {(one.sequence, one.update) for one in second.invitations} == {(1, True)}
    assert second.revision_time.ToSeconds() > first.revision_time.ToSeconds()
    assert second.organizer_email == first.organizer_email


async def test_who_is_removed_and_invited_again_gets_a_cancel_and_a_higher_request(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "points/diem-xa-2")
    old_link = {one.invitee.subject: one for one in (await house.told(booked.name, 1)).invitations}[
        "points/diem-xa-2"
    ].invitee.join_path
    del booked.attendees[1]
    removed = await change(house, booked)
    with pytest.raises(Unauthenticated, match="LINK_INVALID"):
        await house.cases.verifier.verify(old_link.removeprefix("/join/"))
    removed.attendees.add(name="points/diem-xa-2")
    await change(house, removed)

    second, third = await house.told(booked.name, 2), await house.told(booked.name, 3)

    (cancel,), (request,) = second.invitations, third.invitations
    assert (cancel.method, cancel.sequence, cancel.whole_briefing) == (CANCEL, 1, False)
    assert (request.method, request.sequence) == (REQUEST, 2)
    assert request.invitee.name == cancel.invitee.name
    assert cancel.invitee.join_path == ""
    with pytest.raises(Unauthenticated, match="LINK_INVALID"):
        await house.cases.verifier.verify(old_link.removeprefix("/join/"))


async def test_a_cancelled_briefing_is_told_to_everyone(house: House) -> None:
    booked = await house.book()
    cancel = briefing_service_pb2.CancelBriefingRequest(name=booked.name, reason="Bão số 9")
    await house.briefings(SECRETARY).CancelBriefing(cancel)

    told = await house.told(booked.name, 2)

    assert {(one.method, one.sequence, one.whole_briefing) for one in told.invitations} == {(CANCEL, 1, True)}
    assert told.briefing.cancel_reason == "Bão số 9"


async def test_only_our_services_read_invitations(house: House) -> None:
    booked = await house.book()
    request = briefing_service_pb2.GetInvitationsRequest(name=booked.name, revision=1)

    refused = await refusal(house.briefings(SECRETARY).GetInvitations(request))
    request.revision = 7
    unknown = await refusal(house.briefings(NOTIFY).GetInvitations(request))

    assert (refused[0], unknown[0]) == ("NO_PERMISSION", "UNKNOWN_BRIEFING")


async def test_events_reach_the_stream_with_the_ids_only(house: House, redis: Redis) -> None:
    booked = await house.book()
    relay = OutboxRelay(house.engine, outbox, redis, STREAM, clock=house.clock)

    relayed, again = await relay.relay_once(), await relay.relay_once()

    entries: Any = await redis.xrange(STREAM)
    ((_, fields),) = entries
    event = events_pb2.BriefingEvent.FromString(fields[b"payload"])
    assert (relayed, again) == (1, 0)
    assert fields[b"key"].decode() == event.key
    assert (event.kind, event.briefing, event.revision) == (events_pb2.BriefingEvent.KIND_BOOKED, booked.name, 1)


async def test_a_briefing_is_seen_by_those_it_concerns_and_nobody_else(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "people/khach")
    guest = Principal("people/khach")
    holder = await house.link_holder(booked.name, "points/diem-xa-1")

    for caller in (SECRETARY, COMMUNE_SECRETARY, guest, holder, NOTIFY):
        assert (await house.briefings(caller).GetBriefing(Get(name=booked.name))).briefing.uid == booked.uid
        listed = await house.briefings(caller).ListBriefings(briefing_service_pb2.ListBriefingsRequest())
        assert [one.name for one in listed.briefings] == [booked.name]
    stranger = await refusal(house.briefings(DELEGATE).GetBriefing(Get(name=booked.name)))
    unseen = await house.briefings(DELEGATE).ListBriefings(briefing_service_pb2.ListBriefingsRequest())

    assert stranger[0] == "UNKNOWN_BRIEFING"
    assert list(unseen.briefings) == []


async def test_the_holder_of_a_link_sees_no_other_briefing(house: House) -> None:
    first = await house.book(start=tomorrow(9))
    second = await house.book(start=tomorrow(10))
    holder = await house.link_holder(first.name, "points/diem-xa-1")

    refused = await refusal(house.briefings(holder).GetBriefing(Get(name=second.name)))

    assert refused[0] == "UNKNOWN_BRIEFING"


async def test_addresses_and_links_are_shown_to_those_who_lead_only(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "people/khach")
    holder = await house.link_holder(booked.name, "points/diem-xa-1")

    leading, holding = await house.invitees(booked.name), await house.invitees(booked.name, holder)

    assert all(one.join_path for one in leading.values())
    assert not any(one.join_path for one in holding.values())
    assert holding["people/khach"].email == ""
    assert holding["points/diem-xa-1"].email == "diem-xa-1@example.vn"


async def test_an_answer_is_kept_until_the_briefing_is_moved(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    holder = await house.link_holder(booked.name, "points/diem-xa-1")
    answer = Respond(name=holder.subject, status=ACCEPTED, comment="Đủ thành phần")
    await house.briefings(holder).RespondInvitation(answer)
    booked.title = "Giao ban đầu tuần"
    text_changed = await change(house, booked)
    kept = (await house.invitees(booked.name))["points/diem-xa-1"]
    text_changed.start_time.FromDatetime(tomorrow(14))
    await change(house, text_changed)
    forgotten = (await house.invitees(booked.name))["points/diem-xa-1"]

    assert (kept.status, kept.comment) == (ACCEPTED, "Đủ thành phần")
    assert forgotten.status == briefing_pb2.PARTICIPATION_STATUS_NEEDS_ACTION
    assert forgotten.name == kept.name


async def test_nobody_answers_for_another_but_the_secretary(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "people/khach")
    name = (await house.invitees(booked.name))["people/khach"].name
    holder = await house.link_holder(booked.name, "points/diem-xa-1")
    answer = Respond(name=name, status=ACCEPTED)

    refused = await refusal(house.briefings(holder).RespondInvitation(answer))
    by_telephone = await house.briefings(SECRETARY).RespondInvitation(answer)
    delegated = await refusal(
        house.briefings(SECRETARY).RespondInvitation(
            Respond(name=name, status=briefing_pb2.PARTICIPATION_STATUS_DELEGATED)
        )
    )
    none = await refusal(house.briefings(SECRETARY).RespondInvitation(Respond(name=name)))

    assert refused[0] == "NO_PERMISSION"
    assert by_telephone.invitee.status == ACCEPTED
    assert delegated == ("BAD_FIELD", {"field": "comment"})
    assert none == ("BAD_FIELD", {"field": "status"})


async def test_a_link_dies_24_hours_after_the_end(house: House) -> None:
    booked = await house.book()
    invitation = (await house.told(booked.name, 1)).invitations[-1]
    token = invitation.invitee.join_path.removeprefix("/join/")

    name, expires = await house.cases.verifier.verify(token)
    house.advance_to(expires - timedelta(seconds=1))
    still = await house.cases.verifier.verify(token)
    house.advance_to(expires)

    assert name == invitation.invitee.name
    assert expires == tomorrow(10) + timedelta(hours=24)
    assert still == (name, expires)
    with pytest.raises(Unauthenticated, match="LINK_EXPIRED"):
        await house.cases.verifier.verify(token)
    with pytest.raises(Unauthenticated, match="LINK_INVALID"):
        await house.cases.verifier.verify(token[:-1] + ("A" if token[-1] != "A" else "B"))


async def test_lists_go_on_where_the_page_before_ended(house: House) -> None:
    names = [(await house.book(start=tomorrow(hour))).name for hour in (8, 9, 10)]
    listing = house.briefings(SECRETARY).ListBriefings
    request = briefing_service_pb2.ListBriefingsRequest(page_size=2)

    first = await listing(request)
    request.page_token = first.next_page_token
    second = await listing(request)
    bad = await refusal(listing(briefing_service_pb2.ListBriefingsRequest(page_token="?!")))
    window = briefing_service_pb2.ListBriefingsRequest()
    window.end_after_time.FromDatetime(tomorrow(9))
    window.start_before_time.FromDatetime(tomorrow(10))
    within = await listing(window)

    assert [one.name for one in (*first.briefings, *second.briefings)] == names
    assert second.next_page_token == ""
    assert bad == ("BAD_FIELD", {"field": "page_token"})
    assert [one.name for one in within.briefings] == [names[1]]


async def test_a_list_is_short_unless_everything_is_asked_for(house: House) -> None:
    booked = await house.book(notes="Chuẩn bị báo cáo")
    listing = house.briefings(SECRETARY).ListBriefings

    [short] = (await listing(briefing_service_pb2.ListBriefingsRequest())).briefings
    full = briefing_service_pb2.ListBriefingsRequest(view=briefing_service_pb2.BRIEFING_VIEW_FULL)
    [whole] = (await listing(full)).briefings

    assert (short.title, short.notes, list(short.agenda), list(short.attendees)) == (booked.title, "", [], [])
    assert whole == booked


async def test_a_chair_by_role_conducts_below_its_unit_only(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    chair_of_commune = Principal("people/x", (Grant("chair", "/tinh/huyen/xa-1/"),))
    house.advance_to(tomorrow(9))

    refused = await refusal(
        house.briefings(chair_of_commune).EndBriefing(briefing_service_pb2.EndBriefingRequest(name=booked.name))
    )

    assert refused[0] == "NO_PERMISSION"
