"""A CSV file as rows of cells: UTF-8, or UTF-16 with its byte order mark (Excel: *Unicode Text*); commas, semicolons or tabs."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.scheduler.domain.import_columns import NEEDED, Column, column_of
from services.scheduler.domain.import_problems import Problems

MOST_BYTES: Final = 5_000_000
MOST_ROWS: Final = 20_000
_DELIMITERS: Final = ",;\t"
_DELIMITER_HINT: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)  # a first line that Excel understands
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .xls


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file; `cells` by the key of their column, without spaces around."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The readable part of a file; `headers` says by key how the file itself calls each column."""

    headers: Mapping[str, str]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def read_table(content: bytes, problems: Problems) -> Table:
    """Reads a file; what cannot be read is noted in `problems` and left out."""
    nothing = Table({}, (), ())
    text = _decoded(content, problems)
    if text is None:
        return nothing
    lines = _lines(text, problems)
    first = next(lines, None)
    if first is None:
        if not problems:
            problems.add(1, "", "EMPTY_FILE", "", "The file holds no rows.")
        return nothing
    number, header = first
    columns = _columns(number, header, problems)
    rows = tuple(_rows(lines, header, columns, problems))
    found = tuple(column for column in columns if column is not None)
    names = {column.key: name.strip() for column, name in zip(columns, header, strict=True) if column is not None}
    return Table(names, found, rows)


def _decoded(content: bytes, problems: Problems) -> str | None:
    if len(content) > MOST_BYTES:
        problems.add(1, "", "FILE_TOO_LARGE", "", f"The file may have {MOST_BYTES} bytes.")
        return None
    if content.startswith(_WORKBOOKS):
        problems.add(1, "", "IS_WORKBOOK", "", "This is an Excel workbook; save the sheet as CSV UTF-8.")
        return None
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        problems.add(row, "", "BAD_ENCODING", "", "The file is no CSV in UTF-8; save it as CSV UTF-8.")
        return None


def _lines(text: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """The records that hold anything, each with the line on which it begins."""
    hint = _DELIMITER_HINT.match(text)
    rest = text[hint.end() :] if hint else text
    start = rest.lstrip("\r\n").partition("\n")[0]
    delimiter = hint[1] if hint else max(_DELIMITERS, key=start.count)
    reader = csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + (2 if hint else 1)
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.add(number, "", "BAD_CSV", "", f"The line cannot be read: {error}.")
            return
        if any(cell.strip() for cell in cells):
            yield number, cells


def _columns(number: int, header: list[str], problems: Problems) -> list[Column | None]:
    columns = [column_of(name) for name in header]
    seen: set[str] = set()
    for name, column in zip(header, columns, strict=True):
        if column is None:
            if name.strip():
                problems.add(number, name.strip(), "UNKNOWN_COLUMN", name.strip(), "This column is not known.")
        elif column.key in seen:
            problems.add(number, name.strip(), "DUPLICATE_COLUMN", name.strip(), "This column is there twice.")
        else:
            seen.add(column.key)
    for column in NEEDED:
        if column.key not in seen:
            problems.add(number, column.key, "MISSING_COLUMN", "", f"The file needs a column {column.key}.")
    return columns


def _rows(
    lines: Iterator[tuple[int, list[str]]], header: list[str], columns: list[Column | None], problems: Problems
) -> Iterator[Row]:
    for count, (number, cells) in enumerate(lines, start=1):
        if count > MOST_ROWS:
            problems.add(number, "", "TOO_MANY_ROWS", "", f"The file may have {MOST_ROWS} rows.")
            return
        named = zip(columns, cells, strict=False)
        for extra in cells[len(header) :]:
            if extra.strip():
                problems.add(number, "", "TOO_MANY_CELLS", extra, "The row has more cells than the header.")
        yield Row(number, {column.key: cell.strip() for column, cell in named if column is not None})
