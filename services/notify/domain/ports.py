"""What the use cases need of the outside."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.notify.domain.model import (
    BriefingName,
    BriefingStanding,
    ClaimedDelivery,
    Delivery,
    DeliveryId,
    DeliveryQuery,
    DueReminder,
    InvitationBatch,
    InviteeName,
    NewDelivery,
    Outcome,
    PlannedMessage,
    ReminderId,
    State,
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

    async def standing(self, briefing: BriefingName) -> BriefingStanding:
        """Reads how a briefing stands now. Raises as `invitations`."""


class Channel(Protocol):
    """A way to hand a message over."""

    async def send(self, delivery: ClaimedDelivery) -> Outcome:
        """Tries once; raises nothing that belongs to the message or the server."""


class Outbox(Protocol):
    """The part of the ledger that plans and sends messages. Each method is one transaction."""

    async def seen(self, event_key: str) -> bool:
        """Tells whether an event had its effect already."""

    async def told(self, briefing: BriefingName) -> Mapping[InviteeName, Told]:
        """Reads what each invitee was told last."""

    async def record(
        self, event_key: str, batch: InvitationBatch, planned: Sequence[PlannedMessage], now: datetime
    ) -> bool:
        """Writes an event and all that follows from it; what is unsent of the same invitees is superseded.

        Answers False, with nothing written, when somebody who was to hear nothing because no message had reached them is
        reached by now: the plan is stale.
        """

    async def interrupt(self, now: datetime) -> int:
        """Marks everything found in SENDING as UNKNOWN; only for a start, before anything is sent."""

    async def claim(self, now: datetime) -> ClaimedDelivery | None:
        """Takes the delivery that waits longest and whose invitee has none under way, PENDING → SENDING.

        What it finds past its time it fails.
        """

    async def settle(self, delivery: DeliveryId, verdict: Verdict, now: datetime) -> None:
        """Writes how a try ended."""


class Reminders(Protocol):
    """The part of the ledger that keeps reminders. Each method is one transaction."""

    async def due(self, now: datetime, limit: int) -> Sequence[DueReminder]:
        """Reads reminders whose time has come, earliest first."""

    async def fire(self, reminder: DueReminder, delivery: NewDelivery, now: datetime) -> bool:
        """Turns a reminder into a delivery; False when it was gone, or when an invitation still waits to go out."""

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

    async def requeue(self, delivery: DeliveryId, states: Sequence[State], now: datetime) -> bool:
        """Puts a delivery back in line with its identical bytes.

        Answers False when its state is none of those, when a newer message exists for its invitee, or when its briefing
        is over.
        """
