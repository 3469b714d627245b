"""What those who lead a briefing decide about its participants: who is out, who may be heard, who may share a screen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final


class Microphone(StrEnum):
    """What was decided about one microphone."""

    AS_ROOM = "as_room"
    HELD = "held"
    FREED = "freed"


class Sent(StrEnum):
    """What a participant sends."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided about one identity in the room.

    Attributes:
        admission: How often it was sent out; media refuses tokens from before.
        out: It was sent out and not readmitted.
    """

    identity: str
    admission: int = 0
    out: bool = False
    microphone: Microphone = Microphone.AS_ROOM
    may_share: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """Who was put on everyone's stage, and whether its shared screen is shown instead of its camera."""

    identity: str
    screen: bool = False


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """All that was decided about one room.

    Attributes:
        version: Grows with each decision, also across a restored backup.
        microphones_locked: Only who leads, has the floor or is freed may be heard.
        standings: By identity; of who is missing nothing was decided.
        stage: None leaves the stage to who speaks.
    """

    version: int = 0
    microphones_locked: bool = False
    standings: Mapping[str, Standing] = field(default_factory=dict)
    stage: Stage | None = None

    def of(self, identity: str) -> Standing:
        """What was decided about an identity."""
        return self.standings.get(identity) or Standing(identity)

    def sent_out(self, identity: str) -> "RoomPolicy":
        """Keeps an identity out until it is readmitted."""
        return self._put(replace(self._readmissible(identity), out=True))

    def uninvited(self, identities: Iterable[str]) -> "RoomPolicy":
        """Lets no token of now in any more; invited again, they come with a new one."""
        policy = self
        for identity in identities:
            policy = policy._put(policy._readmissible(identity))
        return policy

    def readmitted(self, identity: str) -> "RoomPolicy":
        """Lets an identity come in again, with a new token."""
        return self._put(replace(self.of(identity), out=False))

    def held(self, identity: str) -> "RoomPolicy":
        """Keeps a microphone muted."""
        return self._put(replace(self.of(identity), microphone=Microphone.HELD))

    def allowed(self, identity: str) -> "RoomPolicy":
        """Lets a microphone open, also while those of the room are locked."""
        chosen = Microphone.FREED if self.microphones_locked else Microphone.AS_ROOM
        return self._put(replace(self.of(identity), microphone=chosen))

    def given_floor(self, identity: str) -> "RoomPolicy":
        """Ends the hold on a microphone; whether it may stay open afterwards the room says."""
        own = self.of(identity)
        if own.microphone is not Microphone.HELD:
            return self
        return self._put(replace(own, microphone=Microphone.AS_ROOM))

    def locked(self) -> "RoomPolicy":
        """Locks all microphones, those allowed before too."""
        standings = {one.identity: _as_room(one, Microphone.FREED) for one in self.standings.values()}
        return replace(self, microphones_locked=True, standings=standings)

    def all_allowed(self) -> "RoomPolicy":
        """Lets all microphones open."""
        standings = {one.identity: replace(one, microphone=Microphone.AS_ROOM) for one in self.standings.values()}
        return replace(self, microphones_locked=False, standings=standings)

    def sharing(self, identity: str, permitted: bool) -> "RoomPolicy":
        """Gives or takes the right to share a screen."""
        return self._put(replace(self.of(identity), may_share=permitted))

    def staged(self, stage: Stage | None) -> "RoomPolicy":
        """Puts somebody on everyone's stage, or nobody."""
        return replace(self, stage=stage)

    def may_be_heard(self, identity: str, *, leads: bool, has_floor: bool) -> bool:
        """Whether an identity may open its microphone."""
        microphone = self.of(identity).microphone
        if microphone is Microphone.AS_ROOM:
            return leads or has_floor or not self.microphones_locked
        return microphone is Microphone.FREED

    def with_speaker(self, identity: str | None) -> "RoomPolicy":
        """What holds while an identity has the floor: its microphone is free."""
        if identity is None or self.of(identity).microphone is Microphone.HELD:
            return self
        return self._put(replace(self.of(identity), microphone=Microphone.FREED))

    def at(self, now: datetime) -> "RoomPolicy":
        """The next version."""
        return replace(self, version=max(self.version + 1, int(now.timestamp() * 1000)))

    def _readmissible(self, identity: str) -> Standing:
        before = self.of(identity)
        return replace(before, admission=before.admission + 1)

    def _put(self, standing: Standing) -> "RoomPolicy":
        return replace(self, standings={**self.standings, standing.identity: standing})


UNTOUCHED: Final = RoomPolicy()


def _as_room(standing: Standing, former: Microphone) -> Standing:
    return replace(standing, microphone=Microphone.AS_ROOM) if standing.microphone is former else standing
