"""What a room says to a client, whatever the wire looks like."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from services.media.domain.ports import PeerId, StreamState, TrackId

if TYPE_CHECKING:
    from services.media.domain.grades import LineGrade
    from services.media.domain.participants import Participant, Track
    from services.media.domain.ports import SpeakerChange


class LeaveReason(StrEnum):
    """Why somebody is out."""

    CLIENT = "client"
    DUPLICATE_IDENTITY = "duplicate_identity"
    REMOVED = "removed"
    ROOM_CLOSED = "room_closed"
    SHUTDOWN = "shutdown"
    STATE_MISMATCH = "state_mismatch"
    TIMEOUT = "timeout"
    TRANSPORT_LOST = "transport_lost"
    BAD_MESSAGE = "bad_message"


class LeaveAction(StrEnum):
    """What the client shall do then."""

    STAY_OUT = "stay_out"
    RECONNECT = "reconnect"


class RoomFacts(NamedTuple):
    """What clients know of their room."""

    sid: str
    name: str
    created_at: int
    participants: int
    publishers: int
    metadata: str = ""


class GradeChange(NamedTuple):
    """The line of one participant is judged anew; the score is 0 to 100."""

    participant: PeerId
    grade: LineGrade
    score: float


class ClientLink(Protocol):
    """The signalling connection of one client. Calls return at once; what a broken link is told is dropped."""

    def welcome(self, me: Participant, others: Sequence[Participant], room: RoomFacts) -> None:
        """Answers a join; always the first word."""

    def welcome_back(self, everyone: Sequence[Participant], room: RoomFacts, last_sequence: int) -> None:
        """Answers a resume; always the first word. `everyone` includes the client itself, and who went."""

    def answer(self, sdp: str, offer_id: int, tracks_by_mid: dict[str, TrackId]) -> None:
        """Answers an offer."""

    def participants(self, changed: Sequence[Participant]) -> None:
        """Tells who came, changed or went."""

    def track_published(self, label: str, track: Track) -> None:
        """Admits a track to be published."""

    def track_refused(self, label: str) -> None:
        """Says that a track may not be published."""

    def track_subscribed(self, track: TrackId) -> None:
        """Tells a publisher that somebody listens."""

    def track_unpublished(self, track: TrackId) -> None:
        """Tells a publisher that its track was taken away."""

    def sections_wanted(self, audio: int, video: int) -> None:
        """Asks for an offer with that many more sections to receive on."""

    def ask_mute(self, track: TrackId, muted: bool) -> None:
        """Asks the publisher to mute itself."""

    def speakers(self, changes: Sequence[SpeakerChange]) -> None:
        """Tells who began, changed or stopped speaking."""

    def grades(self, changes: Sequence[GradeChange]) -> None:
        """Tells whose line is how."""

    def stream_state(self, owner: PeerId, track: TrackId, state: StreamState) -> None:
        """Tells that a track is paused for want of bandwidth, or flows again."""

    def wanted_layers(self, track: Track, wanted: Sequence[bool]) -> None:
        """Tells a publisher which layers anybody wants, lowest first."""

    def room_changed(self, room: RoomFacts) -> None:
        """Tells how the room is now."""

    def refresh_token(self, me: Participant) -> None:
        """Hands out a token that admits for some time more."""

    def close(self) -> None:
        """Ends a connection that another one replaced; the client stays."""

    def leave(self, reason: LeaveReason, action: LeaveAction) -> None:
        """Sends the client out; always the last word, the connection ends."""
