"""Starts the whole product as a user would, on ports and in a folder of its own, and stops it."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
GIAOBAN = Path(sys.executable).with_name("giaoban")
START_SECONDS = 110.0  # the promise to users is 120 s from nothing; the environment exists already here


def free_ports(count: int, kind: socket.SocketKind = socket.SOCK_STREAM, host: str = "127.0.0.1") -> list[int]:
    """Ports in a row that nobody holds now, below the ephemeral range so that no client socket takes them meanwhile."""
    first = 20_000 + os.getpid() % 9_000
    for start in range(first, 31_000, count):
        sockets = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
        try:
            for offset, probe in enumerate(sockets):
                probe.bind((host, start + offset))
        except OSError:
            continue
        finally:
            for probe in sockets:
                probe.close()
        return list(range(start, start + count))
    raise RuntimeError("no free ports")


class ApiError(Exception):
    """An error answer of the API."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.reason: str = next((detail["debug"]["reason"] for detail in body.get("details", ())), "")
        self.metadata: dict[str, str] = next((detail["debug"].get("metadata", {}) for detail in body["details"]), {})


@dataclass
class Api:
    """The JSON API as a script uses it."""

    address: str
    headers: dict[str, str] = field(default_factory=dict)
    authority: Path | None = None  # trusted in place of the public ones, where the house has its own

    def call(self, method: str, **fields: object) -> dict[str, Any]:
        """Calls `Service/Method` with a JSON body."""
        request = urllib.request.Request(  # noqa: S310 -- our own address
            f"{self.address}/api/briefing.v1.{method}",
            data=json.dumps(fields).encode(),
            headers={"Content-Type": "application/json", **self.headers},
        )
        trust = ssl.create_default_context(cafile=self.authority) if self.authority else None
        try:
            with urllib.request.urlopen(request, timeout=30, context=trust) as response:  # noqa: S310
                return dict(json.load(response))
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, json.load(error)) from error

    def sign_in(self, username: str, password: str) -> "Api":
        """The API as a person."""
        answer = self.call("AuthService/SignIn", username=username, password=password)
        return Api(self.address, {"Authorization": f"Bearer {answer['accessToken']}"}, self.authority)


class House:
    """`giaoban up` in a folder of its own."""

    def __init__(self, home: Path, settings: Mapping[str, str], *, host: str = "127.0.0.1") -> None:
        self.home = home
        self.http_port, self.metrics_port = free_ports(2)
        self.media_port = free_ports(4, socket.SOCK_DGRAM)[0]
        scheme = "https" if "GIAOBAN_TLS_CERT" in settings else "http"
        self.address = f"{scheme}://{host}:{self.http_port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GIAOBAN_", "LIVEKIT_"))},
            "GIAOBAN_HOME": str(home),
            "GIAOBAN_HTTP": f"{host}:{self.http_port}",
            "GIAOBAN_MEDIA_UDP": str(self.media_port),
            "GIAOBAN_METRICS": f"127.0.0.1:{self.metrics_port}",
            "GIAOBAN_ADMIN_PASSWORD": "quan-tri-2026",
            **settings,
        }
        certificate = settings.get("GIAOBAN_TLS_CERT")
        self.authority = Path(certificate).with_name("giaoban-ca.crt") if certificate else None
        self.log = home.parent / f"{home.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts and waits until every service is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                [str(GIAOBAN), "up"], cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"giaoban up ended with {self._process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready after {START_SECONDS} s:\n{self.log_tail()}")
            time.sleep(0.1)

    def ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE  # only a probe; clients verify
        try:
            with urllib.request.urlopen(f"{self.address}/readyz", timeout=5, context=trust) as response:  # noqa: S310
                return bool(response.status == 200)
        except OSError:
            return False

    def stop(self) -> int:
        """Stops it as Ctrl-C does and answers its exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise

    def kill(self) -> None:
        """Ends the supervisor alone, as the kernel does when memory is short."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def crash(self) -> None:
        """Ends all of it at once, as a power cut does."""
        assert self._process is not None
        for process in self.children():
            os.kill(process, signal.SIGKILL)
        self._process.wait(10)

    def run(self, *arguments: str, given: str = "") -> str:
        """Runs a command of the program in this house and answers what it prints."""
        done = subprocess.run(  # noqa: S603 -- our own program
            [str(GIAOBAN), *arguments],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"giaoban {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout.strip()

    def children(self) -> list[int]:
        """Processes of this house that are alive, by the session they were started in."""
        if self._process is None:
            return []
        alive = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self._process.pid and fields[0] != "Z":
                alive.append(int(folder.name))
        return alive

    def log_tail(self, lines: int = 60) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def api(self, username: str = "admin", password: str = "quan-tri-2026") -> Api:
        """The API as a person, the administrator unless said otherwise."""
        return Api(self.address, authority=self.authority).sign_in(username, password)


def command_line(pid: int) -> str:
    """What a process was started with; empty for one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
