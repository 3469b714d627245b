"""Making foreign text harmless for headers, calendar objects and mail."""

import re
import unicodedata
from typing import Final

# C0, DEL and C1 controls, line and paragraph separators, and the marks that turn the direction of text around: none
# has a place in a title, and some clients obey them inside a header or a calendar property.
_CONTROLS: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_SPACES: Final = re.compile(r"\s+")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def clean_line(text: str, limit: int = 500) -> str:
    """Returns the text on one line, in composed form, without control characters, at most `limit` characters long."""
    line = _SPACES.sub(" ", _CONTROLS.sub(" ", unicodedata.normalize("NFC", _without_surrogates(text)))).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clean_text(text: str, limit: int = 5000) -> str:
    """Returns the text with its line breaks but without other control characters, at most `limit` characters long."""
    unified = _without_surrogates(text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    body = _CONTROLS.sub(" ", unicodedata.normalize("NFC", unified))
    body = _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in body.split("\n"))).strip()
    return body if len(body) <= limit else body[: limit - 1].rstrip() + "…"


def typographic_quotes(text: str) -> str:
    """Replaces straight double quotes: a CN cannot hold them, and RFC 6868's `^'` is shown as it stands by old Outlook."""
    opened = False
    letters = []
    for letter in text:
        if letter == '"':
            opened = not opened
            letters.append("“" if opened else "”")
        else:
            letters.append(letter)
    return "".join(letters)


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "ignore").decode("utf-8")
