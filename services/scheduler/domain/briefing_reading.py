"""Reading briefings: one, many, who is invited, what a revision told, and the live state of a room."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from giaoban.clock import Clock
from giaoban.errors import NotFound
from giaoban.names import BriefingId, briefing_name
from giaoban.permissions import Permission
from giaoban.principal import Principal
from services.scheduler.domain import attendance, links
from services.scheduler.domain.attendance import Interval, Stay
from services.scheduler.domain.briefing_access import (
    allowed_actions,
    conducts,
    own_invitee,
    seen_briefing,
    sight_of,
)
from services.scheduler.domain.briefing_ports import (
    BriefingQuery,
    BriefingReader,
    BriefingStore,
    RevisionSnapshot,
    Sight,
)
from services.scheduler.domain.briefings import Briefing, Invitee, Kind
from services.scheduler.domain.links import Links
from services.scheduler.domain.room_policy import RoomPolicy
from services.scheduler.domain.speaking import SpeakingOrder

MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class SeenBriefing:
    """A briefing as one caller sees it, with `state` as of now."""

    briefing: Briefing
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeenInvitee:
    """An invitee with its attendance, as one caller sees it.

    Attributes:
        join_path: Empty for callers who do not lead the briefing; so are mail address and telephone of others.
    """

    briefing: BriefingId
    invitee: Invitee
    intervals: tuple[Interval, ...] = ()
    present: bool = False
    headcount: int = 0
    join_path: str = ""


@dataclass(frozen=True, slots=True)
class LiveState:
    """What those in a briefing see change.

    Attributes:
        leads: Whether the caller leads, and so sees what was decided about others.
        microphone_closed: Whether the caller may not open its microphone.
        screen_denied: Whether it may not share a screen.
    """

    seen: SeenBriefing
    speaking: SpeakingOrder
    present: tuple[str, ...]
    headcount: int
    policy: RoomPolicy
    leads: bool
    microphone_closed: bool
    screen_denied: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a revision told, and whether a newer one supersedes it."""

    snapshot: RevisionSnapshot
    latest_revision: int
    secretary: Invitee | None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list; `after` is None at the end."""

    briefings: tuple[SeenBriefing, ...]
    after: tuple[datetime, BriefingId] | None


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which briefings a caller asks for; `page_size` 0 means 100."""

    ends_after: datetime | None = None
    starts_before: datetime | None = None
    cancelled_too: bool = False
    page_size: int = 0
    after: tuple[datetime, BriefingId] | None = None


class BriefingReading:
    """The use cases that only read."""

    def __init__(self, store: BriefingStore, clock: Clock, join_links: Links) -> None:
        self._store = store
        self._clock = clock
        self._links = join_links

    async def get(self, caller: Principal, briefing: BriefingId) -> SeenBriefing:
        """One briefing.

        Raises:
            NotFound: `UNKNOWN_BRIEFING`.
        """
        async with self._store.reading() as reader:
            found = await seen_briefing(reader, caller, briefing)
            return self.seen(caller, found, await own_invitee(reader, caller, briefing))

    def seen(self, caller: Principal, briefing: Briefing, own: Invitee | None) -> SeenBriefing:
        """A stored briefing as the caller sees it now."""
        now = self._clock.now()
        return SeenBriefing(
            replace(briefing, state=briefing.standing(now)), allowed_actions(caller, briefing, own, now)
        )

    async def shown(self, caller: Principal, briefing: Briefing) -> SeenBriefing:
        """A briefing just written as its writer sees it."""
        async with self._store.reading() as reader:
            own = await own_invitee(reader, caller, briefing.id)
        return self.seen(caller, briefing, own)

    async def page(self, caller: Principal, wanted: ListFilter) -> Page:
        """The briefings a caller may see, by start."""
        size = min(wanted.page_size or 100, MAX_PAGE)
        query = BriefingQuery(
            sight=sight_of(caller),
            limit=size + 1,
            ends_after=wanted.ends_after,
            starts_before=wanted.starts_before,
            cancelled_too=wanted.cancelled_too,
            after=wanted.after,
        )
        async with self._store.reading() as reader:
            found = await reader.briefings(query)
            own = await self._own(reader, caller, [one.id for one in found])
        page = tuple(self.seen(caller, one, own.get(one.id)) for one in found[:size])
        last = page[-1].briefing if len(found) > size else None
        return Page(page, (last.plan.start, last.id) if last is not None else None)

    async def _own(
        self, reader: BriefingReader, caller: Principal, briefings: Sequence[BriefingId]
    ) -> Mapping[BriefingId, Invitee]:
        if caller.person is not None:
            return await reader.own_invitees(briefings, caller.person)
        # A link shows one briefing at most.
        own = {one: await own_invitee(reader, caller, one) for one in briefings} if caller.link else {}
        return {briefing: invitee for briefing, invitee in own.items() if invitee is not None}

    async def invitees(self, caller: Principal, briefing: BriefingId) -> list[SeenInvitee]:
        """Who is invited, in protocol order, with answers and attendance.

        Addresses, telephones and join links are shown to our services and to those who lead the briefing; everyone
        sees what concerns the caller.

        Raises:
            NotFound: `UNKNOWN_BRIEFING`.
        """
        async with self._store.reading() as reader:
            found = await seen_briefing(reader, caller, briefing)
            own = await own_invitee(reader, caller, briefing)
            invitees = [one for one in await reader.invitees(briefing) if not one.removed]
            stays = _by_subject(await reader.stays(briefing))
            headcounts = await reader.headcounts(briefing)
        leads = caller.is_service or conducts(caller, found, own)
        return [
            self._seen_invitee(
                briefing,
                self._visible(caller, one, everything=leads or (own is not None and own.id == one.id)),
                stays.get(one.subject, ()),
                headcounts.get(one.id, 0),
                with_link=leads,
            )
            for one in invitees
        ]

    def _visible(self, caller: Principal, invitee: Invitee, *, everything: bool) -> Invitee:
        if everything:
            return invitee
        phone = invitee.phone if caller.may(Permission.QUALITY_READ, invitee.unit_path) else ""
        return replace(invitee, email="", phone=phone, override_reason="", comment="")

    def _seen_invitee(
        self, briefing: BriefingId, invitee: Invitee, stays: Sequence[Stay], headcount: int, *, with_link: bool
    ) -> SeenInvitee:
        return SeenInvitee(
            briefing,
            invitee,
            attendance.intervals(stays),
            any(stay.is_present for stay in stays),
            headcount,
            self._links.path(invitee) if with_link else "",
        )

    def invitation_path(self, invitee: Invitee) -> str:
        """The join link that an invitation carries."""
        return self._links.path(invitee)

    async def told(self, briefing: BriefingId, revision: int) -> Told:
        """What a revision told to whom; for our own services.

        Raises:
            NotFound: `UNKNOWN_BRIEFING`.
        """
        async with self._store.reading() as reader:
            newest = await reader.briefing(briefing)
            snapshot = await reader.snapshot(briefing, revision)
            subject = newest.plan.secretary if newest is not None else ""
            secretary = (await reader.own_invitees([briefing], subject)).get(briefing)
        if newest is None or snapshot is None:
            raise NotFound(
                "UNKNOWN_BRIEFING", "There is no such revision.", name=briefing_name(briefing), revision=str(revision)
            )
        return Told(snapshot, newest.revision, secretary)

    async def revisions(
        self, reader: str, position: str, after: tuple[datetime, BriefingId] | None, *, reset: bool
    ) -> tuple[str, Page]:
        """The greatest position that a reader's books had, and a page of briefings that are not over, called off or not.

        For our own services, which compare their books with them.
        """
        async with self._store.changing() as writer:
            known = await writer.note_position(reader, position, reset=reset)
            query = BriefingQuery(
                sight=Sight(everything=True),
                limit=MAX_PAGE + 1,
                ends_after=self._clock.now(),
                cancelled_too=True,
                after=after,
            )
            found = await writer.briefings(query)
        page = tuple(SeenBriefing(one, ()) for one in found[:MAX_PAGE])
        last = page[-1].briefing if len(found) > MAX_PAGE else None
        return known, Page(page, (last.plan.start, last.id) if last is not None else None)

    async def live(self, caller: Principal, briefing: BriefingId) -> LiveState:
        """The live state of a briefing.

        Raises:
            NotFound: `UNKNOWN_BRIEFING`, also once the caller is invited no more.
        """
        async with self._store.reading() as reader:
            found = await seen_briefing(reader, caller, briefing)
            own = await own_invitee(reader, caller, briefing)
            present = attendance.present(await reader.stays(briefing))
            invitees = await reader.invitees_of(briefing, present)
            headcounts = await reader.headcounts(briefing)
            speaking = await reader.speaking_order(briefing)
            policy = await reader.room_policy(briefing)
        leads, subject = conducts(caller, found, own), own.subject if own is not None else ""
        heard = policy.may_be_heard(subject, leads=leads, has_floor=subject == speaking.speaker)
        people = sum(1 if one.kind is Kind.PERSON else headcounts.get(one.id, 0) for one in invitees)
        return LiveState(
            self.seen(caller, found, own),
            speaking,
            present,
            people,
            policy,
            leads,
            microphone_closed=not heard,
            screen_denied=not policy.of(subject).may_share,
        )


class LinkVerifier:
    """Checks join links for the gateway."""

    def __init__(self, store: BriefingStore, clock: Clock, join_links: Links) -> None:
        self._store = store
        self._clock = clock
        self._links = join_links

    async def verify(self, token: str) -> tuple[str, datetime]:
        """Answers the invitee's resource name and when the link dies.

        Raises:
            Unauthenticated: `LINK_INVALID`, `LINK_EXPIRED`.
        """
        named = links.invitee_of(token)
        async with self._store.reading() as reader:
            found = await reader.invitee(named)
            briefing = await reader.briefing(found[0]) if found is not None else None
        if found is None or briefing is None or found[1].removed or not self._links.is_signed(token, found[1]):
            raise links.invalid_link()
        expires = links.expiry(briefing)
        if self._clock.now() >= expires:
            raise links.expired_link()
        return briefing.invitee_name(named), expires


def _by_subject(stays: Sequence[Stay]) -> Mapping[str, list[Stay]]:
    grouped: defaultdict[str, list[Stay]] = defaultdict(list)
    for stay in stays:
        grouped[stay.subject].append(stay)
    return grouped
