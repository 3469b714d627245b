"""A certificate that is renewed while the server runs, as clients see it in real handshakes."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from cryptography import x509

from services.certificate import Certificate, make_certificate
from services.gateway.http.tls import ReloadingCertificate

NAME = "giaoban.tinh.local"
HOSTS = [NAME, "127.0.0.1"]


@dataclass(frozen=True)
class Site:
    """A server on a port of its own, and the files it was given."""

    files: Certificate
    certificate: ReloadingCertificate
    port: int

    async def presented(self, host: str) -> int:
        """The serial number of the certificate that a client gets who trusts the authority and asks for a host."""
        trust = ssl.create_default_context(cafile=self.files.authority)
        connection = await asyncio.open_connection("127.0.0.1", self.port, ssl=trust, server_hostname=host)
        serial = serial_of(connection[1])
        await closed(connection[1])
        return serial


def serial_of(writer: asyncio.StreamWriter) -> int:
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    der = tls.getpeercert(binary_form=True)
    assert der
    return x509.load_der_x509_certificate(der).serial_number


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


def renewed(folder: Path) -> int:
    """Makes the folder's certificate anew, at a time that differs on any clock, and answers its serial number."""
    made = make_certificate(folder, HOSTS)
    for path in (made.certificate, made.key):
        later = path.stat().st_mtime_ns + 1_000_000_000
        os.utime(path, ns=(later, later))
    return x509.load_pem_x509_certificate(made.certificate.read_bytes()).serial_number


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text=f"hello {request.method}")

    app = web.Application()
    app.router.add_get("/", hello)
    files = make_certificate(tmp_path / "tls", HOSTS)
    certificate = ReloadingCertificate(files.certificate, files.key)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.context).start()
    yield Site(files, certificate, runner.addresses[0][1])
    await runner.cleanup()


@pytest.mark.parametrize("host", HOSTS)
async def test_clients_get_the_renewed_certificate_by_name_and_by_address(site: Site, host: str) -> None:
    before = await site.presented(host)

    fresh = renewed(site.files.certificate.parent)
    unlooked = await site.presented(host)
    reloaded = site.certificate.reload_if_changed()

    assert reloaded
    assert unlooked == before
    assert await site.presented(host) == fresh != before
    assert not site.certificate.reload_if_changed()


async def test_a_connection_that_exists_goes_on_after_a_renewal(site: Site) -> None:
    trust = ssl.create_default_context(cafile=site.files.authority)
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, ssl=trust, server_hostname=NAME)
    before = serial_of(writer)

    renewed(site.files.certificate.parent)
    site.certificate.reload_if_changed()
    writer.write(b"GET / HTTP/1.1\r\nHost: giaoban\r\nConnection: close\r\n\r\n")
    answer = await reader.read()

    assert answer.endswith(b"hello GET")
    assert serial_of(writer) == before
    await closed(writer)


@pytest.mark.parametrize("first", ["server.pem", "server.key"])
async def test_a_half_written_pair_keeps_the_old_certificate_until_it_is_whole(
    site: Site, tmp_path: Path, first: str
) -> None:
    before = await site.presented(NAME)
    old = {path.name: path.read_bytes() for path in (site.files.certificate, site.files.key)}
    fresh = renewed(site.files.certificate.parent)
    second = next(name for name in old if name != first)
    late = (tmp_path / "tls" / second).read_bytes()

    (tmp_path / "tls" / second).write_bytes(old[second])
    assert not site.certificate.reload_if_changed()
    assert await site.presented(NAME) == before

    (tmp_path / "tls" / second).write_bytes(late)
    assert site.certificate.reload_if_changed()
    assert await site.presented(NAME) == fresh


@pytest.mark.parametrize("damage", ["cut", "gone"])
async def test_a_damaged_or_missing_file_keeps_the_old_certificate(site: Site, damage: str) -> None:
    before = await site.presented("127.0.0.1")

    if damage == "cut":
        site.files.certificate.write_bytes(site.files.certificate.read_bytes()[:100])
    else:
        site.files.certificate.unlink()

    assert not site.certificate.reload_if_changed()
    assert await site.presented("127.0.0.1") == before
