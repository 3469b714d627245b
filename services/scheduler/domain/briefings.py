"""A briefing and its invitees: the values that all rules of booking speak about, and what a plan must look like.

All instants are aware and in UTC. A briefing is one date of a series; for now each series has one date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from giaoban.errors import InvalidArgument
from giaoban.names import BriefingId, InviteeId, briefing_name, invitee_name

OPENS_BEFORE = timedelta(minutes=30)
CLOSES_AFTER = timedelta(minutes=60)
MIN_MINUTES = 5
MAX_MINUTES = 12 * 60
MAX_TITLE = 200
MAX_NOTES = 4000
MAX_AGENDA_ITEMS = 50
MAX_AGENDA_TEXT = 300
MAX_SELECTORS = 500
MAX_INVITEES = 1000
MAX_REASON = 500
MAX_COMMENT = 500
MAX_HEADCOUNT = 2000
# Beyond this nobody plans a briefing; a typing error in the year is more likely.
HORIZON = timedelta(days=731)


class State(StrEnum):
    """Where a briefing stands."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    ENDED = "ended"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """What is invited."""

    POINT = "point"
    PERSON = "person"


class Part(StrEnum):
    """The part an invitee plays."""

    CHAIR = "chair"
    SECRETARY = "secretary"
    ATTENDEE = "attendee"


class Answer(StrEnum):
    """How an invitee answered; the values of PARTSTAT (RFC 5545 §3.2.12)."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"
    DELEGATED = "DELEGATED"


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One item of the agenda; `minutes` 0 leaves the time open."""

    title: str
    presenter: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the secretary writes into the form; units and people by resource name, attendees as selectors."""

    title: str
    host_unit: str
    chair: str
    secretary: str
    start: datetime
    minutes: int
    agenda: tuple[AgendaItem, ...] = ()
    attendees: tuple[str, ...] = ()
    notes: str = ""

    @property
    def end(self) -> datetime:
        """The planned end, the first instant that is free again."""
        return self.start + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Organizer:
    """Who calendar programs see as organiser; constant for the life of a UID (RFC 5546 §2.1.4)."""

    email: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Invitee:
    """A point or person invited to a briefing, with the names of the day it was invited.

    Attributes:
        link_version: Part of the signed link; a new version makes all earlier links void.
        removed: True once it is invited no more; kept so that a second invitation outranks the CANCEL it got.
    """

    id: InviteeId
    kind: Kind
    subject: str
    display_name: str
    unit: str
    unit_display_name: str
    unit_path: str
    part: Part
    rank: str
    email: str = ""
    phone: str = ""
    language: str = "vi"
    status: Answer = Answer.NEEDS_ACTION
    comment: str = ""
    response_time: datetime | None = None
    override_reason: str = ""
    link_version: int = 1
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Briefing:
    """A briefing as stored.

    Attributes:
        attendee_names: What to show for each selector of the plan, in the same order.
        state: What was last recorded; `standing` says what holds at a moment.
        revision: Counts every change of the plan, from 1; answers and attendance do not count.
        sequence: The highest SEQUENCE used in any message of this UID.
        revised_at: When the revision was made; strictly later than that of the revision before (DTSTAMP).
    """

    id: BriefingId
    series_id: str
    uid: str
    plan: Plan
    host_display_name: str
    host_path: str
    chair_display_name: str
    secretary_display_name: str
    attendee_names: tuple[str, ...]
    organizer: Organizer
    state: State
    revision: int
    sequence: int
    revised_at: datetime
    point_count: int
    person_count: int
    cancel_reason: str = ""

    @property
    def name(self) -> str:
        """Its resource name."""
        return briefing_name(self.id)

    @property
    def etag(self) -> str:
        """Changes with every write of the plan."""
        return f"r{self.revision}"

    @property
    def open_time(self) -> datetime:
        """When its room opens."""
        return self.plan.start - OPENS_BEFORE

    @property
    def close_time(self) -> datetime:
        """When its room closes by itself."""
        return self.plan.end + CLOSES_AFTER

    def standing(self, now: datetime) -> State:
        """Tells where the briefing stands at a moment, whether or not the room keeper has recorded it yet."""
        if self.state in (State.ENDED, State.CANCELLED):
            return self.state
        if now >= self.close_time:
            return State.ENDED
        return State.OPEN if now >= self.open_time else State.SCHEDULED

    def is_over(self, now: datetime) -> bool:
        """Whether nothing about it can change any more."""
        return self.standing(now) in (State.ENDED, State.CANCELLED)

    def invitee_name(self, invitee: InviteeId) -> str:
        """The resource name of one of its invitees."""
        return invitee_name(self.id, invitee)


def _bad(field: str, message: str) -> InvalidArgument:
    return InvalidArgument("BAD_FIELD", message, field=field)


def _check_text(field: str, text: str, longest: int, *, required: bool = False) -> None:
    if required and not text.strip():
        raise _bad(field, f"{field} must not be empty; write it.")
    if len(text) > longest:
        raise _bad(field, f"{field} has {len(text)} characters; shorten it to {longest}.")
    if any(ord(character) < 32 and character not in "\n\t" for character in text):
        raise _bad(field, f"{field} holds control characters; remove them.")


def _check_agenda(agenda: Sequence[AgendaItem]) -> None:
    if len(agenda) > MAX_AGENDA_ITEMS:
        raise _bad("briefing.agenda", f"The agenda has {len(agenda)} items; at most {MAX_AGENDA_ITEMS} are kept.")
    for position, item in enumerate(agenda):
        field = f"briefing.agenda[{position}]"
        _check_text(f"{field}.title", item.title, MAX_AGENDA_TEXT, required=True)
        _check_text(f"{field}.presenter", item.presenter, MAX_AGENDA_TEXT)
        if not 0 <= item.minutes <= MAX_MINUTES:
            raise _bad(f"{field}.minutes", f"An item takes 0 to {MAX_MINUTES} minutes.")


def check_plan(plan: Plan) -> None:
    """Refuses a plan that is wrong whatever else is booked.

    Raises:
        InvalidArgument: `BAD_FIELD` with the field and the remedy, `NO_ATTENDEES`.
    """
    _check_text("briefing.title", plan.title, MAX_TITLE, required=True)
    _check_text("briefing.notes", plan.notes, MAX_NOTES)
    if not plan.host_unit:
        raise _bad("briefing.host_unit", "Choose the unit that holds the briefing.")
    if not plan.chair:
        raise _bad("briefing.chair", "Choose who chairs the briefing.")
    if not MIN_MINUTES <= plan.minutes <= MAX_MINUTES:
        raise _bad("briefing.duration", f"A briefing takes {MIN_MINUTES} minutes to {MAX_MINUTES // 60} hours.")
    _check_agenda(plan.agenda)
    if not plan.attendees:
        raise InvalidArgument("NO_ATTENDEES", "Invite at least one point, person or unit.", field="briefing.attendees")
    if len(plan.attendees) > MAX_SELECTORS:
        raise _bad("briefing.attendees", f"Choose at most {MAX_SELECTORS} lines; use units or rules.")


def check_start(start: datetime, now: datetime) -> None:
    """Refuses a start that has passed or lies too far ahead.

    Raises:
        InvalidArgument: `START_IN_PAST`, `BAD_FIELD`.
    """
    if start <= now:
        raise InvalidArgument(
            "START_IN_PAST", "The start has passed; choose a later time.", field="briefing.start_time"
        )
    if start > now + HORIZON:
        raise _bad("briefing.start_time", "The start is more than two years ahead; check the year.")


def check_reason(field: str, reason: str) -> None:
    """Refuses a reason or comment that is too long or holds control characters."""
    _check_text(field, reason, MAX_REASON)
