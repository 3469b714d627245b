"""Values of the notify service."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

BriefingName = NewType("BriefingName", str)
InviteeName = NewType("InviteeName", str)
DeliveryId = NewType("DeliveryId", str)
ReminderId = NewType("ReminderId", str)
MailboxName = NewType("MailboxName", str)
"""One mailbox within one briefing; of invitees without an address each is its own."""


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
    secretary_address: str = ""
    secretary_phone: str = ""
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
    """An invitee as it is written to; `phone` of a point is that of its IT officer.

    `left` says that it will be no more in the organisation on the day of the briefing. `sharing` are further invitees with the same address, in protocol order, none of whom shares in turn.
    """

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
    left: bool = False
    sharing: Sequence["Recipient"] = ()

    @property
    def mailbox(self) -> MailboxName:
        """Where it is written to: what is told is told to a mailbox, which holds one calendar object of a UID."""
        briefing = self.name.partition("/invitees/")[0]
        return MailboxName(f"{briefing}/{self.address.lower()}" if self.address else self.name)

    @property
    def everyone(self) -> Sequence["Recipient"]:
        """Itself and those that share its mailbox."""
        return (self, *self.sharing)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What one mailbox is to be told of one revision; `whole_briefing` is False when only this one is uninvited."""

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

    `stamp` is the DTSTAMP and the Date of the message: UTC, whole seconds. `seen` is the briefing as the mailbox knows it, for an
    update to show what is different. `late` marks a reminder that comes more than
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
    seen: Briefing | None = None


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message as it goes out, on every try the same bytes."""

    message_id: str
    subject: str
    content: bytes
    sender: str


@dataclass(frozen=True, slots=True)
class Told:
    """What the ledger knows of one mailbox: the newest message that was made for it.

    `reached` is False as long as no message can have arrived: none was taken by a server, none is on its way. `seen_revision` is the newest that arrived, 0 for none. `written` is
    False when nothing could be written to it, so that no reminders were booked either.
    """

    revision: int
    sequence: int
    stamp: datetime
    start: datetime
    method: Method
    reached: bool
    written: bool = True
    seen_revision: int = 0


@dataclass(frozen=True, slots=True)
class Telling:
    """A revision that is to be told; `error` says why the last try did not work."""

    briefing: BriefingName
    revision: int
    tries: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the scheduler knows: the newest revision of each briefing ahead, and the ledger's greatest position so far."""

    known_position: str
    revisions: Sequence[tuple[BriefingName, int]]


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
    """One reminder to be booked for one mailbox."""

    offset_minutes: int
    due_time: datetime


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """What the ledger is to do for one mailbox, in one transaction with all others of the revision.

    `reminders` replaces what is booked, None leaves it alone, an empty sequence takes it away.
    """

    delivery: NewDelivery
    reminders: Sequence[ReminderSlot] | None


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A reminder whose time has come, with what the ledger knows of its mailbox; whom that serves the scheduler knows."""

    id: ReminderId
    briefing: BriefingName
    offset_minutes: int
    due_time: datetime
    start: datetime
    mailbox: MailboxName
    language: Language
    organizer: Organizer
    host_unit_path: str


@dataclass(frozen=True, slots=True)
class BriefingStanding:
    """How a briefing and its invitees, in protocol order, stand at this moment."""

    briefing: Briefing
    invitees: Sequence[Recipient]
    present: frozenset[InviteeName] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Invited:
    """Who is invited to a briefing today, in protocol order, and where its host unit stands.

    `invitees` are those who are to hear of it: not the organiser's own mailbox.
    """

    briefing: Briefing
    host_unit_path: str
    invitees: Sequence[Recipient]


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
    HELD = "HELD"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one try.

    `LOST` means that the message may or may not have been taken; `HELD` that the server refused us before it heard of the
    recipient.

    Attributes:
        policy: What makes a refusal by rule the same as another; empty for all else.
        kind: What is wrong with the server, a `gate.ProblemKind`; for `HELD` alone.
    """

    fate: Fate
    reason: str = ""
    detail: str = ""
    policy: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is written down after a try; `next_attempt_time` is set for `PENDING` alone.

    `counts` is False when the message itself was not tried, because the server refused us.
    """

    state: State
    reason: str = ""
    detail: str = ""
    next_attempt_time: datetime | None = None
    counts: bool = True


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
class Doubtful:
    """A delivery of unknown fate; `witness` is the Message-ID of the one that was taken last before it, empty for none."""

    id: DeliveryId
    message_id: str
    witness: str


@dataclass(frozen=True, slots=True)
class RetryQuery:
    """Which deliveries are to be sent again, and to which mailboxes none; `unit_paths` as in `DeliveryQuery`."""

    unit_paths: Sequence[str] | None
    states: Sequence[State]
    briefing: BriefingName | None = None
    reason: str = ""
    delivery: DeliveryId | None = None
    without: Set[MailboxName] = frozenset()


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Which deliveries are asked for; `unit_paths` are the subtrees that the caller may see, None means every one."""

    unit_paths: Sequence[str] | None
    briefing: BriefingName | None = None
    states: Sequence[State] = ()
    before: DeliveryId | None = None
    limit: int = 100
