"""What the use cases of briefings ask of the store, of the media rooms and of the line judge."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from giaoban.names import BriefingId, InviteeId
from services.scheduler.domain.attendance import Stay
from services.scheduler.domain.audit import Detail
from services.scheduler.domain.briefings import Briefing, Invitee
from services.scheduler.domain.conflicts import Conflict
from services.scheduler.domain.itip import Invitation
from services.scheduler.domain.line_tests import LineTest, LineVerdict
from services.scheduler.domain.room_policy import RoomPolicy, Sent
from services.scheduler.domain.speaking import SpeakingOrder
from services.scheduler.domain.working_days import SpecialDay


class ClaimRefused(Exception):
    """The database's own guard refused a claim that the rules had let through: somebody was faster."""


class Happening(StrEnum):
    """What is told on `events.briefing`."""

    BOOKED = "booked"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    ANSWERED = "answered"
    OPENED = "opened"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Sight:
    """Which briefings a caller may see.

    Attributes:
        everything: One of our own services asks.
        person: `people/{person}`: those it is invited to; empty for others.
        roots: Unit paths: those held there, and those to which a point from there is invited.
        link: The one invitee that a link names; while it is not uninvited, its briefing is seen.
    """

    everything: bool = False
    person: str = ""
    roots: tuple[str, ...] = ()
    link: InviteeId | None = None


@dataclass(frozen=True, slots=True)
class BriefingQuery:
    """Which briefings a list holds; `after` is the (start, id) behind which it goes on."""

    sight: Sight
    limit: int
    ends_after: datetime | None = None
    starts_before: datetime | None = None
    cancelled_too: bool = False
    after: tuple[datetime, BriefingId] | None = None


@dataclass(frozen=True, slots=True)
class RevisionSnapshot:
    """One revision as it was told: a reader of an event gets these facts however late it comes."""

    briefing: Briefing
    invitations: tuple[Invitation, ...]


@dataclass(frozen=True, slots=True)
class Memo:
    """What a request with an id was answered: a revision of a briefing."""

    request_id: str
    actor: str
    fingerprint: str
    briefing: BriefingId
    revision: int
    made: datetime


class BriefingReader(Protocol):
    """Reads within one transaction."""

    async def briefing(self, briefing: BriefingId) -> Briefing | None:
        """One briefing."""
        ...

    async def is_seen(self, briefing: BriefingId, sight: Sight) -> bool:
        """Whether the caller may see that briefing."""
        ...

    async def briefings(self, query: BriefingQuery) -> Sequence[Briefing]:
        """Briefings by start and id."""
        ...

    async def invitees(self, briefing: BriefingId) -> Sequence[Invitee]:
        """All invitees, removed ones too, in protocol order: chair, secretary, points, people."""
        ...

    async def invitees_of(self, briefing: BriefingId, subjects: Collection[str]) -> Sequence[Invitee]:
        """Those of some subjects, removed ones too, in no order."""
        ...

    async def invitee(self, invitee: InviteeId) -> tuple[BriefingId, Invitee] | None:
        """An invitee and its briefing."""
        ...

    async def own_invitees(self, briefings: Collection[BriefingId], subject: str) -> Mapping[BriefingId, Invitee]:
        """As whom a subject is invited to briefings, by briefing; removed ones left out."""
        ...

    async def addresses_ahead(
        self, subjects: Collection[str] | None, now: datetime
    ) -> Sequence[tuple[BriefingId, str, str]]:
        """Briefing, subject and mail address of each invitation to a briefing that is not over; None: of all subjects."""
        ...

    async def conflicts(
        self, subjects: Collection[str], start: datetime, end: datetime, ignored: BriefingId | None
    ) -> Sequence[Conflict]:
        """The live claims on subjects that overlap [start, end), one per subject and briefing."""
        ...

    async def snapshot(self, briefing: BriefingId, revision: int) -> RevisionSnapshot | None:
        """A revision as it was told."""
        ...

    async def memo(self, request_id: str, since: datetime) -> Memo | None:
        """What a request was answered, if that was after `since`."""
        ...

    async def stays(self, briefing: BriefingId) -> Sequence[Stay]:
        """All sessions in the room."""
        ...

    async def headcounts(self, briefing: BriefingId) -> Mapping[InviteeId, int]:
        """The newest count of each point that said one."""
        ...

    async def speaking_order(self, briefing: BriefingId) -> SpeakingOrder:
        """The speaking order."""
        ...

    async def room_policy(self, briefing: BriefingId) -> RoomPolicy:
        """What was decided about the participants of the room."""
        ...

    async def line_test(self, room: str) -> LineTest | None:
        """The line test in that loopback room."""
        ...

    async def special_days(self, first: date, last: date) -> Sequence[SpecialDay]:
        """The days from `first` to `last`, both included, that are not ordinary, in order."""
        ...

    async def rooms_to_open(self, now: datetime) -> Sequence[Briefing]:
        """Briefings whose room should be open, whether or not it is."""
        ...

    async def rooms_to_close(self, now: datetime) -> Sequence[Briefing]:
        """Briefings that are over and not recorded as over, or whose room is still recorded as open."""
        ...


class BriefingWriter(BriefingReader, Protocol):
    """Reads and writes within one transaction."""

    async def insert(self, briefing: Briefing, invitees: Sequence[Invitee]) -> None:
        """Adds a briefing with its series."""
        ...

    async def update(self, briefing: Briefing) -> None:
        """Replaces a briefing's facts."""
        ...

    async def put_invitees(self, briefing: BriefingId, invitees: Sequence[Invitee]) -> None:
        """Creates or replaces invitees; those not named stay as they are."""
        ...

    async def claim(self, briefing: Briefing, invitees: Sequence[Invitee]) -> None:
        """Claims all invitees for the planned time instead of whatever the briefing claimed before.

        Raises:
            ClaimRefused: A point is held by another briefing.
        """
        ...

    async def release(self, briefing: BriefingId) -> None:
        """Frees what the briefing claims."""
        ...

    async def record(self, snapshot: RevisionSnapshot) -> None:
        """Keeps a revision for its readers."""
        ...

    async def announce(self, happening: Happening, briefing: Briefing, at: datetime) -> None:
        """Adds an event to the outbox."""
        ...

    async def append_audit(self, actor: str, action: str, resource: str, detail: Detail) -> None:
        """Adds to the audit log."""
        ...

    async def remember(self, memo: Memo) -> None:
        """Keeps the answer to a request."""
        ...

    async def see_event(self, key: str) -> bool:
        """Notes an event of another service; False when it was noted before."""
        ...

    async def put_stays(self, briefing: BriefingId, stays: Sequence[Stay]) -> None:
        """Creates or replaces sessions in the room."""
        ...

    async def put_headcount(self, briefing: BriefingId, invitee: InviteeId, people: int, at: datetime) -> None:
        """Keeps the newest count of a point."""
        ...

    async def put_speaking_order(self, briefing: BriefingId, order: SpeakingOrder) -> None:
        """Replaces the speaking order."""
        ...

    async def put_room_policy(self, briefing: BriefingId, policy: RoomPolicy) -> None:
        """Replaces what was decided about the participants of the room."""
        ...

    async def put_line_test(self, test: LineTest) -> None:
        """Creates or replaces a line test."""
        ...

    async def note_position(self, reader: str, position: str, *, reset: bool) -> str:
        """Keeps how far a reader's books are, and answers the greatest it has named so far; `reset` begins anew."""
        ...

    async def mark_room(self, briefing: BriefingId, *, is_open: bool) -> None:
        """Records whether the media room is open."""
        ...


class BriefingStore(Protocol):
    """Opens transactions on briefings."""

    def reading(self) -> AbstractAsyncContextManager[BriefingReader]:
        """A consistent view; changes nothing."""
        ...

    def changing(self) -> AbstractAsyncContextManager[BriefingWriter]:
        """A transaction that is written when the block ends and undone when it raises."""
        ...


@dataclass(frozen=True, slots=True)
class RoomPass:
    """Whom a room token is for and what it allows; everyone publishes, receives and sends data."""

    room: str
    identity: str
    display_name: str
    unit_path: str
    kind: str
    expires: datetime
    admin: bool = False
    loopback: bool = False
    admission: int = 0


class Rooms(Protocol):
    """The media rooms."""

    async def open(self, room: str, policy: RoomPolicy) -> None:
        """Makes a room, or gives the one there is its policy; safe to repeat."""
        ...

    async def close(self, room: str) -> None:
        """Closes a room and sends everyone out; safe to repeat."""
        ...

    async def token(self, room_pass: RoomPass) -> str:
        """Issues a room token."""
        ...

    async def inside(self, room: str) -> frozenset[str]:
        """The sessions in a room."""
        ...

    async def mute(
        self, room: str, identities: Sequence[str], excepted: Sequence[str], sent: Sent = Sent.MICROPHONE
    ) -> int:
        """Mutes microphones (of all but the excepted when no identity is named) and says how many."""
        ...


class LineJudge(Protocol):
    """Knows what was measured in loopback rooms."""

    async def judge(self, room: str) -> LineVerdict:
        """The verdict on a loopback room."""
        ...
