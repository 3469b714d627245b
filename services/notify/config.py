"""What the notify service may be told, and what happens when it is not."""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from giaoban.config import Secret, Settings
from giaoban.errors import InvalidArgument
from giaoban.mail_address import is_mail_address

_SMTP_VARIABLE: Final = "GIAOBAN_SMTP_URL"
_ARCHIVE_VARIABLE: Final = "GIAOBAN_ARCHIVE_IMAP_URL"
_IMAP_PORTS: Final = {"imap": 143, "imaps": 993}
LANES: Final = 8
"""Connections to the mail server: enough that the disk serves several lanes with one flush."""

_DEFAULT_PORTS: Final = {"smtp": 25, "smtps": 465}


class StartTls(StrEnum):
    """When to turn a plain connection into TLS; certificates are checked whenever there is TLS."""

    AUTO = "auto"
    REQUIRED = "required"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server that takes our messages; `tls` means TLS from the first byte."""

    host: str
    port: int
    tls: bool
    start_tls: StartTls
    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class ArchiveMailbox:
    """Where copies go and how they are looked for; `tls` means TLS from the first byte."""

    host: str
    port: int
    tls: bool
    username: str
    password: Secret
    folder: str
    address: str


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Settings of the service.

    Attributes:
        public_url: What browsers reach the gateway by; links in mails begin with it.
        mail_dir: Where messages are written as `.eml` files while there is no mail server.
        smtp: The mail server; None writes files.
        smtp_helo: What to call ourselves in EHLO; empty for the name of this machine.
        workers: Messages under way at the same time.
        archive: The mailbox that gets a copy of each message; None for none.
        reminder_offsets: Minutes before the start at which attendees are reminded.
        reminder_poll_seconds: How often due reminders are looked for.
    """

    public_url: str
    mail_dir: Path
    smtp: SmtpServer | None = None
    smtp_helo: str = ""
    archive: ArchiveMailbox | None = None
    workers: int = LANES
    reminder_offsets: tuple[int, ...] = (24 * 60, 15)
    reminder_poll_seconds: float = 5.0


def notify_settings(settings: Settings) -> NotifySettings:
    """Reads the service's own settings out of the site's.

    Raises:
        InvalidArgument: `BAD_SETTING` with the variable in `field`.
    """
    return NotifySettings(
        public_url=settings.public_url.rstrip("/"),
        mail_dir=settings.home / "mail",
        smtp=parse_smtp_url(settings.smtp_url) if settings.smtp_url else None,
        smtp_helo=settings.smtp_helo,
        archive=parse_archive_url(settings.archive_imap_url) if settings.archive_imap_url else None,
    )


def parse_smtp_url(url: str) -> SmtpServer:
    """Reads `smtp://[user:password@]host[:port][?starttls=auto|required|never]` or `smtps://…`.

    Without `starttls`, a server on this machine is spoken to in the clear (its certificate is rarely one that anybody
    could check), any other by STARTTLS when it offers that.

    Raises:
        InvalidArgument: `BAD_SETTING`; the message does not repeat the URL, which may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad("its port must be a number from 1 to 65535") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise _bad("it must read smtp://host:port or smtps://host:port, with user:password@ before the host if needed")
    chosen = parse_qs(parts.query).get("starttls", [""])[-1]
    if chosen and chosen not in set(StartTls):
        raise _bad("starttls must be auto, required or never")
    default = StartTls.NEVER if _is_this_machine(parts.hostname) else StartTls.AUTO
    return SmtpServer(
        host=parts.hostname,
        port=port or _DEFAULT_PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        start_tls=StartTls(chosen) if chosen else default,
        username=unquote(parts.username or ""),
        password=Secret(unquote(parts.password or "")),
    )


def parse_archive_url(url: str) -> ArchiveMailbox:
    """Reads `imaps://user:password@host[:port][/folder][?address=…]`; `imap://` only for this machine.

    The address that gets the copies is the user name unless it is said.

    Raises:
        InvalidArgument: `BAD_SETTING`; the message does not repeat the URL, which holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad("its port must be a number from 1 to 65535", _ARCHIVE_VARIABLE) from None
    if parts.scheme not in _IMAP_PORTS or not parts.hostname or not parts.username or not parts.password:
        raise _bad("it must read imaps://user:password@host/folder", _ARCHIVE_VARIABLE)
    if parts.scheme == "imap" and not _is_this_machine(parts.hostname):
        raise _bad("another machine must be spoken to by imaps://", _ARCHIVE_VARIABLE)
    address = parse_qs(parts.query).get("address", [unquote(parts.username)])[-1]
    if not is_mail_address(address):
        raise _bad("say which address it has: ?address=archive@example.vn", _ARCHIVE_VARIABLE)
    return ArchiveMailbox(
        host=parts.hostname,
        port=port or _IMAP_PORTS[parts.scheme],
        tls=parts.scheme == "imaps",
        username=unquote(parts.username),
        password=Secret(unquote(parts.password)),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        address=address,
    )


def _bad(what: str, variable: str = _SMTP_VARIABLE) -> InvalidArgument:
    return InvalidArgument("BAD_SETTING", f"{variable}: {what}.", field=variable)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
