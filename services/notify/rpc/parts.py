"""Taking a stored message apart for showing."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass(frozen=True, slots=True)
class Shown:
    """The two readable parts of a message."""

    html: str
    text: str


def shown_parts(content: bytes) -> Shown:
    """Reads the HTML and the plain part; both empty when there is no message."""
    if not content:
        return Shown("", "")
    message = message_from_bytes(content, policy=default)
    return Shown(_body(message, "html"), _body(message, "plain"))


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())
