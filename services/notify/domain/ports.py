"""What the use cases need of the outside."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Protocol

from services.notify.domain.gate import Problem
from services.notify.domain.holding import Hold
from services.notify.domain.model import (
    Ahead,
    BriefingName,
    BriefingStanding,
    ClaimedDelivery,
    Delivery,
    DeliveryId,
    DeliveryQuery,
    Doubtful,
    DueReminder,
    InvitationBatch,
    Invited,
    MailboxName,
    NewDelivery,
    Outcome,
    PlannedMessage,
    ReminderId,
    RetryQuery,
    State,
    Telling,
    Told,
    Verdict,
)


class Scheduler(Protocol):
    """The service that keeps the briefings."""

    async def invitations(self, briefing: BriefingName, revision: int) -> InvitationBatch:
        """Reads what a revision makes known.

        Raises:
            NotFound: There is no such briefing.
            Unavailable: The scheduler is away for the moment.
        """

    async def ahead(self, position: str, *, reset: bool = False) -> Ahead:
        """Reads which briefings are not over, and tells how far this ledger is; `reset` makes that the new measure.

        Raises:
            Unavailable: The scheduler is away for the moment.
        """

    async def invited(self, briefing: BriefingName) -> Invited:
        """Reads who is invited now. Raises as `invitations`."""

    async def standing(self, briefing: BriefingName) -> BriefingStanding:
        """Reads how a briefing stands now. Raises as `invitations`."""


class Lane(Protocol):
    """Hands over one message after another."""

    async def send(self, delivery: ClaimedDelivery) -> Outcome:
        """Tries once; raises nothing that belongs to the message or the server."""

    async def rest(self) -> None:
        """Gives back what it keeps for the next message, because there is none for a while."""


class Channel(Protocol):
    """A way to hand messages over."""

    def lane(self) -> Lane:
        """Makes a lane; several work side by side."""


class Archive(Protocol):
    """The mailbox that gets a copy of each message."""

    async def holds(self, message_ids: Sequence[str]) -> frozenset[str]:
        """Answers which messages are there.

        Raises:
            Unavailable: It cannot be read.
        """


class ProblemBook(Protocol):
    """Where the problem of the mail server is written down: it outlives this process."""

    async def load(self) -> Problem | None:
        """Reads the problem that was met with the present settings."""

    async def save(self, problem: Problem | None) -> None:
        """Writes it, or that there is none."""


class Outbox(Protocol):
    """The part of the ledger that plans and sends messages. Each method is one transaction."""

    async def told(self, briefing: BriefingName) -> Mapping[MailboxName, Told]:
        """Reads what each mailbox was told last."""

    async def record(self, batch: InvitationBatch, planned: Sequence[PlannedMessage], now: datetime) -> bool:
        """Writes messages that were planned; what is unsent to the same mailboxes is superseded.

        Answers False, with nothing written, when somebody who was to hear nothing because no message had reached them is
        reached by now: the plan is stale.
        """

    async def interrupt(self, now: datetime) -> int:
        """Marks everything found in SENDING as UNKNOWN; only for a start, before anything is sent."""

    async def claim(self, now: datetime, *, urgent_only: bool = False) -> ClaimedDelivery | None:
        """Takes the delivery that comes first and whose mailbox has none under way, PENDING → SENDING.

        First come cancellations of briefings within a day, then what else concerns those, then the rest; equals in the order
        of their next attempt. What is past its time `tidy` fails.

        Args:
            now: The present instant.
            urgent_only: Leaves the rest alone.
        """

    async def exchange(
        self, settled: tuple[DeliveryId, Verdict], now: datetime, *, urgent_only: bool = False
    ) -> ClaimedDelivery | None:
        """Settles one and claims the next, in one transaction."""

    async def tidy(self, now: datetime) -> None:
        """Moves up what has become urgent and fails what is past its time."""

    async def settle(self, delivery: DeliveryId, verdict: Verdict, now: datetime) -> None:
        """Writes how a try ended."""


class Tellings(Protocol):
    """The part of the ledger that keeps what is to be told; see `services.notify.store.tellings`."""

    async def want(self, event_key: str, briefing: BriefingName, revision: int, now: datetime) -> None:
        """Notes that a revision is to be told; the same event again, and a revision known, change nothing."""

    async def want_missing(self, revisions: Sequence[tuple[BriefingName, int]], now: datetime) -> int:
        """Notes every revision up to those named that was never heard of, the newest first; answers how many."""

    async def want_again(self, briefing: BriefingName, revisions: int, now: datetime) -> None:
        """Notes every revision of a briefing anew; who was told is not told again."""

    async def open_of(self, briefing: BriefingName) -> Sequence[Telling]:
        """What of a briefing is still to be told."""

    async def next(self, now: datetime) -> Telling | None:
        """Reads what waits longest."""

    async def worked(self, task: Telling, now: datetime) -> None:
        """Sends it to the end of the line after a chunk."""

    async def postpone(self, task: Telling, until: datetime, error: str) -> None:
        """Lets it wait."""

    async def finish(self, task: Telling, now: datetime) -> None:
        """Notes that everyone concerned was told."""

    async def position(self) -> str:
        """A text that only grows while this ledger lives."""

    async def newest(self, briefings: Sequence[BriefingName]) -> Mapping[BriefingName, int]:
        """The newest revision of each briefing that the ledger has heard of."""

    async def hold(self) -> Hold | None:
        """Reads whether mail is held."""

    async def begin_hold(self, hold: Hold) -> None:
        """Holds all mail, and calls the fate of what waited or was under way unknown."""

    async def forget_hold(self) -> None:
        """Forgets a hold that was released, once the scheduler knows."""


class Reminders(Protocol):
    """The part of the ledger that keeps reminders. Each method is one transaction."""

    async def due(self, now: datetime, limit: int) -> Sequence[DueReminder]:
        """Reads reminders whose time has come, earliest first."""

    async def fire(self, reminder: DueReminder, delivery: NewDelivery, now: datetime) -> bool:
        """Turns a reminder into a delivery; False when it was gone, or must wait because an invitation still does."""

    async def drop(self, reminder: ReminderId, reason: str, now: datetime) -> None:
        """Takes a reminder off the list."""


class DeliveryBooks(Protocol):
    """The part of the ledger that people read."""

    async def find(self, query: DeliveryQuery) -> Sequence[Delivery]:
        """Lists deliveries, newest first."""

    async def get(self, delivery: DeliveryId, unit_paths: Sequence[str] | None) -> Delivery | None:
        """Reads one, if it lies in one of the subtrees (None: all)."""

    async def content(self, delivery: DeliveryId) -> bytes:
        """Reads the message; empty when none was rendered."""

    async def waiting(self) -> int:
        """Counts what waits."""

    async def told_of(self, briefing: BriefingName) -> Set[MailboxName]:
        """Those mailboxes of a briefing for which there is a message other than a reminder, or a reason why there can be none."""

    async def doubtful(self, before: datetime, limit: int) -> Sequence[Doubtful]:
        """Reads what was handed over before an instant, has an unknown fate, and is still of use, oldest first."""

    async def invited_of(self, query: RetryQuery, now: datetime) -> Mapping[BriefingName, Set[MailboxName]]:
        """The mailboxes to which `requeue_many` would send something else than a cancellation."""

    async def requeue_many(self, query: RetryQuery, now: datetime, *, count_only: bool) -> int:
        """Puts all that match back in line with their identical bytes; answers how many."""

    async def requeue(self, delivery: DeliveryId, states: Sequence[State], now: datetime) -> bool:
        """Puts a delivery back in line with its identical bytes.

        Answers False when its state is none of those, when a newer message exists for its mailbox, or when its briefing
        is over.
        """
