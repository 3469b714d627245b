"""RTP packets (RFC 3550 §5.1) and their header extensions (RFC 8285): parsed with limits, written plainly."""

import struct
from functools import lru_cache
from typing import Final, cast

MAX_PACKET_BYTES: Final = 1500
FIXED_HEADER_BYTES: Final = 12
_ONE_BYTE_PROFILE: Final = 0xBEDE
_TWO_BYTE_PROFILE: Final = 0x1000
_HEADER: Final = struct.Struct("!BBHII")
_EXTENSION: Final = struct.Struct("!HH")

HEADER: Final = _HEADER
VERSION_BYTE: Final = 0x80
PADDING_BIT: Final = 0x20
EXTENSION_BIT: Final = 0x10


class MalformedPacket(ValueError):
    """A packet whose lengths do not add up, or whose fields are outside what the RFC allows."""


class RtpPacket:
    """One parsed packet; the payload has no padding any more."""

    __slots__ = ("extensions", "marker", "padding_only", "payload", "payload_type", "sequence", "ssrc", "timestamp")

    def __init__(
        self,
        *,
        marker: bool,
        payload_type: int,
        sequence: int,
        timestamp: int,
        ssrc: int,
        extensions: dict[int, bytes],
        payload: bytes,
        padding_only: bool = False,
    ) -> None:
        self.marker = marker
        self.payload_type = payload_type
        self.sequence = sequence
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.extensions = extensions
        self.payload = payload
        self.padding_only = padding_only


def parse(packet: bytes) -> RtpPacket:
    """Reads a packet.

    Raises:
        MalformedPacket: A length points outside the packet, or the version is not 2.
    """
    size = len(packet)
    if not FIXED_HEADER_BYTES <= size <= MAX_PACKET_BYTES:
        raise MalformedPacket("length")
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(packet)
    if first & 0xC0 != VERSION_BYTE:
        raise MalformedPacket("version")
    start = FIXED_HEADER_BYTES + 4 * (first & 0x0F)
    extensions: dict[int, bytes] = {}
    if first & EXTENSION_BIT:
        start = _read_extensions(packet, start, extensions)
    end = size
    if first & PADDING_BIT:
        padding = packet[-1]
        end -= padding
        if not padding:
            raise MalformedPacket("padding")
    if start > end:
        raise MalformedPacket("header past the end")
    return RtpPacket(
        marker=bool(second & 0x80),
        payload_type=second & 0x7F,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        extensions=extensions,
        payload=packet[start:end],
        padding_only=start == end,
    )


def _read_extensions(packet: bytes, at: int, found: dict[int, bytes]) -> int:
    if at + 4 > len(packet):
        raise MalformedPacket("extension header past the end")
    profile, words = cast("tuple[int, int]", _EXTENSION.unpack_from(packet, at))
    at += 4
    end = at + 4 * words
    if end > len(packet):
        raise MalformedPacket("extension past the end")
    if profile == _ONE_BYTE_PROFILE:
        _read_one_byte(packet, at, end, found)
    elif profile & 0xFFF0 == _TWO_BYTE_PROFILE:
        _read_two_byte(packet, at, end, found)
    return end


def _read_one_byte(packet: bytes, at: int, end: int, found: dict[int, bytes]) -> None:
    while at < end:
        lead = packet[at]
        at += 1
        if lead == 0:
            continue
        identifier, stop = lead >> 4, at + (lead & 0x0F) + 1
        if identifier == 15:
            return  # RFC 8285 §4.2: nothing after it may be read
        if stop > end:
            raise MalformedPacket("extension element past the end")
        found[identifier] = packet[at:stop]
        at = stop


def _read_two_byte(packet: bytes, at: int, end: int, found: dict[int, bytes]) -> None:
    while at < end:
        identifier = packet[at]
        at += 1
        if identifier == 0:
            continue
        if at >= end:
            raise MalformedPacket("extension element without length")
        stop = at + 1 + packet[at]
        if stop > end:
            raise MalformedPacket("extension element past the end")
        found[identifier] = packet[at + 1 : stop]
        at = stop


def extension_block(elements: list[tuple[int, bytes]]) -> bytes:
    """Writes one-byte-header extensions, padded to whole words; nothing for no elements.

    Each id is 1 to 14 and each value 1 to 16 bytes.
    """
    if not elements:
        return b""
    body = b"".join(bytes((identifier << 4 | len(value) - 1,)) + value for identifier, value in elements)
    body += bytes(-len(body) % 4)
    return _EXTENSION.pack(_ONE_BYTE_PROFILE, len(body) // 4) + body


@lru_cache(maxsize=1)  # a packet leaves to all its subscribers at the same time
def abs_send_time(now: float) -> bytes:
    """Answers the 24-bit fixed-point seconds of the abs-send-time extension for a clock with any origin."""
    return (int(now * 262144) & 0xFFFFFF).to_bytes(3, "big")
