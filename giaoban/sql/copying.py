"""Copies of encrypted SQLite stores as of one moment, and what damage does to them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlcipher3 import dbapi2 as sqlcipher

from giaoban.errors import FailedPrecondition

_PAGES: Final = 256
_BUSY_SECONDS: Final = 15.0
_AGAIN_SECONDS: Final = 0.2
_MOST_NAMED: Final = 5


class Snapshot:
    """A store as it is now, whatever is written to it meanwhile; for `with`.

    Args:
        path: Of the file; other processes may use it.
        key: The 32 bytes that encrypt it.

    Raises:
        FailedPrecondition: `DATA_KEY_WRONG`, or `STORE_DAMAGED`.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._key = key
        self._connection = _opened(path, key)
        try:
            # A write-ahead log gives a reader the moment of its first look until it ends (SQLite, "Isolation").
            self._connection.execute("BEGIN")
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlcipher.DatabaseError as error:
            self._connection.close()
            raise _unreadable(path, error) from error

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def copy_to(self, target: Path, progress: Callable[[int, int], None]) -> None:
        """Writes the snapshot into a new file, encrypted with the same key.

        Args:
            target: The file.
            progress: Told now and then how many pages are left of how many.
        """
        copy = _opened(target, self._key)
        try:
            self._connection.backup(
                copy, pages=_PAGES, progress=lambda _status, remaining, total: progress(remaining, total)
            )
        finally:
            copy.close()


def damage(path: Path, key: bytes) -> list[str]:
    """Answers what is wrong with a store, nothing when it is whole: each page is authenticated, then its structure read."""
    try:
        found = _bad_pages(path, key)
        if found:
            time.sleep(_AGAIN_SECONDS)
            # A page that is being written looks the same; it is whole a moment later.
            again = _bad_pages(path, key)
            found = [each for each in found if each in again]
        if found:
            return found
        connection = _opened(path, key)
        try:
            rows = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
        finally:
            connection.close()
    except sqlcipher.DatabaseError as error:
        return [str(error)]
    return [] if rows == ["ok"] else rows[:_MOST_NAMED]


def _bad_pages(path: Path, key: bytes) -> list[str]:
    connection = _opened(path, key)
    try:
        rows = connection.execute("PRAGMA cipher_integrity_check").fetchall()
    finally:
        connection.close()
    return [str(row[0]) for row in rows]


def _opened(path: Path, key: bytes) -> sqlcipher.Connection:
    connection = sqlcipher.connect(path, isolation_level=None, timeout=_BUSY_SECONDS)
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


def _unreadable(path: Path, error: sqlcipher.DatabaseError) -> FailedPrecondition:
    if "not a database" in str(error):
        return FailedPrecondition("DATA_KEY_WRONG", f"The data key does not open {path}; restore the folder of keys.")
    return FailedPrecondition("STORE_DAMAGED", f"{path} cannot be read ({error}); see `giaoban doctor`.")
