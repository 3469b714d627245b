"""A computer beside this one: a network namespace that reaches this machine over a cable, not over loopback."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from tests.e2e.browsers import CHROMIUM

CABLES = IPv4Network("10.77.0.0/16")


@dataclass(frozen=True)
class Neighbour:
    """Another computer.

    Attributes:
        name: Of its network namespace.
        server: The address at which it reaches this machine.
        client: Its own address.
        home: A home folder for its programs.
    """

    name: str
    server: str
    client: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """For programs that run there."""
        return {**os.environ, "HOME": str(self.home)}

    @property
    def prefix(self) -> tuple[str, ...]:
        """Before a command that is to run there."""
        return "ip", "netns", "exec", self.name

    @contextmanager
    def without(self, *what: str) -> Iterator[None]:
        """Keeps what goes to it from arriving, without a word: all of it, or `ipproto udp`."""
        rule = ("to", self.client, *what, "blackhole")
        run("ip", "rule", "add", *rule)
        try:
            yield
        finally:
            run("ip", "rule", "delete", *rule)

    def chromium(self) -> Path:
        """A browser that runs there, as a program to start here."""
        script = self.home / "chromium"
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.prefix)} {CHROMIUM} "$@"\n')
        script.chmod(0o700)
        return script

    def trust(self, authority: Path) -> None:
        """Installs an authority as a trusted root, as an administrator does on each PC."""
        store = self.home / ".pki" / "nssdb"
        store.mkdir(parents=True)
        run("certutil", "-d", f"sql:{store}", "-N", "--empty-password")
        run("certutil", "-d", f"sql:{store}", "-A", "-n", "giaoban", "-t", "C,,", "-i", str(authority))


@contextmanager
def neighbour(home: Path) -> Iterator[Neighbour]:
    """Puts a computer beside this one until the block ends.

    Raises:
        PermissionError: Only root may; the test cannot be had without.
    """
    if os.geteuid():
        raise PermissionError("a network namespace needs root: run the browser tests as root")
    mark = os.getpid() % 2**14
    name, near, far = f"giaoban-{mark}", f"gb{mark}n", f"gb{mark}f"
    server, client = (f"{host}/30" for host in list(CABLES.subnets(new_prefix=30))[mark].hosts())
    home.mkdir(parents=True)
    run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        run("ip", "address", "add", server, "dev", near)
        run("ip", "link", "set", near, "up")
        run("ip", "-n", name, "address", "add", client, "dev", far)
        run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", name, "link", "set", far, "up")
        gateway = server.partition("/")[0]
        run("ip", "-n", name, "route", "add", "default", "via", gateway)
        yield Neighbour(name, gateway, client.partition("/")[0], home)
    finally:
        run("ip", "netns", "delete", name)  # its end of the cable goes with it, and so does ours


def run(*command: str) -> None:
    """Runs a command of the system; what it says goes into the error."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 -- our own
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
