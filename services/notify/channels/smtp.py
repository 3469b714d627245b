"""Handing messages to a mail server: kept connections, many messages each, one recipient per transaction (RFC 5321).

One recipient, because with several aiosmtplib reports a partial refusal in a return value only, and because each message is
personal anyway. What the server's answer means depends on how far the transaction came, so each step is taken by hand.
"""

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from typing import Final

import structlog
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from giaoban.config import own_addresses
from services.notify.config import SmtpServer, StartTls
from services.notify.domain.cleaning import clean_line
from services.notify.domain.gate import ProblemKind
from services.notify.domain.model import ClaimedDelivery, Fate, Outcome
from services.notify.domain.refusals import About, about, mark
from services.notify.domain.retry import BAD_ANSWER, NO_ANSWER

_START_TLS: Final = {StartTls.AUTO: None, StartTls.REQUIRED: True, StartTls.NEVER: False}
log = structlog.get_logger(__name__)

_MAX_DETAIL: Final = 300
_MOST_MESSAGES: Final = 100  # servers end a session after some number of their own
_CLOSING: Final = 421

_QUIT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long to wait: RFC 5321 §4.5.3.2 says what a client should wait at least. A slow answer delays its own lane only.

    Attributes:
        connect_seconds: For the connection.
        command_seconds: For the greeting and the answer to each command.
        message_seconds: From DATA to the answer to the final dot, which virus scanners hold back for minutes.
    """

    connect_seconds: float = 30.0
    command_seconds: float = 300.0
    message_seconds: float = 600.0


DEADLINES: Final = Deadlines()


class SmtpChannel:
    """Knows one mail server; each lane has a connection of its own."""

    def __init__(
        self, server: SmtpServer, helo: str = "", deadlines: Deadlines = DEADLINES, *, archive: str = ""
    ) -> None:
        """Makes a channel.

        Args:
            server: The mail server.
            helo: The name to give in EHLO; empty for that of this machine.
            deadlines: Of the steps of a hand-over.
            archive: Address that gets a copy of each message without being named in it; empty for none.
        """
        self._server = server
        self._archive = archive
        self._helo = helo or own_name()
        self._deadlines = deadlines

    def lane(self) -> "SmtpLane":
        """A way to hand over one message after another."""
        return SmtpLane(self._server, self._helo, self._deadlines, self._archive)


class SmtpLane:
    """One connection, made when it is needed and kept for a while."""

    def __init__(self, server: SmtpServer, helo: str, deadlines: Deadlines, archive: str) -> None:
        self._server = server
        self._deadlines = deadlines
        self._archive = archive
        self._helo = helo
        self._client: SMTP | None = None
        self._sent = 0

    async def send(self, delivery: ClaimedDelivery) -> Outcome:
        """Tries once. Up to the message itself nothing can have been taken; from there on silence means `LOST`."""
        outcome = None
        if self._client is not None:
            # A server may end a kept connection between two messages at any time: that says nothing of this message.
            outcome = await self._begin(self._client, delivery)
            if outcome is not None and outcome.fate is Fate.HELD:
                await self._drop()
                outcome = None
        if self._client is None and outcome is None:
            outcome = await self._open() or await self._begin(self._client, delivery)
        if outcome is None:
            outcome = await self._transfer(delivery.content)
        if outcome.fate in (Fate.HELD, Fate.LOST):
            await self._drop()
        self._sent += 1
        if self._sent >= _MOST_MESSAGES:
            await self.rest()
        return outcome

    async def rest(self) -> None:
        """Says goodbye (RFC 5321 §4.1.1.10: a client must not just close) until the next message."""
        client = self._client
        if client is not None and client.is_connected:
            with contextlib.suppress(SMTPException, OSError, ValueError):
                await client.quit(timeout=_QUIT_SECONDS)
        await self._drop()

    async def _drop(self) -> None:
        client, self._client, self._sent = self._client, None, 0
        if client is not None:
            client.close()

    async def _open(self) -> Outcome | None:
        """Connects and signs in; answers why not."""
        client = self._new_client()
        try:
            async with asyncio.timeout(self._deadlines.connect_seconds + self._deadlines.command_seconds):
                await client.connect()
        except SMTPAuthenticationError as error:
            kind = ProblemKind.SIGN_IN if error.code >= 500 else ProblemKind.REFUSED
            outcome = _held(kind, f"SMTP_{error.code}", error.message)
        except SMTPResponseException as error:
            outcome = _held(ProblemKind.REFUSED, f"SMTP_{error.code}", error.message)
        except (SMTPException, OSError, ValueError) as error:
            outcome = _held(ProblemKind.UNREACHABLE, "SMTP_UNREACHABLE", str(error) or type(error).__name__)
        else:
            self._client = client
            return None
        client.close()
        return outcome

    async def _begin(self, client: SMTP | None, delivery: ClaimedDelivery) -> Outcome | None:
        """Names sender and recipient; answers what became of the message if it ended there."""
        assert client is not None  # noqa: S101 -- opened before
        try:
            await client.mail(delivery.sender, timeout=self._deadlines.command_seconds)
            await client.rcpt(delivery.address, timeout=self._deadlines.command_seconds)
        except SMTPRecipientRefused as error:
            return await self._refused(error, of_message=False)
        except SMTPResponseException as error:
            return _held(ProblemKind.REFUSED, f"SMTP_{error.code}", error.message)
        except (SMTPException, OSError, ValueError) as error:
            return _held(ProblemKind.UNREACHABLE, "SMTP_UNREACHABLE", str(error) or type(error).__name__)
        return await self._copy_to_archive(client)

    async def _copy_to_archive(self, client: SMTP) -> Outcome | None:
        """Names the archive as a second recipient. Its refusal keeps no mail back: the settler notices that copies are missing."""
        if not self._archive:
            return None
        try:
            await client.rcpt(self._archive, timeout=self._deadlines.command_seconds)
        except SMTPResponseException as error:
            log.warning("the archive mailbox is refused", code=error.code)
        except (SMTPException, OSError, ValueError) as error:
            return _held(ProblemKind.UNREACHABLE, "SMTP_UNREACHABLE", str(error) or type(error).__name__)
        return None

    async def _transfer(self, content: bytes) -> Outcome:
        assert self._client is not None  # noqa: S101 -- opened before
        try:
            response = await self._client.data(content, timeout=self._deadlines.message_seconds)
        except SMTPDataError as error:
            return await self._refused(error, of_message=True)
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
            return Outcome(Fate.LOST, NO_ANSWER, _detail(str(error)))
        except SMTPResponseException as error:
            # The server said something that is no answer; it may have taken the message before.
            return Outcome(Fate.LOST, BAD_ANSWER, _detail(error.message))
        return Outcome(Fate.ACCEPTED, "", _detail(response.message))

    async def _refused(self, error: SMTPResponseException, *, of_message: bool) -> Outcome:
        await self._start_over(error.code)
        reason, detail = f"SMTP_{error.code}", _detail(error.message)
        match about(error.code, error.message, of_message=of_message):
            case About.MAILBOX:
                return Outcome(Fate.REFUSED, reason, detail)
            case About.US:
                return Outcome(Fate.DEFERRED, reason, detail, policy=mark(error.code, error.message))
            case About.PASSING:
                return Outcome(Fate.DEFERRED, reason, detail)

    async def _start_over(self, code: int) -> None:
        client = self._client
        if client is None or code == _CLOSING:
            await self._drop()
            return
        try:
            await client.rset(timeout=self._deadlines.command_seconds)
        except (SMTPException, OSError):
            await self._drop()

    def _new_client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password.get_secret_value() or None,
            local_hostname=self._helo,
            use_tls=server.tls,
            start_tls=False if server.tls else _START_TLS[server.start_tls],
            timeout=self._deadlines.command_seconds,
        )


def own_name() -> str:
    """What to say in EHLO: the full name of this machine, else an address literal (RFC 5321 §4.1.1.1, §4.1.3)."""
    name = socket.getfqdn()
    if "." in name and not name.startswith("localhost") and not name.replace(".", "").isdigit():
        return name
    return f"[{own_addresses()[0]}]"


def _held(kind: ProblemKind, reason: str, detail: str) -> Outcome:
    return Outcome(Fate.HELD, reason, _detail(detail), kind=kind)


def _detail(message: str) -> str:
    return clean_line(message, _MAX_DETAIL)
