"""Values of the notify service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

BriefingName = NewType("BriefingName", str)
InviteeName = NewType("InviteeName", str)
DeliveryId = NewType("DeliveryId", str)
ReminderId = NewType("ReminderId", str)


class Language(StrEnum):
    """Languages that mails are written in."""

    VIETNAMESE = "vi"
    ENGLISH = "en"


class Method(StrEnum):
    """iTIP methods that are sent, RFC 5546."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Purpose(StrEnum):
    """What a message is for."""

    INVITATION = "INVITATION"
    UPDATE = "UPDATE"
    CANCELLATION = "CANCELLATION"
    REMINDER = "REMINDER"


class State(StrEnum):
    """How a delivery stands."""

    PENDING = "PENDING"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    SUPERSEDED = "SUPERSEDED"
    NO_ADDRESS = "NO_ADDRESS"


class Kind(StrEnum):
    """What an invitee is."""

    POINT = "POINT"
    PERSON = "PERSON"


class Part(StrEnum):
    """The part that an invitee plays."""

    CHAIR = "CHAIR"
    SECRETARY = "SECRETARY"
    ATTENDEE = "ATTENDEE"


class Answer(StrEnum):
    """How an invitee answered: values of PARTSTAT, RFC 5545 §3.2.12."""

    NEEDS_ACTION = "NEEDS-ACTION"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"
    DELEGATED = "DELEGATED"


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One item of the agenda; `minutes` is 0 when open."""

    title: str
    presenter: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Briefing:
    """A briefing as of one revision. Times are aware and in UTC."""

    name: BriefingName
    uid: str
    revision: int
    title: str
    start: datetime
    end: datetime
    host_unit: str
    host_name: str = ""
    chair_name: str = ""
    secretary_name: str = ""
    agenda: Sequence[AgendaItem] = ()
    notes: str = ""
    cancelled: bool = False
    ended: bool = False
    cancel_reason: str = ""


@dataclass(frozen=True, slots=True)
class Organizer:
    """Who invites: the same for the life of a UID."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """An invitee as it is written to; `phone` of a point is that of its IT officer."""

    name: InviteeName
    subject: str
    kind: Kind
    part: Part
    display_name: str
    unit_name: str
    address: str
    join_path: str
    language: Language
    phone: str = ""
    answer: Answer = Answer.NEEDS_ACTION


@dataclass(frozen=True, slots=True)
class Invitation:
    """What one invitee is to be told of one revision; `whole_briefing` is False when only this one is uninvited."""

    recipient: Recipient
    method: Method
    sequence: int
    whole_briefing: bool = True
    update: bool = False


@dataclass(frozen=True, slots=True)
class InvitationBatch:
    """Everything that one revision of a briefing makes known."""

    briefing: Briefing
    organizer: Organizer
    revision_time: datetime
    host_unit_path: str
    invitations: Sequence[Invitation]


@dataclass(frozen=True, slots=True)
class Note:
    """The facts that one message is rendered from.

    `stamp` is the DTSTAMP and the Date of the message: UTC, whole seconds. `late` marks a reminder that comes more than
    a quarter of an hour after its time.
    """

    purpose: Purpose
    briefing: Briefing
    organizer: Organizer
    recipient: Recipient
    stamp: datetime
    method: Method = Method.REQUEST
    sequence: int = 0
    whole_briefing: bool = True
    offset_minutes: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message as it goes out, on every try the same bytes."""

    message_id: str
    subject: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger knows of one invitee: the newest message that was made for it.

    `reached` is False as long as no message can have arrived: none was taken by a server, none is on its way. `written` is
    False when nothing could be written to the invitee, so that no reminders were booked either.
    """

    revision: int
    sequence: int
    stamp: datetime
    start: datetime
    method: Method
    reached: bool
    written: bool = True


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A delivery to be written to the ledger; `key` is unique, a repeat changes nothing."""

    key: str
    note: Note
    state: State
    expire_time: datetime
    message: RenderedMessage | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReminderSlot:
    """One reminder to be booked for one invitee."""

    offset_minutes: int
    due_time: datetime


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """What the ledger is to do for one invitee, in one transaction with all others of the revision.

    `reminders` replaces what is booked, None leaves it alone, an empty sequence takes it away.
    """

    delivery: NewDelivery
    reminders: Sequence[ReminderSlot] | None


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A reminder whose time has come, with what the ledger knows of its invitee."""

    id: ReminderId
    briefing: BriefingName
    offset_minutes: int
    due_time: datetime
    start: datetime
    recipient: Recipient
    organizer: Organizer
    host_unit_path: str


@dataclass(frozen=True, slots=True)
class BriefingStanding:
    """How a briefing and its invitees stand at this moment."""

    briefing: Briefing
    answers: Mapping[InviteeName, Answer]
    present: frozenset[InviteeName] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that this process alone may hand over now; `attempt` counts from 1."""

    id: DeliveryId
    sender: str
    address: str
    message_id: str
    content: bytes
    attempt: int
    expire_time: datetime


class Fate(StrEnum):
    """What became of one try to hand a message over."""

    ACCEPTED = "ACCEPTED"
    DEFERRED = "DEFERRED"
    REFUSED = "REFUSED"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one try: `LOST` means that the message may or may not have been taken."""

    fate: Fate
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is written down after a try; `next_attempt_time` is set for `PENDING` alone."""

    state: State
    reason: str = ""
    detail: str = ""
    next_attempt_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it is shown."""

    id: DeliveryId
    briefing: BriefingName
    invitee: InviteeName
    display_name: str
    address: str
    purpose: Purpose
    state: State
    reason: str
    detail: str
    attempt_count: int
    create_time: datetime
    update_time: datetime
    subject: str
    revision: int


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Which deliveries are asked for; `unit_paths` are the subtrees that the caller may see, None means every one."""

    unit_paths: Sequence[str] | None
    briefing: BriefingName | None = None
    states: Sequence[State] = ()
    before: DeliveryId | None = None
    limit: int = 100
