from dataclasses import replace
from datetime import UTC

import pytest

from briefing.v1 import credential_service_pb2 as pb
from briefing.v1 import org_pb2, org_service_pb2
from giaoban.principal import Grant, Principal
from services.scheduler.domain.people import Person
from tests.integration.scheduler.organisation.house import (
    ADMINISTRATOR,
    DELEGATE,
    LINK_END,
    LINK_HOLDER,
    SECRETARY,
    House,
    refusal,
)

PASSWORD = "con ngựa đúng pin"


async def set_password(house: House, name: str, password: str = PASSWORD) -> org_pb2.Person:
    org = house.org(ADMINISTRATOR)
    people = (await org.ListPeople(org_service_pb2.ListPeopleRequest())).people
    found = next(each for each in people if each.name == name)
    request = org_service_pb2.UpdatePersonRequest(person=found, password=password)
    return (await org.UpdatePerson(request)).person


async def test_the_right_password_tells_who_it_is_with_all_roles(house: House) -> None:
    await set_password(house, "people/van-thu")

    answer = await house.credentials().VerifyPassword(pb.VerifyPasswordRequest(username=" VanThu", password=PASSWORD))

    assert answer.person.name == "people/van-thu"
    assert [(grant.role, grant.unit_path) for grant in answer.person.roles] == [(org_pb2.ROLE_SECRETARY, "/tinh/so/")]


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("vanthu", "sai mật khẩu"),
        ("nobody", PASSWORD),
        ("", ""),
        ("vanthu", ""),
        ("chutichbac", ""),
        ("vanthu", "x" * 100_000),
    ],
)
async def test_whatever_is_wrong_the_answer_is_the_same(house: House, username: str, password: str) -> None:
    await set_password(house, "people/van-thu")

    call = house.credentials().VerifyPassword(pb.VerifyPasswordRequest(username=username, password=password))

    assert await refusal(call) == ("WRONG_CREDENTIALS", {})


async def test_each_password_has_a_version_of_its_own(house: House) -> None:
    await set_password(house, "people/van-thu")
    verify, identify = pb.VerifyPasswordRequest, pb.GetIdentityRequest(name="people/van-thu")
    first = await house.credentials().VerifyPassword(verify(username="vanthu", password=PASSWORD))
    same = await house.credentials().GetIdentity(identify)
    await set_password(house, "people/van-thu", PASSWORD + "!")

    second = await house.credentials().GetIdentity(identify)

    assert first.password_version == same.password_version
    assert first.password_version
    assert second.password_version not in ("", first.password_version)


async def test_who_has_left_has_no_account_and_no_identity(house: House) -> None:
    gone = await set_password(house, "people/van-thu")
    gone.retired = True
    await house.org(ADMINISTRATOR).UpdatePerson(org_service_pb2.UpdatePersonRequest(person=gone))

    signing_in = house.credentials().VerifyPassword(pb.VerifyPasswordRequest(username="vanthu", password=PASSWORD))
    asking = house.credentials().GetIdentity(pb.GetIdentityRequest(name="people/van-thu"))

    assert (await refusal(signing_in))[0] == "WRONG_CREDENTIALS"
    assert (await refusal(asking))[0] == "UNKNOWN_PERSON"


async def test_an_identity_has_the_roles_of_this_moment(house: House) -> None:
    someone = await set_password(house, "people/van-thu")
    someone.roles.add(role=org_pb2.ROLE_CHAIR, unit="units/bac")
    await house.org(ADMINISTRATOR).UpdatePerson(org_service_pb2.UpdatePersonRequest(person=someone))

    identity = (await house.credentials().GetIdentity(pb.GetIdentityRequest(name="people/van-thu"))).person

    assert {(grant.role, grant.unit_path) for grant in identity.roles} == {
        (org_pb2.ROLE_CHAIR, "/tinh/bac/"),
        (org_pb2.ROLE_SECRETARY, "/tinh/so/"),
    }


async def test_people_change_their_own_password_with_the_old_one(house: House) -> None:
    await set_password(house, "people/van-thu")
    mine = house.credentials(SECRETARY)
    new = "một mật khẩu mới hẳn"

    wrong = mine.ChangePassword(pb.ChangePasswordRequest(old_password="không phải", new_password=new))
    assert (await refusal(wrong))[0] == "WRONG_CREDENTIALS"
    weak = mine.ChangePassword(pb.ChangePasswordRequest(old_password=PASSWORD, new_password="ngắn"))
    assert (await refusal(weak))[0] == "WEAK_PASSWORD"
    await mine.ChangePassword(pb.ChangePasswordRequest(old_password=PASSWORD, new_password=new))

    old = house.credentials().VerifyPassword(pb.VerifyPasswordRequest(username="vanthu", password=PASSWORD))
    assert (await refusal(old))[0] == "WRONG_CREDENTIALS"
    await house.credentials().VerifyPassword(pb.VerifyPasswordRequest(username="vanthu", password=new))


@pytest.mark.parametrize("caller", [LINK_HOLDER, DELEGATE], ids=["link holder", "person without account"])
async def test_who_has_no_account_changes_no_password(house: House, caller: Principal) -> None:
    call = house.credentials(caller).ChangePassword(pb.ChangePasswordRequest(old_password="x", new_password=PASSWORD))

    assert (await refusal(call))[0] == "NO_ACCOUNT"


async def test_the_first_administrator_is_made_once_and_only_without_accounts(house: House) -> None:
    assert not await house.cases.accounts.bootstrap(PASSWORD)

    async with house.store.changing() as writer:
        people = [each for each in await writer.people() if each.username]
        await writer.put_people([_without_account(each) for each in people])

    assert await house.cases.accounts.bootstrap(PASSWORD)
    assert not await house.cases.accounts.bootstrap("another password")
    answer = await house.credentials().VerifyPassword(pb.VerifyPasswordRequest(username="admin", password=PASSWORD))
    assert [(grant.role, grant.unit_path) for grant in answer.person.roles] == [(org_pb2.ROLE_ADMINISTRATOR, "/")]
    everyone = Principal(answer.person.name, (Grant("administrator", "/"),))
    assert len((await house.org(everyone).ListPeople(org_service_pb2.ListPeopleRequest())).people) == 7


def _without_account(person: Person) -> Person:
    return replace(person, username="")


async def test_a_link_names_its_invitee_until_it_dies(house: House) -> None:
    answer = await house.credentials().VerifyLink(pb.VerifyLinkRequest(token="right"))

    assert answer.invitee == LINK_HOLDER.subject
    assert answer.expire_time.ToDatetime(tzinfo=UTC) == LINK_END
    wrong = house.credentials().VerifyLink(pb.VerifyLinkRequest(token="wrong"))
    assert (await refusal(wrong))[0] == "LINK_INVALID"


@pytest.mark.parametrize("caller", [ADMINISTRATOR, SECRETARY, LINK_HOLDER], ids=lambda each: each.subject)
async def test_only_services_ask_who_somebody_is(house: House, caller: Principal) -> None:
    for method in ("VerifyPassword", "GetIdentity", "VerifyLink"):
        request = getattr(pb, f"{method}Request")()

        reason, metadata = await refusal(getattr(house.credentials(caller), method)(request))

        assert (reason, metadata["permission"]) == ("NO_PERMISSION", "service"), method
