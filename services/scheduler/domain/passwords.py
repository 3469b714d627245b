"""Passwords: what they are checked against, and which are too weak."""

import asyncio
from typing import Final, Protocol

import argon2

from giaoban.errors import InvalidArgument
from giaoban.ids import fold
from giaoban.turns import NewestFirst

SHORTEST: Final = 10
LONGEST: Final = 256
_MANY_KINDS: Final = 4
_AT_ONCE: Final = 2  # one hash takes 64 MiB and four threads
_MOST_WAITING: Final = 200  # what is checked within the time that a browser waits
_MOST_OF_NOBODY: Final = 32


class PasswordHasher(Protocol):
    """Turns passwords into what may be stored."""

    async def hash(self, password: str) -> str:
        """What to store; different each time."""
        ...

    async def verify(self, password_hash: str, password: str) -> bool:
        """Whether the password is the one behind a stored hash; an empty hash is checked as long and never right."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Whether a hash was made with weaker parameters than those of today."""
        ...


class Argon2Hasher:
    """Argon2id in threads, so that the event loop goes on; at most two at once, the others wait.

    Names that have no account are checked in a lane of their own: guessing at them must not keep people with one out.
    """

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2.PasswordHasher()
        self._turns = NewestFirst(_AT_ONCE, _MOST_WAITING)
        self._turns_of_nobody = NewestFirst(1, _MOST_OF_NOBODY)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """What to store."""
        async with self._turns.turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password_hash: str, password: str) -> bool:
        """Whether the password is right."""
        if not password_hash:
            # Unknown accounts cost the same time as known ones, so that nobody learns which exist.
            self._nobody = self._nobody or await self.hash("nobody has this password")
        async with (self._turns if password_hash else self._turns_of_nobody).turn():
            right = await asyncio.to_thread(self._verify, password_hash or self._nobody, password)
        return right and bool(password_hash)

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the parameters are those of today."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


def check_password(password: str, username: str, field: str) -> None:
    """Refuses passwords that are guessed first.

    Raises:
        InvalidArgument: `WEAK_PASSWORD`.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidArgument(
            "WEAK_PASSWORD", f"A password has {SHORTEST} to {LONGEST} characters.", field=field, problem="LENGTH"
        )
    if len(set(password)) < _MANY_KINDS:
        raise InvalidArgument(
            "WEAK_PASSWORD", "A password needs more different characters.", field=field, problem="REPETITION"
        )
    if username and fold(username) in fold(password):
        raise InvalidArgument(
            "WEAK_PASSWORD", "A password must not hold the user name.", field=field, problem="USERNAME"
        )
