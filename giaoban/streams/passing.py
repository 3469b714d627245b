"""Which failures of a handler pass by themselves, and which lie in the entry."""

import math
from typing import Final

import grpc
import grpc.aio
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from giaoban.errors import DomainError, ResourceExhausted, Unavailable

BROKEN_PEER_SECONDS: Final = 3600.0
"""A peer's INTERNAL is its store that is away, or its fault with this one entry: the others wait an hour, not for ever."""

_AWAY: Final = frozenset(
    {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}
)
_BROKEN: Final = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
_BROKEN_REASONS: Final = frozenset(code.name for code in _BROKEN)
# What PostgreSQL says when it ends or is full has no class of its own, so those are named that blame the statement.
_OF_THE_STATEMENT: Final = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
_OUTAGES: Final = (Unavailable, ResourceExhausted, OSError, PoolTimeoutError, RedisConnectionError, RedisTimeoutError)


def is_outage(error: Exception) -> bool:
    """Whether a store or Redis is away or has no connection left, so that the same call works again in a moment."""
    return not isinstance(error, DomainError) and math.isinf(patience_seconds(error))


def patience_seconds(error: Exception) -> float:
    """Answers for how long an entry is repeated in place while its handler fails so; 0 when the entry is to blame."""
    if isinstance(error, grpc.aio.AioRpcError):
        return math.inf if error.code() in _AWAY else BROKEN_PEER_SECONDS if error.code() in _BROKEN else 0.0
    # As `from_call` reads a failed call without a reason of ours.
    if type(error) is DomainError and error.reason in _BROKEN_REASONS:
        return BROKEN_PEER_SECONDS
    if isinstance(error, DBAPIError):
        return 0.0 if isinstance(error, _OF_THE_STATEMENT) else math.inf
    return math.inf if isinstance(error, _OUTAGES) else 0.0
