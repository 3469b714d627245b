import csv
import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giaoban.names import PersonId, PointId, UnitId
from giaoban.principal import Grant, Principal
from services.scheduler.domain.garbled import garbled
from services.scheduler.domain.import_plan import Plan, Planner, Stored
from services.scheduler.domain.import_problems import MOST_PROBLEMS, ImportProblem, Problems
from services.scheduler.domain.import_table import MOST_BYTES, read_table
from services.scheduler.domain.people import Person, Role, RoleGrant
from services.scheduler.domain.points import Line, Point
from services.scheduler.domain.units import Unit, UnitTree

EXAMPLE = Path(__file__).parents[3] / "docs/examples/organisation.csv"
ADMINISTRATOR = Principal("people/admin", (Grant("administrator", "/"),))
NOTHING = Stored(UnitTree([]), {}, {})
SMALL = """record,code,name,unit,kind
unit,tinh,UBND tỉnh Sơn Hà,,tỉnh
unit,xa,UBND xã Tân Lập,tinh,xã
point,diem-xa,Điểm cầu xã Tân Lập,xa,
person,p1,Nguyễn Văn An,xa,
"""


def read(
    text: str | bytes, stored: Stored = NOTHING, caller: Principal = ADMINISTRATOR
) -> tuple[Plan, tuple[ImportProblem, ...]]:
    problems = Problems()
    content = text if isinstance(text, bytes) else text.encode()
    plan = Planner(read_table(content, problems), stored, problems).plan(caller)
    return plan, problems.in_order()


def stored(plan: Plan) -> Stored:
    return Stored(
        UnitTree(plan.units), {each.id: each for each in plan.points}, {each.id: each for each in plan.people}
    )


def cells(problems: tuple[ImportProblem, ...]) -> list[tuple[int, str, str]]:
    return [(each.row, each.column, each.reason) for each in problems]


def test_a_file_becomes_units_points_and_people() -> None:
    plan, problems = read(SMALL)

    assert problems == ()
    assert [each.path for each in plan.units] == ["/tinh/", "/tinh/xa/"]
    assert plan.points == (Point(PointId("diem-xa"), UnitId("xa"), "Điểm cầu xã Tân Lập"),)
    assert plan.people == (Person(PersonId("p1"), "Nguyễn Văn An", UnitId("xa")),)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_usual_kinds_of_csv_mean_the_same(delimiter: str, mark: str, newline: str) -> None:
    text = mark + SMALL.replace(",", delimiter).replace("\n", newline)

    assert read(text) == read(SMALL)


def test_headers_may_be_vietnamese_with_or_without_accents() -> None:
    header = "Loại,mã,HỌ TÊN,don vi,Cấp"

    assert read(SMALL.replace("record,code,name,unit,kind", header)) == read(SMALL)


def test_a_row_may_name_a_unit_that_comes_later() -> None:
    lines = SMALL.splitlines()

    plan, problems = read("\n".join([lines[0], *reversed(lines[1:])]))

    assert problems == ()
    assert {each.path for each in plan.units} == {"/tinh/", "/tinh/xa/"}


def test_reading_a_file_again_changes_nothing() -> None:
    plan, _ = read(SMALL)

    assert read(SMALL, stored(plan)) == (Plan((), (), ()), ())


def test_a_column_that_is_not_there_keeps_what_is_stored_and_an_empty_cell_clears_it() -> None:
    first, _ = read("record,code,name,unit,location,seats\nunit,tinh,Tỉnh,,,\npoint,d,Điểm,tinh,Tầng 2,20\n")

    plan, problems = read("record,code,seats,name\npoint,d,,Điểm mới\n", stored(first))

    assert problems == ()
    assert plan.points == (Point(PointId("d"), UnitId("tinh"), "Điểm mới", location="Tầng 2", seats=0),)


def test_every_bad_cell_is_named_with_row_column_and_reason() -> None:
    text = """loại,mã,tên,đơn vị,số chỗ,tải xuống kbps,email,vai trò,từ ngày,đến ngày
unit,tinh,Tỉnh,,,,,,31/12/2025,2020-01-01
unit,xa,,nowhere,,,,,2025-02-30,
point,Điểm,Điểm,tinh,,,,,,
point,d,Điểm,,nhiều,-1,not-an-address,,,
person,p,An,tinh,7,,,captain,,
robot,r,R,tinh,,,,,,
"""

    plan, problems = read(text)

    assert plan == Plan((), (), ())
    assert sorted(cells(problems)) == sorted(
        [
            (2, "đến ngày", "BAD_DATES"),
            (3, "tên", "MISSING_VALUE"),
            (3, "đơn vị", "UNKNOWN_UNIT"),
            (3, "từ ngày", "BAD_DATE"),
            (4, "mã", "BAD_CODE"),
            (5, "đơn vị", "MISSING_VALUE"),
            (5, "số chỗ", "BAD_NUMBER"),
            (5, "tải xuống kbps", "BAD_NUMBER"),
            (5, "email", "BAD_EMAIL"),
            (6, "số chỗ", "NOT_FOR_RECORD"),
            (6, "vai trò", "BAD_ROLE"),
            (7, "loại", "BAD_RECORD"),
        ]
    )
    assert [each.value for each in problems if each.reason == "BAD_EMAIL"] == ["not-an-address"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", (1, "", "EMPTY_FILE")),
        (b"\n \n", (1, "", "EMPTY_FILE")),
        (b"PK\x03\x04\xff", (1, "", "IS_WORKBOOK")),
        ("record,code,name\nunit,a,xÃ£\n".encode(), (2, "name", "MOJIBAKE")),
        ("record,code,name\nunit,a,Tân LËp\n".encode(), (2, "name", "TCVN3")),
        ("record,code,name\nunit,a,Tân L?p\n".encode(), (2, "name", "LOST_LETTERS")),
        (b"record,code,name,phone\nperson,a,A,912345678\n", (2, "phone", "LOST_ZERO")),
        (b"record,code,name,phone\nperson,a,A,2438251234\n", (2, "phone", "LOST_ZERO")),
        (b"record,code\nunit,\xff\n", (2, "", "BAD_ENCODING")),
        (b"x" * (MOST_BYTES + 1), (1, "", "FILE_TOO_LARGE")),
        (b"record,name\nunit,x\n", (1, "code", "MISSING_COLUMN")),
        (b"record,code,name,shoes\nunit,a,A,44\n", (1, "shoes", "UNKNOWN_COLUMN")),
        (b"record,code,name,name\nunit,a,A,B\n", (1, "name", "DUPLICATE_COLUMN")),
        (b"record,code,name\nunit,a,A,B\n", (2, "", "TOO_MANY_CELLS")),
        (b'record,code,name\nunit,a,"A"B\n', (2, "", "BAD_CSV")),
        (b"record,code,name\nunit,a,A\nunit,a,B\n", (3, "code", "DUPLICATE_CODE")),
        (b"record,code,name,unit\nunit,a,A,b\nunit,b,B,a\n", (2, "unit", "UNIT_CYCLE")),
        (b"record,code,name,unit\nunit,a,A,a\n", (2, "unit", "UNIT_CYCLE")),
        (b"record,code,name,successor\nunit,a,A,a\n", (2, "successor", "BAD_SUCCESSOR")),
    ],
)
def test_a_broken_file_is_refused_at_the_place_where_it_breaks(content: bytes, expected: tuple[int, str, str]) -> None:
    plan, problems = read(content)

    assert plan == Plan((), (), ())
    assert expected in cells(problems)


def test_two_people_cannot_have_one_user_name() -> None:
    text = "record,code,name,unit,username\nunit,t,T,,\nperson,a,An,t,AN\nperson,b,Bình,t,an\n"

    assert cells(read(text)[1]) == [(4, "username", "USERNAME_TAKEN")]


def test_people_may_exchange_their_user_names() -> None:
    first, _ = read("record,code,name,unit,username\nunit,t,T,,\nperson,a,An,t,an\nperson,b,Bình,t,binh\n")

    plan, problems = read("record,code,username\nperson,a,binh\nperson,b,an\n", stored(first))

    assert problems == ()
    assert [each.username for each in plan.people] == ["binh", "an"]


def test_a_role_stands_on_the_own_unit_unless_it_names_another() -> None:
    text = "record,code,name,unit,roles\nunit,t,T,,\nunit,x,X,t,\nperson,a,An,x,chủ trì | secretary@t\n"

    plan, problems = read(text)

    assert problems == ()
    assert plan.people[0].roles == (RoleGrant(Role.CHAIR, UnitId("x")), RoleGrant(Role.SECRETARY, UnitId("t")))


@pytest.mark.parametrize(
    "row",
    [
        "unit,new,Mới,other,,",
        "unit,mine,Của tôi,other,,",
        "unit,other,Đổi tên,tinh,,",
        "unit,other,Xã khác,mine,,",
        "point,d,Điểm,other,,",
        "point,theirs,Điểm của họ,mine,,",
        "person,p,An,mine,administrator@tinh,",
        "person,chief,Giám đốc,mine,,chief",
    ],
)
def test_the_administrator_of_one_unit_cannot_reach_another_by_a_file(row: str) -> None:
    header = "record,code,name,unit,roles,username\n"
    everything, _ = read(
        f"{header}unit,tinh,Tỉnh,,,\nunit,mine,Của tôi,tinh,,\nunit,other,Xã khác,tinh,,\npoint,theirs,Điểm,other,,\n"
        "person,chief,Giám đốc,mine,administrator@tinh,chief\n"
    )
    caller = Principal("people/a", (Grant("administrator", "/tinh/mine/"),))

    _, problems = read(f"{header}{row}\n", stored(everything), caller)

    assert cells(problems) == [(2, "code", "NO_PERMISSION")]


def test_the_administrator_of_a_unit_can_fill_it_by_a_file() -> None:
    header = "record,code,name,unit\n"
    everything, _ = read(f"{header}unit,tinh,Tỉnh,\nunit,mine,Của tôi,tinh\n")
    caller = Principal("people/a", (Grant("administrator", "/tinh/mine/"),))

    text = f"{header}unit,below,Thôn,mine\npoint,d,Điểm,below\nperson,p,An,mine\n"
    plan, problems = read(text, stored(everything), caller)

    assert problems == ()
    assert (len(plan.units), len(plan.points), len(plan.people)) == (1, 1, 1)


def test_administrators_cannot_lock_themselves_out_by_a_file() -> None:
    text = "record,code,name,unit,roles,username\nunit,t,T,,,\nperson,me,An,t,administrator@*,an\n"
    everything, _ = read(text)
    caller = Principal("people/me", (Grant("administrator", "/"),))

    _, problems = read("record,code,roles\nperson,me,\n", stored(everything), caller)

    assert cells(problems) == [(2, "", "OWN_ACCOUNT")]


def test_a_file_of_nonsense_does_not_answer_with_all_of_it() -> None:
    text = "record,code\n" + "x,\n" * MOST_PROBLEMS

    _, problems = read(text)

    assert len(problems) == MOST_PROBLEMS + 1
    assert "TOO_MANY_PROBLEMS" in {each.reason for each in problems}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize("hint", ["", "sep=;\r\n"])
def test_a_file_is_read_as_excel_writes_it(encoding: str, hint: str) -> None:
    plan, problems = read(f'{hint}record;code;name\r\nunit;a;"UBND xã\nTân Lập"\r\n'.encode(encoding))

    assert problems == ()
    assert [unit.display_name for unit in plan.units] == ["UBND xã Tân Lập"]


def test_the_example_of_the_manual_is_a_good_file() -> None:
    plan, problems = read(EXAMPLE.read_bytes())

    assert problems == ()
    assert plan.units
    assert plan.points
    assert plan.people


names = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30).filter(
    lambda text: text.strip() != "" and garbled(text.strip()) is None
)


@given(
    texts=st.lists(st.tuples(names, names, st.integers(0, 9999)), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t"),
)
@settings(max_examples=40, deadline=None)
def test_what_is_written_as_csv_is_read_back(texts: list[tuple[str, str, int]], delimiter: str) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(["record", "code", "name", "unit", "carrier", "seats"])
    writer.writerow(["unit", "goc", "Gốc", "", "", ""])
    for number, (name, carrier, seats) in enumerate(texts):
        writer.writerow(["point", f"p{number}", name, "goc", carrier, seats])

    plan, problems = read(file.getvalue())

    assert problems == ()
    assert [(each.display_name, each.line, each.seats) for each in plan.points] == [
        (_composed(name), Line(carrier=_composed(carrier)), seats) for name, carrier, seats in texts
    ]
    assert plan.units == (Unit(UnitId("goc"), None, "Gốc", "", path="/goc/", rank="000000.goc/"),)


def _composed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_garbage_is_refused_and_never_breaks_the_reader(content: bytes) -> None:
    plan, problems = read(content)

    assert plan == Plan((), (), ())
    assert problems
