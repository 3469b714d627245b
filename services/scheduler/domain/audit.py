"""The audit log: each entry is hashed together with the hash before it, so that no line can change unnoticed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

FIRST_HASH = "0" * 64
"""Stands before the first entry."""

Detail = Mapping[str, str | int | bool | list[str]]
"""Changed facts, without personal data."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log; `detail` is JSON with sorted keys, `create_time` aware UTC."""

    position: int
    create_time: datetime
    actor: str
    action: str
    resource: str
    detail: str
    hash: str = ""


def detail_text(detail: Detail) -> str:
    """The one way in which facts are written down, so that hashes can be made again."""
    return json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def chained_hash(previous: str, entry: AuditEntry) -> str:
    """SHA-256 over the hash before and every field of the entry, hexadecimal."""
    when = entry.create_time.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [previous, entry.position, when, entry.actor, entry.action, entry.resource, entry.detail]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


@dataclass(slots=True)
class Chain:
    """Follows a log from its first entry on.

    Attributes:
        hash: Of the last entry that was taken.
        position: Its number; 0 before the first.
    """

    hash: str = FIRST_HASH
    position: int = 0

    def holds(self, entry: AuditEntry) -> bool:
        """Takes the next entry; False when it is not the one that followed when it was written."""
        if entry.position != self.position + 1 or entry.hash != chained_hash(self.hash, entry):
            return False
        self.hash, self.position = entry.hash, entry.position
        return True


def first_broken(entries: Iterable[AuditEntry]) -> int | None:
    """The position at which a log, given from its first entry on, was changed or cut; None when it is whole."""
    chain = Chain()
    return next((chain.position + 1 for entry in entries if not chain.holds(entry)), None)
