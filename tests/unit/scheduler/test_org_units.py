from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giaoban.errors import InvalidArgument
from giaoban.names import UnitId
from services.scheduler.domain.units import MAX_DEPTH, Unit, UnitTree, ancestor_paths, is_below


def unit(name: str, parent: str | None = None, order: int = 0) -> Unit:
    return Unit(UnitId(name), None if parent is None else UnitId(parent), f"Đơn vị {name}", "xã", order=order)


def province() -> UnitTree:
    return UnitTree(UnitTree([]).put([unit("tinh"), unit("huyen", "tinh"), unit("xa", "huyen"), unit("so", "tinh", 1)]))


def test_a_path_holds_the_ids_from_the_root_down() -> None:
    assert [each.path for each in province()] == ["/tinh/", "/tinh/huyen/", "/tinh/huyen/xa/", "/tinh/so/"]


def test_moving_a_unit_rewrites_the_paths_below_it() -> None:
    tree = province()

    different = tree.put([unit("huyen", "so")])

    assert {each.id: each.path for each in different} == {"huyen": "/tinh/so/huyen/", "xa": "/tinh/so/huyen/xa/"}


def test_siblings_stand_in_protocol_order_with_their_own_below_them() -> None:
    tree = province()

    tree.put([unit("so", "tinh", 1), unit("huyen", "tinh", 2)])

    assert [each.id for each in tree] == ["tinh", "so", "huyen", "xa"]


@pytest.mark.parametrize("parent", ["xa", "huyen"])
def test_a_unit_cannot_be_placed_below_itself(parent: str) -> None:
    tree = province()

    with pytest.raises(InvalidArgument) as refused:
        tree.put([unit("huyen", parent)])

    assert refused.value.reason == "UNIT_CYCLE"
    assert [each.path for each in tree][1] == "/tinh/huyen/"


def test_an_unknown_unit_above_is_refused() -> None:
    with pytest.raises(InvalidArgument) as refused:
        province().put([unit("xa-2", "nowhere")])

    assert refused.value.reason == "UNKNOWN_UNIT"


def test_units_nest_twenty_levels_and_no_more() -> None:
    chain = [unit("u0"), *(unit(f"u{depth}", f"u{depth - 1}") for depth in range(1, MAX_DEPTH))]
    tree = UnitTree([])
    tree.put(chain)

    with pytest.raises(InvalidArgument) as refused:
        tree.put([unit("one-too-deep", f"u{MAX_DEPTH - 1}")])

    assert refused.value.reason == "UNIT_TOO_DEEP"


def test_the_end_date_is_the_first_day_without_the_unit() -> None:
    merged = Unit(UnitId("xa"), None, "Xã cũ", "xã", valid_from=date(2020, 1, 1), valid_to=date(2025, 7, 1))

    assert not merged.exists_on(date(2019, 12, 31))
    assert merged.exists_on(date(2020, 1, 1))
    assert merged.exists_on(date(2025, 6, 30))
    assert not merged.exists_on(date(2025, 7, 1))


@given(moves=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), max_size=30))
@settings(max_examples=60, deadline=None)
def test_paths_agree_with_parents_after_any_moves(moves: list[tuple[int, int, int]]) -> None:
    tree = UnitTree([])
    tree.put(unit(f"u{number}") for number in range(10))

    for moved, above, order in moves:
        before = {each.id: each for each in tree}
        try:
            different = tree.put([unit(f"u{moved}", f"u{above}", order)])
        except InvalidArgument:
            assert {each.id: each for each in tree} == before
            continue
        after = {each.id: each for each in tree}
        assert {each.id for each in different} == {name for name in after if after[name] != before[name]}

    units = {each.id: each for each in tree}
    for each in units.values():
        parent = units.get(each.parent) if each.parent else None
        assert each.path == (parent.path if parent else "/") + f"{each.id}/"
        assert ancestor_paths(each.path) == [other.path for other in _ancestors(units, each)]
    ordered = list(tree)
    for position, each in enumerate(ordered):
        below = [other for other in ordered if is_below(other.path, each.path)]
        assert ordered[position : position + len(below)] == below, "a unit and all below it stand together"


def _ancestors(units: dict[UnitId, Unit], each: Unit) -> list[Unit]:
    above: list[Unit] = []
    while each.parent is not None:
        each = units[each.parent]
        above.insert(0, each)
    return above
