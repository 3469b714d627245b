"""A mail address corrected in the directory: briefings ahead follow it, at once, once, and by a file only when confirmed."""

from dataclasses import replace
from datetime import date

import argon2
import pytest

from briefing.v1 import briefing_service_pb2
from giaoban.errors import FailedPrecondition, Unauthenticated
from giaoban.names import BriefingId, PersonId, PointId, UnitId, parse_briefing
from giaoban.principal import Grant, Principal
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.directory import Directory
from services.scheduler.domain.org_cases import OrgCases, org_cases
from services.scheduler.domain.passwords import Argon2Hasher
from services.scheduler.domain.readdressing import Readdressing
from tests.integration.scheduler.briefings.house import (
    COMMUNE_SECRETARY,
    NOTIFY,
    SECRETARY,
    House,
    refusal,
    tomorrow,
)

ADMIN = Principal("people/quan-tri", (Grant("administrator", "/"),))
Invitation = briefing_service_pb2.Invitation


def organisation(house: House) -> OrgCases:
    readdressing = Readdressing(house.store, house.clock, house.cases.changes)
    hasher = Argon2Hasher(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return org_cases(house.org, hasher, readdressing)


async def correct(house: House, point: str, email: str) -> None:
    async with house.org.reading() as reader:
        (before,) = await reader.points([PointId(point)])
    await organisation(house).organisation.update_point(ADMIN, replace(before, email=email), "")


async def told(house: House, name: str, revision: int) -> dict[str, tuple[int, int, bool]]:
    """Method, SEQUENCE and "an update?" by mailbox."""
    request = briefing_service_pb2.GetInvitationsRequest(name=name, revision=revision)
    found = await house.briefings(NOTIFY).GetInvitations(request)
    return {one.invitee.email: (one.method, one.sequence, one.update) for one in found.invitations}


async def revision_of(house: House, name: str) -> int:
    found = await house.briefings(SECRETARY).GetBriefing(briefing_service_pb2.GetBriefingRequest(name=name))
    return int(found.briefing.revision)


async def test_a_corrected_address_is_invited_the_old_one_called_off_and_its_link_void(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "points/diem-xa-2")
    over = await house.book("points/diem-xa-1", start=tomorrow(14))
    await house.briefings(SECRETARY).CancelBriefing(briefing_service_pb2.CancelBriefingRequest(name=over.name))
    old_link = await token_of(house, booked.name, "points/diem-xa-1")

    await correct(house, "diem-xa-1", "moi@example.vn")

    assert await told(house, booked.name, 2) == {
        "moi@example.vn": (Invitation.METHOD_REQUEST, 1, False),
        "diem-xa-1@example.vn": (Invitation.METHOD_CANCEL, 1, True),
    }
    assert await revision_of(house, over.name) == 2, "what is called off stays as it was"
    with pytest.raises(Unauthenticated):
        await house.cases.verifier.verify(old_link)
    assert await house.cases.verifier.verify(await token_of(house, booked.name, "points/diem-xa-1"))


async def test_what_is_no_other_address_tells_nobody(house: House) -> None:
    booked = await house.book("points/diem-xa-1")

    await correct(house, "diem-xa-1", "DIEM-XA-1@example.vn")
    await correct(house, "diem-xa-2", "khac@example.vn")

    assert await revision_of(house, booked.name) == 1


async def test_what_a_stop_left_undone_is_followed_at_the_next_start_and_once(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    async with house.org.changing() as writer:
        (before,) = await writer.points([PointId("diem-xa-1")])
        await writer.put_points([replace(before, email="moi@example.vn")])
    readdressing = Readdressing(house.store, house.clock, Changes())

    for _ in range(2):
        await readdressing.catch_up(Directory(house.org))

    assert await revision_of(house, booked.name) == 2
    assert "moi@example.vn" in await told(house, booked.name, 2)


async def test_a_file_says_how_many_mails_it_causes_and_many_are_asked_for_once(house: House) -> None:
    rows = "\n".join(f"point,diem-xa-{number},moi-{number}@example.vn" for number in (1, 2, 3))
    content = f"record,code,email\n{rows}\n".encode()
    names = [
        (await house.book("points/diem-xa-1", "points/diem-xa-2", "points/diem-xa-3", start=tomorrow(hour))).name
        for hour in (8, 9, 10, 11, 13, 14, 15)
    ]
    importing = organisation(house).importing

    checked = await importing.run(ADMIN, content, validate_only=True)
    with pytest.raises(FailedPrecondition) as asked:
        await importing.run(ADMIN, content)
    untouched = await revision_of(house, names[0])
    done = await importing.run(ADMIN, content, confirm_mails=True)
    again = await importing.run(ADMIN, content)

    assert (checked.readdressed_count, asked.value.reason, asked.value.metadata["count"]) == (
        21,
        "MAILS_NOT_CONFIRMED",
        "21",
    )
    assert (untouched, done.readdressed_count, again.readdressed_count) == (1, 21, 0)
    assert {await revision_of(house, name) for name in names} == {2}


async def token_of(house: House, name: str, subject: str) -> str:
    briefing = BriefingId(parse_briefing(name))
    async with house.store.reading() as reader:
        (invitee,) = await reader.invitees_of(briefing, [subject])
    path = house.cases.reading.invitation_path(invitee)
    return path.removeprefix("/join/")


async def test_links_that_came_into_wrong_hands_are_void_and_everyone_gets_a_new_one(house: House) -> None:
    booked = await house.book("points/diem-xa-1")
    stolen = await token_of(house, booked.name, "points/diem-xa-1")

    await house.briefings(SECRETARY).RevokeLinks(briefing_service_pb2.RevokeLinksRequest(name=booked.name))
    fresh = await token_of(house, booked.name, "points/diem-xa-1")

    assert fresh != stolen
    with pytest.raises(Unauthenticated):
        await house.cases.verifier.verify(stolen)
    found = await house.told(booked.name, 2)
    assert {(one.method, one.sequence, one.update) for one in found.invitations} == {
        (Invitation.METHOD_REQUEST, 0, True)
    }
    assert fresh in {one.invitee.join_path.removeprefix("/join/") for one in found.invitations}
    refused = await refusal(
        house.briefings(COMMUNE_SECRETARY).RevokeLinks(briefing_service_pb2.RevokeLinksRequest(name=booked.name))
    )
    assert refused[0] == "NO_PERMISSION"


async def test_who_will_have_left_is_named_with_who_follows_and_is_marked_for_reminders(house: House) -> None:
    booked = await house.book("points/diem-xa-1", "people/khach")
    async with house.org.changing() as writer:
        people = await writer.people([PersonId("thu-ky"), PersonId("khach")])
        await writer.put_people([replace(one, retired=True) for one in people])
    asked = briefing_service_pb2.GetBriefingRequest(name=booked.name)
    listing = briefing_service_pb2.ListInviteesRequest(parent=booked.name)

    leavers = (await house.briefings(SECRETARY).GetBriefing(asked)).leavers
    delegate = (await house.briefings(Principal("people/khach")).GetBriefing(asked)).leavers
    marked = {one.subject: one.left for one in (await house.briefings(NOTIFY).ListInvitees(listing)).invitees}
    seen = {one.left for one in (await house.briefings(SECRETARY).ListInvitees(listing)).invitees}

    assert {one.name: one.successor for one in leavers} == {"people/thu-ky": "people/thu-ky-2", "people/khach": ""}
    assert list(delegate) == []
    assert {subject for subject, left in marked.items() if left} == {"people/thu-ky", "people/khach"}
    assert seen == {False}


async def test_units_that_ended_are_followed_by_what_they_were_merged_into(house: House) -> None:
    async with house.org.changing() as writer:
        tree = await writer.tree()
        old = tree.get(UnitId("xa-1"))
        assert old is not None
        await writer.put_units(tree.put([replace(old, valid_to=date(2026, 11, 1), successor=UnitId("xa-2"))]))

    day = date(2026, 11, 24)
    rule = "rule:units/xa-1/children?kind=xã"
    found = await Directory(house.org).leavers(["units/xa-1", "points/diem-xa-1", rule, "points/diem-xa-3"], day)

    assert {one.name: one.successor for one in found} == {
        "units/xa-1": "units/xa-2",
        "points/diem-xa-1": "points/diem-xa-2",
        rule: "rule:units/xa-2/children?kind=xã",
    }
