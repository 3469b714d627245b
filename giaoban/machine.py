"""What a machine must offer before anything starts: free ports, a writable folder, room on the disk, a right clock."""

import errno
import fcntl
import os
import shutil
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from giaoban.config import Address, Settings
from giaoban.errors import FailedPrecondition, InvalidArgument

LEAST_FREE_BYTES: Final = 200 * 1024 * 1024


def check_folder(folder: Path) -> None:
    """Makes the data folder where it is missing and checks that it can be written.

    Raises:
        FailedPrecondition: `FOLDER_NOT_WRITABLE`, `DISK_FULL`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _full(folder, 0) from error
        raise FailedPrecondition(
            "FOLDER_NOT_WRITABLE", f"GIAOBAN_HOME: {folder} cannot be written: {error.strerror}.", path=str(folder)
        ) from error
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise _full(folder, free)


def _full(folder: Path, free: int) -> FailedPrecondition:
    return FailedPrecondition(
        "DISK_FULL",
        f"GIAOBAN_HOME: the disk of {folder} has {free // 2**20} MB free; {LEAST_FREE_BYTES // 2**20} MB are needed.",
        path=str(folder),
    )


def check_tcp(address: Address, variable: str) -> None:
    """Checks that a server can listen on an address.

    Raises:
        FailedPrecondition: `PORT_TAKEN`, with the variable to change.
    """
    _bind(socket.SOCK_STREAM, address, variable)


def check_udp(address: Address, variable: str) -> None:
    """Checks that a socket can be bound to an address.

    Raises:
        FailedPrecondition: `PORT_TAKEN`, with the variable to change.
    """
    _bind(socket.SOCK_DGRAM, address, variable)


def _bind(kind: socket.SocketKind, address: Address, variable: str) -> None:
    transport = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
    try:
        family, _, _, _, where = socket.getaddrinfo(address.host, address.port, type=kind)[0]
        with socket.socket(family, kind) as probe:
            if kind is socket.SOCK_STREAM:
                # A server that ended a moment ago leaves connections behind; they do not hinder the next one.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            if kind is socket.SOCK_STREAM:
                probe.listen()
    except OSError as error:
        raise FailedPrecondition(
            "PORT_TAKEN",
            f"{variable}: cannot use {transport} {address}: {error.strerror}; end what uses it or set {variable}.",
            address=str(address),
        ) from error


def check_certificate(settings: Settings) -> None:
    """Checks that HTTPS can be spoken with the files that the settings name; nothing to check where they name none.

    Raises:
        InvalidArgument: `BAD_CERTIFICATE`: one of the two is not set, cannot be read, or does not fit the other.
    """
    certificate, key = settings.tls_cert, settings.tls_key
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        missing = "GIAOBAN_TLS_CERT" if certificate is None else "GIAOBAN_TLS_KEY"
        raise InvalidArgument(
            "BAD_CERTIFICATE", f"{missing} is not set: HTTPS needs the certificate and its key.", field=missing
        )
    try:
        # An empty password: a key with one is refused, where it would be asked for on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError as error:
        raise InvalidArgument(
            "BAD_CERTIFICATE",
            f"GIAOBAN_TLS_CERT and GIAOBAN_TLS_KEY ({certificate}, {key}) cannot be used: {error}.",
            field="GIAOBAN_TLS_CERT",
        ) from error


def media_ports(settings: Settings) -> list[Address]:
    """Lists every UDP address that media workers bind."""
    return [
        Address(address.bound, settings.media_udp + worker)
        for worker in range(settings.media_workers)
        for address in settings.media_addresses
    ]


def udp_echo(host: str) -> bool:
    """Tells whether a datagram sent to an own address comes back within a second (no firewall in between)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as here, socket.socket(family, socket.SOCK_DGRAM) as there:
        try:
            here.bind((host, 0))
            there.bind((host, 0))
            here.settimeout(1)
            there.settimeout(1)
            here.sendto(b"giaoban", there.getsockname())
            received, sender = there.recvfrom(64)
            there.sendto(received, sender)
            return here.recv(64) == b"giaoban"
        except OSError:
            return False


@contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Holds a lock on a data folder until the block ends, also when the process is killed.

    Raises:
        FailedPrecondition: `ALREADY_RUNNING`: another process holds it.
    """
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FailedPrecondition(
                "ALREADY_RUNNING", f"GIAOBAN_HOME: another giaoban runs in {folder}; end it or choose another folder."
            ) from error
        yield
