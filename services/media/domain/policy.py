"""What those who lead a briefing decided about the participants of its room. The room holds whatever client they use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from services.media.domain.grants import RoomToken, Source
from services.media.domain.ports import Kind

# What calls itself nothing may be a screen.
_NO_SCREEN: Final = frozenset({Source.CAMERA, Source.MICROPHONE})


class Microphone(StrEnum):
    """What was decided about one microphone."""

    AS_ROOM = "as_room"
    HELD = "held"
    FREED = "freed"


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided about one identity.

    Attributes:
        admission: Tokens of an earlier admission are refused.
    """

    admission: int = 0
    microphone: Microphone = Microphone.AS_ROOM
    may_share: bool = True


_UNTOUCHED: Final = Standing()


@dataclass(frozen=True, slots=True)
class RoomPolicy:
    """All that was decided; an identity that is not named may do what its token says.

    Attributes:
        version: Grows with each decision.
        microphones_locked: Only administrators and freed ones may be heard.
    """

    version: int = 0
    microphones_locked: bool = False
    standings: Mapping[str, Standing] = field(default_factory=dict)

    def admits(self, token: RoomToken) -> bool:
        """Tells whether a token lets its holder in, or that was sent out since it was issued."""
        return token.admission >= self._of(token).admission

    def may_send(self, token: RoomToken, source: Source) -> bool:
        """Tells whether the holder of a token may publish a source."""
        return self._of(token).may_share or source in _NO_SCREEN

    def may_be_heard(self, token: RoomToken, kind: Kind) -> bool:
        """Tells whether a track may be open. All sound counts: a client may call its microphone what it likes."""
        if kind is not Kind.AUDIO:
            return True
        microphone = self._of(token).microphone
        if microphone is Microphone.AS_ROOM:
            return token.rights.admin or not self.microphones_locked
        return microphone is Microphone.FREED

    def _of(self, token: RoomToken) -> Standing:
        return self.standings.get(token.identity, _UNTOUCHED)
