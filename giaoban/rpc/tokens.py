"""Who calls: a signed token with each call, good for one role and at most a minute.

The gateway speaks for people and link holders; every other role for itself only, each with a key of its own.
"""

import time
from typing import TYPE_CHECKING, Any, Final

import jwt

from giaoban.config import ROLES
from giaoban.errors import Unauthenticated
from giaoban.keys import KeyFolder
from giaoban.principal import SERVICE_PREFIX, Grant, Principal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_ALGORITHM: Final = "EdDSA"
_LIFETIME_SECONDS: Final = 60
_REUSE_SECONDS: Final = 30
_LEEWAY_SECONDS: Final = 5  # clocks of machines in split mode
_LONGEST_TOKEN: Final = 16_384
_SPEAKS_FOR_OTHERS: Final = "gateway"


class TokenMinter:
    """Signs tokens with the key of one role."""

    def __init__(self, role: str, keys: KeyFolder) -> None:
        self._role = role
        self._key = keys.signing_key(role)
        self._own: dict[str, tuple[float, str]] = {}

    def mint(self, principal: Principal, audience: str) -> str:
        """Signs that the principal calls the role `audience`."""
        now = int(time.time())
        claims = {
            "iss": self._role,
            "aud": audience,
            "sub": principal.subject,
            "iat": now,
            "exp": now + _LIFETIME_SECONDS,
            "grants": [[grant.role, grant.unit_path] for grant in principal.grants],
            "link": principal.link,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def for_service(self, audience: str) -> str:
        """Signs that this role calls for itself; usable as the token source of a `Peer`. Repeats within 30 s are free."""
        made, token = self._own.get(audience, (0.0, ""))
        if not token or not 0 <= time.time() - made < _REUSE_SECONDS:
            token = self.mint(Principal(SERVICE_PREFIX + self._role), audience)
            self._own[audience] = (time.time(), token)
        return token


class TokenVerifier:
    """Checks the tokens of calls to one role."""

    def __init__(self, role: str, keys: KeyFolder) -> None:
        self._role = role
        self._keys = keys
        self._public: dict[str, Ed25519PublicKey] = {}

    def verify(self, token: str) -> Principal:
        """Answers who calls.

        Raises:
            Unauthenticated: `SIGNED_OUT`: not signed by a role of ours, not for this role, too old, or the signer may
                not speak for that subject. The message does not say which.
        """
        try:
            claims = self._checked_claims(token)
            return _principal(claims)
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
            raise Unauthenticated("SIGNED_OUT", "The call carries no valid token; sign in again.") from error

    def _checked_claims(self, token: str) -> dict[str, Any]:
        if len(token) > _LONGEST_TOKEN:
            raise ValueError("The token is too long.")
        issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
        if issuer not in ROLES:
            raise ValueError("The signer is no role of ours.")
        if issuer not in self._public:
            self._public[issuer] = self._keys.public_key(issuer)
        return jwt.decode(
            token,
            self._public[issuer],
            algorithms=[_ALGORITHM],
            audience=self._role,
            issuer=issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "sub", "iat", "exp", "grants"]},
        )


def _principal(claims: dict[str, Any]) -> Principal:
    subject, issuer, link = str(claims["sub"]), claims["iss"], claims.get("link") is True
    if claims["exp"] - claims["iat"] > _LIFETIME_SECONDS:
        raise ValueError("The token lives too long.")
    speaks_for_itself = subject == SERVICE_PREFIX + issuer
    if not speaks_for_itself and (issuer != _SPEAKS_FOR_OTHERS or subject.startswith(SERVICE_PREFIX) or not subject):
        raise ValueError("The signer may not speak for this subject.")
    if link != (subject.startswith("briefings/")):
        raise ValueError("A link belongs to an invitee and to nobody else.")
    grants = tuple(Grant(str(role), str(path)) for role, path in claims["grants"])
    if grants and (link or speaks_for_itself):
        raise ValueError("Only people hold roles.")
    return Principal(subject, grants, link)
