"""The invented tỉnh Sơn Hà: units, points with their lines, people with their roles and accounts."""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from giaoban.ids import slug
from giaoban.invented import MAIL_DOMAIN
from giaoban.names import PersonId, PointId, UnitId
from services.scheduler.demo.names import Names
from services.scheduler.domain.people import Person, Role, RoleGrant
from services.scheduler.domain.points import Line, Point
from services.scheduler.domain.units import Unit

SEED: Final = 20261123
PROVINCE: Final = UnitId("son-ha")
CHAIR: Final = PersonId("chu-tich-son-ha")
SECRETARY: Final = PersonId("van-thu-son-ha")

_DEPARTMENTS: Final = (
    *("Văn phòng UBND tỉnh", "Sở Nội vụ", "Sở Tư pháp", "Sở Tài chính", "Sở Công Thương", "Sở Xây dựng"),
    *("Sở Nông nghiệp và Môi trường", "Sở Khoa học và Công nghệ", "Sở Văn hóa, Thể thao và Du lịch"),
    *("Sở Giáo dục và Đào tạo", "Sở Y tế", "Sở Dân tộc và Tôn giáo", "Sở Ngoại vụ", "Thanh tra tỉnh"),
    *("Ban Quản lý các khu công nghiệp", "Ban Tiếp công dân tỉnh", "Công an tỉnh", "Bộ Chỉ huy Quân sự tỉnh"),
    *("Kho bạc Nhà nước tỉnh", "Thuế tỉnh", "Thống kê tỉnh", "Bảo hiểm xã hội tỉnh"),
    *("Báo và Phát thanh, Truyền hình tỉnh", "Trung tâm Phục vụ hành chính công tỉnh"),
)
_DISTRICTS: Final = (
    ("thành phố Hà Lĩnh", 16),
    ("thị xã Tân Khê", 13),
    ("huyện Thượng Cốc", 17),
    ("huyện Bình Khê", 15),
    ("huyện Đông Lĩnh", 16),
    ("huyện Tây Trạch", 14),
    ("huyện Phúc Điền", 16),
    ("huyện Yên Vân", 15),
    ("huyện Nam Trạch", 15),
)
_LINES: Final = (  # carrier, kbit/s down and up, how common
    ("Mạng truyền số liệu chuyên dùng", 50_000, 50_000, 2),
    ("VNPT", 40_000, 20_000, 5),
    ("Viettel", 30_000, 15_000, 5),
    ("FPT Telecom", 20_000, 10_000, 2),
    ("VNPT", 8_000, 4_000, 3),
    ("Viettel 4G", 4_000, 1_500, 2),
)


@dataclass(frozen=True, slots=True)
class Province:
    """All that is written; units without their paths."""

    units: list[Unit] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)


def make_province(seed: int = SEED) -> Province:
    """Makes the province; the same seed makes the same one."""
    return _Builder(Random(seed)).build()  # noqa: S311 - names of a demonstration are no secrets


class _Builder:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._names = Names(random)
        self._made = Province()

    def build(self) -> Province:
        self._province()
        for order, name in enumerate(_DEPARTMENTS, start=1):
            self._department(order, name)
        for order, (name, communes) in enumerate(_DISTRICTS, start=len(_DEPARTMENTS) + 1):
            self._district(order, name, communes)
        return self._made

    def _province(self) -> None:
        self._unit(PROVINCE, None, "UBND tỉnh Sơn Hà", "tỉnh", 1)
        officer = self._officer("cntt-son-ha", PROVINCE, "cntt")
        line = Line("Mạng truyền số liệu chuyên dùng", 100_000, 100_000, officer.display_name, officer.phone)
        self._point(
            PROVINCE, "Điểm cầu trung tâm UBND tỉnh", "Phòng họp trực tuyến, tầng 3, trụ sở UBND tỉnh", 60, line
        )
        self._person(CHAIR, PROVINCE, "Chủ tịch UBND tỉnh", Role.CHAIR, username="chutri")
        for number in (1, 2, 3):
            self._person(f"pho-chu-tich-{number}-son-ha", PROVINCE, "Phó Chủ tịch UBND tỉnh", Role.CHAIR)
        self._person(SECRETARY, PROVINCE, "Chuyên viên phòng Tổng hợp", Role.SECRETARY, username="vanthu")
        self._person("thu-ky-2-son-ha", PROVINCE, "Chuyên viên phòng Tổng hợp", Role.SECRETARY)

    def _department(self, order: int, name: str) -> None:
        unit = UnitId(slug(name))
        self._unit(unit, PROVINCE, name, "sở, ban, ngành", order)
        officer = self._officer(f"cntt-{unit}", unit)
        self._point(
            unit, f"Điểm cầu {name}", "Phòng họp trụ sở cơ quan", self._random.choice((12, 20, 30)), self._line(officer)
        )
        head = {"Văn": "Chánh Văn phòng", "Sở": "Giám đốc", "Thanh": "Chánh Thanh tra"}.get(
            name.split(maxsplit=1)[0], "Thủ trưởng"
        )
        self._person(f"lanh-dao-{unit}", unit, head, Role.CHAIR)
        self._person(f"van-thu-{unit}", unit, "Văn thư", Role.SECRETARY)
        self._person(f"dai-bieu-{unit}", unit, "Trưởng phòng", Role.DELEGATE)

    def _district(self, order: int, name: str, communes: int) -> None:
        short = slug(name.split(" ", 2)[-1] if not name.startswith("huyện") else name.removeprefix("huyện "))
        unit = UnitId(f"huyen-{short}")
        self._unit(unit, PROVINCE, f"UBND {name}", "huyện", order)
        officer = self._officer(f"cntt-{unit}", unit, f"cntt.{short}")
        self._point(unit, f"Điểm cầu {name}", f"Hội trường UBND {name}", 40, self._line(officer))
        self._person(f"chu-tich-{unit}", unit, f"Chủ tịch UBND {name}", Role.CHAIR)
        self._person(f"van-thu-{unit}", unit, "Văn thư", Role.SECRETARY, username=f"vanthu.{short}")
        self._person(f"dai-bieu-{unit}", unit, "Chánh Văn phòng HĐND và UBND", Role.DELEGATE)
        for number in range(1, communes + 1):
            self._commune(unit, number, "phường" if name.startswith("thành") else "xã", officer)

    def _commune(self, district: UnitId, order: int, prefix: str, officer: Person) -> None:
        name = f"{prefix} {self._names.place()}"
        unit = UnitId(slug(name))
        self._unit(unit, district, f"UBND {name}", "xã", order)
        seats = self._random.choice((8, 10, 12, 15, 20))
        self._point(unit, f"Điểm cầu {name}", f"Phòng họp UBND {name}", seats, self._line(officer))
        self._person(f"chu-tich-{unit}", unit, f"Chủ tịch UBND {name}", Role.CHAIR)
        self._person(f"van-thu-{unit}", unit, "Văn thư – Thống kê", Role.SECRETARY)
        self._person(
            f"dai-bieu-{unit}",
            unit,
            self._random.choice(("Phó Chủ tịch UBND", "Công chức Địa chính", "Trưởng Công an")),
            Role.DELEGATE,
        )

    def _unit(self, unit: UnitId, parent: UnitId | None, name: str, kind: str, order: int) -> None:
        self._made.units.append(Unit(unit, parent, name, kind, order=order))

    def _point(self, unit: UnitId, name: str, location: str, seats: int, line: Line) -> None:
        email = f"diemcau.{unit}@{MAIL_DOMAIN}"
        self._made.points.append(Point(PointId(f"diem-{unit}"), unit, name, location, seats, line, email))

    def _line(self, officer: Person) -> Line:
        weights = [common for *_, common in _LINES]
        carrier, down, up, _ = self._random.choices(_LINES, weights)[0]
        return Line(carrier, down, up, officer.display_name, officer.phone)

    def _officer(self, name: str, unit: UnitId, username: str = "") -> Person:
        return self._person(name, unit, "Cán bộ công nghệ thông tin", Role.DISTRICT_IT, username=username)

    def _person(self, name: str, unit: UnitId, position: str, role: Role, *, username: str = "") -> Person:
        person = Person(
            PersonId(name),
            self._names.person(),
            unit,
            position=position,
            email=f"{name}@{MAIL_DOMAIN}",
            phone=self._names.phone(),
            username=username,
            roles=(RoleGrant(role, unit),),
        )
        self._made.people.append(person)
        return person
