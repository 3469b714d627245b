"""Signing in: passwords, identities, the first administrator."""

import hashlib
from typing import Final, NamedTuple

from giaoban.errors import DomainError, FailedPrecondition, NotFound, Unauthenticated
from giaoban.names import PersonId, parse_person, person_name
from giaoban.principal import Principal
from services.scheduler.domain.org_ports import Account, OrgReader, OrgStore
from services.scheduler.domain.org_views import PersonView, person_view
from services.scheduler.domain.passwords import LONGEST, PasswordHasher, check_password
from services.scheduler.domain.people import Person, Role, RoleGrant

FIRST_ADMINISTRATOR: Final = PersonId("admin")
_ACTOR: Final = "service:scheduler"


class Identity(NamedTuple):
    """A person with the roles of this moment; `password_version` is another after each change of the password."""

    view: PersonView
    password_version: str


class Accounts:
    """Checks who somebody is."""

    def __init__(self, store: OrgStore, hasher: PasswordHasher) -> None:
        self._store = store
        self._hasher = hasher

    async def verify_password(self, username: str, password: str) -> Identity:
        """The person behind a user name (case does not count) and password.

        Raises:
            Unauthenticated: `WRONG_CREDENTIALS`, whatever was wrong and in the same time.
        """
        async with self._store.reading() as reader:
            account = await reader.account(username.strip().lower())
        await self._check(account, password)
        if account is None or account.person.retired:
            raise _wrong()
        if self._hasher.is_outdated(account.password_hash):
            await self._store_password(account.person.id, await self._hasher.hash(password))
        return await self.identity(person_name(account.person.id))

    async def identity(self, name: str) -> Identity:
        """Who somebody is now.

        Raises:
            NotFound: `UNKNOWN_PERSON`, also once the person has left.
        """
        person_id = parse_person(name)
        async with self._store.reading() as reader:
            people = await reader.people([person_id])
            if not people or people[0].retired:
                raise NotFound("UNKNOWN_PERSON", "There is no such person.", person=name)
            account = await reader.account_of(person_id)
            return Identity(person_view(people[0], await reader.tree()), _version(account))

    async def change_password(self, caller: Principal, old: str, new: str) -> None:
        """Changes the caller's own password.

        Raises:
            Unauthenticated: `WRONG_CREDENTIALS`: the old password is not right.
            InvalidArgument: `WEAK_PASSWORD`.
            FailedPrecondition: `NO_ACCOUNT`: link holders and services have none.
        """
        account = await self._own_account(caller)
        await self._check(account, old)
        check_password(new, account.person.username, "new_password")
        password_hash = await self._hasher.hash(new)
        async with self._store.changing() as writer:
            await writer.set_password_hashes({account.person.id: password_hash})
            await writer.append_audit(caller.subject, "person.password", person_name(account.person.id), {})

    async def bootstrap(self, password: str) -> bool:
        """Makes the account `admin` over the whole organisation when there is no account at all; says whether it did."""
        async with self._store.reading() as reader:
            if await reader.usernames():
                return False
        password_hash = await self._hasher.hash(password)
        async with self._store.changing() as writer:
            if await writer.usernames():
                return False
            await writer.put_people([await _administrator(writer)])
            await writer.set_password_hashes({FIRST_ADMINISTRATOR: password_hash})
            await writer.append_audit(_ACTOR, "person.bootstrap", person_name(FIRST_ADMINISTRATOR), {})
        return True

    async def _own_account(self, caller: Principal) -> Account:
        try:
            person_id = parse_person(caller.subject)
        except DomainError:
            person_id = None
        if person_id is not None:
            async with self._store.reading() as reader:
                account = await reader.account_of(person_id)
            if account is not None:
                return account
        raise FailedPrecondition("NO_ACCOUNT", "Only people with an account have a password.")

    async def _check(self, account: Account | None, password: str) -> None:
        password_hash = account.password_hash if account is not None else ""
        # Cut before hashing: a longer password is never right, and must not cost more.
        right = await self._hasher.verify(password_hash, password[: LONGEST + 1])
        if not right or account is None:
            raise _wrong()

    async def _store_password(self, person_id: PersonId, password_hash: str) -> None:
        async with self._store.changing() as writer:
            await writer.set_password_hashes({person_id: password_hash})


async def _administrator(reader: OrgReader) -> Person:
    known = await reader.people([FIRST_ADMINISTRATOR])
    return Person(
        id=FIRST_ADMINISTRATOR,
        display_name="Quản trị hệ thống",
        unit=None,
        username="admin",
        roles=(RoleGrant(Role.ADMINISTRATOR, None),),
        revision=known[0].revision if known else 0,
    )


def _version(account: Account | None) -> str:
    # A digest, as the hash itself never leaves this service.
    return "" if account is None else hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]


def _wrong() -> Unauthenticated:
    return Unauthenticated("WRONG_CREDENTIALS", "User name or password are not right.")
