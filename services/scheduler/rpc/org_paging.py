"""Pages of lists (AIP-158): sizes are cut down to the cap, tokens are opaque and bound to the request they came from."""

import base64
import hashlib
import json
from typing import Final

from giaoban.errors import InvalidArgument
from services.scheduler.domain.org_ports import Slice

_LONGEST_TOKEN: Final = 4096


def page_limit(asked: int, default: int, cap: int) -> int:
    """How many to answer.

    Raises:
        InvalidArgument: `BAD_FIELD`: a negative size.
    """
    if asked < 0:
        raise InvalidArgument("BAD_FIELD", "page_size must not be negative.", field="page_size")
    return min(asked or default, cap)


def page_slice(limit: int, token: str, *question: str) -> Slice:
    """Where a list goes on.

    Args:
        limit: From `page_limit`.
        token: Of the request; empty for the first page.
        question: All other arguments of the request, which must not change between pages.

    Raises:
        InvalidArgument: `BAD_PAGE_TOKEN`.
    """
    if not token:
        return Slice(limit)
    after = _after(token, question)
    if not after:
        raise InvalidArgument(
            "BAD_PAGE_TOKEN", "page_token belongs to another request; start anew.", field="page_token"
        )
    return Slice(limit, after)


def page_token(after: tuple[str, ...], *question: str) -> str:
    """The token of the next page; empty at the end."""
    if not after:
        return ""
    content = json.dumps([_mark(question), *after], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode("ascii")


def _mark(question: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:16]


def _after(token: str, question: tuple[str, ...]) -> tuple[str, ...]:
    """The sort key in a token; empty when the token is not one for this question."""
    if len(token) > _LONGEST_TOKEN:
        return ()
    try:
        mark, *after = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
    except (ValueError, TypeError, RecursionError):
        return ()
    return tuple(after) if mark == _mark(question) and all(isinstance(part, str) for part in after) else ()
