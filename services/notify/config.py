"""What the notify service may be told, and what happens when it is not."""

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from giaoban.config import Secret, Settings
from giaoban.errors import InvalidArgument

_SMTP_VARIABLE: Final = "GIAOBAN_SMTP_URL"
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
class NotifySettings:
    """Settings of the service.

    Attributes:
        public_url: What browsers reach the gateway by; links in mails begin with it.
        mail_dir: Where messages are written as `.eml` files while there is no mail server.
        smtp: The mail server; None writes files.
        smtp_timeout_seconds: Longest wait for one answer of the server.
        workers: Messages under way at the same time.
        reminder_offsets: Minutes before the start at which attendees are reminded.
        reminder_poll_seconds: How often due reminders are looked for.
    """

    public_url: str
    mail_dir: Path
    smtp: SmtpServer | None = None
    smtp_timeout_seconds: float = 30.0
    workers: int = 4
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


def _bad(what: str) -> InvalidArgument:
    return InvalidArgument("BAD_SETTING", f"{_SMTP_VARIABLE}: {what}.", field=_SMTP_VARIABLE)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
