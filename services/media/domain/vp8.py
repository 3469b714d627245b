"""The VP8 payload descriptor (RFC 7741 §4.2): read, and renumbered in place of equal length."""

from services.media.domain.rtp import MalformedPacket


class Vp8Descriptor:
    """What forwarding needs of a descriptor; positions are offsets in the payload, 0 where a field is absent."""

    __slots__ = (
        "key_index",
        "key_index_at",
        "keyframe",
        "picture_id",
        "picture_id_at",
        "picture_id_bits",
        "starts_frame",
        "temporal_layer",
        "tl0_index",
        "tl0_index_at",
    )

    def __init__(self) -> None:
        self.starts_frame = False
        self.keyframe = False
        self.picture_id = self.picture_id_at = self.picture_id_bits = 0
        self.tl0_index = self.tl0_index_at = 0
        self.temporal_layer = 0
        self.key_index = self.key_index_at = 0


def parse(payload: bytes) -> Vp8Descriptor:
    """Reads a descriptor; `keyframe` is true on the first packet of a key frame only.

    Raises:
        MalformedPacket: The descriptor is longer than the payload, or leaves no payload.
    """
    try:
        return _parse(payload)
    except IndexError as error:
        raise MalformedPacket("VP8 descriptor past the end") from error


def _parse(payload: bytes) -> Vp8Descriptor:
    found = Vp8Descriptor()
    first = payload[0]
    at = 1
    if first & 0x80:
        flags = payload[1]
        at = _read_extended(payload, flags, found)
    # S set and partition 0: the payload header follows, and its lowest bit is 0 on key frames.
    found.starts_frame = first & 0x1F == 0x10
    found.keyframe = found.starts_frame and payload[at] & 1 == 0
    if at >= len(payload):
        raise MalformedPacket("VP8 descriptor without payload")
    return found


def _read_extended(payload: bytes, flags: int, found: Vp8Descriptor) -> int:
    at = 2
    if flags & 0x80:
        found.picture_id_at = at
        if payload[at] & 0x80:
            found.picture_id = (payload[at] & 0x7F) << 8 | payload[at + 1]
            found.picture_id_bits = 15
            at += 2
        else:
            found.picture_id = payload[at]
            found.picture_id_bits = 7
            at += 1
    if flags & 0x40:
        found.tl0_index, found.tl0_index_at = payload[at], at
        at += 1
    if flags & 0x30:
        value = payload[at]
        if flags & 0x20:
            found.temporal_layer = value >> 6
        if flags & 0x10:
            found.key_index, found.key_index_at = value & 0x1F, at
        at += 1
    return at


def renumber(payload: bytes, found: Vp8Descriptor, picture_id: int, tl0_index: int, key_index: int) -> bytes:
    """Answers the payload with other running numbers, each cut to the width the descriptor has for it."""
    if not (found.picture_id_at or found.tl0_index_at or found.key_index_at):
        return payload
    patched = bytearray(payload)
    if found.picture_id_bits == 15:
        patched[found.picture_id_at] = 0x80 | (picture_id >> 8) & 0x7F
        patched[found.picture_id_at + 1] = picture_id & 0xFF
    elif found.picture_id_bits == 7:
        patched[found.picture_id_at] = picture_id & 0x7F
    if found.tl0_index_at:
        patched[found.tl0_index_at] = tl0_index & 0xFF
    if found.key_index_at:
        patched[found.key_index_at] = patched[found.key_index_at] & 0xE0 | key_index & 0x1F
    return bytes(patched)
