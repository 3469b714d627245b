"""The last packets of one layer, in plaintext, shared by all its subscribers."""

from typing import Final

from services.media.domain.packet import MediaPacket

CAPACITY: Final = 1024
_MASK: Final = CAPACITY - 1


class PacketHistory:
    """A ring by extended sequence number."""

    __slots__ = ("_highest", "_numbers", "_packets")

    def __init__(self) -> None:
        self._highest = -1
        self._numbers: list[int] = [-1] * CAPACITY
        self._packets: list[MediaPacket | None] = [None] * CAPACITY

    def put(self, packet: MediaPacket) -> bool:
        """Keeps a packet; False when it is there already or too old to be kept."""
        slot = packet.extended & _MASK
        if self._numbers[slot] == packet.extended or packet.extended <= self._highest - CAPACITY:
            return False
        self._highest = max(self._highest, packet.extended)
        self._numbers[slot] = packet.extended
        self._packets[slot] = packet
        return True

    def get(self, extended: int) -> MediaPacket | None:
        """Answers a packet that is still kept."""
        slot = extended & _MASK
        return self._packets[slot] if self._numbers[slot] == extended else None
