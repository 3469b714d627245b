"""Who is already taken: points cannot be booked twice, people can with a reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from giaoban import errors
from services.scheduler.domain.briefings import check_reason

# The status of a refusal travels in HTTP/2 headers of 8 kB in all.
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Conflict:
    """A point (`hard`) or person that another briefing holds at an overlapping time."""

    subject: str
    display_name: str
    hard: bool
    holder: str
    """`briefings/{briefing}`."""
    holder_title: str
    holder_unit: str
    """Name of the unit that holds the other briefing, for people to read."""
    start: datetime
    end: datetime


def _moment(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def refuse_taken_points(conflicts: Iterable[Conflict]) -> None:
    """Refuses when a point is taken, naming the first and who holds it.

    Raises:
        Conflict: `POINT_TAKEN` (of `giaoban.errors`).
    """
    taken = [conflict for conflict in conflicts if conflict.hard]
    if not taken:
        return
    first = taken[0]
    raise errors.Conflict(
        "POINT_TAKEN",
        f"{first.subject} is taken from {_moment(first.start)} to {_moment(first.end)}; "
        "choose another time or leave it out.",
        subject=first.subject,
        subject_name=first.display_name,
        holder=first.holder,
        holder_title=first.holder_title,
        holder_unit=first.holder_unit,
        start=_moment(first.start),
        end=_moment(first.end),
        count=str(len({conflict.subject for conflict in taken})),
    )


def override_reasons(
    conflicts: Iterable[Conflict], given: Mapping[str, str], known: Mapping[str, str]
) -> dict[str, str]:
    """Finds for each person already taken the reason why it is invited all the same.

    Args:
        conflicts: What was found, points too.
        given: Reasons by person; the empty key stands for everyone.
        known: Reasons accepted earlier that still hold.

    Raises:
        FailedPrecondition: `OVERRIDE_REASON_NEEDED` with the people in `subjects`.
    """
    for reason in given.values():
        check_reason("override_reasons.reason", reason)
    busy = list(dict.fromkeys(conflict.subject for conflict in conflicts if not conflict.hard))
    everyone = given.get("", "").strip()
    reasons = {subject: given.get(subject, "").strip() or everyone or known.get(subject, "") for subject in busy}
    missing = [subject for subject in busy if not reasons[subject]]
    if missing:
        raise errors.FailedPrecondition(
            "OVERRIDE_REASON_NEEDED",
            "Some people are already taken at that time; give a reason for each or choose another time.",
            subjects=",".join(missing[:_NAMED]),
            count=str(len(missing)),
        )
    return reasons


def in_order(conflicts: Sequence[Conflict]) -> list[Conflict]:
    """Points first, then by time: the order of the form."""
    return sorted(conflicts, key=lambda conflict: (not conflict.hard, conflict.start, conflict.subject))
