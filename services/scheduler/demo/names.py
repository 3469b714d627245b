"""Words for invented people and places. Telephones begin with 0199, a prefix that no Vietnamese network has any more."""

from random import Random
from typing import Final

_SURNAMES: Final = (
    *("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"),
    *("Nông", "Lò", "Hà", "Lương", "Triệu", "Vi", "Sùng", "Giàng", "Đinh", "Cao", "Tạ", "Mai", "Tô", "Hứa"),
)
_MIDDLE_MALE: Final = ("Văn", "Đức", "Quang", "Hữu", "Minh", "Xuân", "Ngọc", "Thành", "Công", "Bá", "Đình", "Tuấn")
_MIDDLE_FEMALE: Final = ("Thị", "Thị Thu", "Thị Minh", "Ngọc", "Thị Hồng", "Phương", "Thị Thanh", "Kim", "Thùy")
_GIVEN_MALE: Final = (
    *("An", "Bình", "Cường", "Dũng", "Đạt", "Hải", "Hùng", "Khánh", "Long", "Nam", "Phong", "Quân", "Sơn"),
    *("Thắng", "Tuấn", "Vinh", "Hiếu", "Kiên", "Lâm", "Mạnh", "Nghĩa", "Phúc", "Tùng", "Trường", "Việt"),
)
_GIVEN_FEMALE: Final = (
    *("Anh", "Bích", "Chi", "Dung", "Giang", "Hà", "Hạnh", "Hằng", "Hoa", "Hương", "Lan", "Liên", "Mai"),
    *("Nga", "Nhung", "Oanh", "Phượng", "Quyên", "Thảo", "Thủy", "Trang", "Tuyết", "Vân", "Xuân", "Yến"),
)
_PLACE_BEGINNINGS: Final = (
    *("Tân", "Đồng", "Bình", "Phú", "Yên", "Thanh", "Minh", "Vĩnh", "Quang", "Hòa", "An", "Xuân", "Thạch"),
    *("Trung", "Hưng", "Kim", "Ngọc", "Hồng", "Đại", "Thái", "Mường", "Nậm", "Suối", "Khe"),
)
_PLACE_ENDINGS: Final = ("Lập", "Khê", "Lộc", "Thịnh", "Lâm", "Điền", "Trạch", "Phong", "Lĩnh", "Cốc", "Vân", "Thượng")


class Names:
    """Makes up names, the same ones for the same seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        pairs = [f"{beginning} {ending}" for beginning in _PLACE_BEGINNINGS for ending in _PLACE_ENDINGS]
        self._places = random.sample(pairs, len(pairs))

    def person(self) -> str:
        """A full name in Vietnamese order."""
        surname = self._random.choice(_SURNAMES)
        if self._random.random() < 0.4:
            return f"{surname} {self._random.choice(_MIDDLE_FEMALE)} {self._random.choice(_GIVEN_FEMALE)}"
        return f"{surname} {self._random.choice(_MIDDLE_MALE)} {self._random.choice(_GIVEN_MALE)}"

    def place(self) -> str:
        """A name of a commune that was not given before."""
        return self._places.pop()

    def phone(self) -> str:
        """A telephone number that rings nowhere."""
        return f"0199 {self._random.randrange(1000):03d} {self._random.randrange(1000):03d}"
