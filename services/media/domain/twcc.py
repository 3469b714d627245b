"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01).

Records when each numbered packet of one peer arrived, and writes that down for the peer's bandwidth estimator.
"""

import struct
from typing import Final

from services.media.domain.sequence import Unwrapper

_TICK_SECONDS: Final = 0.000250
_REFERENCE_TICKS: Final = 256  # 64 ms
_MAX_PACKETS: Final = 512  # in one feedback message; at 100 ms this is 50 Mbit/s of full packets
_MAX_PENDING: Final = 2048
_LOST, _SMALL, _LARGE = 0, 1, 2
_VECTOR_SYMBOLS: Final = 7
_MAX_RUN: Final = 0x1FFF
_FORMAT: Final = 15
_HEAD: Final = struct.Struct("!BBHIIHH")


class FeedbackRecorder:
    """Keeps arrivals until they are reported; a packet that comes after its report is left out, as libwebrtc does."""

    __slots__ = ("_arrivals", "_count", "_next", "_unwrapper")

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self._arrivals: dict[int, int] = {}
        self._next: int | None = None
        self._count = 0

    def on_packet(self, sequence: int, now: float) -> None:
        """Notes an arrival; the earliest counts when the network repeats a packet."""
        extended = self._unwrapper.extend(sequence)
        if self._next is not None and extended < self._next:
            return
        if len(self._arrivals) < _MAX_PENDING:
            self._arrivals.setdefault(extended, int(now / _TICK_SECONDS))

    def take(self, sender_ssrc: int, media_ssrc: int) -> list[bytes]:
        """Writes feedback about everything noted since, as few messages as it takes."""
        messages: list[bytes] = []
        while self._arrivals:
            messages.append(self._write(sender_ssrc, media_ssrc))
        return messages

    def _write(self, sender_ssrc: int, media_ssrc: int) -> bytes:
        first = min(self._arrivals)
        # Packets lost between two reports are reported lost in the later one.
        base = first if self._next is None or first - self._next > _MAX_PACKETS // 2 else self._next
        reference = self._arrivals[first] // _REFERENCE_TICKS
        previous = reference * _REFERENCE_TICKS
        symbols: list[int] = []
        deltas = bytearray()
        highest = max(self._arrivals)
        for extended in range(base, min(highest, base + _MAX_PACKETS - 1) + 1):
            arrival = self._arrivals.get(extended)
            if arrival is None:
                symbols.append(_LOST)
                continue
            delta = arrival - previous
            if not -0x8000 <= delta <= 0x7FFF:
                break  # a new reference time is needed: the rest goes into the next message
            small = 0 <= delta <= 0xFF
            symbols.append(_SMALL if small else _LARGE)
            deltas += delta.to_bytes(1, "big") if small else delta.to_bytes(2, "big", signed=True)
            previous = arrival
        self._next = base + len(symbols)
        for extended in [known for known in self._arrivals if known < self._next]:
            del self._arrivals[extended]
        return self._pack(sender_ssrc, media_ssrc, base, symbols, reference, bytes(deltas))

    def _pack(
        self, sender_ssrc: int, media_ssrc: int, base: int, symbols: list[int], reference: int, deltas: bytes
    ) -> bytes:
        body = (reference & 0xFFFFFF).to_bytes(3, "big") + bytes((self._count & 0xFF,)) + _chunks(symbols) + deltas
        self._count += 1
        padding = -len(body) % 4
        first = 0x80 | _FORMAT
        if padding:
            body += bytes(padding - 1) + bytes((padding,))
            first |= 0x20
        words = (16 + len(body)) // 4 - 1
        return _HEAD.pack(first, 205, words, sender_ssrc, media_ssrc, base & 0xFFFF, len(symbols)) + body


def _chunks(symbols: list[int]) -> bytes:
    """Writes packet status chunks: a run where seven or more are alike, else a vector of seven two-bit symbols."""
    written = bytearray()
    at = 0
    while at < len(symbols):
        run = 1
        while at + run < len(symbols) and run < _MAX_RUN and symbols[at + run] == symbols[at]:
            run += 1
        if run >= _VECTOR_SYMBOLS or at + run == len(symbols):
            written += (symbols[at] << 13 | run).to_bytes(2, "big")
            at += run
            continue
        value = 0xC000
        for position, symbol in enumerate(symbols[at : at + _VECTOR_SYMBOLS]):
            value |= symbol << 2 * (_VECTOR_SYMBOLS - 1 - position)
        written += value.to_bytes(2, "big")
        at += _VECTOR_SYMBOLS
    return bytes(written)
