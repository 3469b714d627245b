"""Leading a briefing: the speaking order, muting, sending out."""

from giaoban.clock import Clock
from giaoban.errors import InvalidArgument, NotFound, PermissionDenied
from giaoban.names import BriefingId
from giaoban.principal import Principal
from services.scheduler.domain.booking import briefing_over, not_open
from services.scheduler.domain.briefing_access import check_conducts, own_invitee, seen_briefing
from services.scheduler.domain.briefing_ports import BriefingReader, BriefingStore, Rooms
from services.scheduler.domain.briefings import Briefing, Invitee, State
from services.scheduler.domain.changes import Changes
from services.scheduler.domain.speaking import SpeakingRequest


class Conducting:
    """The use cases of an open room."""

    def __init__(self, store: BriefingStore, clock: Clock, rooms: Rooms, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._rooms = rooms
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
            await writer.put_speaking_order(briefing, (await writer.speaking_order(briefing)).withdrawn(whose))
        self._changes.announce(briefing)

    async def give_floor(self, caller: Principal, briefing: BriefingId, identity: str) -> None:
        """Gives the floor to an invitee; an empty identity takes it back.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `UNKNOWN_PARTICIPANT`, `NOT_OPEN`, `BRIEFING_OVER`.
        """
        async with self._store.changing() as writer:
            await self._conducted(writer, caller, briefing)
            order = await writer.speaking_order(briefing)
            if identity:
                speaker = (await writer.own_invitees([briefing], identity)).get(briefing)
                if speaker is None:
                    raise NotFound("UNKNOWN_PARTICIPANT", "Nobody of that name is invited.", identity=identity[:80])
                order = order.floor_given(self._request(speaker), self._clock.now())
            else:
                order = order.floor_taken()
            await writer.put_speaking_order(briefing, order)
        self._changes.announce(briefing)

    async def mute(self, caller: Principal, briefing: BriefingId, identity: str) -> int:
        """Mutes one microphone, or those of all but the chair and the caller; answers how many.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`; or what media refuses.
        """
        async with self._store.reading() as reader:
            found, own = await self._conducted(reader, caller, briefing)
        excepted = dict.fromkeys([found.plan.chair, *([own.subject] if own is not None else [])])
        muted = await self._rooms.mute(briefing, [identity] if identity else [], [] if identity else list(excepted))
        await self._audit(caller, found, "briefing.mute", identity)
        return muted

    async def remove(self, caller: Principal, briefing: BriefingId, identity: str) -> None:
        """Sends a participant out of the room; its link stays good.

        Raises:
            DomainError: `UNKNOWN_BRIEFING`, `NO_PERMISSION`, `NOT_OPEN`, `BRIEFING_OVER`, `UNKNOWN_PARTICIPANT`,
                `BAD_FIELD`.
        """
        if not identity:
            raise InvalidArgument("BAD_FIELD", "Name the participant to remove.", field="identity")
        async with self._store.reading() as reader:
            found, _ = await self._conducted(reader, caller, briefing)
        await self._rooms.expel(briefing, identity)
        await self._audit(caller, found, "briefing.remove", identity)

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


def _not_invited() -> PermissionDenied:
    return PermissionDenied("NOT_INVITED", "Only those invited may ask to speak.")
