"""A real SMTP server that keeps what it gets."""

import threading
import time
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.e2e.house import free_ports


class Mailbox:
    """Accepts every mail on a loopback port."""

    def __init__(self) -> None:
        self._mails: list[tuple[str, EmailMessage]] = []
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_ports(3)[2])

    @property
    def url(self) -> str:
        """What `GIAOBAN_SMTP_URL` says."""
        return f"smtp://127.0.0.1:{self._controller.port}"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keeps a mail; called by aiosmtpd."""
        del server, session
        mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        with self._lock:
            self._mails.extend((address, mail) for address in envelope.rcpt_tos)
        return "250 kept"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails that an address got, oldest first."""
        with self._lock:
            return [mail for recipient, mail in self._mails if recipient.lower() == address.lower()]

    def everything(self) -> list[tuple[str, str]]:
        """Address and title of the briefing of every mail; the subject reads `Kind: title – time`."""
        with self._lock:
            return [
                (address.lower(), str(mail["Subject"]).partition(": ")[2].rpartition(" – ")[0])
                for address, mail in self._mails
            ]

    def wait_for(self, address: str, count: int = 1, seconds: float = 30.0) -> EmailMessage:
        """The newest mail of an address once it has `count` of them."""
        deadline = time.monotonic() + seconds
        while len(found := self.to(address)) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{address} has {len(found)} mails, not {count}")
            time.sleep(0.05)
        return found[-1]

    def __enter__(self) -> "Mailbox":
        self._controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._controller.stop()


def part(mail: EmailMessage, media_type: str) -> str:
    """The text of the first part of a type."""
    for found in mail.walk():
        if found.get_content_type() == media_type:
            content = found.get_content()
            return content if isinstance(content, str) else content.decode()
    raise LookupError(f"no {media_type} in the mail")
