"""What the scheduler takes from the settings."""

from dataclasses import dataclass
from typing import Self

from giaoban.config import Settings

ROLE = "scheduler"


@dataclass(frozen=True, slots=True)
class SchedulerSettings:
    """The scheduler's own view of the settings."""

    target: str
    """Where this role is called by gRPC; a Unix socket when nothing is set."""
    database_url: str
    """The SQL store; an encrypted SQLite file in the data folder when nothing is set."""
    redis_url: str
    """Where the streams are; the embedded server when nothing is set."""
    media_target: str
    """Where media's control is called."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Picks what this service needs."""
        return cls(
            target=settings.grpc_target(ROLE),
            database_url=settings.database_url(ROLE),
            redis_url=settings.redis_url,
            media_target=settings.grpc_target("media"),
        )
