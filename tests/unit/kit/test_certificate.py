"""The local authority: what it signs is accepted by an ordinary TLS client, and by nobody who does not trust it."""

import socket
import ssl
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from giaoban.errors import InvalidArgument
from services.certificate import Certificate, make_certificate


def handshake(made: Certificate, name: str, *, trusted: bool = True) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.certificate, made.key)
    client = ssl.create_default_context(cafile=str(made.authority) if trusted else None)
    here, there = socket.socketpair()

    def accept() -> None:
        with here:
            try:
                with server.wrap_socket(here, server_side=True) as connection:
                    connection.recv(1)
            except ssl.SSLError:
                pass  # the client refused us; it tells why

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        with there, client.wrap_socket(there, server_hostname=name) as connection:
            connection.send(b"x")
    finally:
        thread.join()


@pytest.mark.parametrize("name", ["giaoban.tinh.local", "192.0.2.10"])
def test_a_client_that_trusts_the_authority_connects_by_name_and_address(tmp_path: Path, name: str) -> None:
    handshake(make_certificate(tmp_path / "tls", ["giaoban.tinh.local", "192.0.2.10"]), name)


def test_a_client_that_does_not_trust_it_does_not_connect(tmp_path: Path) -> None:
    made = make_certificate(tmp_path / "tls", ["giaoban.tinh.local"])

    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(made, "giaoban.tinh.local", trusted=False)


def test_a_certificate_is_not_for_another_name(tmp_path: Path) -> None:
    made = make_certificate(tmp_path / "tls", ["giaoban.tinh.local"])

    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(made, "other.tinh.local")


def test_a_new_certificate_keeps_the_authority_that_pcs_trust(tmp_path: Path) -> None:
    first = make_certificate(tmp_path / "tls", ["a.local"])
    authority, leaf = first.authority.read_bytes(), first.certificate.read_bytes()
    second = make_certificate(tmp_path / "tls", ["b.local"])

    assert second.authority.read_bytes() == authority
    assert second.certificate.read_bytes() != leaf
    handshake(second, "b.local")


def test_browsers_accept_its_life_and_its_key_is_private(tmp_path: Path) -> None:
    made = make_certificate(tmp_path / "tls", ["a.local"])
    leaf = x509.load_pem_x509_certificate(made.certificate.read_bytes())

    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 397
    assert leaf.not_valid_before_utc < datetime.now(UTC)
    assert made.key.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["", "-a.local", "a b", "a..b", "http://a"])
def test_what_is_no_host_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidArgument):
        make_certificate(tmp_path / "tls", [name])
