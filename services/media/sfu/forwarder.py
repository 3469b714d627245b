"""Owns the UDP sockets and the SRTP sessions: what arrives is checked, told apart and decrypted; what leaves encrypted.

Nothing that is not from a bound path reaches crypto, and nothing that is not authentic reaches the core. Python with
pylibsrtp's own functions and one `sendmmsg` for many packets (variant C of the measurements).
"""

import asyncio
import ctypes
import math
import socket
import struct
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final, Protocol

from services.media.domain.outcome import SendRtcp, SendRtp
from services.media.domain.ports import Path, PeerId, SrtpKeys
from services.media.sfu.batch import Destination, SendBatch
from services.media.sfu.rtp_tap import CData, SrtpSession, ffi

MAX_DATAGRAM_BYTES: Final = 1500
MAX_PATHS: Final = 16
# A browser takes six for a picture it sends, and others each time it begins anew. libsrtp keeps every stream that was
# authentic once, and looks through all of them for each packet.
MAX_SOURCES: Final = 256
# Bounds how long one socket keeps the loop from everything else (about 1 ms of arrivals without subscribers).
_READS_PER_WAKE: Final = 64
_SHORTEST_STUN: Final = 20
# Whoever is in a room can send checks of its own from the address of another: an address that works is nobody else's.
# Clients that only listen report each second or so; one that left has its address free after this long.
_OWNED_SECONDS: Final = 5.0
_SHORTEST_RTP: Final = 12
_SHORTEST_RTCP: Final = 8
_SOCKET_BUFFER_BYTES: Final = 4 << 20
_SO_ATTACH_FILTER: Final = 26  # asm-generic/socket.h; Python has no name for it
_SOURCE_ADDRESS: Final = (-0x100000 + 12) & 0xFFFFFFFF  # SKF_NET_OFF of linux/filter.h, and the offset of RFC 791 §3.1


class Arrivals(Protocol):
    """What the forwarder hands on."""

    def on_stun(self, path: Path, datagram: bytes) -> None:
        """Takes a datagram from anywhere that begins like STUN."""

    def on_dtls(self, peer: PeerId, datagram: bytes) -> None:
        """Takes a datagram of a bound path that begins like DTLS."""

    def on_rtp(self, peer: PeerId, packet: bytes) -> None:
        """Takes an authentic RTP packet."""

    def on_rtcp(self, peer: PeerId, packet: bytes) -> None:
        """Takes an authentic RTCP packet."""

    def on_batch_end(self) -> None:
        """Comes after the arrivals of one wake-up: the time to send what they caused."""


@dataclass(slots=True)
class Counters:
    """Datagrams since the start, by what became of them; metrics read it."""

    received: int = 0
    oversized: int = 0
    unknown_kind: int = 0
    stranger: int = 0
    without_keys: int = 0
    unauthentic: int = 0
    excess_sources: int = 0
    taken: int = 0
    unprotectable: int = 0
    failed: int = 0


class _Line:
    """A peer's paths and keys."""

    __slots__ = ("batch", "destination", "paths", "receiving", "selected", "sending", "sources")

    def __init__(self) -> None:
        # When authentic media came over each, on the forwarder's clock; the path bound last comes last.
        self.paths: OrderedDict[Path, float] = OrderedDict()
        self.selected: Path | None = None
        self.batch: SendBatch | None = None
        self.destination: Destination | None = None
        self.receiving: SrtpSession | None = None
        self.sending: SrtpSession | None = None
        self.sources: set[bytes] = set()


def open_udp_socket(host: str, port: int, *, local: bool = False) -> socket.socket:
    """Binds a non-blocking UDP socket with large buffers; port 0 takes any.

    Args:
        host: IPv4 or IPv6.
        port: To bind.
        local: Take only what comes from the same address, which must be IPv4. The kernel drops what comes from elsewhere,
            and what comes from outside and says it comes from here.

    Raises:
        OSError: The address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        # The kernel gives what net.core.rmem_max and wmem_max allow.
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER_BYTES)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER_BYTES)
        if local:
            _take_only_from(opened, host)  # before it can be called
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


def _take_only_from(opened: socket.socket, host: str) -> None:
    # Classic BPF, as in linux/filter.h: load the source address of the IP header; equal: keep all of it, else nothing.
    program = [
        (0x20, 0, 0, _SOURCE_ADDRESS),
        (0x15, 0, 1, int(IPv4Address(host))),
        (0x06, 0, 0, 0xFFFF),
        (0x06, 0, 0, 0),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(code)))


class Forwarder:
    """Executes the core's decisions on sockets it was given and closes."""

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        arrivals: Arrivals,
        on_error: Callable[[Exception], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes bound non-blocking sockets; `on_error` hears what a handler of arrivals let fall; `clock` is monotonic."""
        self._clock = clock
        self._sockets = list(sockets)
        self._batches = [SendBatch(each) for each in self._sockets]
        self._arrivals = arrivals
        self._on_error = on_error
        self._lines: dict[PeerId, _Line] = {}
        self._owners: dict[Path, PeerId] = {}
        self._memory: CData = ffi.new("unsigned char[]", 2048)
        self._view = memoryview(ffi.buffer(self._memory))
        self._loop: asyncio.AbstractEventLoop | None = None
        self.counters = Counters()

    def start(self) -> None:
        """Begins reading, on the running loop."""
        self._loop = asyncio.get_running_loop()
        for index, owned in enumerate(self._sockets):
            self._loop.add_reader(owned.fileno(), self._read, index)

    def close(self) -> None:
        """Stops reading and closes the sockets; may be called twice."""
        for owned in self._sockets:
            if self._loop is not None:
                self._loop.remove_reader(owned.fileno())
            owned.close()
        self._sockets.clear()
        self._batches.clear()
        self._lines.clear()
        self._owners.clear()

    @property
    def sent(self) -> int:
        """Datagrams the kernel took from batches."""
        return sum(batch.sent for batch in self._batches)

    @property
    def unsent(self) -> int:
        """Datagrams the kernel had no room for or refused."""
        return sum(batch.dropped + batch.refused for batch in self._batches)

    # Peers

    def add_peer(self, peer: PeerId) -> None:
        """Admits a peer without paths and keys."""
        self.remove_peer(peer)
        self._lines[peer] = _Line()

    def remove_peer(self, peer: PeerId) -> None:
        """Forgets a peer's paths and keys."""
        line = self._lines.pop(peer, None)
        if line is not None:
            for path in line.paths:
                self._owners.pop(path, None)

    def bind(self, peer: PeerId, path: Path) -> bool:
        """Accepts a path as this peer's; False when it is another's, who sent authentic media over it just now."""
        line = self._lines.get(peer)
        if line is None or not 0 <= path.socket_index < len(self._sockets):
            return False
        before = self._owners.get(path)
        if before is not None and before != peer:
            if self._clock() - self._lines[before].paths[path] < _OWNED_SECONDS:
                self.counters.taken += 1
                return False
            self.unbind(before, path)
        self._owners[path] = peer
        line.paths.setdefault(path, -math.inf)
        line.paths.move_to_end(path)
        if len(line.paths) > MAX_PATHS:
            oldest = next(known for known in line.paths if known != line.selected)
            self.unbind(peer, oldest)
        return True

    def select(self, peer: PeerId, path: Path) -> bool:
        """Sends over a path from now on; False when it is not this peer's to have, see `bind`."""
        line = self._lines.get(peer)
        if line is None or not self.bind(peer, path):
            return False
        if line.selected != path:
            line.destination = Destination(self._sockets[path.socket_index].family, path.host, path.port)
            line.selected = path
            line.batch = self._batches[path.socket_index]
        return True

    def unbind(self, peer: PeerId, path: Path) -> None:
        """Accepts a path no more."""
        line = self._lines.get(peer)
        if line is None or path not in line.paths:
            return
        del line.paths[path]
        self._owners.pop(path, None)
        if line.selected == path:
            line.selected = line.batch = line.destination = None

    def start_srtp(self, peer: PeerId, keys: SrtpKeys) -> None:
        """Takes a peer's keys.

        Raises:
            ValueError: The keying material is too short for the profile.
        """
        line = self._lines.get(peer)
        if line is not None:
            line.receiving = SrtpSession(keys.profile, keys.receive, sending=False)
            line.sending = SrtpSession(keys.profile, keys.send, sending=True)
            line.sources.clear()

    # Outwards

    def send_rtp(self, packets: Iterable[SendRtp]) -> None:
        """Encrypts and queues media; `flush` sends it."""
        for peer, header, payload in packets:
            line = self._lines.get(peer)
            if line is None:
                continue
            sending, batch, destination = line.sending, line.batch, line.destination
            if sending is None or batch is None or destination is None:
                continue
            written = batch.slot(header, payload)
            length = -1 if written is None else sending.protect(written[0], written[1])
            if length < 0:
                self.counters.unprotectable += 1
                continue
            batch.commit(destination, length)

    def send_rtcp(self, packets: Iterable[SendRtcp]) -> None:
        """Encrypts and queues reports; `flush` sends them."""
        for peer, packet in packets:
            line = self._lines.get(peer)
            if line is None or line.sending is None or line.batch is None or line.destination is None:
                continue
            written = line.batch.slot(packet, b"")
            length = -1 if written is None else line.sending.protect_rtcp(*written)
            if length < 0:
                self.counters.unprotectable += 1
                continue
            line.batch.commit(line.destination, length)

    def forget_source(self, peer: PeerId, ssrc: int) -> None:
        """Frees what is kept of a stream to a peer; its SSRC is never sent again."""
        line = self._lines.get(peer)
        if line is not None and line.sending is not None:
            line.sending.forget(ssrc)

    def flush(self) -> None:
        """Sends what is queued on every socket."""
        for batch in self._batches:
            batch.flush()

    def send(self, peer: PeerId, datagram: bytes) -> bool:
        """Sends a datagram as it is over a peer's selected path."""
        line = self._lines.get(peer)
        return line is not None and line.selected is not None and self.send_to(line.selected, datagram)

    def send_to(self, path: Path, datagram: bytes) -> bool:
        """Sends a datagram as it is."""
        if not 0 <= path.socket_index < len(self._sockets):
            return False
        try:
            self._sockets[path.socket_index].sendto(datagram, (path.host, path.port))
        except OSError:
            return False
        return True

    # Inwards

    def _read(self, index: int) -> None:
        owned = self._sockets[index]
        for _ in range(_READS_PER_WAKE):
            try:
                size, address = owned.recvfrom_into(self._view)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                # An ICMP error of an earlier datagram surfaces here; it says nothing about the next one.
                self._on_error(error)
                continue
            try:
                self._take(Path(index, address[0], address[1]), size)
            except Exception as error:  # noqa: BLE001 (the loop's edge: one datagram must not stop the others)
                self.counters.failed += 1
                self._on_error(error)
        try:
            self._arrivals.on_batch_end()
        except Exception as error:  # noqa: BLE001 (as above)
            self.counters.failed += 1
            self._on_error(error)

    def _take(self, path: Path, size: int) -> None:
        counters = self.counters
        counters.received += 1
        if not 0 < size <= MAX_DATAGRAM_BYTES:
            counters.oversized += 1
            return
        first = self._view[0]
        if first < 4:
            if size >= _SHORTEST_STUN:
                self._arrivals.on_stun(path, bytes(self._view[:size]))
            return
        peer = self._owners.get(path)
        if peer is None:
            counters.stranger += 1
        elif 128 <= first < 192:
            self._take_media(peer, path, size)
        elif 20 <= first < 64:
            self._arrivals.on_dtls(peer, bytes(self._view[:size]))
        else:
            counters.unknown_kind += 1

    def _take_media(self, peer: PeerId, path: Path, size: int) -> None:
        line = self._lines[peer]
        session = line.receiving
        if session is None:
            self.counters.without_keys += 1
            return
        if size < _SHORTEST_RTCP:
            self.counters.unauthentic += 1
            return
        # RFC 5761 §4: RTCP packet types 192 to 223 stand where RTP has the marker and payload types 64 to 95.
        reports = 192 <= self._view[1] <= 223
        if not reports and size < _SHORTEST_RTP:
            self.counters.unauthentic += 1
            return
        # The source of an RTCP packet and of an RTP packet; both are in clear.
        source = bytes(self._view[4:8] if reports else self._view[8:12])
        if source not in line.sources and len(line.sources) >= MAX_SOURCES:
            self.counters.excess_sources += 1
            return
        length = session.unprotect_rtcp(self._memory, size) if reports else session.unprotect(self._memory, size)
        if length < 0:
            self.counters.unauthentic += 1
            return
        line.sources.add(source)
        line.paths[path] = self._clock()
        if reports:
            self._arrivals.on_rtcp(peer, bytes(self._view[:length]))
        else:
            self._arrivals.on_rtp(peer, bytes(self._view[:length]))
