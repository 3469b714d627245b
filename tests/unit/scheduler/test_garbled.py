import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.garbled import Garbled, garbled

VIETNAMESE = "aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("UBND xÃ£ TÃ¢n Láº­p", Garbled.MOJIBAKE),
        ("Nguyá»…n VÄƒn An", Garbled.MOJIBAKE),
        ("x·", Garbled.TCVN3),
        ("T©n LËp", Garbled.TCVN3),
        ("LËp", Garbled.TCVN3),
        ("§¶ng ñy x· Tân LËp, huyện ®éi", Garbled.TCVN3),
        ("NguyÔn V¨n An", Garbled.TCVN3),
        ("ThÞ trÊn", Garbled.TCVN3),
        ("UBND xã Tân L?p", Garbled.LOST_LETTERS),
        ("huy?n Th??ng C?c", Garbled.LOST_LETTERS),
        ("UBND x� Tân Lập", Garbled.LOST_LETTERS),
    ],
)
def test_a_spoiled_text_is_told_by_how_it_was_spoiled(text: str, kind: Garbled) -> None:
    assert garbled(text) is kind


@pytest.mark.parametrize(
    "text",
    [
        *("UBND xã Tân Lập", "ỦY BAN NHÂN DÂN TỈNH ĐẮK LẮK", "Y Bhiŏ Niê", "Krông Búk", "M'Drăk", "Ê Đê", "H'Lê Êban"),
        *(
            "Müller",
            "Công ty FPT®",
            "Họp lúc mấy giờ ?",
            "Nhà văn hóa – thôn 3",
            "30 m²",
            "½ ngày",
            "ĐẢNG ỦY",
            "Uỷ ban",
        ),
    ],
)
def test_what_people_write_is_taken(text: str) -> None:
    assert garbled(text) is None


words = st.text(VIETNAMESE, min_size=1, max_size=7)


@given(st.lists(words, min_size=1, max_size=6), st.sampled_from(["lower", "title", "upper"]))
def test_vietnamese_is_never_taken_for_spoiled(parts: list[str], case: str) -> None:
    text = " ".join(getattr(part, case)() if case != "title" else part.capitalize() for part in parts)

    assert garbled(text) is None
    assert garbled(unicodedata.normalize("NFD", text)) is None


@given(st.lists(words, min_size=1, max_size=6))
def test_utf8_read_as_windows_1252_is_always_noticed(parts: list[str]) -> None:
    text = " ".join(parts)
    read = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())

    assert (garbled(read) is None) == text.isascii()
