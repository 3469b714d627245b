"""Makes one continuous stream of what one subscriber is sent, across layer switches, pauses and losses.

Numbers that were lost upstream stay missing downstream, so that a repeat that arrives later still has its place. They are
counted, so that a subscriber's line is not charged with what it was never sent. Packets of padding alone, which a
publisher sends to try its line, are left out and leave no gap: some clients send hundreds of them a second.
"""

from collections import deque
from itertools import islice
from typing import Final, NamedTuple

from services.media.domain.packet import MediaPacket
from services.media.domain.rtcp import SenderReport
from services.media.domain.sequence import forward_distance
from services.media.domain.vp8 import Vp8Descriptor, renumber

# As many as publishers make within some seconds that pad between any two pictures.
_REMEMBERED_STRETCHES: Final = 128
_TOLERANCE_SECONDS: Final = 1.0
# Those of the last round trip matter: a report tells of packets sent before it.
_REMEMBERED_GAPS: Final = 128


class Stretch(NamedTuple):
    """A run of packets of one source, all moved by the same offsets; `opening` for the first after a switch."""

    source: int
    opening: bool
    first_output: int
    sequence_offset: int
    timestamp_offset: int
    picture_offset: int
    tl0_offset: int
    key_offset: int


class Rewritten(NamedTuple):
    """What a subscriber gets of a packet: `extended` never wraps, the wire has its low 16 bits."""

    extended: int
    timestamp: int
    payload: bytes


class Rewriter:
    """Renumbers for one subscription."""

    __slots__ = (
        "_clock_rate",
        "_described",
        "_gaps",
        "_highest",
        "_skipped",
        "_stretches",
        "_timestamp",
        "_timestamp_at",
        "_unsent",
    )

    def __init__(self, first_sequence: int, clock_rate: int) -> None:
        """Begins at a sequence number below 32768: receivers guess the roll-over counter from it (RFC 3711 §3.3.1)."""
        self._clock_rate = clock_rate
        self._highest = 0x10000 + (first_sequence & 0x7FFF) - 1
        # How many numbers of the source were left out since the highest sent.
        self._skipped = 0
        self._stretches: deque[Stretch] = deque(maxlen=_REMEMBERED_STRETCHES)
        self._timestamp: int | None = None
        self._timestamp_at = 0.0
        # The newest descriptor and its stretch: added up at a switch, not for each packet.
        self._described: tuple[Vp8Descriptor, Stretch] | None = None
        self._unsent = 0
        # How many numbers were left out or sent late, by the highest number then; in the order of sending.
        self._gaps: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED_GAPS)

    @property
    def highest(self) -> int:
        """The highest extended sequence number sent."""
        return self._highest

    @property
    def stretch(self) -> Stretch | None:
        """The stretch that is being sent."""
        return self._stretches[-1] if self._stretches else None

    def switch(self, source: int, packet: MediaPacket, now: float, aligned_offset: int | None) -> None:
        """Begins a stretch with this packet, which goes out one number after the last.

        Args:
            source: Names the layer; given back by `locate`.
            packet: The first of the stretch; a key frame's first for video.
            now: Seconds.
            aligned_offset: Timestamp offset that keeps lip sync, from `align`; None when reports are missing.
        """
        self._skipped = picture = tl0 = key_index = 0
        if packet.descriptor is not None and self._described is not None:
            last, sent = self._described
            picture = last.picture_id + sent.picture_offset + 1 - packet.descriptor.picture_id & 0x7FFF
            tl0 = last.tl0_index + sent.tl0_offset + 1 - packet.descriptor.tl0_index & 0xFF
            key_index = last.key_index + sent.key_offset + 1 - packet.descriptor.key_index & 0x1F
        self._stretches.append(
            Stretch(
                source=source,
                opening=True,
                first_output=self._highest + 1,
                sequence_offset=self._highest + 1 - packet.extended,
                timestamp_offset=self._timestamp_offset(packet.timestamp, now, aligned_offset),
                picture_offset=picture,
                tl0_offset=tl0,
                key_offset=key_index,
            )
        )

    def _timestamp_offset(self, timestamp: int, now: float, aligned_offset: int | None) -> int:
        if self._timestamp is None:
            return 0
        elapsed = max(1, int((now - self._timestamp_at) * self._clock_rate))
        output = self._timestamp + elapsed
        if aligned_offset is not None:
            aligned = timestamp + aligned_offset & 0xFFFFFFFF
            # The same picture may just have gone out from the other layer: time must not stand still or run back.
            ahead = max(1, forward_distance(aligned, self._timestamp, 32))
            if abs(ahead - elapsed) <= _TOLERANCE_SECONDS * self._clock_rate:
                output = self._timestamp + ahead
        return output - timestamp & 0xFFFFFFFF

    def forward(self, packet: MediaPacket, now: float) -> Rewritten | None:
        """Renumbers a packet of the current source; None when it is from before the switch, or padding in its order."""
        stretch = self._stretch_of(packet)
        if stretch is None:
            return None
        rewritten = apply(stretch, packet)
        if rewritten.extended > self._highest:
            if rewritten.extended != self._highest + 1:
                self._count_unsent(rewritten.extended - self._highest - 1, rewritten.extended)
            self._highest = rewritten.extended
            self._timestamp = rewritten.timestamp
            self._timestamp_at = now
            if packet.descriptor is not None:
                self._described = packet.descriptor, stretch
        else:
            self._count_unsent(-1, self._highest)
        return rewritten

    def _stretch_of(self, packet: MediaPacket) -> Stretch | None:
        newest = self._stretches[-1]
        output = packet.extended + newest.sequence_offset
        if output > self._highest:
            # Padding out of its order may stand where something is missing: only what surely follows is left out.
            if packet.padding_only and output == self._highest + self._skipped + 1:
                self._skipped += 1
                return None
            return self._close_up(newest) if self._skipped else newest
        if output >= newest.first_output:
            return newest
        following = newest
        for stretch in islice(reversed(self._stretches), 1, None):
            if following.opening:
                return None
            output = packet.extended + stretch.sequence_offset
            if output >= stretch.first_output:
                return stretch if output < following.first_output else None
            following = stretch
        return None

    def _close_up(self, stretch: Stretch) -> Stretch:
        """Begins a stretch that goes on without the numbers left out."""
        closed = stretch._replace(
            opening=False,
            first_output=self._highest + 1,
            sequence_offset=stretch.sequence_offset - self._skipped,
        )
        self._skipped = 0
        self._stretches.append(closed)
        return closed

    def _count_unsent(self, numbers: int, highest: int) -> None:
        self._unsent += numbers
        self._gaps.append((highest, numbers))

    def unsent(self, sequence: int) -> int:
        """Answers how many numbers were missing so far when this one was the highest sent."""
        extended = self._highest + forward_distance(sequence, self._highest & 0xFFFF, 16)
        unsent = self._unsent
        for highest, numbers in reversed(self._gaps):
            if highest <= extended:
                break
            unsent -= numbers
        return unsent

    def locate(self, sequence: int) -> tuple[Stretch, int] | None:
        """Answers which stretch a sent sequence number was in, and its extended number at the source."""
        extended = self._highest + forward_distance(sequence, self._highest & 0xFFFF, 16)
        if extended > self._highest:
            return None
        for stretch in reversed(self._stretches):
            if extended >= stretch.first_output:
                return stretch, extended - stretch.sequence_offset
        return None


def apply(stretch: Stretch, packet: MediaPacket) -> Rewritten:
    """Renumbers a packet as its stretch says."""
    payload = packet.payload
    descriptor = packet.descriptor
    if descriptor is not None and (stretch.picture_offset or stretch.tl0_offset or stretch.key_offset):
        payload = renumber(
            payload,
            descriptor,
            descriptor.picture_id + stretch.picture_offset & 0x7FFF,
            descriptor.tl0_index + stretch.tl0_offset,
            descriptor.key_index + stretch.key_offset,
        )
    extended = packet.extended + stretch.sequence_offset
    timestamp = packet.timestamp + stretch.timestamp_offset & 0xFFFFFFFF
    # `Rewritten(…)` in half the time, once for each packet that leaves.
    return tuple.__new__(Rewritten, (extended, timestamp, payload))


def align(offset: int, before: SenderReport, after: SenderReport, clock_rate: int) -> int:
    """Answers the timestamp offset that puts one source on the timeline another has, by their sender reports."""
    between = forward_distance(after.ntp >> 16 & 0xFFFFFFFFFFFF, before.ntp >> 16 & 0xFFFFFFFFFFFF, 48)
    before_then = before.rtp_timestamp + (between * clock_rate >> 16)
    return offset + before_then - after.rtp_timestamp & 0xFFFFFFFF
