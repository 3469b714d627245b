"""Which page may make a browser write: the defence against cross-site request forgery."""

from collections.abc import Collection

API_MEDIA_TYPES = frozenset(
    {"application/json", "application/proto", "application/connect+json", "application/connect+proto"}
)
"""None of them can be sent by a foreign HTML form, so a browser asks first (CORS preflight) and is refused."""


def may_write(origin: str | None, own_origins: Collection[str]) -> bool:
    """Whether a request with this `Origin` header may act with the caller's cookie.

    Browsers send `Origin` with every POST (Fetch standard, section 3.1); scripts and tools without it hold no foreign cookie.
    """
    return origin is None or origin.lower().rstrip("/") in own_origins
