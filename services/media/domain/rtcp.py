"""RTCP (RFC 3550 §6, RFC 4585, RFC 5104, REMB): the few messages a forwarder reads and writes."""

import struct
from typing import Final, NamedTuple, TypeAlias

from services.media.domain.rtp import MAX_PACKET_BYTES, MalformedPacket

SENDER_REPORT: Final = 200
RECEIVER_REPORT: Final = 201
GOODBYE: Final = 203
TRANSPORT_FEEDBACK: Final = 205
PAYLOAD_FEEDBACK: Final = 206
_NACK_FORMAT: Final = 1
_PLI_FORMAT: Final = 1
_FIR_FORMAT: Final = 4
_APPLICATION_FORMAT: Final = 15
_MAX_MESSAGES: Final = 64
_MAX_NACKED: Final = 256
_HEADER: Final = struct.Struct("!BBH")
_SENDER_INFO: Final = struct.Struct("!IQIII")
_BLOCK: Final = struct.Struct("!IIIIII")
_FEEDBACK: Final = struct.Struct("!II")
_NACK_ITEM: Final = struct.Struct("!HH")


class SenderReport(NamedTuple):
    """What a sender says of one stream: `ntp` is 32.32 fixed-point seconds, at which the timestamp was sampled."""

    ssrc: int
    ntp: int
    rtp_timestamp: int
    packets: int
    octets: int


class ReportBlock(NamedTuple):
    """What a receiver says of one stream; `fraction_lost` in 256ths, `delay` in 65536ths of a second."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_report: int
    delay: int


class Nack(NamedTuple):
    """Sequence numbers a receiver misses: the first 256 or so of a longer message."""

    ssrc: int
    sequences: tuple[int, ...]


class KeyframeRequest(NamedTuple):
    """A PLI, or one entry of a FIR."""

    ssrc: int


class Remb(NamedTuple):
    """A receiver's estimate of what its line takes."""

    bitrate_bps: int


class Goodbye(NamedTuple):
    """A stream that ended."""

    ssrc: int


Message: TypeAlias = SenderReport | ReportBlock | Nack | KeyframeRequest | Remb | Goodbye


def parse(packet: bytes) -> list[Message]:
    """Reads a compound or reduced-size packet; messages of other kinds are passed over.

    Raises:
        MalformedPacket: A length points outside the packet, a version is not 2, or there are more than 64 messages.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise MalformedPacket("RTCP too long")
    found: list[Message] = []
    at = 0
    for _ in range(_MAX_MESSAGES):
        if at == len(packet):
            return found
        if at + 4 > len(packet):
            raise MalformedPacket("RTCP header past the end")
        first, kind, words = _HEADER.unpack_from(packet, at)
        end = at + 4 + 4 * words
        if first & 0xC0 != 0x80 or end > len(packet):
            raise MalformedPacket("RTCP version or length")
        try:
            _read(kind, first & 0x1F, packet[at + 4 : end], found)
        except struct.error as error:
            raise MalformedPacket("RTCP message too short") from error
        at = end
    raise MalformedPacket("too many RTCP messages")


def _read(kind: int, count: int, body: bytes, found: list[Message]) -> None:
    if kind == SENDER_REPORT:
        found.append(SenderReport(*_SENDER_INFO.unpack_from(body)))
        _read_blocks(body, _SENDER_INFO.size, count, found)
    elif kind == RECEIVER_REPORT:
        _read_blocks(body, 4, count, found)
    elif kind == GOODBYE:
        found.extend(Goodbye(ssrc) for ssrc in struct.unpack_from(f"!{count}I", body))
    elif kind == TRANSPORT_FEEDBACK and count == _NACK_FORMAT:
        found.append(_read_nack(body))
    elif kind == PAYLOAD_FEEDBACK:
        _read_payload_feedback(count, body, found)


def _read_blocks(body: bytes, at: int, count: int, found: list[Message]) -> None:
    for index in range(count):
        ssrc, lost, highest, jitter, last, delay = _BLOCK.unpack_from(body, at + index * _BLOCK.size)
        cumulative = lost & 0xFFFFFF
        if cumulative & 0x800000:
            cumulative -= 1 << 24
        found.append(ReportBlock(ssrc, lost >> 24, cumulative, highest, jitter, last, delay))


def _read_nack(body: bytes) -> Nack:
    _, ssrc = _FEEDBACK.unpack_from(body)
    missing: list[int] = []
    for at in range(_FEEDBACK.size, len(body) - 3, _NACK_ITEM.size):
        first, mask = _NACK_ITEM.unpack_from(body, at)
        missing.append(first)
        missing.extend((first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
        if len(missing) >= _MAX_NACKED:
            break
    return Nack(ssrc, tuple(missing))


def _read_payload_feedback(feedback_format: int, body: bytes, found: list[Message]) -> None:
    _, ssrc = _FEEDBACK.unpack_from(body)
    if feedback_format == _PLI_FORMAT:
        found.append(KeyframeRequest(ssrc))
    elif feedback_format == _FIR_FORMAT:
        found.extend(
            KeyframeRequest(int.from_bytes(body[at : at + 4], "big")) for at in range(_FEEDBACK.size, len(body) - 7, 8)
        )
    elif feedback_format == _APPLICATION_FORMAT and body[8:12] == b"REMB" and len(body) >= 16:
        exponent = body[13] >> 2
        mantissa = (body[13] & 3) << 16 | body[14] << 8 | body[15]
        found.append(Remb(mantissa << exponent))


def _message(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def sender_report(report: SenderReport) -> bytes:
    """Writes a sender report without blocks."""
    return _message(SENDER_REPORT, 0, _SENDER_INFO.pack(*report))


def receiver_report(sender_ssrc: int, blocks: list[ReportBlock]) -> bytes:
    """Writes a receiver report of at most 31 blocks."""
    body = sender_ssrc.to_bytes(4, "big")
    for block in blocks:
        lost = (block.fraction_lost & 0xFF) << 24 | max(-0x800000, min(0x7FFFFF, block.packets_lost)) & 0xFFFFFF
        body += _BLOCK.pack(
            block.ssrc, lost, block.highest_sequence & 0xFFFFFFFF, block.jitter, block.last_report, block.delay
        )
    return _message(RECEIVER_REPORT, len(blocks), body)


def picture_loss(sender_ssrc: int, ssrc: int) -> bytes:
    """Writes a PLI."""
    return _message(PAYLOAD_FEEDBACK, _PLI_FORMAT, _FEEDBACK.pack(sender_ssrc, ssrc))


def nack(sender_ssrc: int, ssrc: int, sequences: list[int]) -> bytes:
    """Writes a generic NACK for sequence numbers in rising order (as the wheel turns)."""
    items: list[list[int]] = []
    for sequence in sequences:
        ahead = (sequence - items[-1][0]) & 0xFFFF if items else 0
        if items and 0 < ahead <= 16:
            items[-1][1] |= 1 << (ahead - 1)
        else:
            items.append([sequence, 0])
    body = b"".join(_NACK_ITEM.pack(first, mask) for first, mask in items)
    return _message(TRANSPORT_FEEDBACK, _NACK_FORMAT, _FEEDBACK.pack(sender_ssrc, ssrc) + body)


def remb(sender_ssrc: int, bitrate_bps: int, ssrcs: list[int]) -> bytes:
    """Writes a REMB for at most 255 streams."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    mantissa = bitrate_bps >> exponent
    body = _FEEDBACK.pack(sender_ssrc, 0) + b"REMB" + bytes((len(ssrcs), exponent << 2 | mantissa >> 16))
    body += (mantissa & 0xFFFF).to_bytes(2, "big") + b"".join(ssrc.to_bytes(4, "big") for ssrc in ssrcs)
    return _message(PAYLOAD_FEEDBACK, _APPLICATION_FORMAT, body)
