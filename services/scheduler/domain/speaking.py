"""The speaking order: one has the floor, the others wait in the order they asked."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from giaoban.names import InviteeId


class SpeakingState(StrEnum):
    """Where a request stands."""

    WAITING = "waiting"
    SPEAKING = "speaking"


@dataclass(frozen=True, slots=True)
class SpeakingRequest:
    """One place in the speaking order; `identity` is that in the room."""

    identity: str
    display_name: str
    invitee: InviteeId
    asked: datetime
    state: SpeakingState = SpeakingState.WAITING
    floor_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class SpeakingOrder:
    """The requests of one briefing: the speaker first, then who waits, first come first."""

    requests: tuple[SpeakingRequest, ...] = ()

    @property
    def speaker(self) -> str | None:
        """Who has the floor."""
        return next((request.identity for request in self.requests if request.state is SpeakingState.SPEAKING), None)

    def find(self, identity: str) -> SpeakingRequest | None:
        """The request of that identity."""
        return next((request for request in self.requests if request.identity == identity), None)

    def place(self, identity: str) -> int:
        """The place among those who wait, from 1; 0 for the speaker and for who did not ask."""
        waiting = [request.identity for request in self.requests if request.state is SpeakingState.WAITING]
        return waiting.index(identity) + 1 if identity in waiting else 0

    def asked(self, request: SpeakingRequest) -> "SpeakingOrder":
        """Adds a request at the end; who waits or speaks already keeps the place."""
        if self.find(request.identity) is not None:
            return self
        return SpeakingOrder((*self.requests, request))

    def withdrawn(self, identity: str) -> "SpeakingOrder":
        """Takes a request or turn out."""
        return SpeakingOrder(tuple(request for request in self.requests if request.identity != identity))

    def floor_given(self, request: SpeakingRequest, at: datetime) -> "SpeakingOrder":
        """Gives the floor to somebody, waiting or not; who had it before has spoken and leaves the order."""
        current = self.find(request.identity)
        if current is not None and current.state is SpeakingState.SPEAKING:
            return self
        speaker = replace(current or request, state=SpeakingState.SPEAKING, floor_time=at)
        waiting = self.floor_taken().withdrawn(request.identity).requests
        return SpeakingOrder((speaker, *waiting))

    def floor_taken(self) -> "SpeakingOrder":
        """Takes the floor back from whoever has it."""
        return SpeakingOrder(tuple(one for one in self.requests if one.state is SpeakingState.WAITING))
