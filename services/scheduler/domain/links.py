"""Join links: a signed name of one invitee. Nothing secret is stored; a higher link version voids what was sent.

A token reads `{invitee}.{signature}`; the signature is the first 16 bytes of HMAC-SHA256 over
`link:{invitee}:{link_version}` in URL-safe base64 without padding.
"""

import base64
import hashlib
import hmac
import re
from datetime import datetime, timedelta

from giaoban.errors import Unauthenticated
from giaoban.names import InviteeId
from services.scheduler.domain.briefings import Briefing, Invitee

LINK_OUTLIVES = timedelta(hours=24)
_SIGNATURE_BYTES = 16
_TOKEN = re.compile(r"([a-z0-9]{1,40})\.([A-Za-z0-9_-]{22})", re.ASCII)


class Links:
    """Makes and checks join links with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def _signature(self, invitee: InviteeId, version: int) -> str:
        digest = hmac.digest(self._secret, f"link:{invitee}:{version}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).rstrip(b"=").decode()

    def token(self, invitee: Invitee) -> str:
        """The token of the invitee's present link."""
        return f"{invitee.id}.{self._signature(invitee.id, invitee.link_version)}"

    def path(self, invitee: Invitee) -> str:
        """The path of the invitee's present link at the gateway."""
        return f"/join/{self.token(invitee)}"

    def is_signed(self, token: str, invitee: Invitee) -> bool:
        """Whether the token is the invitee's present one; takes the same time for every wrong one."""
        return hmac.compare_digest(token.encode(), self.token(invitee).encode())


def invitee_of(token: str) -> InviteeId:
    """Reads whom a token names, still unproven.

    Raises:
        Unauthenticated: `LINK_INVALID`.
    """
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise invalid_link()
    return InviteeId(match[1])


def expiry(briefing: Briefing) -> datetime:
    """When the links of a briefing die."""
    return briefing.plan.end + LINK_OUTLIVES


def invalid_link() -> Unauthenticated:
    """The same refusal whatever was wrong, so that nobody learns which invitees exist."""
    return Unauthenticated("LINK_INVALID", "This link is not valid; open the newest invitation.")


def expired_link() -> Unauthenticated:
    """The refusal of a link that was right once."""
    return Unauthenticated("LINK_EXPIRED", "The link ended 24 hours after the briefing.")
