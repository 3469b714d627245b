"""Text that went through the wrong character set on its way into a file: it can be read, and nobody ever wrote it.

Three ways are common where lists are kept in Excel: UTF-8 that was read as Windows-1252 ("xÃ£"), text of the old TCVN3 fonts
(.VnTime) that was saved as Unicode ("x·", "LËp"), and a save as ANSI that put "?" in place of each letter it did not know.
"""

import re
from enum import StrEnum
from typing import Final

_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]{2,}")
# Signs that stand for Vietnamese letters in TCVN3 and for nothing beside a letter in Unicode. In TCVN3 "®" and "§" are đ and
# Đ, which begin syllables: behind a letter the first is a trade mark.
_TCVN3_SIGNS: Final = re.compile(r"[®§](?=[^\W\d_])|[µ¶·¸¹¨»¾¼½«©ª¬÷×](?=[^\W\d_])|(?<=[^\W\d_])[µ¶·¸¹¨»¾¼½«©ª¬÷×]")
# The accented small letters of TCVN3 lie where Unicode has capitals: no capital follows a small letter in a name, and none that
# Vietnamese does not know stands within one.
_TCVN3_CAPITALS: Final = re.compile(r"(?<=[a-z])[À-ÖØ-Þ](?![A-ZÀ-ÖØ-Þ])|(?<=[A-Z])[ÄÅÆÇËÎÏÐÑÖØÛÜÞ](?=[a-z])")
_LOST: Final = re.compile(r"�|(?<=[^\W\d_])\?|\?(?=[^\W\d_])")


class Garbled(StrEnum):
    """How a text was spoiled."""

    MOJIBAKE = "MOJIBAKE"
    TCVN3 = "TCVN3"
    LOST_LETTERS = "LOST_LETTERS"


REMEDIES: Final = {
    Garbled.MOJIBAKE: "The text was read in the wrong character set; open the source as UTF-8 and save it as CSV UTF-8.",
    Garbled.TCVN3: "The text is written for a TCVN3 font (.VnTime); convert it to Unicode first.",
    Garbled.LOST_LETTERS: "Letters were lost and stand as question marks; save the source again as CSV UTF-8.",
}


def garbled(text: str) -> Garbled | None:
    """How a text of one cell was spoiled; None when nothing tells that it was."""
    if _LOST.search(text):
        return Garbled.LOST_LETTERS
    if any(_is_utf8_read_as_cp1252(run[0]) for run in _NOT_ASCII.finditer(text)):
        return Garbled.MOJIBAKE
    if _TCVN3_SIGNS.search(text) or _TCVN3_CAPITALS.search(text):
        return Garbled.TCVN3
    return None


def _is_utf8_read_as_cp1252(run: str) -> bool:
    try:
        # Bytes that Windows-1252 does not know pass as the control characters of Latin-1.
        original = b"".join(letter.encode("latin-1" if "\x80" <= letter <= "\x9f" else "cp1252") for letter in run)
        original.decode("utf-8")
    except UnicodeError:
        return False
    return True
