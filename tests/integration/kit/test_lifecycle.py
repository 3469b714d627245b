"""How a process ends: refused before it was ready, or broken afterwards."""

import subprocess
import sys
import textwrap

import pytest

PROGRAM = textwrap.dedent("""
    import asyncio, sys
    from contextlib import asynccontextmanager
    from giaoban import lifecycle
    from giaoban.errors import FailedPrecondition

    async def fail():
        raise FailedPrecondition("DISK_FULL", "Free space there.")

    @asynccontextmanager
    async def running():
        async with asyncio.TaskGroup() as tasks:
            if sys.argv[1] == "before":
                await fail()
            tasks.create_task(fail())
            yield

    lifecycle.run(running())
""")


@pytest.mark.parametrize(("when", "status"), [("before", 3), ("after", 1)])
def test_only_what_ends_a_process_before_it_is_ready_is_a_refusal(when: str, status: int) -> None:
    ended = subprocess.run(  # noqa: S603 - a program of ours
        [sys.executable, "-c", PROGRAM, when], capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == status
    assert ended.stderr.startswith("giaoban: Free space there. (DISK_FULL)") is (when == "before")
    assert "DISK_FULL" in ended.stderr
