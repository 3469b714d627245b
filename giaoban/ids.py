"""Ids of our own making, and Vietnamese text reduced to ASCII for ids and for search."""

import hashlib
import re
import secrets
import time
import unicodedata
from typing import Final

# Crockford's base 32 in ASCII order, so that ids sort as the times in them.
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS: Final = 10  # 50 bits of milliseconds
_RANDOM_DIGITS: Final = 10  # 50 bits: no two within one millisecond, and nobody guesses the next
_SLUG_LENGTH: Final = 48
_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+")


def _digits(number: int, count: int) -> str:
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(5 * (count - 1), -1, -5))


def new_id(prefix: str = "") -> str:
    """Makes a lower-case id of 20 characters behind the prefix; later ids sort behind earlier ones."""
    milliseconds = time.time_ns() // 1_000_000
    return prefix + _digits(milliseconds, _TIME_DIGITS) + _digits(secrets.randbits(5 * _RANDOM_DIGITS), _RANDOM_DIGITS)


def fold(text: str) -> str:
    """Reduces text to what a search compares: lower case, no diacritics, đ as d, single spaces."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(mark for mark in decomposed if unicodedata.category(mark) != "Mn").split())


def slug(display_name: str) -> str:
    """Makes an id from a name: "UBND xã Tân Lập" becomes `ubnd-xa-tan-lap`; the same name gives the same id.

    At most 48 characters. A name without a Latin letter or digit gives a short hash.
    """
    words = _NOT_SLUG.sub("-", fold(display_name)).strip("-")[:_SLUG_LENGTH].rstrip("-")
    return words or "x" + hashlib.sha256(display_name.encode()).hexdigest()[:12]
