"""The organisation in SQL, for SQLite and PostgreSQL alike."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from giaoban.names import PersonId, PointId, UnitId
from giaoban.sql.engine import sessions
from services.scheduler.domain.audit import AuditEntry, Detail
from services.scheduler.domain.org_ports import Account, OrgReader, OrgWriter, Scope, Slice
from services.scheduler.domain.people import Person, Role
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import WHOLE_TREE, Unit, UnitTree
from services.scheduler.store import org_rows
from services.scheduler.store.base import append_audit, audit_entry, lock_audit
from services.scheduler.store.org_tables import org_version, person, point, role_grant, unit

_PART: Final = 1000  # parameters of one IN list; SQLite and PostgreSQL refuse some tens of thousands
_Id = TypeVar("_Id", bound=str)


@dataclass(slots=True)
class _Kept:
    """What most calls look at and few change, as of a version; 0 stands for nothing yet."""

    version: int
    tree: UnitTree
    counts: Mapping[UnitId, int]


class SqlOrgStore:
    """Opens transactions; readers on SQLite do not wait for writers."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._write = sessions(engine)
        self._read = sessions(engine, read_only=True)
        self._kept = _Kept(0, UnitTree(()), {})

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[OrgReader]:
        """A consistent view; changes nothing."""
        async with self._read.begin() as session:
            yield _Reader(session, self._current)

    async def _current(self, session: AsyncSession) -> _Kept:
        if await _version(session) != self._kept.version:
            self._kept = await _fresh(session)
        return self._kept

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[OrgWriter]:
        """A transaction that is alone in changing the organisation; undone when the block raises."""
        async with self._write.begin() as session:
            # Rules look at the whole tree, so no two changes may run side by side on any engine.
            await lock_audit(session)
            # What is not committed yet must not be kept.
            yield _Writer(session, _fresh)


class _Reader:
    def __init__(self, session: AsyncSession, current: Callable[[AsyncSession], Awaitable[_Kept]]) -> None:
        self._session = session
        self._current = current

    async def version(self) -> int:
        return (await self._current(self._session)).version

    async def tree(self) -> UnitTree:
        return (await self._current(self._session)).tree

    async def points(self, ids: Collection[PointId] | None = None) -> Sequence[Point]:
        rows = await self._by_id(select(point), point.c.id, ids)
        return [org_rows.point_of(row) for row in rows]

    async def people(self, ids: Collection[PersonId] | None = None) -> Sequence[Person]:
        return await self._with_grants(await self._by_id(select(person), person.c.id, ids), everyone=ids is None)

    async def points_of(self, units: Collection[UnitId]) -> Sequence[Point]:
        rows = await self._by_id(select(point).where(point.c.retired.is_(False)), point.c.unit_id, units)
        return [org_rows.point_of(row) for row in rows]

    async def chairs_of(self, units: Collection[UnitId]) -> Sequence[Person]:
        chairs = select(role_grant.c.person_id).where(role_grant.c.role == Role.CHAIR)
        query = select(person).where(person.c.retired.is_(False), person.c.id.in_(chairs))
        return await self._with_grants(await self._by_id(query, person.c.unit_id, units))

    async def list_points(self, scope: Scope, part: Slice) -> Sequence[tuple[tuple[str, ...], Point]]:
        rows = await self._listed(point, scope, part)
        return [(_sort_key(row), org_rows.point_of(row)) for row in rows]

    async def list_people(self, scope: Scope, part: Slice) -> Sequence[tuple[tuple[str, ...], Person]]:
        rows = await self._listed(person, scope, part)
        return list(zip(map(_sort_key, rows), await self._with_grants(rows), strict=True))

    async def best_points(self, scope: Scope, phrase: str, limit: int) -> Sequence[Point]:
        return [org_rows.point_of(row) for row in await self._best(point, scope, phrase, limit)]

    async def best_people(self, scope: Scope, phrase: str, limit: int) -> Sequence[Person]:
        return await self._with_grants(await self._best(person, scope, phrase, limit))

    async def point_counts(self) -> Mapping[UnitId, int]:
        return (await self._current(self._session)).counts

    async def account(self, username: str) -> Account | None:
        return await self._account(person.c.username == username)

    async def account_of(self, person_id: PersonId) -> Account | None:
        return await self._account(and_(person.c.id == person_id, person.c.username.is_not(None)))

    async def usernames(self) -> Mapping[str, PersonId]:
        rows = await self._rows(select(person.c.username, person.c.id).where(person.c.username.is_not(None)))
        return {row.username: PersonId(row.id) for row in rows}

    async def audit_entries(self, resource: str, before: int | None, limit: int) -> Sequence[AuditEntry]:
        query = select(audit_entry).order_by(audit_entry.c.position.desc()).limit(limit)
        if resource:
            query = query.where(audit_entry.c.resource == resource)
        if before is not None:
            query = query.where(audit_entry.c.position < before)
        return [org_rows.audit_entry_of(row) for row in await self._rows(query)]

    async def _account(self, condition: ColumnElement[bool]) -> Account | None:
        rows = await self._rows(select(person).where(condition))
        if not rows:
            return None
        return Account((await self._with_grants(rows))[0], rows[0].password_hash)

    async def _listed(self, table: Table, scope: Scope, part: Slice) -> Sequence[Row[Any]]:
        rank = func.coalesce(unit.c.rank, "")
        key = (rank, table.c.sort_name, table.c.id)
        query = (
            select(table, rank.label("unit_rank"))
            .select_from(table.outerjoin(unit, unit.c.id == table.c.unit_id))
            .where(*_conditions(table, scope))
            .order_by(*key)
            .limit(part.limit)
        )
        if part.after:
            query = query.where(tuple_(*key) > tuple_(*part.after))
        return await self._rows(query)

    async def _best(self, table: Table, scope: Scope, phrase: str, limit: int) -> Sequence[Row[Any]]:
        above = unit.alias("above")
        query = (
            select(table)
            .select_from(
                table.outerjoin(unit, unit.c.id == table.c.unit_id).outerjoin(above, above.c.id == unit.c.parent_id)
            )
            .where(*_conditions(table, scope, around=(unit.c.search, above.c.search)))
            .order_by(_fit(table, scope.words, phrase), func.coalesce(unit.c.rank, ""), table.c.sort_name, table.c.id)
            .limit(limit)
        )
        return await self._rows(query)

    async def _with_grants(self, rows: Sequence[Row[Any]], *, everyone: bool = False) -> list[Person]:
        ids = None if everyone else [row.id for row in rows]
        grants = org_rows.grants_by_person(await self._by_id(select(role_grant), role_grant.c.person_id, ids))
        return [org_rows.person_of(row, grants.get(row.id, [])) for row in rows]

    async def _by_id(
        self, query: Select[Any], column: ColumnElement[Any], ids: Collection[_Id] | None
    ) -> list[Row[Any]]:
        if ids is None:
            return list(await self._rows(query))
        return [row for part in _parts(sorted(set(ids))) for row in await self._rows(query.where(column.in_(part)))]

    async def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        rows: Sequence[Row[Any]] = (await self._session.execute(query)).all()
        return rows


class _Writer(_Reader):
    async def put_units(self, units: Sequence[Unit]) -> None:
        await self._count_version(units)
        rows = [org_rows.unit_values(each) for each in sorted(units, key=lambda each: each.rank)]
        await self._put(unit, [{**row, "successor_id": None} if row["revision"] == 1 else row for row in rows])
        # A successor may itself be new, so that its row comes only later.
        followed = [{"key": row["id"], "successor": row["successor_id"]} for row in rows if row["successor_id"]]
        if followed:
            statement = update(unit).where(unit.c.id == bindparam("key")).values(successor_id=bindparam("successor"))
            await (await self._session.connection()).execute(statement, followed)

    async def put_points(self, points: Sequence[Point]) -> None:
        await self._count_version(points)
        await self._put(point, [org_rows.point_values(each) for each in points])

    async def put_people(self, people: Sequence[Person]) -> None:
        # Names may pass from one person to another within one change, and must not clash on the way.
        for part in _parts([each.id for each in people]):
            await self._session.execute(update(person).where(person.c.id.in_(part)).values(username=None))
            await self._session.execute(delete(role_grant).where(role_grant.c.person_id.in_(part)))
        await self._put(person, [org_rows.person_values(each) for each in people])
        grants = [
            {"person_id": each.id, "role": grant.role.value, "unit_id": grant.unit}
            for each in people
            for grant in each.roles
        ]
        if grants:
            await self._session.execute(insert(role_grant), grants)

    async def set_password_hashes(self, hashes: Mapping[PersonId, str]) -> None:
        rows = [{"key": person_id, "hash": password_hash} for person_id, password_hash in hashes.items()]
        if rows:
            connection = await self._session.connection()
            statement = update(person).where(person.c.id == bindparam("key")).values(password_hash=bindparam("hash"))
            await connection.execute(statement, rows)

    async def append_audit(self, actor: str, action: str, resource: str, detail: Detail) -> None:
        await append_audit(self._session, actor, action, resource, detail)

    async def _count_version(self, changed: Sequence[Unit] | Sequence[Point]) -> None:
        if changed:
            await self._session.execute(update(org_version).values(number=org_version.c.number + 1))

    async def _put(self, table: Table, rows: Sequence[org_rows.Values]) -> None:
        """Inserts what has its first revision and replaces the rest."""
        connection = await self._session.connection()
        new = [row for row in rows if row["revision"] == 1]
        if new:
            await connection.execute(insert(table), new)
        known = [{"key": row["id"], **row} for row in rows if row["revision"] > 1]
        if known:
            await connection.execute(update(table).where(table.c.id == bindparam("key")), known)


async def _version(session: AsyncSession) -> int:
    number: int = (await session.execute(select(org_version.c.number))).scalar_one()
    return number


async def _fresh(session: AsyncSession) -> _Kept:
    # The version first: what is kept under too old a one is read again, under too new a one it would stay.
    version = await _version(session)
    units = (await session.execute(select(unit))).all()
    counts = select(point.c.unit_id, func.count().label("points")).where(point.c.retired.is_(False))
    points = (await session.execute(counts.group_by(point.c.unit_id))).all()
    return _Kept(version, UnitTree(map(org_rows.unit_of, units)), {UnitId(row.unit_id): row.points for row in points})


def _fit(table: Table, words: Sequence[str], phrase: str) -> ColumnElement[int]:
    """How well the name of a row fits, 0 is best; the same steps as the domain's search."""
    name = table.c.sort_name
    begins = literal(" ", literal_execute=True).concat(name)
    return case(
        (name == phrase, 0),
        (name.startswith(phrase, autoescape=True), 1),
        (and_(true(), *(begins.contains(f" {word}", autoescape=True) for word in words)), 2),
        (and_(true(), *(name.contains(word, autoescape=True) for word in words)), 3),
        else_=4,
    )


def _conditions(
    table: Table, scope: Scope, *, around: Sequence[ColumnElement[str]] = (unit.c.search,)
) -> Iterator[ColumnElement[bool]]:
    if WHOLE_TREE not in scope.roots:
        # autoescape: an id may hold "_", which LIKE takes for any letter.
        yield or_(false(), *(unit.c.path.startswith(root, autoescape=True) for root in scope.roots))
    if scope.active_only:
        yield table.c.retired.is_(False)
    if scope.on_date is not None:
        yield or_(unit.c.valid_from.is_(None), unit.c.valid_from <= scope.on_date)
        yield or_(unit.c.valid_to.is_(None), unit.c.valid_to > scope.on_date)
    for word in scope.words:
        yield or_(*(text.contains(word, autoescape=True) for text in (table.c.search, *around)))


def _sort_key(row: Row[Any]) -> tuple[str, ...]:
    return (row.unit_rank, row.sort_name, row.id)


def _parts(ids: Sequence[_Id]) -> Iterator[Sequence[_Id]]:
    for start in range(0, len(ids), _PART):
        yield ids[start : start + _PART]
