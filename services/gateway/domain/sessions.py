"""What a browser session is and how long it lives."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

IDLE_LIFETIME = timedelta(hours=12)
"""A person's session ends after this long without use: one working day, so that a shared office PC is not signed in next morning."""

ABSOLUTE_LIFETIME = timedelta(days=7)
"""No session outlives this, however busy it is."""

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """Who is behind a cookie.

    `subject` is `people/{person}` or `briefings/{briefing}/invitees/{invitee}`; roles are not part of it, since they are
    read fresh from scheduler.
    """

    subject: str
    create_time: datetime
    last_use_time: datetime
    end_time: datetime
    """The latest moment it may live, whatever happens."""
    password_version: str = ""
    """Under which password it was opened; empty for links."""

    @property
    def is_link(self) -> bool:
        """Whether it was opened by a join link instead of a password."""
        return self.subject.startswith("briefings/")

    @property
    def expire_time(self) -> datetime:
        """When it ends unless it is used before."""
        return self.end_time if self.is_link else min(self.last_use_time + IDLE_LIFETIME, self.end_time)

    def used(self, now: datetime) -> "Session":
        """The same session after a use at `now`."""
        return replace(self, last_use_time=now)


def open_session(subject: str, now: datetime, end_time: datetime | None = None, password_version: str = "") -> Session:
    """A session that begins now; `end_time` shortens its life, as a link's does."""
    latest = now + ABSOLUTE_LIFETIME
    return Session(subject, now, now, min(latest, end_time) if end_time else latest, password_version)


def new_token() -> str:
    """A token with 256 random bits, URL-safe."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_digest(token: str) -> str:
    """What is stored instead of the token, so that a copy of the store opens no session."""
    return hashlib.sha256(token.encode()).hexdigest()


class SessionStore(Protocol):
    """Keeps sessions by token."""

    async def put(self, token: str, session: Session) -> None:
        """Stores or replaces; the entry vanishes by itself when the session expires."""

    async def get(self, token: str) -> Session | None:
        """The session, or None when there is none any more."""

    async def drop(self, token: str) -> None:
        """Forgets it; safe to repeat."""


class FailureCounter(Protocol):
    """Counts failures of a kind within a window."""

    async def add(self, key: str, window: timedelta) -> int:
        """Counts one failure and says how many there are in the window that the first one opened."""

    async def take_back(self, key: str, window: timedelta) -> None:
        """Uncounts what was none after all."""

    async def count(self, key: str) -> int:
        """How many there are now."""

    async def clear(self, key: str) -> None:
        """Forgets them, after a success."""
