from dataclasses import replace
from datetime import date

import pytest
import pytest_asyncio
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from giaoban.names import PersonId, PointId, UnitId
from giaoban.principal import Grant, Principal
from giaoban.sql.migrate import upgrade
from giaoban.testing.fixtures import DATA_KEY, EngineFactory
from services.scheduler.app import MIGRATIONS
from services.scheduler.domain.audit import first_broken
from services.scheduler.domain.directory_search import DirectorySearch
from services.scheduler.domain.org_ports import Scope, Slice
from services.scheduler.domain.people import Person, Role, RoleGrant
from services.scheduler.domain.points import Point
from services.scheduler.domain.units import Unit
from services.scheduler.store import org_tables
from services.scheduler.store.base import metadata
from services.scheduler.store.org_store import SqlOrgStore
from tests.integration.scheduler.organisation.house import fill


@pytest_asyncio.fixture
async def store(engines: EngineFactory) -> SqlOrgStore:
    engine = engines("scheduler")
    await upgrade(engine.url.render_as_string(hide_password=False), DATA_KEY, MIGRATIONS)
    store = SqlOrgStore(engine)
    await fill(store)
    return store


async def test_what_was_put_is_read_back(store: SqlOrgStore) -> None:
    async with store.reading() as reader:
        tree = await reader.tree()
        [point] = await reader.points([PointId("diem-xa-1")])
        [person] = await reader.people([PersonId("van-thu")])

    assert [unit.id for unit in tree] == ["tinh", "so", "bac", "xa-1", "xa-2", "xa-3", "nam", "xa_1"]
    assert (point.unit, point.line.carrier, point.revision) == ("xa-1", "VNPT", 1)
    assert person.roles == (RoleGrant(Role.SECRETARY, UnitId("so")),)


async def test_a_unit_and_its_successor_may_come_together(store: SqlOrgStore) -> None:
    old = Unit(UnitId("a-cu"), UnitId("nam"), "Xã cũ", "xã", successor=UnitId("b-moi"))
    new = Unit(UnitId("b-moi"), UnitId("nam"), "Xã mới", "xã")

    async with store.changing() as writer:
        await writer.put_units((await writer.tree()).put([old, new]))

    async with store.reading() as reader:
        read = (await reader.tree()).get(UnitId("a-cu"))
    assert read is not None
    assert read.successor == "b-moi"


async def test_a_stored_unit_gets_a_successor_and_is_changed_later(store: SqlOrgStore) -> None:
    async def change(**fields: object) -> Unit:
        async with store.changing() as writer:
            tree = await writer.tree()
            known = tree.get(UnitId("xa-1"))
            assert known is not None
            await writer.put_units(tree.put([replace(known, **fields)]))  # type: ignore[arg-type]  # fields of the unit
        async with store.reading() as reader:
            read = (await reader.tree()).get(UnitId("xa-1"))
        assert read is not None
        return read

    assert (await change(successor=UnitId("xa-2"))).successor == "xa-2"
    assert (await change(display_name="Xã đã sáp nhập")).successor == "xa-2"
    assert (await change(parent=UnitId("nam"))).successor == "xa-2"
    assert (await change(successor=None)).successor is None


async def test_the_order_of_a_unit_above_one_with_a_successor_is_changed(store: SqlOrgStore) -> None:
    async with store.changing() as writer:
        tree = await writer.tree()
        [merged, above] = [tree.get(UnitId("xa-1")), tree.get(UnitId("tinh"))]
        assert merged is not None
        assert above is not None
        await writer.put_units(tree.put([replace(merged, successor=UnitId("xa-2"))]))
    async with store.changing() as writer:
        tree = await writer.tree()
        await writer.put_units(tree.put([replace(above, order=7)]))

    async with store.reading() as reader:
        read = (await reader.tree()).get(UnitId("xa-1"))
    assert read is not None
    assert (read.successor, read.rank.startswith("000007.")) == ("xa-2", True)


async def test_a_change_that_fails_leaves_nothing(store: SqlOrgStore) -> None:
    async def fail() -> None:
        async with store.changing() as writer:
            await writer.put_units((await writer.tree()).put([Unit(UnitId("new"), None, "Mới", "")]))
            await writer.append_audit("people/a", "unit.create", "units/new", {})
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        await fail()

    async with store.reading() as reader:
        assert UnitId("new") not in await reader.tree()
        assert await reader.audit_entries("", None, 10) == []


async def test_pages_hold_each_point_once_in_protocol_order(store: SqlOrgStore) -> None:
    found: list[str] = []
    after: tuple[str, ...] = ()
    async with store.reading() as reader:
        while rows := await reader.list_points(Scope(("/",)), Slice(2, after)):
            found += [point.id for _, point in rows]
            after = rows[-1][0]

    assert found == ["diem-bac", "diem-xa-1", "diem-xa-2", "diem-xa-3", "diem-xa_1"]


async def test_an_underscore_in_an_id_reaches_no_neighbour(store: SqlOrgStore) -> None:
    async with store.changing() as writer:
        await writer.put_units((await writer.tree()).put([Unit(UnitId("xa-1-b"), UnitId("nam"), "Xã", "xã")]))

    async with store.reading() as reader:
        rows = await reader.list_points(Scope(("/tinh/nam/xa_1/",)), Slice(10))
        other = await reader.list_points(Scope(("/tinh/ba_/",)), Slice(10))

    assert [point.id for _, point in rows] == ["diem-xa_1"]
    assert other == []


async def test_no_roots_show_nothing(store: SqlOrgStore) -> None:
    async with store.reading() as reader:
        assert await reader.list_people(Scope(()), Slice(10)) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("dong", "1"), ["diem-xa-1"]),
        (("cau", "xa-1"), ["diem-xa-1"]),
        (("100%",), []),
        (("_",), ["diem-xa_1"]),
    ],
)
async def test_words_are_found_in_the_point_or_its_unit_and_never_as_patterns(
    store: SqlOrgStore, words: tuple[str, ...], expected: list[str]
) -> None:
    async with store.reading() as reader:
        rows = await reader.list_points(Scope(("/",), words), Slice(10))

    assert [point.id for _, point in rows] == expected


async def test_two_people_may_exchange_user_names_in_one_change(store: SqlOrgStore) -> None:
    async with store.changing() as writer:
        one, other = await writer.people([PersonId("chu-tich-bac"), PersonId("van-thu")])
        names = {one.id: other.username, other.id: one.username}
        await writer.put_people([_renamed(one, names[one.id]), _renamed(other, names[other.id])])

    async with store.reading() as reader:
        account = await reader.account("vanthu")
    assert account is not None
    assert account.person.id == "chu-tich-bac"


def _renamed(person: Person, username: str) -> Person:
    return Person(person.id, person.display_name, person.unit, username=username, revision=person.revision)


async def test_putting_a_person_keeps_the_password(store: SqlOrgStore) -> None:
    async with store.changing() as writer:
        await writer.set_password_hashes({PersonId("van-thu"): "hash"})
        await writer.put_people(await writer.people([PersonId("van-thu")]))

    async with store.reading() as reader:
        account = await reader.account("vanthu")
    assert account is not None
    assert (account.password_hash, account.person.revision) == ("hash", 2)


async def test_the_audit_log_is_a_whole_chain(store: SqlOrgStore) -> None:
    for number in range(3):
        async with store.changing() as writer:
            await writer.append_audit("people/a", "unit.update", f"units/{number}", {"fields": ["kind", "tên"]})

    async with store.reading() as reader:
        entries = await reader.audit_entries("", None, 10)
        older = await reader.audit_entries("", 3, 10)
        of_one = await reader.audit_entries("units/1", None, 10)

    assert [entry.position for entry in entries] == [3, 2, 1]
    assert first_broken(reversed(entries)) is None
    assert [entry.position for entry in older] == [2, 1]
    assert [entry.position for entry in of_one] == [2]


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"])
async def test_the_audit_log_refuses_changes(engines: EngineFactory, store: SqlOrgStore, change: str) -> None:
    async with store.changing() as writer:
        await writer.append_audit("people/a", "unit.update", "units/1", {})

    with pytest.raises(IntegrityError, match="only grows"):
        async with engines("scheduler").begin() as connection:
            await connection.execute(text(change))


@pytest.mark.usefixtures("store")
async def test_the_migrations_make_the_tables_that_the_code_knows(engines: EngineFactory) -> None:
    assert org_tables.unit.metadata is metadata

    async with engines("scheduler").connect() as connection:
        made = await connection.run_sync(_shape)

    for name in ("unit", "point", "person", "role_grant", "audit_entry", "audit_head"):
        table = metadata.tables[name]
        assert made[name]["columns"] == {column.name: bool(column.nullable) for column in table.columns}
        assert made[name]["indexes"] == {str(index.name) for index in table.indexes}
        assert made[name]["references"] == {(key.parent.name, key.column.table.name) for key in table.foreign_keys}


def _shape(connection: Connection) -> dict[str, dict[str, object]]:
    found = inspect(connection)
    return {
        name: {
            "columns": {column["name"]: column["nullable"] for column in found.get_columns(name)},
            "indexes": {index["name"] for index in found.get_indexes(name)},
            "references": {
                (key["constrained_columns"][0], key["referred_table"]) for key in found.get_foreign_keys(name)
            },
        }
        for name in found.get_table_names()
    }


async def test_units_are_read_again_only_after_a_change_also_by_another_process(
    store: SqlOrgStore, engines: EngineFactory
) -> None:
    other = SqlOrgStore(engines("scheduler"))
    search, statements = DirectorySearch(store), []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    async def found(words: str) -> list[str]:
        caller = Principal("people/van-thu", (Grant("secretary", "/tinh/"),))
        return [entry.name for entry in await search.search(caller, words, date(2026, 11, 23), 5)]

    await found("xa dong")
    event.listen(Engine, "before_cursor_execute", note)
    await found("xa dong")
    event.remove(Engine, "before_cursor_execute", note)
    whole = [each for each in statements if "FROM unit" in each and "WHERE" not in each]
    async with other.changing() as writer:
        await writer.put_units((await writer.tree()).put([Unit(UnitId("moi"), UnitId("nam"), "Xã Vừa Lập", "xã")]))

    assert whole == []
    assert await found("vua lap") == ["units/moi"]


async def test_what_was_undone_is_not_kept(store: SqlOrgStore) -> None:
    async def fail() -> None:
        async with store.changing() as writer:
            await writer.put_units((await writer.tree()).put([Unit(UnitId("moi"), UnitId("nam"), "Xã bị hủy", "xã")]))
            assert UnitId("moi") in await writer.tree()
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        await fail()
    async with store.changing() as writer:
        await writer.put_units((await writer.tree()).put([Unit(UnitId("khac"), UnitId("nam"), "Xã Khác", "xã")]))
    async with store.reading() as reader:
        tree = await reader.tree()

    assert (UnitId("moi") in tree, UnitId("khac") in tree) == (False, True)


async def test_communes_of_one_name_are_told_apart_and_found_by_their_district(store: SqlOrgStore) -> None:
    twins = [Unit(UnitId(f"tan-lap-{of}"), UnitId(of), "UBND xã Tân Lập", "xã") for of in ("bac", "nam")]
    points = [Point(PointId(unit.id), unit.id, "Điểm cầu xã Tân Lập") for unit in twins]
    async with store.changing() as writer:
        await writer.put_units((await writer.tree()).put(twins))
        await writer.put_points(points)
        tree = await writer.tree()
    [bac] = [unit.display_name for unit in tree if unit.id == "bac"]

    caller = Principal("people/van-thu", (Grant("secretary", "/tinh/"),))
    search, day = DirectorySearch(store), date(2026, 11, 23)
    both = await search.search(caller, "điểm cầu xã tân lập", day, 5)
    [first, *_] = await search.search(caller, f"điểm cầu tân lập {bac}", day, 5)

    assert len({entry.detail for entry in both if entry.name.startswith("points/")}) == 2
    assert (first.name, first.detail) == ("points/tan-lap-bac", f"UBND xã Tân Lập, {bac}")


async def test_the_best_are_found_among_many_that_hold_the_words(store: SqlOrgStore) -> None:
    many = [Person(PersonId(f"a-{n}"), f"Trần Văn An {n:04}", UnitId("xa-1")) for n in range(700)]
    async with store.changing() as writer:
        await writer.put_people([*many, Person(PersonId("dung"), "Văn An", UnitId("xa_1"))])

    caller = Principal("people/van-thu", (Grant("secretary", "/tinh/"),))
    found = await DirectorySearch(store).search(caller, "văn an", date(2026, 11, 23), 3)

    assert found[0].name == "people/dung"
