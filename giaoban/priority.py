"""What goes first on a machine with little time: sound and pictures, then people who wait, then mail, rendering, exports.

Niceness (`setpriority(2)`; on Linux of each thread) costs nothing while there is time for all, and is obeyed by the scheduler of
the kernel, not by ours.
"""

import asyncio
import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

MEDIA: Final = -5
"""Below zero needs a privilege; without it media stays at 0, still before all others."""

SERVING: Final = 1
BACKGROUND: Final = 15

_THREADS: Final = 2


def of_role(role: str, *, worker: bool) -> int:
    """The niceness of a process: a media worker's, that of a role which people wait for, or that of mail."""
    if worker:
        return MEDIA
    return BACKGROUND if role == "notify" else SERVING


def take(niceness: int) -> None:
    """Gives this process, whose only thread this is, its niceness; what the machine does not allow is left as it is."""
    with suppress(PermissionError, OSError):
        os.setpriority(os.PRIO_PROCESS, 0, niceness)


async def background(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Runs what takes processor time in a thread that comes after everything else; the loop goes on meanwhile."""
    call = functools.partial(work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_executor(), call)


@functools.cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, "background", initializer=_step_back)


def _step_back() -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BACKGROUND)
