"""What is wrong in a file: every bad cell with its row, column and reason."""

from dataclasses import dataclass
from typing import Final

MOST_PROBLEMS: Final = 5000


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """One bad cell; `row` counts lines of the file from 1, the header; an empty `column` means the whole row."""

    row: int
    column: str
    reason: str
    value: str
    message: str


class Problems:
    """Collects problems, row by row; past 5000 it only remembers that there were more."""

    def __init__(self) -> None:
        self._found: list[ImportProblem] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, row: int, column: str, reason: str, value: str, message: str) -> None:
        """Notes a bad cell."""
        if len(self._found) < MOST_PROBLEMS:
            self._found.append(ImportProblem(row, column, reason, value, message))
        elif len(self._found) == MOST_PROBLEMS:
            text = f"There are more than {MOST_PROBLEMS} problems; correct these first."
            self._found.append(ImportProblem(row, "", "TOO_MANY_PROBLEMS", "", text))

    def in_order(self) -> tuple[ImportProblem, ...]:
        """All problems by row."""
        return tuple(sorted(self._found, key=lambda problem: problem.row))
