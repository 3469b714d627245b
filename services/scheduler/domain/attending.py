"""What an invited point or person does: look at the invitation, answer it, test the line, join."""

from dataclasses import dataclass, replace
from datetime import datetime

from giaoban.clock import Clock
from giaoban.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from giaoban.ids import new_id
from giaoban.names import BriefingId, InviteeRef, invitee_name, parse_invitee
from giaoban.permissions import Permission
from giaoban.principal import Principal
from services.scheduler.domain import links
from services.scheduler.domain.booking import briefing_over, not_open
from services.scheduler.domain.briefing_access import conducts, may_edit, no_permission, own_invitee, seen_briefing
from services.scheduler.domain.briefing_ports import (
    BriefingReader,
    BriefingStore,
    Happening,
    LineJudge,
    RoomPass,
    Rooms,
)
from services.scheduler.domain.briefings import (
    MAX_HEADCOUNT,
    Answer,
    Briefing,
    Invitee,
    Kind,
    State,
    check_reason,
)
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.line_tests import NO_DATA, TOKEN_LIVES, LineTest, LineVerdict
from services.scheduler.domain.room_rules import RoomRules
from services.scheduler.domain.support import NOBODY, Support, SupportContact


@dataclass(frozen=True, slots=True)
class Admission:
    """Which invitation a caller holds."""

    briefing: Briefing
    invitee: Invitee
    now: datetime
    support: SupportContact = NOBODY


@dataclass(frozen=True, slots=True)
class Entry:
    """What a client needs to enter the room."""

    room: str
    token: str
    identity: str
    conducts: bool


@dataclass(frozen=True, slots=True)
class Media:
    """The two sides of media that an invitee meets."""

    rooms: Rooms
    rules: RoomRules
    judge: LineJudge


class Attending:
    """The use cases of invitees."""

    def __init__(self, store: BriefingStore, support: Support, clock: Clock, media: Media, changes: Changes) -> None:
        self._store = store
        self._support = support
        self._clock = clock
        self._rooms = media.rooms
        self._rules = media.rules
        self._judge = media.judge
        self._changes = changes

    async def admission(self, caller: Principal, briefing: BriefingId | None) -> Admission:
        """Says which invitation the caller holds.

        Args:
            caller: A link holder or a signed-in person.
            briefing: Which briefing; None for a link holder, whose link names it.

        Raises:
            DomainError: `NOT_INVITED`, `LINK_EXPIRED`.
        """
        async with self._store.reading() as reader:
            admission = await self._admitted(reader, caller, briefing)
        return replace(admission, support=await self._support.contact_for(admission.invitee))

    async def _admitted(self, reader: BriefingReader, caller: Principal, briefing: BriefingId | None) -> Admission:
        wanted = briefing
        if wanted is None and caller.invitee is not None:
            wanted = parse_invitee(caller.invitee).briefing
        if wanted is None:
            raise InvalidArgument("BAD_FIELD", "Name the briefing, or come by an invitation link.", field="briefing")
        found = await reader.briefing(wanted)
        own = await own_invitee(reader, caller, wanted)
        if found is None or own is None:
            raise PermissionDenied("NOT_INVITED", "You are not invited to this briefing; ask its secretary.")
        now = self._clock.now()
        if caller.link and now >= links.expiry(found):
            raise links.expired_link()
        return Admission(replace(found, state=found.standing(now)), own, now)

    async def answer(self, caller: Principal, name: InviteeRef, status: Answer, comment: str) -> Invitee:
        """Answers an invitation, for oneself or, with `briefings.write` on the host, for another.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `UNKNOWN_INVITEE`, `NO_PERMISSION`, `BRIEFING_OVER`, `BAD_FIELD`.
        """
        _check_answer(status, comment)
        now = self._clock.now()
        async with self._store.changing() as writer:
            briefing = await seen_briefing(writer, caller, name.briefing)
            found = await writer.invitee(name.invitee)
            if found is None or found[0] != name.briefing or found[1].removed:
                raise NotFound("UNKNOWN_INVITEE", "Nobody is invited under this name.", name=invitee_name(*name))
            own = await own_invitee(writer, caller, name.briefing)
            if (own is None or own.id != name.invitee) and not may_edit(caller, briefing.host_path):
                raise no_permission(Permission.BRIEFINGS_WRITE, briefing.plan.host_unit)
            if briefing.is_over(now):
                raise briefing_over(briefing)
            answered = replace(found[1], status=status, comment=comment.strip(), response_time=now)
            await writer.put_invitees(briefing.id, [answered])
            facts = {"invitee": name.invitee, "status": str(status)}
            await writer.append_audit(caller.subject, "briefing.answer", briefing.name, facts)
            await writer.announce(Happening.ANSWERED, briefing, now)
        self._changes.announce(briefing.id)
        return answered

    async def start_line_test(self, caller: Principal, briefing: BriefingId | None) -> tuple[str, str]:
        """Opens a loopback room; answers its name and a token for it, good for two minutes.

        Raises:
            DomainError: `NOT_INVITED`, `LINK_EXPIRED`, `BRIEFING_OVER`; or what media refuses.
        """
        async with self._store.changing() as writer:
            admission = await self._admitted(writer, caller, briefing)
            _refuse_over(admission)
            test = LineTest(new_id("loopback-"), admission.briefing.id, admission.invitee.id, started=admission.now)
            await writer.put_line_test(test)
        room_pass = _pass(admission, test.room, expires=admission.now + TOKEN_LIVES, loopback=True)
        return test.room, await self._rooms.token(room_pass)

    async def finish_line_test(self, caller: Principal, room: str) -> LineVerdict:
        """Reads what the server measured in a loopback room and keeps it.

        Raises:
            DomainError: `LINE_TEST_UNKNOWN` for a room that is not the caller's, `LINE_TEST_EMPTY`.
        """
        async with self._store.reading() as reader:
            test = await reader.line_test(room)
            own = await own_invitee(reader, caller, test.briefing) if test is not None else None
        if test is None or own is None or own.id != test.invitee:
            raise NotFound("LINE_TEST_UNKNOWN", "There is no such line test of yours; start a new one.")
        verdict = await self._judge.judge(room)
        if verdict.grade == NO_DATA:
            raise FailedPrecondition("LINE_TEST_EMPTY", "Nothing arrived from your line; test it again.")
        async with self._store.changing() as writer:
            await writer.put_line_test(replace(test, verdict=verdict, finished=self._clock.now()))
        return verdict

    async def join(self, caller: Principal, briefing: BriefingId | None, headcount: int) -> Entry:
        """Lets an invitee in: keeps the headcount of a point and issues a room token.

        Raises:
            DomainError: `NOT_OPEN` with `open_time`, `BRIEFING_OVER`, `NOT_INVITED`, `LINK_EXPIRED`, `BAD_FIELD`,
                `REMOVED_FROM_ROOM`.
        """
        async with self._store.changing() as writer:
            admission = await self._admitted(writer, caller, briefing)
            found, own = admission.briefing, admission.invitee
            _refuse_over(admission)
            if found.state is State.SCHEDULED:
                raise not_open(found)
            if own.kind is Kind.POINT:
                if not 1 <= headcount <= MAX_HEADCOUNT:
                    raise InvalidArgument(
                        "BAD_FIELD", f"Say how many people are at the point, 1 to {MAX_HEADCOUNT}.", field="headcount"
                    )
                await writer.put_headcount(found.id, own.id, headcount, admission.now)
            standing = (await writer.room_policy(found.id)).of(own.subject)
            if standing.out:
                raise PermissionDenied(
                    "REMOVED_FROM_ROOM",
                    "Who leads the briefing has sent you out of the room; ask its secretary to be let in again.",
                )
            leads = conducts(caller, found, own)
            await writer.append_audit(caller.subject, "briefing.join", found.name, {"invitee": own.id})
        await self._rules.ensure(found.id)
        room_pass = _pass(admission, found.id, expires=found.close_time, admin=leads)
        token = await self._rooms.token(replace(room_pass, admission=standing.admission))
        self._changes.announce(found.id)
        return Entry(found.id, token, own.subject, leads)


def _check_answer(status: Answer, comment: str) -> None:
    check_reason("comment", comment)
    if status is Answer.NEEDS_ACTION:
        raise InvalidArgument(
            "BAD_FIELD", "Choose an answer: accepted, declined, tentative or delegated.", field="status"
        )
    if status is Answer.DELEGATED and not comment.strip():
        raise InvalidArgument("BAD_FIELD", "Write who comes instead.", field="comment")


def _refuse_over(admission: Admission) -> None:
    if admission.briefing.state in (State.ENDED, State.CANCELLED):
        raise briefing_over(admission.briefing)


def _pass(
    admission: Admission, room: str, *, expires: datetime, admin: bool = False, loopback: bool = False
) -> RoomPass:
    own = admission.invitee
    return RoomPass(
        room=room,
        identity=own.subject,
        display_name=own.display_name,
        unit_path=own.unit_path,
        kind=str(own.kind),
        expires=expires,
        admin=admin,
        loopback=loopback,
    )
