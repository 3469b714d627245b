"""Handing a message to a mail server: one connection and one recipient per transaction (RFC 5321).

One recipient, because with several aiosmtplib reports a partial refusal in a return value only, and because each message is
personal anyway. What the server's answer means depends on how far the transaction came, so each step is taken by hand.
"""

from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from services.notify.config import SmtpServer, StartTls
from services.notify.domain.cleaning import clean_line
from services.notify.domain.model import ClaimedDelivery, Fate, Outcome

_START_TLS: Final = {StartTls.AUTO: None, StartTls.REQUIRED: True, StartTls.NEVER: False}
_MAX_DETAIL: Final = 300


class SmtpChannel:
    """Sends through one mail server."""

    def __init__(self, server: SmtpServer, timeout_seconds: float) -> None:
        """Args: timeout_seconds: longest wait for one answer of the server."""
        self._server = server
        self._timeout_seconds = timeout_seconds

    async def send(self, delivery: ClaimedDelivery) -> Outcome:
        """Tries once. Up to the message itself nothing can have been taken; from there on silence means `LOST`."""
        client = self._client()
        try:
            try:
                await client.connect()
                await client.mail(delivery.sender)
                await client.rcpt(delivery.address)
            except SMTPRecipientRefused as error:
                return _refused_or_deferred(error)
            except SMTPResponseException as error:
                # Greeting, STARTTLS, AUTH and MAIL concern the server or our account, not this recipient: whoever mends
                # the settings gets the message out, so a 5xx does not end it.
                return Outcome(Fate.DEFERRED, f"SMTP_{error.code}", _detail(error.message))
            except (SMTPException, OSError, ValueError) as error:
                return Outcome(Fate.DEFERRED, "SMTP_UNREACHABLE", _detail(str(error)))
            return await _transfer(client, delivery.content)
        finally:
            # Without QUIT: the answer is in our hands, and waiting for a goodbye could only delay the next message.
            client.close()

    def _client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password.get_secret_value() or None,
            use_tls=server.tls,
            start_tls=False if server.tls else _START_TLS[server.start_tls],
            timeout=self._timeout_seconds,
        )


async def _transfer(client: SMTP, content: bytes) -> Outcome:
    try:
        response = await client.data(content)
    except SMTPDataError as error:
        return _refused_or_deferred(error)
    except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
        return Outcome(Fate.LOST, "NO_ANSWER", _detail(str(error)))
    except SMTPResponseException as error:
        # The server said something that is no answer; it may have taken the message before.
        return Outcome(Fate.LOST, "BAD_ANSWER", _detail(error.message))
    return Outcome(Fate.ACCEPTED, "", _detail(response.message))


def _refused_or_deferred(error: SMTPResponseException) -> Outcome:
    permanent = 500 <= error.code < 600
    return Outcome(Fate.REFUSED if permanent else Fate.DEFERRED, f"SMTP_{error.code}", _detail(error.message))


def _detail(message: str) -> str:
    return clean_line(message, _MAX_DETAIL)
