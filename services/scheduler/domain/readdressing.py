"""A mail address was corrected in the directory: briefings ahead follow it.

The link that the address before holds is void, its mailbox gets a CANCEL where it was told, and the new one is invited.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from giaoban.clock import Clock
from giaoban.names import BriefingId
from services.scheduler.domain import itip
from services.scheduler.domain.briefing_ports import BriefingStore, Happening, RevisionSnapshot
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.directory import Directory
from services.scheduler.domain.guests import readdressed

log = structlog.get_logger(__name__)


class Readdressing:
    """Brings invitees of briefings ahead to the addresses of today."""

    def __init__(self, store: BriefingStore, clock: Clock, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._changes = changes

    async def count(self, addresses: Mapping[str, str]) -> int:
        """How many invitations of briefings ahead would go to another address.

        Args:
            addresses: Of today, by subject (`people/{person}`, `points/{point}`); empty for none.
        """
        async with self._store.reading() as reader:
            ahead = await reader.addresses_ahead(addresses, self._clock.now())
        return sum(_differs(email, addresses[subject]) for _, subject, email in ahead)

    async def apply(self, actor: str, addresses: Mapping[str, str]) -> int:
        """Makes a revision of each briefing ahead in which one of these has another address; answers how many invitations.

        Args:
            actor: Who corrected them, for the audit log.
            addresses: As `count`.
        """
        async with self._store.reading() as reader:
            ahead = await reader.addresses_ahead(addresses, self._clock.now())
        concerned = [briefing for briefing, subject, email in ahead if _differs(email, addresses[subject])]
        return sum([await self._revise(actor, briefing, addresses) for briefing in dict.fromkeys(concerned)])

    async def catch_up(self, directory: Directory) -> None:
        """Follows what was corrected just before the last stop, and so not followed."""
        async with self._store.reading() as reader:
            ahead = await reader.addresses_ahead(None, self._clock.now())
        subjects = await directory.subjects(dict.fromkeys(subject for _, subject, _ in ahead))
        today = {name: subject.email for name, subject in subjects.items() if not subject.retired}
        if any(subject in today and _differs(email, today[subject]) for _, subject, email in ahead):
            log.info("addresses followed", invitations=await self.apply("service:scheduler", today))

    async def _revise(self, actor: str, briefing: BriefingId, addresses: Mapping[str, str]) -> int:
        now = self._clock.now()
        async with self._store.changing() as writer:
            before = await writer.briefing(briefing)
            if before is None or before.is_over(now):
                return 0
            former = [one for one in await writer.invitees(briefing) if not one.removed]
            guests = [readdressed(one, addresses.get(one.subject, one.email)) for one in former]
            moved = [one for one, known in zip(guests, former, strict=True) if _differs(known.email, one.email)]
            if not moved:
                return 0
            issue = itip.Issue(before.plan, before.sequence, tuple(former))
            after = replace(
                before,
                revision=before.revision + 1,
                sequence=itip.sequence_of_change(issue, before.plan, guests, ()),
                revised_at=max(now.replace(microsecond=0), before.revised_at + timedelta(seconds=1)),
            )
            await writer.update(after)
            await writer.put_invitees(briefing, moved)
            following = itip.Issue(after.plan, after.sequence, tuple(guests))
            told = itip.invitations_of_change(issue, following, after.organizer.email)
            await writer.record(RevisionSnapshot(after, told))
            await writer.append_audit(actor, "briefing.readdress", after.name, {"invitees": len(moved)})
            await writer.announce(Happening.CHANGED, after, now)
        self._changes.announce(briefing)
        return len(moved)


def _differs(one: str, other: str) -> bool:
    return one.casefold() != other.casefold()


def corrected(before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The addresses that changed: pairs of subject and address, of those known before."""
    known = dict(before)
    return {subject: email for subject, email in after if subject in known and _differs(known[subject], email)}
