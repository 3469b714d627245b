"""The supervisor: what dies starts again, what is refused ends everything, nothing is left behind."""

import asyncio
import os
import signal
import sys
import textwrap
import time
from pathlib import Path

import pytest

from giaoban import machine
from giaoban.config import Address, Settings
from giaoban.errors import DomainError, FailedPrecondition
from giaoban.testing.fixtures import eventually
from services.supervisor import Program, check_machine, redis_program, supervising

SLEEPER = """
import pathlib, signal, sys, time
from giaoban.child import die_with_parent
import os
die_with_parent(int(os.environ["GIAOBAN_SUPERVISOR"]))
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def end(*_):
    with (folder / "ended").open("a") as file: file.write(name + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
(folder / name).write_text(str(os.getpid()))
while True: time.sleep(60)  # runs until it is stopped
"""


def sleeper(folder: Path, name: str, tier: int) -> Program:
    async def ready() -> bool:
        return bool(pid(folder, name))

    return Program(name, (sys.executable, "-c", SLEEPER, str(folder), name), ready, tier)


def pid(folder: Path, name: str) -> int:
    try:
        return int((folder / name).read_text() or 0)
    except FileNotFoundError:
        return 0


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_children_end_in_reverse_order(tmp_path: Path) -> None:
    async with supervising() as supervisor:
        await supervisor.start([sleeper(tmp_path, "first", 0)])
        await supervisor.start([sleeper(tmp_path, "second", 1), sleeper(tmp_path, "third", 2)])
        children = [pid(tmp_path, name) for name in ("first", "second", "third")]
        assert all(map(alive, children))

    assert not any(map(alive, children))
    assert (tmp_path / "ended").read_text().split() == ["third", "second", "first"]


async def test_a_killed_child_starts_again(tmp_path: Path) -> None:
    async with supervising() as supervisor:
        await supervisor.start([sleeper(tmp_path, "one", 0)])
        killed = pid(tmp_path, "one")
        os.kill(killed, signal.SIGKILL)

        await eventually(lambda: pid(tmp_path, "one") not in {0, killed})

        assert supervisor.restarts == {"one": 1}


async def test_a_child_that_is_refused_ends_everything(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    refused = Program("refused", (sys.executable, "-c", "raise SystemExit(3)"), never, 1)

    async def start() -> None:
        async with supervising() as supervisor:
            await supervisor.start([sleeper(tmp_path, "one", 0)])
            await supervisor.start([refused])

    with pytest.raises(BaseExceptionGroup) as caught:
        await start()

    [error] = caught.value.exceptions
    assert isinstance(error, DomainError)
    assert error.reason == "CHILD_REFUSED"
    assert not alive(pid(tmp_path, "one"))


async def test_a_child_that_is_refused_after_it_ran_starts_again_and_the_others_run_on(tmp_path: Path) -> None:
    (tmp_path / "refusals").write_text("")
    program = textwrap.dedent("""
        import os, pathlib, sys, time
        folder = pathlib.Path(sys.argv[1])
        if (folder / "one").exists() and len((folder / "refusals").read_text()) < 2:
            with (folder / "refusals").open("a") as file: file.write("x")
            sys.exit(3)
        (folder / "one").write_text(str(os.getpid()))
        while True: time.sleep(60)  # runs until it is stopped
    """)

    async def ready() -> bool:
        return bool(pid(tmp_path, "one"))

    async with supervising() as supervisor:
        other = sleeper(tmp_path, "other", 1)
        await supervisor.start([other, Program("one", (sys.executable, "-c", program, str(tmp_path)), ready, 0)])
        first, beside = pid(tmp_path, "one"), pid(tmp_path, "other")
        os.kill(first, signal.SIGKILL)

        await eventually(lambda: pid(tmp_path, "one") not in {0, first})

        assert supervisor.restarts == {"other": 0, "one": 3}
        assert alive(beside)


async def test_no_child_outlives_a_killed_supervisor(tmp_path: Path, socket_folder: Path) -> None:
    program = textwrap.dedent(f"""
        import asyncio, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from giaoban.config import Settings
        from services.supervisor import Program, redis_program, supervising
        from test_supervisor import sleeper
        async def main():
            folder = Path({str(tmp_path)!r})
            async with supervising() as supervisor:
                settings = Settings(home=Path({str(socket_folder)!r}))
                await supervisor.start([redis_program(settings), sleeper(folder, "one", 0)])
                (folder / "all").write_text("ready")
                await asyncio.Event().wait()
        asyncio.run(main())
    """)
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    await eventually((tmp_path / "all").exists, seconds=30)
    children = await asyncio.to_thread(children_of, parent.pid)
    assert len(children) == 2

    parent.kill()
    await parent.wait()

    await eventually(lambda: not any(map(alive, children)))


def children_of(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(folder.name))
    return found


async def test_a_taken_port_is_named_with_its_variable(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = Settings(home=tmp_path, http=Address("127.0.0.1", port))

    with pytest.raises(FailedPrecondition, match="GIAOBAN_HTTP"):
        check_machine(settings)

    server.close()
    await server.wait_closed()


async def test_a_taken_media_port_is_named_with_its_variable(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]

    free = Address("127.0.0.1", 0)
    settings = Settings(home=tmp_path, http=free, public_url="http://localhost:8080", media_udp=port, media_workers=1)

    with pytest.raises(FailedPrecondition, match="GIAOBAN_MEDIA_UDP"):
        check_machine(settings)

    transport.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(FailedPrecondition, match="GIAOBAN_HOME"):
        machine.check_folder(tmp_path / "file" / "home")


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 2**60)

    with pytest.raises(FailedPrecondition) as caught:
        machine.check_folder(tmp_path)

    assert caught.value.reason == "DISK_FULL"


def test_a_second_house_in_one_folder_is_refused(tmp_path: Path) -> None:
    with machine.sole_user(tmp_path), pytest.raises(FailedPrecondition) as caught, machine.sole_user(tmp_path):
        pass

    assert caught.value.reason == "ALREADY_RUNNING"


async def test_the_embedded_server_is_ready_within_seconds(socket_folder: Path) -> None:
    settings = Settings(home=socket_folder)
    began = time.monotonic()
    async with supervising() as supervisor:
        await supervisor.start([redis_program(settings)])

    assert time.monotonic() - began < 10
