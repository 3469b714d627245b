"""Prometheus metrics of a process: counters are declared where they count, shown on one page of the process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from typing_extensions import override

from giaoban.config import Address
from giaoban.errors import FailedPrecondition
from giaoban.files import private_folder

__all__ = [
    "Counter",
    "Gauge",
    "Histogram",
    "dead_entries",
    "exposed",
    "listening",
    "merged",
    "observe_call",
    "read_page",
]

log = structlog.get_logger(__name__)

_CALLS: Final = Histogram(
    "giaoban_rpc_seconds",
    "Time of calls served, by method and outcome.",
    ("method", "code"),
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)
dead_entries: Final = Counter(
    "giaoban_dead_entries", "Entries of streams that could not be dealt with.", ("stream", "group")
)
"""Counts what `giaoban streams list` shows."""

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_LONGEST_REQUEST: Final = 8_192
_REQUEST_SECONDS: Final = 5.0


def observe_call(method: str, code: str, seconds: float) -> None:
    """Counts a served call; the observer of `giaoban.rpc.server.serve`."""
    _CALLS.labels(method, code).observe(seconds)


@asynccontextmanager
async def listening(where: Address | Path, answer: Answer) -> AsyncIterator[None]:
    """Lets `answer` serve connections on an address, or on a Unix socket.

    Raises:
        FailedPrecondition: `PORT_TAKEN`.
    """
    try:
        if isinstance(where, Path):
            await asyncio.to_thread(_clear, where)
            server = await asyncio.start_unix_server(answer, where, limit=_LONGEST_REQUEST)
        else:
            server = await asyncio.start_server(answer, where.host, where.port, limit=_LONGEST_REQUEST)
    except OSError as error:
        raise FailedPrecondition(
            "PORT_TAKEN", f"GIAOBAN_METRICS: the metrics page cannot use {where}: {error.strerror}."
        ) from error
    async with server:
        yield


def exposed(where: Address | Path) -> AbstractAsyncContextManager[None]:
    """Serves this process's own metrics on an address, or on a Unix socket for whoever gathers several.

    Raises:
        FailedPrecondition: `PORT_TAKEN`.
    """
    return listening(where, _answer)


def merged(pages: Mapping[str, bytes], restarts: Mapping[str, int]) -> bytes:
    """Makes one page of the pages of several processes; each sample gets the label `process`."""
    families: dict[str, Metric] = {}
    for process, page in pages.items():
        for family in text_string_to_metric_families(page.decode()):
            whole = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                whole.add_sample(sample.name, {**sample.labels, "process": process}, sample.value)
    again = Metric("giaoban_child_restarts", "How often a process had to be started again.", "counter")
    for process, count in restarts.items():
        again.add_sample("giaoban_child_restarts_total", {"process": process}, count)
    return generate_latest(_Families([*families.values(), again]))


class _Families(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    @override
    def collect(self) -> list[Metric]:
        return self._families


def _clear(path: Path) -> None:
    private_folder(path.parent)
    path.unlink(missing_ok=True)  # of a process that was killed; the supervisor sees to it that only one runs


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await answer_page(reader, writer, generate_latest(REGISTRY))


async def answer_page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, page: bytes) -> None:
    """Answers one HTTP request of whatever kind with a page of metrics, and closes."""
    try:
        async with asyncio.timeout(_REQUEST_SECONDS):
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE_LATEST}\r\nContent-Length: {len(page)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + page)
            await writer.drain()
    except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        log.debug("metrics request failed", error=error)
    finally:
        writer.close()


async def read_page(path: Path) -> bytes:
    """Reads the metrics of another process from its Unix socket; empty when it does not answer within 5 s."""
    try:
        async with asyncio.timeout(_REQUEST_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = await reader.read()
            writer.close()
    except (TimeoutError, OSError):
        return b""
    return answer.partition(b"\r\n\r\n")[2]
