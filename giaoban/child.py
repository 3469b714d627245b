"""Child processes that never outlive their parent, not even one that is killed."""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_LAUNCHER: Final = (
    "import ctypes, os, sys; "
    "ctypes.CDLL(None).prctl(1, 15, 0, 0, 0); "
    "os.getppid() == int(sys.argv[1]) or sys.exit(1); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


def die_with_parent(parent: int) -> None:
    """Asks the kernel for SIGTERM when the parent ends; to be called first thing in a child.

    The kernel means the thread that started the child, so parents start children from the main thread only.

    Args:
        parent: Process id of the parent as it told its child; when it is gone already, this process ends at once.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def bound_to_parent(command: Sequence[str]) -> list[str]:
    """Writes the command line that starts a foreign program bound to this process.

    A launcher that replaces itself: `preexec_fn` would run Python between fork and exec, which gRPC's threads forbid.
    """
    return [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid()), *command]
