"""What a room token lets its holder do."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

UNIT_PATH: Final = "giaoban.unit_path"
KIND: Final = "giaoban.kind"
LOOPBACK: Final = "giaoban.loopback"
CREATE: Final = "giaoban.create"
ADMISSION: Final = "giaoban.admission"


class Source(StrEnum):
    """What a track shows or lets hear."""

    UNKNOWN = "unknown"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    SCREEN_SHARE = "screen_share"
    SCREEN_SHARE_AUDIO = "screen_share_audio"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a participant may do in its room.

    Attributes:
        sources: The only sources that may be published; empty means all.
        admin: May mute and remove others by the room API.
    """

    publish: bool = True
    subscribe: bool = True
    data: bool = True
    sources: frozenset[Source] = frozenset()
    own_metadata: bool = False
    hidden: bool = False
    admin: bool = False

    def may_publish(self, source: Source) -> bool:
        """Tells whether a track of this source may be published."""
        return self.publish and (not self.sources or source in self.sources)


@dataclass(frozen=True, slots=True)
class RoomToken:
    """A verified token of the client protocol.

    Attributes:
        join: Whether it admits to `room`; tokens of the room API need not.
        room_create: May make and close rooms by the room API.
        room_list: May list rooms by the room API.
    """

    identity: str
    expire_time: datetime
    room: str = ""
    join: bool = False
    display_name: str = field(default="", repr=False)
    metadata: str = field(default="", repr=False)
    attributes: dict[str, str] = field(default_factory=dict, repr=False)
    rights: Rights = Rights()
    room_create: bool = False
    room_list: bool = False

    @property
    def unit_path(self) -> str:
        """Path of the holder's unit; empty for tokens made by hand."""
        return self.attributes.get(UNIT_PATH, "")

    @property
    def kind(self) -> str:
        """`point`, `person` or `guest`."""
        return self.attributes.get(KIND, "guest")

    @property
    def loopback(self) -> bool:
        """Whether its room returns each participant its own media."""
        return self.attributes.get(LOOPBACK) == "1"

    @property
    def create(self) -> bool:
        """Whether its room is made on first join."""
        return self.attributes.get(CREATE) == "1"

    @property
    def admission(self) -> int:
        """How often its holder had been sent out when it was issued."""
        text = self.attributes.get(ADMISSION, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def until(self, expire_time: datetime) -> "RoomToken":
        """Answers the same token with another end."""
        return replace(self, expire_time=expire_time)
