"""Data messages between the participants of a room, relayed without reading what they carry."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from services.media.domain.ports import PeerId
from services.media.domain.transport import Channel

# A resume takes up to 20 s; chat and RPC of a full room stay far below a megabyte in that time.
KEPT_SECONDS: Final = 30.0
KEPT_BYTES: Final = 1024 * 1024


class DataMessage(NamedTuple):
    """A message as it goes out: the sender's names are overwritten, its sequence is kept.

    Attributes:
        destinations: Identities; empty means everybody else.
        sequence: The sender's own count of reliable messages; 0 without.
    """

    channel: Channel
    payload: bytes
    destinations: frozenset[str] = frozenset()
    sequence: int = 0

    def is_for(self, identity: str) -> bool:
        """Tells whether somebody shall have it."""
        return not self.destinations or identity in self.destinations


class _Kept(NamedTuple):
    at: float
    sender: PeerId
    message: DataMessage


@dataclass(slots=True)
class DataMemory:
    """Reliable messages of a room, kept for those who resume; the oldest go first when it fills."""

    _kept: deque[_Kept] = field(default_factory=deque)
    _bytes: int = 0

    def keep(self, sender: PeerId, message: DataMessage, now: float) -> None:
        """Remembers a reliable message with a sequence."""
        if message.channel is not Channel.RELIABLE or not message.sequence:
            return
        self._kept.append(_Kept(now, sender, message))
        self._bytes += len(message.payload)
        while self._kept and (self._bytes > KEPT_BYTES or now - self._kept[0].at > KEPT_SECONDS):
            self._bytes -= len(self._kept.popleft().message.payload)

    def since(self, identity: str, received: Mapping[PeerId, int]) -> list[DataMessage]:
        """Answers what somebody missed, in order.

        Args:
            identity: Whose destinations count.
            received: The last sequence it has of each sender; of senders it does not name it has all or nothing, so
                nothing is repeated.
        """
        return [
            kept.message
            for kept in self._kept
            if kept.sender in received
            and kept.message.sequence > received[kept.sender]
            and kept.message.is_for(identity)
        ]
