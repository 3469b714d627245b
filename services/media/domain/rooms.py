"""All rooms of one worker, and what time does to them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from giaoban.errors import NotFound, PermissionDenied, ResourceExhausted
from services.media.domain.client import ClientLink, LeaveAction, LeaveReason
from services.media.domain.grants import RoomToken
from services.media.domain.participants import ClientFacts, Participant, Presence
from services.media.domain.ports import PeerId, RoomId, SpeakerChange, StreamState, SubscriptionId, TrackId
from services.media.domain.room import MAX_PARTICIPANTS, Room
from services.media.domain.tools import Tools, new_sid

# Clients retry for about 40 s, but a peer that is away longer than this is told to join anew.
DEPARTURE_SECONDS: Final = 20.0
CONNECT_SECONDS: Final = 20.0
# Browsers check each 2.5 s, aioice each 5 s; three missed checks of the slowest.
SILENT_SECONDS: Final = 15.0
LOOPBACK_SECONDS: Final = 60.0
EMPTY_SECONDS: Final = 300.0
REFRESH_SECONDS: Final = 300.0
MAX_ROOMS: Final = 2000


@dataclass(slots=True)
class Rooms:
    """Rooms by name.

    Rooms that were opened stay until they are closed; those made on first join go when they stay empty.
    """

    tools: Tools
    _rooms: dict[RoomId, Room] = field(default_factory=dict)
    _opened: set[RoomId] = field(default_factory=set)

    @property
    def names(self) -> tuple[RoomId, ...]:
        """The rooms there are."""
        return tuple(self._rooms)

    @property
    def opened(self) -> tuple[RoomId, ...]:
        """The rooms that stay until they are closed."""
        return tuple(self._opened)

    @property
    def load(self) -> int:
        """How many participants are here."""
        return sum(len(room.members) for room in self._rooms.values())

    def all(self) -> list[Room]:
        """Lists the rooms."""
        return list(self._rooms.values())

    def open(self, name: RoomId, *, loopback: bool = False, keep: bool = True) -> Room:
        """Makes a room, or answers the one there is.

        Raises:
            ResourceExhausted: `TOO_MANY_ROOMS`.
        """
        room = self._rooms.get(name) or self._make(name, loopback=loopback)
        if keep:
            self._opened.add(name)
        return room

    def _make(self, name: RoomId, *, loopback: bool) -> Room:
        if len(self._rooms) >= MAX_ROOMS:
            raise ResourceExhausted("TOO_MANY_ROOMS", "This worker holds as many rooms as it may.")
        clock = self.tools.clock
        now = clock.monotonic()
        room = Room(name, self.tools, new_sid("RM"), clock.now(), now, loopback, empty_since=now)
        self._rooms[name] = room
        return room

    def get(self, name: RoomId) -> Room:
        """Answers a room.

        Raises:
            NotFound: `UNKNOWN_ROOM`.
        """
        room = self._rooms.get(name)
        if room is None:
            raise NotFound("UNKNOWN_ROOM", f"There is no room {name} here.", room=name)
        return room

    def admit(self, token: RoomToken) -> Room:
        """Answers the room of a token, made now if the token says so.

        Raises:
            NotFound: `UNKNOWN_ROOM`.
            PermissionDenied: `REMOVED_FROM_ROOM`: its holder was sent out since it was issued.
            ResourceExhausted: `ROOM_FULL` or `TOO_MANY_ROOMS`.
        """
        name = RoomId(token.room)
        made_on_join = token.create or token.loopback
        room = self.open(name, loopback=token.loopback, keep=False) if made_on_join else self.get(name)
        if not room.policy.admits(token):
            raise PermissionDenied(
                "REMOVED_FROM_ROOM", "Who leads the briefing has sent you out; ask to be let in again."
            )
        if len(room.members) >= MAX_PARTICIPANTS and token.identity not in room.members:
            raise ResourceExhausted("ROOM_FULL", f"Room {name} is full.", room=name)
        return room

    def join(self, token: RoomToken, facts: ClientFacts, link: ClientLink) -> Participant:
        """Admits the holder of a token to its room; raises what `admit` raises."""
        return self.admit(token).join(token, facts, link)

    def returning(self, token: RoomToken, sid: PeerId) -> Participant | None:
        """Finds who may resume: the same session under the same identity."""
        room = self._rooms.get(RoomId(token.room))
        if room is None:
            return None
        member = next((each for each in room.members.values() if each.identity == token.identity), None)
        return member if member is not None and (not sid or member.sid == sid) else None

    def close(self, name: RoomId, reason: LeaveReason = LeaveReason.ROOM_CLOSED) -> bool:
        """Closes a room and sends everyone out; answers whether there was one.

        Raises:
            ExceptionGroup: What went wrong with single members; the room is closed and everyone out nevertheless.
        """
        self._opened.discard(name)
        room = self._rooms.pop(name, None)
        if room is None:
            return False
        action = LeaveAction.RECONNECT if reason is LeaveReason.SHUTDOWN else LeaveAction.STAY_OUT
        out = [partial(room.remove, member, reason, action) for member in room.members.values()]
        _do_all([*out, partial(self.tools.watcher.on_closed, room)])
        return True

    def tick(self) -> None:
        """Lets time pass; to be called about once a second.

        Raises:
            ExceptionGroup: What went wrong with single members; time has passed for all others.
        """
        now = self.tools.clock.monotonic()
        _do_all([partial(self._tick_room, room, now) for room in self._rooms.values()])

    def _tick_room(self, room: Room, now: float) -> None:
        _do_all([partial(self._tend, room, member, now) for member in room.members.values()])
        if self._outlived(room, now):
            self.close(room.name)

    def _tend(self, room: Room, member: Participant, now: float) -> None:
        heard = member.transport.heard()
        if member.absent_since is not None and now - member.absent_since > DEPARTURE_SECONDS:
            room.remove(member, LeaveReason.TIMEOUT)
        elif member.presence is Presence.JOINED and now - member.joined_at > CONNECT_SECONDS:
            room.remove(member, LeaveReason.TIMEOUT, LeaveAction.RECONNECT)
        elif heard is not None and now - heard > SILENT_SECONDS and member.absent_since is not None:
            room.remove(member, LeaveReason.TRANSPORT_LOST)
        elif heard is not None and now - heard > 2 * SILENT_SECONDS:
            room.remove(member, LeaveReason.TRANSPORT_LOST, LeaveAction.RECONNECT)
        elif now - member.refreshed_at > REFRESH_SECONDS and member.link is not None:
            member.refreshed_at = now
            member.link.refresh_token(member)

    def _outlived(self, room: Room, now: float) -> bool:
        if room.loopback:
            # A line test lasts seconds; the room dies with its participant.
            left = room.empty_since is not None and room.empty_since > room.created_at
            return left or now - room.created_at > LOOPBACK_SECONDS
        if room.name in self._opened or room.empty_since is None:
            return False
        return now - room.empty_since > EMPTY_SECONDS

    # What the plane and the transports tell

    def on_first_packet(self, track: TrackId) -> None:
        """Passes on that a track flows."""
        for room in self._rooms.values():
            if track in room.tracks:
                room.first_packet(track)
                return

    def on_speakers(self, name: RoomId, changes: tuple[SpeakerChange, ...]) -> None:
        """Passes on who speaks."""
        room = self._rooms.get(name)
        if room is not None:
            room.speakers(changes)

    def on_stream_state(self, subscription: SubscriptionId, state: StreamState) -> None:
        """Passes on that a subscription is paused or flows again."""
        for room in self._rooms.values():
            if subscription in room.subscriptions:
                room.stream_state(subscription, state)
                return

    def on_wanted_layers(self, track: TrackId, wanted: tuple[bool, ...]) -> None:
        """Passes on which layers anybody wants."""
        for room in self._rooms.values():
            if track in room.tracks:
                room.wanted_layers(track, wanted)
                return

    def find(self, peer: PeerId) -> tuple[Room, Participant] | None:
        """Finds a participant by its session."""
        for room in self._rooms.values():
            member = room.by_sid(peer)
            if member is not None:
                return room, member
        return None


def _do_all(steps: Iterable[Callable[[], object]]) -> None:
    """Takes all steps, and raises only then what single ones raised."""
    errors = []
    for step in steps:
        try:
            step()
        except Exception as error:  # noqa: BLE001 - raised below
            errors.append(error)
    if errors:
        raise ExceptionGroup("not everything went well in the rooms", errors)
