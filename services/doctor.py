"""Examines the machine and the settings before a user has to find out."""

import asyncio
import ctypes
import importlib.util
import ipaddress
import shutil
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from cryptography import x509
from sqlalchemy.exc import SQLAlchemyError

from giaoban import embedded_redis
from giaoban.clock import SystemClock
from giaoban.config import Settings
from giaoban.errors import DomainError
from giaoban.machine import check_certificate, check_folder, check_tcp, check_udp, media_ports, udp_echo
from giaoban.sql.copying import damage
from giaoban.sql.engine import create_engine
from services.notify.domain.holding import Hold

_TIMEX_BYTES: Final = 512
_TIME_ERROR: Final = 5
_RENEW_DAYS: Final = 30
_SECONDS: Final = 5.0
_LARGEST_COPY: Final = 2 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination; `healthy` is None where there was nothing to examine."""

    subject: str
    healthy: bool | None
    detail: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Examines one thing after the other; nothing here changes anything but a probe file in the data folder."""
    running = _running(settings)
    yield _disk(settings)
    yield from _ports(settings, running)
    yield from (_echo(address.bound) for address in settings.media_addresses)
    yield _clock()
    yield _mail(settings)
    yield _held(settings)
    yield from _stores(settings)
    yield _certificate(settings)
    yield _redis(settings)
    yield _streams(settings)
    yield from _tools()


def _running(settings: Settings) -> bool:
    scheme = "https" if settings.tls_cert else "http"
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # only whether it is ours and alive
    try:
        with urllib.request.urlopen(f"{scheme}://{settings.http}/healthz", timeout=_SECONDS, context=context) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _checked(subject: str, check: Callable[[], None], healthy: str) -> Finding:
    try:
        check()
    except DomainError as error:
        return Finding(subject, False, error.message)
    return Finding(subject, True, healthy)


def _disk(settings: Settings) -> Finding:
    home = settings.home
    finding = _checked("disk", lambda: check_folder(home), "")
    if not finding.healthy:
        return finding
    return Finding("disk", True, f"{home} is writable, {shutil.disk_usage(home).free // 2**20} MB free")


def _ports(settings: Settings, running: bool) -> Iterator[Finding]:
    if running:
        yield Finding("ports", True, f"giaoban itself runs on {settings.http}")
        return
    yield _checked("web port", lambda: check_tcp(settings.http, "GIAOBAN_HTTP"), f"TCP {settings.http} is free")
    for address in media_ports(settings):
        yield _checked(
            "media port",
            lambda address=address: check_udp(address, "GIAOBAN_MEDIA_UDP"),  # type: ignore[misc]  # bound early
            f"UDP {address} is free",
        )
    if settings.metrics is not None:
        metrics = settings.metrics
        yield _checked("metrics port", lambda: check_tcp(metrics, "GIAOBAN_METRICS"), f"TCP {metrics} is free")


def _echo(host: str) -> Finding:
    if udp_echo(host):
        return Finding("udp", True, f"a datagram to {host} comes back")
    return Finding("udp", False, f"a datagram to {host} does not come back: check GIAOBAN_MEDIA_ADDRESSES, firewall")


def _clock() -> Finding:
    """Asks the kernel whether somebody keeps its clock right; tokens and reminders need that."""
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    shown = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if state == _TIME_ERROR:
        return Finding("clock", None, f"{shown}; the kernel does not know whether it is right: run an NTP service")
    return Finding("clock", time.time() > 1_700_000_000, f"{shown}, kept right by the kernel")


def _mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        return Finding("mail", None, f"GIAOBAN_SMTP_URL is not set: messages go to {settings.home / 'mail'}")
    url = urlsplit(settings.smtp_url)
    secure = url.scheme == "smtps"
    where = f"{url.hostname}:{url.port or (465 if secure else 25)}"
    step = "connects"
    try:
        make = smtplib.SMTP_SSL if secure else smtplib.SMTP
        with make(url.hostname or "", url.port or (465 if secure else 25), timeout=_SECONDS) as server:
            step = "greets"
            server.ehlo(settings.smtp_helo)
            if not secure and "starttls=never" not in url.query and server.has_extn("starttls"):
                step = "speaks TLS"
                server.starttls(context=ssl.create_default_context())
                server.ehlo(settings.smtp_helo)
            if url.username:
                step = "takes the password of GIAOBAN_SMTP_URL"
                server.login(unquote(url.username), unquote(url.password or ""))
            step = f"takes mail from {settings.mail_sender.address} (GIAOBAN_MAIL_FROM)"
            code, answer = server.mail(settings.mail_sender.address)
            if code >= 400:
                return Finding("mail", False, f"{where} does not: {step}: {code} {answer.decode(errors='replace')}")
            server.rset()
    except (OSError, smtplib.SMTPException) as error:
        return Finding("mail", False, f"{where} does not: {step}: {error}")
    return Finding("mail", True, f"{where} takes mail from {settings.mail_sender.address}")


def _held(settings: Settings) -> Finding:
    """Looks whether mail waits for an operator."""
    if not settings.database and not (settings.home / "notify.db").exists():
        return Finding("held mail", None, "there is no ledger yet")
    from services.notify.store.tellings import SqlTellings  # noqa: PLC0415 - only where there is a ledger

    async def look() -> Hold | None:
        engine = create_engine(settings.database_url("notify"), settings.key_folder().data_key())
        try:
            return await SqlTellings(engine, SystemClock()).hold()
        finally:
            await engine.dispose()

    try:
        hold = asyncio.run(look())
    except (SQLAlchemyError, DomainError) as error:
        return Finding("held mail", False, f"the ledger cannot be read: {type(error).__name__}")
    if hold is None or hold.released:
        return Finding("held mail", True, "none")
    return Finding(
        "held mail", False, f"all mail is held since {hold.since:%Y-%m-%d %H:%M} UTC: {hold.reason}; see docs/mail.md"
    )


def _stores(settings: Settings) -> Iterator[Finding]:
    """Authenticates every page of the stores in files; PostgreSQL looks after its own."""
    if settings.database:
        yield Finding("stores", None, "in PostgreSQL (GIAOBAN_DATABASE_URL), which checks its own")
        return
    for role in ("scheduler", "notify", "media"):
        path = settings.home / f"{role}.db"
        if not path.exists():
            continue
        wrong = damage(path, settings.key_folder().data_key())
        remedy = "stop giaoban, keep a copy of the folder, and `giaoban restore` the last backup"
        detail = f"{path} is damaged: {wrong[0]}; {remedy}" if wrong else f"{path} is whole"
        yield Finding("store", not wrong, detail)


def _streams(settings: Settings) -> Finding:
    """Lets the server load a copy of the append-only file: it alone knows what it takes."""
    folder = settings.home / "streams"
    if not settings.embedded_redis or not (folder / "appendonlydir").is_dir():
        return Finding("streams", None, "nothing of ours to load")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > min(_LARGEST_COPY, shutil.disk_usage(settings.home).free // 2):
        return Finding("streams", None, f"{size >> 20} MB: too large to try a copy of")
    try:
        answer = embedded_redis.loads_a_copy(folder)
    except OSError as error:
        return Finding("streams", False, f"{folder} cannot be read: {error}")
    if answer:
        return Finding("streams", False, f"{answer}; {embedded_redis.REMEDY.format(folder=folder)}")
    return Finding("streams", True, f"{folder} can be loaded")


def _certificate(settings: Settings) -> Finding:
    if settings.tls_cert is None and settings.tls_key is None:
        return _no_certificate(settings.public_url)
    finding = _checked("certificate", lambda: check_certificate(settings), "")
    if not finding.healthy or settings.tls_cert is None:
        return finding
    try:
        leaf = x509.load_pem_x509_certificate(settings.tls_cert.read_bytes())
    except ValueError as error:
        return Finding("certificate", False, f"{settings.tls_cert} cannot be read: {error}")
    host = urlsplit(settings.public_url).hostname or ""
    if not _covers(leaf, host):
        return Finding("certificate", False, f"it is not for {host}; GIAOBAN_PUBLIC_URL says that links go there")
    now = datetime.now(UTC)
    if now < leaf.not_valid_before_utc:
        return Finding("certificate", False, f"it holds from {leaf.not_valid_before_utc} on: is the clock right?")
    if now >= leaf.not_valid_after_utc:
        return Finding("certificate", False, f"it ended {leaf.not_valid_after_utc}: browsers refuse it")
    days = (leaf.not_valid_after_utc - now).days
    return Finding("certificate", days >= _RENEW_DAYS, f"for {host}, {days} days left")


def _no_certificate(public_url: str) -> Finding:
    url = urlsplit(public_url)
    host = url.hostname or ""
    if url.scheme == "https":
        return Finding("certificate", None, f"none here: the proxy before it must have one for {host}")
    if host in {"localhost", "::1"} or host.startswith("127."):
        return Finding("certificate", None, "none: browsers give the camera to http://localhost only (`giaoban cert`)")
    return Finding("certificate", False, f"none: browsers give no camera to a page of {public_url} (`giaoban cert`)")


def _covers(leaf: x509.Certificate, host: str) -> bool:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        return ipaddress.ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        known = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
        return host in known or f"*.{host.partition('.')[2]}" in known


def _redis(settings: Settings) -> Finding:
    if not settings.embedded_redis:
        return Finding("redis", None, "the site's own (GIAOBAN_REDIS_URL)")
    try:
        return Finding("redis", True, f"embedded server {embedded_redis.find_server()}")
    except DomainError as error:
        return Finding("redis", False, error.message)


def _tools() -> Iterator[Finding]:
    sqlcipher = importlib.util.find_spec("sqlcipher3") is not None
    yield Finding("encryption", sqlcipher, "sqlcipher3 is here" if sqlcipher else "sqlcipher3 is missing: run make run")
    native = sorted(Path(__file__).parent.joinpath("media").rglob("*.so"))
    detail = f"native forwarder {native[0].name}" if native else "pure Python; install a C compiler for the fast one"
    yield Finding("forwarder", True if native else None, detail)
