"""All in one: one process per role and per media worker, the embedded Redis, and whatever dies started again.

Processes are spawned, never forked: gRPC's threads do not survive a fork. Each is bound to this one by the kernel, so
that none is left even when this one is killed.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from giaoban import embedded_redis
from giaoban.child import bound_to_parent
from giaoban.config import ROLES, Settings
from giaoban.errors import FailedPrecondition, Unavailable
from giaoban.files import private_folder
from giaoban.lifecycle import EXIT_REFUSED
from giaoban.machine import check_certificate, check_folder, check_tcp, check_udp, media_ports, sole_user

log = structlog.get_logger(__name__)

PARENT_VARIABLE: Final = "GIAOBAN_SUPERVISOR"
"""Tells a child the process it is bound to; its metrics then go to a Unix socket, to be gathered."""

_START_SECONDS: Final = 90.0
_END_SECONDS: Final = 12.0
_CALM_SECONDS: Final = 10.0
_LONGEST_PAUSE_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.05
_HOPELESS: Final = 4


@dataclass(frozen=True, slots=True)
class Program:
    """One child process.

    Attributes:
        name: `valkey`, a role, or `media-{index}`.
        command: Its command line.
        ready: Whether it can do its work.
        tier: Higher ones end first.
        remedy: What to do when it ends again and again without ever being ready.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], Awaitable[bool]]
    tier: int
    remedy: str = ""


def metrics_socket(settings: Settings, name: str) -> Path:
    """Answers where a child shows its metrics to the supervisor."""
    return settings.runtime_dir / f"{name}.metrics"


def redis_program(settings: Settings) -> Program:
    """Describes the embedded Redis-compatible server.

    Raises:
        FailedPrecondition: `REDIS_MISSING`.
    """
    path = Path(settings.redis_url.removeprefix("unix://"))
    data = private_folder(settings.home / "streams")
    private_folder(path.parent)
    remedy = f"if its append-only file cannot be loaded (`giaoban doctor`), {embedded_redis.REMEDY.format(folder=data)}"
    return Program(
        "valkey", tuple(bound_to_parent(embedded_redis.command(path, data))), lambda: _pongs(path), 0, remedy
    )


def role_program(settings: Settings, role: str, tier: int, worker: int | None = None) -> Program:
    """Describes the process of a role, or of one media worker."""
    arguments = ["--control"] if role == "media" and worker is None else []
    if worker is not None:
        arguments = ["--worker", str(worker)]
    target = settings.grpc_target(role, worker)
    return Program(
        role if worker is None else f"{role}-{worker}",
        (sys.executable, "-m", "services.cli", "serve", role, *arguments),
        lambda: _serving(target),
        tier,
    )


def media_programs(settings: Settings) -> list[Program]:
    """Lists the control process of media and its workers."""
    workers = [role_program(settings, "media", 2, worker) for worker in range(settings.media_workers)]
    return [*workers, role_program(settings, "media", 3)]


def all_programs(settings: Settings) -> list[Program]:
    """Lists what a whole house needs but Redis and the gateway, which come first and last."""
    return [role_program(settings, "scheduler", 1), *media_programs(settings), role_program(settings, "notify", 3)]


async def _pongs(path: Path) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
    except OSError:
        return False
    return answer == b"+PONG\r\n"


async def _serving(target: str) -> bool:
    if target.startswith("unix:") and not await asyncio.to_thread(Path(target.removeprefix("unix:")).exists):
        return False
    from giaoban.rpc.client import Peer  # noqa: PLC0415 - as much work as starting a child; children go first

    peer = Peer(target, "", str)
    try:
        return await peer.serving()
    finally:
        await peer.aclose()


class Supervisor:
    """Keeps child processes alive; used as `async with supervising() as supervisor`."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        self._kept: dict[str, tuple[Program, asyncio.Task[None]]] = {}
        self.restarts: dict[str, int] = {}
        """How often each child was started again."""
        self._proven: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """The children, in the order they were started."""
        return tuple(self._kept)

    async def start(self, programs: Sequence[Program]) -> None:
        """Starts programs side by side and waits until all are ready.

        Raises:
            Unavailable: `START_TIMEOUT`: one is not ready after 90 s.
        """
        for program in programs:
            task = self._tasks.create_task(self._keep(program), name=f"keep {program.name}")
            self._kept[program.name] = (program, task)
            self.restarts[program.name] = 0
        for program in programs:
            await _until_ready(program)
            self._proven.add(program.name)

    async def stop(self) -> None:
        """Ends all children, tier by tier from the highest; each has 12 s before it is killed."""
        for tier in sorted({program.tier for program, _ in self._kept.values()}, reverse=True):
            ending = [task for program, task in self._kept.values() if program.tier == tier]
            for task in ending:
                if not task.cancelling():  # a second cancellation would interrupt the ending of its process
                    task.cancel()
            await asyncio.wait(ending)

    async def _keep(self, program: Program) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            status = await _run(program)
            # What ran here before is refused by something that passes, a full disk for one: the others run on meanwhile.
            if status == EXIT_REFUSED and program.name not in self._proven:
                raise FailedPrecondition(
                    "CHILD_REFUSED", f"{program.name} cannot run as this site is set up; see above."
                )
            failures = 0 if time.monotonic() - began > _CALM_SECONDS else failures + 1
            if program.remedy and failures >= _HOPELESS:
                if program.name not in self._proven:
                    raise FailedPrecondition("CHILD_FAILS", f"{program.name} does not start: {program.remedy}.")
                log.error("child does not start again", child=program.name, remedy=program.remedy)
            pause = min(0.1 * 2.0**failures, _LONGEST_PAUSE_SECONDS)
            log.warning("child ended, starts again", child=program.name, status=status, pause_seconds=pause)
            self.restarts[program.name] += 1
            await asyncio.sleep(pause)


async def _run(program: Program) -> int:
    """Runs a program once and answers its exit status; ends it when cancelled."""
    process = await asyncio.create_subprocess_exec(
        *program.command,
        env=_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        process_group=0,  # Ctrl-C on the terminal is for us: we end the children in their order
    )
    try:
        return await process.wait()
    finally:
        await _end(process)


def _environment() -> dict[str, str]:
    # Without cached bytecode each role compiles its libraries anew: 6 s of processor time at each start, not 1.5 s.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    # Looking for plug-ins of pydantic opens the metadata of every package; there are none.
    return inherited | {PARENT_VARIABLE: str(os.getpid()), "PYDANTIC_DISABLE_PLUGINS": "__all__"}


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_END_SECONDS):
            await process.wait()
    except TimeoutError:
        log.warning("child did not end in time and is killed", pid=process.pid)
        process.kill()
        await process.wait()


async def _until_ready(program: Program) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not await program.ready():
        if time.monotonic() > deadline:
            raise Unavailable(
                "START_TIMEOUT", f"{program.name} is not ready after {_START_SECONDS:.0f} s; see its log."
            )
        await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def supervising() -> AsyncIterator[Supervisor]:
    """Keeps children until the block ends, then ends them in reverse order."""
    async with asyncio.TaskGroup() as tasks:
        supervisor = Supervisor(tasks)
        try:
            yield supervisor
        finally:
            await supervisor.stop()


def check_machine(settings: Settings) -> None:
    """Checks what a house needs of its machine, before anything starts.

    Raises:
        FailedPrecondition: `FOLDER_NOT_WRITABLE`, `DISK_FULL`, `PORT_TAKEN`.
        InvalidArgument: `BAD_CERTIFICATE`.
    """
    check_folder(settings.home)
    check_certificate(settings)
    check_tcp(settings.http, "GIAOBAN_HTTP")
    for address in media_ports(settings):
        check_udp(address, "GIAOBAN_MEDIA_UDP")


@asynccontextmanager
async def house(settings: Settings, first_start: Callable[[], Awaitable[None]]) -> AsyncIterator[Supervisor]:
    """Runs everything on this machine; entered once all roles are ready.

    Args:
        settings: Of the site.
        first_start: Awaited before the gateway opens when the data folder is new.

    Raises:
        FailedPrecondition: The machine or the site's settings do not allow it; the message says what to change.
    """
    check_machine(settings)
    async with AsyncExitStack() as stack:
        stack.enter_context(sole_user(settings.home))
        # Stays until the first start is over, so that an interrupted one is made up for.
        mark = settings.home / ".new"
        if not (settings.keys_dir / "data.key").exists():
            mark.touch()
        settings.key_folder().make_all(ROLES)
        supervisor = await stack.enter_async_context(supervising())
        if settings.metrics is not None:
            await stack.enter_async_context(gathered(settings, supervisor))
        if settings.embedded_redis:
            await supervisor.start([redis_program(settings)])
        gateway = role_program(settings, "gateway", 4)
        if mark.exists():
            await supervisor.start(all_programs(settings))
            await first_start()
            await supervisor.start([gateway])
            mark.unlink()
        else:
            await supervisor.start([*all_programs(settings), gateway])
        yield supervisor


@asynccontextmanager
async def media_node(settings: Settings) -> AsyncIterator[Supervisor]:
    """Runs the media role of split mode: its control process and its workers, on this machine alone.

    Raises:
        FailedPrecondition: `PORT_TAKEN` and the like.
    """
    check_folder(settings.home)
    for address in media_ports(settings):
        check_udp(address, "GIAOBAN_MEDIA_UDP")
    async with AsyncExitStack() as stack:
        supervisor = await stack.enter_async_context(supervising())
        if settings.metrics is not None:
            await stack.enter_async_context(gathered(settings, supervisor))
        await supervisor.start(media_programs(settings))
        yield supervisor


@asynccontextmanager
async def gathered(settings: Settings, supervisor: Supervisor) -> AsyncIterator[None]:
    """Serves the metrics of all children on one page, each sample labelled with its process."""
    from giaoban import metrics  # noqa: PLC0415 - not needed before the children run

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        names = [name for name in supervisor.names if name != "valkey"]
        pages = await asyncio.gather(*(metrics.read_page(metrics_socket(settings, name)) for name in names))
        page = metrics.merged(dict(zip(names, pages, strict=True)), supervisor.restarts)
        await metrics.answer_page(reader, writer, page)

    if settings.metrics is None:
        yield
        return
    async with metrics.listening(settings.metrics, answer):
        yield
