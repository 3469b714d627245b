"""Booking, changing, cancelling and ending a briefing: each is one transaction with claims, revision, audit and outbox."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from giaoban.clock import Clock
from giaoban.errors import Aborted, FailedPrecondition
from giaoban.ids import new_id
from giaoban.names import BriefingId
from giaoban.principal import Principal
from services.scheduler.domain import itip
from services.scheduler.domain.briefing_access import check_conducts, check_edit, own_invitee, seen_briefing
from services.scheduler.domain.briefing_ports import (
    BriefingReader,
    BriefingStore,
    BriefingWriter,
    ClaimRefused,
    Happening,
    Memo,
    RevisionSnapshot,
)
from services.scheduler.domain.briefings import (
    Briefing,
    Invitee,
    Kind,
    Organizer,
    Plan,
    State,
    check_reason,
    check_start,
)
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.choosing import Choice, DirectoryReader, choose, names_in
from services.scheduler.domain.conflicts import Conflict, in_order, override_reasons, refuse_taken_points
from services.scheduler.domain.guests import guest_list
from services.scheduler.domain.speaking import SpeakingOrder

REMEMBERED = timedelta(days=1)
"""How long a repeated request gets the first answer."""


class Booking:
    """The use cases that write plans.

    Args:
        store: Of briefings.
        directory: Of whom may be invited.
        clock: For what is past.
        organizer: Of all that is booked.
        enforce: Makes an open room hold what was decided: who is uninvited goes out at once.
        changes: Told of each change.
    """

    def __init__(
        self,
        store: BriefingStore,
        directory: DirectoryReader,
        clock: Clock,
        organizer: Organizer,
        enforce: Callable[[BriefingId], Awaitable[None]],
        changes: Changes,
    ) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._organizer = organizer
        self._enforce = enforce
        self._changes = changes

    async def create(self, caller: Principal, plan: Plan, reasons: Mapping[str, str], request_id: str = "") -> Briefing:
        """Books a briefing.

        Args:
            caller: Needs `briefings.write` on the host unit; keeps the briefing when the plan names no secretary.
            plan: What to book.
            reasons: Why people already taken are invited, by person; the empty key stands for all.
            request_id: Repeating the same request with it within a day returns the first answer.

        Raises:
            DomainError: `POINT_TAKEN`, `OVERRIDE_REASON_NEEDED`, `START_IN_PAST`, `UNKNOWN_…`, `NO_ATTENDEES`,
                `BAD_FIELD`, `NO_PERMISSION`, `REQUEST_ID_REUSED`.
        """
        memo = Memo(request_id, caller.subject, _fingerprint(plan, reasons), BriefingId(""), 1, self._clock.now())
        async with self._store.reading() as reader:
            answered = await _answered(reader, memo, _former_fingerprint(plan, reasons))
        if answered is not None:
            return answered
        choice = await choose(self._directory, caller, plan)
        check_start(plan.start, self._clock.now())
        try:
            booked = await self._book(caller, choice, reasons, memo, _former_fingerprint(plan, reasons))
        except ClaimRefused:
            await self._refuse(choice, None)
            raise
        self._changes.announce(booked.id)
        return booked

    async def change(
        self,
        caller: Principal,
        briefing: BriefingId,
        etag: str,
        plan: Plan,
        reasons: Mapping[str, str],
        tell: itip.Tell = itip.Tell.AS_USUAL,
    ) -> Briefing:
        """Changes a briefing that is not over; an unchanged plan changes nothing and tells nobody.

        Raises:
            DomainError: As `create`, and `UNKNOWN_BRIEFING`, `ETAG_MISMATCH`, `BRIEFING_OVER`, `TELL_NEEDED`.
        """
        async with self._store.reading() as reader:
            known = names_in((await self._editable(reader, caller, briefing)).plan)
        choice = await choose(self._directory, caller, plan, known)
        try:
            async with self._store.changing() as writer:
                before = await self._editable(writer, caller, briefing)
                if etag and etag != before.etag:
                    raise Aborted(
                        "ETAG_MISMATCH", "Somebody changed the briefing meanwhile; read it again.", name=before.name
                    )
                changed = await self._change(writer, caller, before, choice, reasons, tell)
        except ClaimRefused:
            await self._refuse(choice, briefing)
            raise
        if changed.revision != before.revision and changed.standing(self._clock.now()) is State.OPEN:
            await self._enforce(briefing)
        self._changes.announce(briefing)
        return changed

    async def cancel(self, caller: Principal, briefing: BriefingId, reason: str) -> Briefing:
        """Calls a briefing off, frees what it claims and tells everyone invited.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `BRIEFING_OVER`, `NO_PERMISSION`, `BAD_FIELD`.
        """
        check_reason("reason", reason)
        async with self._store.changing() as writer:
            before = await self._editable(writer, caller, briefing)
            issue = _issue(before, await writer.invitees(briefing))
            cancelled = replace(
                before,
                state=State.CANCELLED,
                cancel_reason=reason.strip(),
                revision=before.revision + 1,
                sequence=before.sequence + 1,
                revised_at=self._revision_time(before),
            )
            await writer.update(cancelled)
            await writer.release(briefing)
            told = itip.invitations_of_cancelling(issue, cancelled.organizer.email)
            await self._settle(writer, caller, cancelled, told, Happening.CANCELLED)
        self._changes.announce(briefing)
        return cancelled

    async def revoke_links(self, caller: Principal, briefing: BriefingId) -> Briefing:
        """Makes all personal links void and sends everyone a new one.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `BRIEFING_OVER`, `NO_PERMISSION`.
        """
        async with self._store.changing() as writer:
            before = await self._editable(writer, caller, briefing)
            former = [one for one in await writer.invitees(briefing) if not one.removed]
            guests = [replace(one, link_version=one.link_version + 1) for one in former]
            changed = replace(before, revision=before.revision + 1, revised_at=self._revision_time(before))
            await writer.update(changed)
            await writer.put_invitees(briefing, guests)
            told = itip.invitations_of_change(
                _issue(before, former), _issue(changed, guests), changed.organizer.email, itip.Tell.EVERYONE
            )
            await writer.append_audit(caller.subject, "briefing.revoke_links", changed.name, {"invitees": len(guests)})
            await self._settle(writer, caller, changed, told, Happening.CHANGED)
        self._changes.announce(briefing)
        return changed

    async def end(self, caller: Principal, briefing: BriefingId) -> Briefing:
        """Ends a briefing whose room is open; the room keeper then closes the room. Ending twice is harmless.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER` when it was called off.
        """
        now = self._clock.now()
        async with self._store.changing() as writer:
            before = await seen_briefing(writer, caller, briefing)
            check_conducts(caller, before, await own_invitee(writer, caller, briefing))
            if before.state is State.ENDED:
                return before
            if before.state is State.CANCELLED:
                raise briefing_over(before)
            if before.standing(now) is State.SCHEDULED:
                raise not_open(before)
            ended = replace(before, state=State.ENDED)
            await record_end(writer, ended, now)
            await writer.append_audit(caller.subject, "briefing.end", ended.name, {})
        self._changes.announce(briefing)
        return ended

    async def _book(
        self, caller: Principal, choice: Choice, reasons: Mapping[str, str], memo: Memo, former_fingerprint: str
    ) -> Briefing:
        guests = guest_list(choice.plan, choice.leaders, choice.attendees, ())
        async with self._store.changing() as writer:
            answered = await _answered(writer, memo, former_fingerprint)
            if answered is not None:
                return answered
            guests = await _with_reasons(writer, choice.plan, None, guests, reasons, {})
            booked = self._first_revision(choice, guests)
            await writer.insert(booked, guests)
            if memo.request_id:
                await writer.remember(replace(memo, briefing=booked.id))
            await writer.claim(booked, guests)
            told = itip.invitations_of_booking(_issue(booked, guests), booked.organizer.email)
            await self._settle(writer, caller, booked, told, Happening.BOOKED)
        return booked

    def _first_revision(self, choice: Choice, guests: Sequence[Invitee]) -> Briefing:
        series = new_id("s")
        blank = Briefing(
            id=BriefingId(new_id("b")),
            series_id=series,
            uid=f"{series}@{self._organizer.email.rpartition('@')[2]}",
            plan=choice.plan,
            host_display_name="",
            host_path="",
            chair_display_name="",
            secretary_display_name="",
            attendee_names=(),
            organizer=self._organizer,
            state=State.SCHEDULED,
            revision=1,
            sequence=0,
            revised_at=self._clock.now().replace(microsecond=0),
            point_count=0,
            person_count=0,
        )
        return _with_choice(blank, choice, guests)

    async def _change(
        self,
        writer: BriefingWriter,
        caller: Principal,
        before: Briefing,
        choice: Choice,
        reasons: Mapping[str, str],
        tell: itip.Tell,
    ) -> Briefing:
        former = await writer.invitees(before.id)
        plan, moved = choice.plan, itip.is_rescheduled(before.plan, choice.plan)
        if moved and plan.start != before.plan.start:
            check_start(plan.start, self._clock.now())
        guests = guest_list(plan, choice.leaders, choice.attendees, former)
        known = {} if moved else {one.subject: one.override_reason for one in former if not one.removed}
        guests = await _with_reasons(writer, plan, before.id, guests, reasons, known)
        if moved:
            guests = itip.unanswered(guests)
        active = tuple(one for one in former if not one.removed)
        if plan == before.plan and set(guests) == set(active):
            return before
        issue = _issue(before, former)
        invited = {one.id for one in guests}
        sequence = itip.sequence_of_change(issue, plan, guests, {one.id for one in former if one.removed})
        changed = replace(
            _with_choice(before, choice, guests),
            # Moved out of its opening time the room closes again; the keeper opens it anew.
            state=State.SCHEDULED if moved else before.state,
            revision=before.revision + 1,
            sequence=sequence,
            revised_at=self._revision_time(before),
        )
        uninvited = tuple(replace(one, removed=True) for one in active if one.id not in invited)
        if uninvited and before.standing(self._clock.now()) is State.OPEN:
            policy = (await writer.room_policy(before.id)).uninvited(one.subject for one in uninvited)
            await writer.put_room_policy(before.id, policy.at(self._clock.now()))
        await writer.update(changed)
        await writer.put_invitees(changed.id, (*guests, *uninvited))
        await writer.claim(changed, guests)
        told = itip.invitations_of_change(issue, _issue(changed, guests), changed.organizer.email, tell)
        await self._settle(writer, caller, changed, told, Happening.CHANGED)
        return changed

    async def _editable(self, reader: BriefingReader, caller: Principal, briefing: BriefingId) -> Briefing:
        before = await seen_briefing(reader, caller, briefing)
        check_edit(caller, before.host_path, before.plan.host_unit)
        if before.is_over(self._clock.now()):
            raise briefing_over(before)
        return before

    async def _settle(
        self,
        writer: BriefingWriter,
        caller: Principal,
        briefing: Briefing,
        told: tuple[itip.Invitation, ...],
        happening: Happening,
    ) -> None:
        """Writes what every change leaves behind: the revision for its readers, the audit entry, the event."""
        await writer.record(RevisionSnapshot(briefing, told))
        facts: dict[str, str | int] = {
            "revision": briefing.revision,
            "start": briefing.plan.start.isoformat(),
            "minutes": briefing.plan.minutes,
            "points": briefing.point_count,
            "people": briefing.person_count,
        }
        await writer.append_audit(caller.subject, f"briefing.{_VERBS[happening]}", briefing.name, facts)
        await writer.announce(happening, briefing, self._clock.now())

    def _revision_time(self, before: Briefing) -> datetime:
        # DTSTAMP has whole seconds and must rise with every revision, even with two in one second.
        return max(self._clock.now().replace(microsecond=0), before.revised_at + timedelta(seconds=1))

    async def _refuse(self, choice: Choice, ignored: BriefingId | None) -> None:
        """Says who was faster, after the database's own guard refused."""
        guests = guest_list(choice.plan, choice.leaders, choice.attendees, ())
        async with self._store.reading() as reader:
            refuse_taken_points(await _conflicts(reader, choice.plan, ignored, guests))
        raise Aborted("CONCURRENT_BOOKING", "Somebody booked at the same moment; try again.")


_VERBS = {Happening.BOOKED: "book", Happening.CHANGED: "change", Happening.CANCELLED: "cancel"}


def briefing_over(briefing: Briefing) -> FailedPrecondition:
    """The refusal of changes to what has ended or was called off."""
    return FailedPrecondition("BRIEFING_OVER", "The briefing is over; book a new one.", name=briefing.name)


def not_open(briefing: Briefing) -> FailedPrecondition:
    """The refusal of what needs an open room, before it opens."""
    opens = briefing.open_time.isoformat().replace("+00:00", "Z")
    return FailedPrecondition("NOT_OPEN", f"The room opens at {opens}.", name=briefing.name, open_time=opens)


async def record_end(writer: BriefingWriter, ended: Briefing, now: datetime) -> None:
    """Writes the end of a briefing: what it claimed is free, nobody waits to speak any more."""
    await writer.update(ended)
    await writer.release(ended.id)
    await writer.put_speaking_order(ended.id, SpeakingOrder())
    await writer.announce(Happening.ENDED, ended, now)


async def _answered(reader: BriefingReader, memo: Memo, former_fingerprint: str) -> Briefing | None:
    """What the same request was answered within the last day."""
    known = await reader.memo(memo.request_id, memo.made - REMEMBERED) if memo.request_id else None
    if known is None:
        return None
    if known.actor != memo.actor or known.fingerprint not in (memo.fingerprint, former_fingerprint):
        raise FailedPrecondition("REQUEST_ID_REUSED", "This request_id belongs to another request; make a new one.")
    snapshot = await reader.snapshot(known.briefing, known.revision)
    return snapshot.briefing if snapshot is not None else None


def _fingerprint(plan: Plan, reasons: Mapping[str, str]) -> str:
    """What makes two requests the same, also when a later release knows a field more: what holds nothing does not count."""
    held = {name: value for name, value in asdict(plan).items() if value}
    text = json.dumps([held, sorted(reasons.items())], sort_keys=True, default=str)
    return f"2:{hashlib.sha256(text.encode()).hexdigest()}"


def _former_fingerprint(plan: Plan, reasons: Mapping[str, str]) -> str:
    """That of the release before: a request from before an upgrade may be repeated after it."""
    return hashlib.sha256(repr((plan, sorted(reasons.items()))).encode()).hexdigest()


def _issue(briefing: Briefing, invitees: Iterable[Invitee]) -> itip.Issue:
    return itip.Issue(briefing.plan, briefing.sequence, tuple(one for one in invitees if not one.removed))


def _with_choice(briefing: Briefing, choice: Choice, guests: Sequence[Invitee]) -> Briefing:
    shown = {one.subject: one.display_name for one in guests}
    points = sum(one.kind is Kind.POINT for one in guests)
    return replace(
        briefing,
        plan=choice.plan,
        host_display_name=choice.host.display_name,
        host_path=choice.host.path,
        chair_display_name=shown[choice.plan.chair],
        secretary_display_name=shown[choice.plan.secretary],
        attendee_names=choice.attendee_names,
        point_count=points,
        person_count=len(guests) - points,
    )


async def _conflicts(
    reader: BriefingReader, plan: Plan, ignored: BriefingId | None, guests: Sequence[Invitee]
) -> list[Conflict]:
    return in_order(await reader.conflicts([one.subject for one in guests], plan.start, plan.end, ignored))


async def _with_reasons(
    reader: BriefingReader,
    plan: Plan,
    ignored: BriefingId | None,
    guests: Sequence[Invitee],
    given: Mapping[str, str],
    known: Mapping[str, str],
) -> tuple[Invitee, ...]:
    """Refuses taken points, asks reasons for taken people and writes them to the invitees."""
    conflicts = await _conflicts(reader, plan, ignored, guests)
    refuse_taken_points(conflicts)
    reasons = override_reasons(conflicts, given, known)
    return tuple(replace(one, override_reason=reasons.get(one.subject, "")) for one in guests)
