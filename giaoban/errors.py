"""One family of errors for rules that were broken; `giaoban.rpc.status` turns them into statuses.

The pair (reason, "giaoban") is API: a reason is never renamed and never used for something else.
"""

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ERROR_DOMAIN: Final = "giaoban"


class DomainError(Exception):
    """A request that cannot be done as asked.

    Attributes:
        reason: Stable code, UPPER_SNAKE, at most 63 characters.
        message: A plain English sentence for developers that names the remedy.
        metadata: The variable parts of the message; no personal data.
    """

    def __init__(self, reason: str, message: str, /, **metadata: str) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason: Final = reason
        self.message: Final = message
        self.metadata: Final[Mapping[str, str]] = MappingProxyType(metadata)


class NotFound(DomainError):
    """The thing named does not exist, or the caller may not know that it does."""


class InvalidArgument(DomainError):
    """A field of the request is wrong whatever the state of the system.

    Attributes:
        field: Path of the field in the request, for example `briefing.start_time`; empty when no single one is meant.
    """

    def __init__(self, reason: str, message: str, /, *, field: str = "", **metadata: str) -> None:
        super().__init__(reason, message, **({"field": field} if field else {}), **metadata)
        self.field: Final = field


class Conflict(DomainError):
    """The thing exists already, or something else holds its place."""


class FailedPrecondition(DomainError):
    """The system is in a state in which this cannot be done; repeating does not help before that changes."""


class PermissionDenied(DomainError):
    """The caller is known and may not do this."""


class Unauthenticated(DomainError):
    """Nobody knows who the caller is."""


class ResourceExhausted(DomainError):
    """Too much or too often; may be repeated later."""


class Aborted(DomainError):
    """Somebody changed the thing meanwhile (etag); read it again and decide anew."""


class Unimplemented(DomainError):
    """The protocol knows this, and this server does not do it."""


class Unavailable(DomainError):
    """Something needed is away for the moment; repeat with a pause."""
