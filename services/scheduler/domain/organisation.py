"""Changing units, points and people: each change is one transaction with its audit row."""

import dataclasses
from dataclasses import replace
from typing import TypeVar

from giaoban.errors import Aborted, Conflict, FailedPrecondition, InvalidArgument, NotFound
from giaoban.ids import new_id, slug
from giaoban.names import PersonId, PointId, UnitId, person_name, point_name, unit_name
from giaoban.principal import Principal
from services.scheduler.domain.access import check_write
from services.scheduler.domain.audit import Detail
from services.scheduler.domain.org_fields import person_problems, point_problems, refuse, unit_problems
from services.scheduler.domain.org_ports import OrgStore, OrgWriter, Readdresser
from services.scheduler.domain.org_rights import locks_out, needed_for_person, needed_for_point, needed_for_unit
from services.scheduler.domain.org_views import PersonView, PointView, person_view, point_view
from services.scheduler.domain.passwords import PasswordHasher, check_password
from services.scheduler.domain.people import Person
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import Unit, UnitTree

_Record = TypeVar("_Record", Unit, Point, Person)


class Organisation:
    """The use cases of administrators; `caller` needs `org.write` on every unit that a change touches."""

    def __init__(self, store: OrgStore, hasher: PasswordHasher, readdresser: Readdresser) -> None:
        self._store = store
        self._hasher = hasher
        self._readdresser = readdresser

    async def create_unit(self, caller: Principal, unit: Unit) -> Unit:
        """Creates a unit; an empty id is made from the display name.

        Raises:
            DomainError: `UNIT_EXISTS`, `UNKNOWN_UNIT`, `UNIT_TOO_DEEP`, `BAD_FIELD`, `NO_PERMISSION`.
        """
        refuse(unit_problems(unit))
        async with self._store.changing() as writer:
            tree = await writer.tree()
            check_write(caller, *needed_for_unit(None, unit, tree, tree))
            unit = replace(unit, id=unit.id or _free_unit_id(tree, unit.display_name), revision=0)
            if unit.id in tree:
                raise Conflict("UNIT_EXISTS", "There is already a unit of that id.", unit=unit_name(unit.id))
            await writer.put_units(tree.put([unit]))
            await _record(writer, caller, "unit.create", unit_name(unit.id), None, unit)
            return replace(_known(tree, unit.id), revision=1)

    async def update_unit(self, caller: Principal, unit: Unit, etag: str) -> Unit:
        """Changes a unit; moving it moves everything below, and needs both places.

        Raises:
            DomainError: `UNKNOWN_UNIT`, `ETAG_MISMATCH`, `UNIT_CYCLE`, `UNIT_TOO_DEEP`, `BAD_FIELD`, `NO_PERMISSION`.
        """
        refuse(unit_problems(unit))
        async with self._store.changing() as writer:
            tree = await writer.tree()
            before = _known(tree, unit.id)
            check_write(caller, *needed_for_unit(before, unit, tree, tree))
            _check_etag(etag, before.etag)
            different = tree.put([replace(unit, revision=before.revision)])
            if not different:
                return before
            await writer.put_units(different)
            await _record(writer, caller, "unit.update", unit_name(unit.id), before, unit)
            after = _known(tree, unit.id)
            return replace(after, revision=after.revision + 1)

    async def create_point(self, caller: Principal, point: Point) -> PointView:
        """Creates a point; an empty id is made from the display name.

        Raises:
            DomainError: `POINT_EXISTS`, `UNKNOWN_UNIT`, `BAD_FIELD`, `NO_PERMISSION`.
        """
        refuse(point_problems(point))
        async with self._store.changing() as writer:
            tree = await writer.tree()
            check_write(caller, *needed_for_point(None, point, tree))
            point = replace(point, id=point.id or await _free_point_id(writer, point.display_name), revision=0)
            if await writer.points([point.id]):
                raise Conflict("POINT_EXISTS", "There is already a point of that id.", point=point_name(point.id))
            await writer.put_points([point])
            await _record(writer, caller, "point.create", point_name(point.id), None, point)
            return point_view(replace(point, revision=1), tree)

    async def update_point(self, caller: Principal, point: Point, etag: str) -> PointView:
        """Changes a point or its line; giving it to another unit needs both.

        Raises:
            DomainError: `UNKNOWN_POINT`, `UNKNOWN_UNIT`, `ETAG_MISMATCH`, `BAD_FIELD`, `NO_PERMISSION`.
        """
        refuse(point_problems(point))
        async with self._store.changing() as writer:
            tree = await writer.tree()
            before = next(iter(await writer.points([point.id])), None)
            if before is None:
                raise NotFound("UNKNOWN_POINT", "There is no such point.", point=point_name(point.id))
            check_write(caller, *needed_for_point(before, point, tree))
            _check_etag(etag, before.etag)
            after = replace(point, revision=before.revision)
            if after != before:
                await writer.put_points([after])
                await _record(writer, caller, "point.update", point_name(point.id), before, after)
                after = replace(after, revision=after.revision + 1)
        if before.email != after.email:
            await self._readdresser.apply(caller.subject, {point_name(after.id): after.email})
        return point_view(after, tree)

    async def create_person(self, caller: Principal, person: Person, password: str) -> PersonView:
        """Creates a person, with an account when there is a user name.

        Raises:
            DomainError: `PERSON_EXISTS`, `USERNAME_TAKEN`, `UNKNOWN_UNIT`, `WEAK_PASSWORD`, `BAD_FIELD`,
                `NO_PERMISSION`.
        """
        password_hash = await self._checked_hash(person, password)
        async with self._store.changing() as writer:
            tree = await writer.tree()
            if person.unit is None:
                raise InvalidArgument(
                    "BAD_FIELD", "A person needs a unit.", field="person.unit", problem="MISSING_VALUE"
                )
            check_write(caller, *needed_for_person(None, person, tree))
            # Ids of people stand in logs, so they do not tell names.
            person = replace(person, id=person.id or PersonId(new_id("p")), revision=0)
            if await writer.people([person.id]):
                raise Conflict("PERSON_EXISTS", "There is already a person of that id.", person=person_name(person.id))
            await self._put_person(writer, caller, None, person, password_hash)
            return person_view(replace(person, revision=1), tree)

    async def update_person(self, caller: Principal, person: Person, etag: str, password: str) -> PersonView:
        """Changes a person; an empty password leaves the old one.

        Raises:
            DomainError: `UNKNOWN_PERSON`, `UNKNOWN_UNIT`, `USERNAME_TAKEN`, `ETAG_MISMATCH`, `WEAK_PASSWORD`,
                `OWN_ACCOUNT`, `BAD_FIELD`, `NO_PERMISSION`.
        """
        password_hash = await self._checked_hash(person, password)
        async with self._store.changing() as writer:
            tree = await writer.tree()
            before = next(iter(await writer.people([person.id])), None)
            if before is None:
                raise NotFound("UNKNOWN_PERSON", "There is no such person.", person=person_name(person.id))
            check_write(caller, *needed_for_person(before, person, tree, password=bool(password)))
            if locks_out(caller, before, person):
                raise FailedPrecondition(
                    "OWN_ACCOUNT", "Another administrator must take your own account or administration away."
                )
            _check_etag(etag, before.etag)
            after = replace(person, revision=before.revision)
            if after != before or password_hash:
                await self._put_person(writer, caller, before, after, password_hash)
                after = replace(after, revision=after.revision + 1)
        if before.email != after.email:
            await self._readdresser.apply(caller.subject, {person_name(after.id): after.email})
        return person_view(after, tree)

    async def _checked_hash(self, person: Person, password: str) -> str:
        refuse(person_problems(person))
        if not password:
            return ""
        if not person.username:
            raise InvalidArgument(
                "BAD_FIELD", "A password needs a user name.", field="person.username", problem="MISSING_VALUE"
            )
        check_password(password, person.username, "password")
        return await self._hasher.hash(password)

    async def _put_person(
        self, writer: OrgWriter, caller: Principal, before: Person | None, after: Person, password_hash: str
    ) -> None:
        holder = (await writer.usernames()).get(after.username, after.id) if after.username else after.id
        if holder != after.id:
            raise Conflict(
                "USERNAME_TAKEN",
                "Somebody else has this user name.",
                field="person.username",
                person=person_name(holder),
            )
        await writer.put_people([after])
        if password_hash:
            await writer.set_password_hashes({after.id: password_hash})
        action = "person.create" if before is None else "person.update"
        await _record(writer, caller, action, person_name(after.id), before, after, password=bool(password_hash))


def changed_fields(before: _Record | None, after: _Record) -> list[str]:
    """Names of the fields that differ; for a new record of those that hold something."""
    names = [field.name for field in dataclasses.fields(after) if field.name not in {"id", "path", "rank", "revision"}]
    if before is None:
        return sorted(name for name in names if getattr(after, name))
    return sorted(name for name in names if getattr(before, name) != getattr(after, name))


async def _record(
    writer: OrgWriter,
    caller: Principal,
    action: str,
    resource: str,
    before: _Record | None,
    after: _Record,
    *,
    password: bool = False,
) -> None:
    detail: dict[str, str | int | bool | list[str]] = {"fields": changed_fields(before, after)}
    if password:
        detail["password"] = True
    if isinstance(after, Person):
        detail["roles"] = [f"{grant.role.value}@{grant.unit or '*'}" for grant in after.roles]
    elif isinstance(after, Unit):
        detail["parent"] = after.parent or ""
    else:
        detail["unit"] = after.unit
    facts: Detail = detail
    await writer.append_audit(caller.subject, action, resource, facts)


def _known(tree: UnitTree, unit_id: UnitId) -> Unit:
    unit = tree.get(unit_id)
    if unit is None:
        raise NotFound("UNKNOWN_UNIT", "There is no such unit.", unit=unit_name(unit_id))
    return unit


def _check_etag(sent: str, present: str) -> None:
    if sent and sent != present:
        raise Aborted("ETAG_MISMATCH", "Somebody changed this meanwhile; read it again.")


def _candidates(display_name: str) -> list[str]:
    base = slug(display_name)
    return [base, *(f"{base}-{number}" for number in range(2, 100)), new_id("x")]


def _free_unit_id(tree: UnitTree, display_name: str) -> UnitId:
    return next(UnitId(each) for each in _candidates(display_name) if UnitId(each) not in tree)


async def _free_point_id(writer: OrgWriter, display_name: str) -> PointId:
    candidates = [PointId(each) for each in _candidates(display_name)]
    taken = {point.id for point in await writer.points(candidates)}
    return next(each for each in candidates if each not in taken)
