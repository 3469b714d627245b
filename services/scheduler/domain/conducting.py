"""Leading a briefing: the speaking order, microphones, screens, sending out and letting in again."""

from collections.abc import Callable

from giaoban.clock import Clock
from giaoban.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from giaoban.names import BriefingId
from giaoban.principal import Principal
from services.scheduler.domain import attendance
from services.scheduler.domain.booking import briefing_over, not_open
from services.scheduler.domain.briefing_access import check_conducts, own_invitee, seen_briefing
from services.scheduler.domain.briefing_ports import BriefingReader, BriefingStore, BriefingWriter, Rooms
from services.scheduler.domain.briefings import Briefing, Invitee, State
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.room_policy import RoomPolicy, Sent, Stage
from services.scheduler.domain.room_rules import RoomRules
from services.scheduler.domain.speaking import SpeakingOrder, SpeakingRequest


class Conducting:
    """The use cases of an open room."""

    def __init__(self, store: BriefingStore, clock: Clock, rooms: Rooms, rules: RoomRules, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
        self._rules = rules
        self._changes = changes

    async def ask(self, caller: Principal, briefing: BriefingId) -> int:
        """Joins the end of the queue; answers the place in it, 0 for who speaks already. Safe to repeat.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NOT_INVITED`, `NOT_OPEN`, `BRIEFING_OVER`.
        """
        async with self._store.changing() as writer:
            found = await seen_briefing(writer, caller, briefing)
            own = await self._invited(writer, caller, found)
            order = (await writer.speaking_order(briefing)).asked(self._request(own))
            await writer.put_speaking_order(briefing, order)
        self._changes.announce(briefing)
        return order.place(own.subject)

    async def withdraw(self, caller: Principal, briefing: BriefingId, identity: str) -> None:
        """Takes a request back or ends a turn: one's own, or as a conductor anyone's. Safe to repeat.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NOT_INVITED`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`.
        """
        async with self._store.changing() as writer:
            found = await seen_briefing(writer, caller, briefing)
            own = await own_invitee(writer, caller, briefing)
            if own is None and not identity:
                raise _not_invited()
            if identity and (own is None or own.subject != identity):
                check_conducts(caller, found, own)
            self._check_open(found)
            whose = identity or (own.subject if own is not None else "")
            order = await writer.speaking_order(briefing)
            decided = await self._put_order(writer, briefing, order, order.withdrawn(whose))
        await self._tell(briefing, decided=decided)

    async def give_floor(self, caller: Principal, briefing: BriefingId, identity: str) -> None:
        """Gives the floor to an invitee in the room, whose microphone may then open; an empty identity takes it back.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `UNKNOWN_PARTICIPANT`, `NOT_IN_ROOM`, `NOT_OPEN`,
                `BRIEFING_OVER`.
        """
        async with self._store.changing() as writer:
            found, _ = await self._conducted(writer, caller, briefing)
            order = await writer.speaking_order(briefing)
            if identity:
                speaker = (await writer.own_invitees([briefing], identity)).get(briefing)
                if speaker is None:
                    raise NotFound("UNKNOWN_PARTICIPANT", "Nobody of that name is invited.", identity=identity[:80])
                await _check_present(writer, briefing, speaker)
                after = order.floor_given(self._request(speaker), self._clock.now())
            else:
                after = order.floor_taken()
            if after != order:
                facts = {"identity": identity or order.speaker or ""}
                action = "briefing.give_floor" if identity else "briefing.take_floor"
                await writer.append_audit(caller.subject, action, found.name, facts)
            decided = await self._put_order(writer, briefing, order, after)
        await self._tell(briefing, decided=decided)

    async def mute(self, caller: Principal, briefing: BriefingId, identity: str, *, lock: bool = False) -> int:
        """Mutes one microphone until it is allowed again, or those of all but the chair and the caller once.

        Args:
            caller: Who leads.
            briefing: The briefing.
            identity: Whom; empty means all.
            lock: Of all: until they are allowed again.

        Returns:
            How many were open.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`, `UNKNOWN_PARTICIPANT`; or
                what media refuses.
        """
        async with self._store.reading() as reader:
            found, own = await self._conducted(reader, caller, briefing)
        if identity:
            await self._decide(caller, briefing, "briefing.mute", identity, lambda policy: policy.held(identity))
        elif lock:
            await self._decide(caller, briefing, "briefing.lock_microphones", "", RoomPolicy.locked)
        else:
            await self._audit(caller, found, "briefing.mute", identity)
        excepted = dict.fromkeys([found.plan.chair, *([own.subject] if own is not None else [])])
        return await self._rooms.mute(briefing, [identity] if identity else [], [] if identity else list(excepted))

    async def stop_sending(self, caller: Principal, briefing: BriefingId, identity: str, sent: Sent) -> None:
        """Stops a camera or shared screen, which its owner may start again.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`, `UNKNOWN_PARTICIPANT`,
                `BAD_FIELD`; or what media refuses.
        """
        _check_named(identity)
        async with self._store.changing() as writer:
            found, _ = await self._conducted(writer, caller, briefing)
            await _check_known(writer, briefing, identity)
            await writer.append_audit(caller.subject, f"briefing.stop_{sent}", found.name, {"identity": identity})
        await self._rooms.mute(briefing, [identity], [], sent)

    async def show_on_stage(self, caller: Principal, briefing: BriefingId, stage: Stage | None) -> None:
        """Puts somebody on everyone's stage, or leaves it to who speaks again.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`, `UNKNOWN_PARTICIPANT`.
        """
        identity = stage.identity if stage is not None else ""
        await self._decide(caller, briefing, "briefing.stage", identity, lambda policy: policy.staged(stage))

    async def allow_microphone(self, caller: Principal, briefing: BriefingId, identity: str) -> None:
        """Lets a microphone open again, or all of them; who leads never opens one, its owner does.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`, `UNKNOWN_PARTICIPANT`.
        """
        change = (lambda policy: policy.allowed(identity)) if identity else RoomPolicy.all_allowed
        await self._decide(caller, briefing, "briefing.allow_microphone", identity, change)

    async def permit_screen(self, caller: Principal, briefing: BriefingId, identity: str, *, permitted: bool) -> None:
        """Gives or takes the right to share a screen; what is shared stops.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`, `UNKNOWN_PARTICIPANT`,
                `BAD_FIELD`.
        """
        action = "briefing.permit_screen" if permitted else "briefing.deny_screen"
        _check_named(identity)
        await self._decide(caller, briefing, action, identity, lambda policy: policy.sharing(identity, permitted))

    async def remove(self, caller: Principal, briefing: BriefingId, identity: str) -> None:
        """Sends a participant out, who stays invited and is not let in again until it is readmitted.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`, `UNKNOWN_PARTICIPANT`,
                `BAD_FIELD`.
        """
        _check_named(identity)
        await self._decide(caller, briefing, "briefing.remove", identity, lambda policy: policy.sent_out(identity))

    async def readmit(self, caller: Principal, briefing: BriefingId, identity: str) -> None:
        """Lets a removed participant come in again.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`, `UNKNOWN_PARTICIPANT`,
                `BAD_FIELD`.
        """
        _check_named(identity)
        await self._decide(caller, briefing, "briefing.readmit", identity, lambda policy: policy.readmitted(identity))

    async def _decide(
        self,
        caller: Principal,
        briefing: BriefingId,
        action: str,
        identity: str,
        change: Callable[[RoomPolicy], RoomPolicy],
    ) -> None:
        async with self._store.changing() as writer:
            found, _ = await self._conducted(writer, caller, briefing)
            if identity:
                await _check_known(writer, briefing, identity)
            before = await writer.room_policy(briefing)
            if (after := change(before)) != before:
                await writer.put_room_policy(briefing, after.at(self._clock.now()))
                await writer.append_audit(caller.subject, action, found.name, {"identity": identity})
        await self._tell(briefing, decided=True)

    async def _put_order(
        self, writer: BriefingWriter, briefing: BriefingId, before: SpeakingOrder, after: SpeakingOrder
    ) -> bool:
        """Keeps a speaking order; answers whether it changes who may be heard."""
        await writer.put_speaking_order(briefing, after)
        policy = await writer.room_policy(briefing)
        freed = policy.given_floor(after.speaker) if after.speaker is not None else policy
        decided = freed != policy or (policy.microphones_locked and before.speaker != after.speaker)
        if decided:
            await writer.put_room_policy(briefing, freed.at(self._clock.now()))
        return decided

    async def _tell(self, briefing: BriefingId, *, decided: bool) -> None:
        if decided:
            await self._rules.enforce(briefing)
        self._changes.announce(briefing)

    async def _audit(self, caller: Principal, briefing: Briefing, action: str, identity: str) -> None:
        async with self._store.changing() as writer:
            await writer.append_audit(caller.subject, action, briefing.name, {"identity": identity})

    async def _conducted(
        self, reader: BriefingReader, caller: Principal, briefing: BriefingId
    ) -> tuple[Briefing, Invitee | None]:
        found = await seen_briefing(reader, caller, briefing)
        own = await own_invitee(reader, caller, briefing)
        check_conducts(caller, found, own)
        self._check_open(found)
        return found, own

    async def _invited(self, reader: BriefingReader, caller: Principal, briefing: Briefing) -> Invitee:
        own = await own_invitee(reader, caller, briefing.id)
        if own is None:
            raise _not_invited()
        self._check_open(briefing)
        return own

    def _check_open(self, briefing: Briefing) -> None:
        standing = briefing.standing(self._clock.now())
        if standing is State.SCHEDULED:
            raise not_open(briefing)
        if standing is not State.OPEN:
            raise briefing_over(briefing)

    def _request(self, invitee: Invitee) -> SpeakingRequest:
        return SpeakingRequest(invitee.subject, invitee.display_name, invitee.id, self._clock.now())


def _check_named(identity: str) -> None:
    if not identity:
        raise InvalidArgument("BAD_FIELD", "Name the participant.", field="identity")


async def _check_known(reader: BriefingReader, briefing: BriefingId, identity: str) -> None:
    """Refuses an identity that was never invited, nor came by a token that was made by hand."""
    if await reader.invitees_of(briefing, [identity]):
        return
    if not any(stay.subject == identity for stay in await reader.stays(briefing)):
        raise NotFound("UNKNOWN_PARTICIPANT", "Nobody of that name is invited.", identity=identity[:80])


async def _check_present(reader: BriefingReader, briefing: BriefingId, invitee: Invitee) -> None:
    if invitee.subject not in attendance.present(await reader.stays(briefing)):
        raise FailedPrecondition(
            "NOT_IN_ROOM", f"{invitee.display_name} is not in the room now.", name=invitee.display_name
        )


def _not_invited() -> PermissionDenied:
    return PermissionDenied("NOT_INVITED", "Only those invited may ask to speak.")
