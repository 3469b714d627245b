"""The archive mailbox: each message goes there, too, and whether one is there says what became of it (RFC 9051 §6.4.4)."""

import imaplib
import ssl
from collections.abc import Sequence
from contextlib import suppress

from giaoban.errors import Unavailable
from giaoban.priority import background
from services.notify.config import ArchiveMailbox

_SECONDS = 30.0


class ImapArchive:
    """Looks for messages by their Message-ID; one connection for each question."""

    def __init__(self, mailbox: ArchiveMailbox) -> None:
        self._mailbox = mailbox

    async def holds(self, message_ids: Sequence[str]) -> frozenset[str]:
        """Answers which of these messages are there.

        Raises:
            Unavailable: `ARCHIVE_AWAY`: the mailbox cannot be read.
        """
        try:
            return await background(self._search, message_ids)
        except (OSError, imaplib.IMAP4.error) as error:
            raise Unavailable("ARCHIVE_AWAY", f"The archive mailbox cannot be read: {error}.") from error

    def _search(self, message_ids: Sequence[str]) -> frozenset[str]:
        with self._opened() as client:
            try:
                client.login(self._mailbox.username, self._mailbox.password.get_secret_value())
                status, answer = client.select(_quoted(self._mailbox.folder), readonly=True)
                if status != "OK":
                    raise imaplib.IMAP4.error(f"{self._mailbox.folder}: {answer[0]!r}")
                return frozenset(each for each in message_ids if self._is_there(client, each))
            finally:
                with suppress(OSError, imaplib.IMAP4.error):
                    client.close()

    def _is_there(self, client: imaplib.IMAP4, message_id: str) -> bool:
        status, answer = client.search(None, "HEADER", "Message-ID", _quoted(message_id))
        if status != "OK":
            raise imaplib.IMAP4.error("the server does not search")
        return bool(answer and answer[0] and answer[0].split())

    def _opened(self) -> imaplib.IMAP4:
        mailbox = self._mailbox
        if mailbox.tls:
            context = ssl.create_default_context()
            return imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=_SECONDS)
        return imaplib.IMAP4(mailbox.host, mailbox.port, timeout=_SECONDS)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
