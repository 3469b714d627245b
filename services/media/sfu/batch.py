"""Many datagrams in one system call.

`sendmmsg` through cffi's ABI mode: no compiler needed. Where libc has none, each datagram is sent by itself.
"""

import errno
import ipaddress
import socket
from typing import Final

import cffi

from services.media.sfu.rtp_tap import TRAILER_BYTES, CData
from services.media.sfu.rtp_tap import ffi as srtp_ffi

CAPACITY: Final = 64
_SLOT_BYTES: Final = 1500 + TRAILER_BYTES + 52
_BUSY: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.ENOMEM})

_NAME_BYTES: Final = {socket.AF_INET: 16, socket.AF_INET6: 28}

_ffi: Final = cffi.FFI()
_ffi.cdef(
    """
    struct iovec { void *base; size_t length; };
    struct msghdr { void *name; unsigned int name_length; struct iovec *vectors; size_t vector_count;
                    void *control; size_t control_length; int flags; };
    struct mmsghdr { struct msghdr header; unsigned int sent; };
    int sendmmsg(int socket, struct mmsghdr *messages, unsigned int count, int flags);
    """
)
_libc: Final[CData] = _ffi.dlopen(None)


def _has_sendmmsg() -> bool:
    try:
        return bool(_libc.sendmmsg)
    except AttributeError:
        return False


HAS_SENDMMSG: Final = _has_sendmmsg()


class Destination:
    """An address in the form the kernel takes, and in Python's."""

    __slots__ = ("address", "name")

    def __init__(self, family: int, host: str, port: int) -> None:
        """Packs a numeric address.

        Raises:
            ValueError: The host is no address of that family, or the port is not 0 to 65535.
        """
        if not 0 <= port <= 0xFFFF:
            raise ValueError("port out of range")
        address = ipaddress.ip_address(host)
        if address.version != (6 if family == socket.AF_INET6 else 4):
            raise ValueError("address of another family")
        packed = int(family).to_bytes(2, "little") + port.to_bytes(2, "big")
        if family == socket.AF_INET6:
            packed += bytes(4) + address.packed + bytes(4)
        else:
            packed += address.packed + bytes(8)
        self.address = (host, port)
        self.name: CData = _ffi.new("unsigned char[]", packed)


class SendBatch:
    """Collects datagrams of one socket in an arena and sends them together.

    Write a datagram into `slot(...)`, then `commit`; at `CAPACITY` it flushes by itself. A full socket drops the rest of
    the batch: media that cannot leave now is late already.
    """

    def __init__(self, owned: socket.socket) -> None:
        """Sends through a non-blocking UDP socket that the caller owns."""
        self._socket = owned
        self._arena: CData = srtp_ffi.new("unsigned char[]", CAPACITY * _SLOT_BYTES)
        self._view = memoryview(srtp_ffi.buffer(self._arena))
        self._slots: list[CData] = [self._arena + index * _SLOT_BYTES for index in range(CAPACITY)]
        self._vectors: CData = _ffi.new("struct iovec[]", CAPACITY)
        self._messages: CData = _ffi.new("struct mmsghdr[]", CAPACITY)
        # References are kept because indexing a cffi array makes a new object each time.
        self._parts: list[tuple[CData, CData]] = []
        self._destinations: list[Destination] = []
        base = int(srtp_ffi.cast("uintptr_t", self._arena))
        name_length = _NAME_BYTES[owned.family]
        for index in range(CAPACITY):
            self._vectors[index].base = _ffi.cast("void *", base + index * _SLOT_BYTES)
            header = self._messages[index].header
            header.vectors = self._vectors + index
            header.vector_count = 1
            header.name_length = name_length
            self._parts.append((self._vectors[index], header))
        self.sent = 0
        self.dropped = 0
        """Datagrams the socket had no room for."""
        self.refused = 0
        """Datagrams the kernel would not send to their address."""

    def slot(self, header: bytes, payload: bytes) -> tuple[CData, int] | None:
        """Writes a packet into the next slot; answers where it lies and its length, None when it is too long."""
        packet = header + payload
        length = len(packet)
        if length > 1500:
            return None
        index = len(self._destinations)
        start = index * _SLOT_BYTES
        self._view[start : start + length] = packet
        return self._slots[index], length

    def commit(self, destination: Destination, length: int) -> None:
        """Takes what the next slot holds, now of this length, as a datagram to be sent."""
        index = len(self._destinations)
        vector, header = self._parts[index]
        vector.length = length
        header.name = destination.name
        self._destinations.append(destination)
        if index + 1 == CAPACITY:
            self.flush()

    def flush(self) -> None:
        """Sends everything that was committed."""
        count = len(self._destinations)
        if not count:
            return
        if HAS_SENDMMSG:
            self._send_together(count)
        else:
            self._send_each(count)
        self._destinations.clear()

    def discard(self) -> None:
        """Forgets what was committed and not sent."""
        self._destinations.clear()

    def _send_together(self, count: int) -> None:
        at = 0
        while at < count:
            done = int(_libc.sendmmsg(self._socket.fileno(), self._messages + at, count - at, socket.MSG_DONTWAIT))
            if done > 0:
                # Fewer than asked: the call hides why. The next one begins with the culprit and tells.
                at += done
                self.sent += done
                continue
            code = _ffi.errno
            if code in _BUSY:
                self.dropped += count - at
                return
            if code != errno.EINTR:
                # One bad address would starve everybody behind it.
                self.refused += 1
                at += 1

    def _send_each(self, count: int) -> None:
        for index in range(count):
            start = index * _SLOT_BYTES
            datagram = self._view[start : start + int(self._vectors[index].length)]
            try:
                self._socket.sendto(datagram, self._destinations[index].address)
                self.sent += 1
            except (BlockingIOError, InterruptedError):
                self.dropped += 1
            except OSError as error:
                if error.errno in _BUSY:
                    self.dropped += 1
                else:
                    self.refused += 1
