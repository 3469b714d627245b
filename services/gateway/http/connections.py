"""What a connection may take before its request is read: time, and room in one process.

aiohttp waits for the head of a request as long as the other side likes; each such connection costs memory and a descriptor.
"""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may take.

    Attributes:
        head_seconds: From the first byte of its first request to the end of the head.
        silent_seconds: Browsers open connections ahead of need; one that says nothing for so long is closed.
        most_per_address: A province of hundreds of points may sit behind one address, with six connections a browser.
        most: In all.
    """

    head_seconds: float = 15.0
    silent_seconds: float = 60.0
    most_per_address: int = 2_000
    most: int = 8_000


DEFAULT_LIMITS: Final = Limits()

_MOST_HEAD_BYTES: Final = 64 * 1024


class Connections:
    """Wraps the protocol of each connection of a server."""

    def __init__(self, server: web.Server, limits: Limits = DEFAULT_LIMITS) -> None:
        self._server = server
        self._limits = limits
        self._open: Counter[str] = Counter()

    def accept(self) -> asyncio.Protocol:
        """The protocol of a new connection, for `loop.create_server`."""
        return _Watched(self._server(), self._open, self._limits)


class _Watched(asyncio.Protocol):
    """Passes everything on to aiohttp's protocol, and ends the connection when a head does not come to its end.

    aiohttp calls the handler of a request as soon as its head is there; bodies have their own limits (`bodies`).
    """

    def __init__(self, inner: asyncio.Protocol, open_connections: Counter[str], limits: Limits) -> None:
        self._inner = inner
        self._limits = limits
        self._open = open_connections
        self._address = ""
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._head = b""
        self._head_seen = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- a stream server makes no other
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else ""
        self._open[self._address] += 1
        self._inner.connection_made(transport)
        if self._open[self._address] > self._limits.most_per_address or self._open.total() > self._limits.most:
            transport.abort()
            return
        self._set_deadline(self._limits.silent_seconds)

    @override
    def data_received(self, data: bytes) -> None:
        if not self._head_seen:
            self._look_for_end_of_head(data)
        self._inner.data_received(data)

    def _look_for_end_of_head(self, data: bytes) -> None:
        # The first request only: between two of them aiohttp has a time limit of its own.
        if not self._head:
            self._set_deadline(self._limits.head_seconds)
        self._head = (self._head + data)[-_MOST_HEAD_BYTES:]
        if b"\r\n\r\n" in self._head or b"\n\n" in self._head:
            self._head_seen, self._head = True, b""
            self._clear_deadline()

    @override
    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    @override
    def pause_writing(self) -> None:
        self._inner.pause_writing()

    @override
    def resume_writing(self) -> None:
        self._inner.resume_writing()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._clear_deadline()
        self._open[self._address] -= 1
        if self._open[self._address] <= 0:
            del self._open[self._address]
        self._inner.connection_lost(exc)

    def _set_deadline(self, seconds: float) -> None:
        self._clear_deadline()
        assert self._transport is not None  # noqa: S101 -- set when the connection is made
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._transport.abort)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def quiet_logger() -> logging.Logger:
    """A logger for aiohttp's server that tells of a request it cannot read only that it could not be read.

    Its own words repeat the header at fault, and that may be the cookie with the session.
    """
    logger = logging.getLogger("services.gateway.http.server")
    if not any(isinstance(each, _WithoutContent) for each in logger.filters):
        logger.addFilter(_WithoutContent())
    return logger


class _WithoutContent(logging.Filter):
    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.msg, record.args, record.exc_info = "a request could not be read: %s", (type(error).__name__,), None
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True
