"""What every room works with, and who hears what happens in rooms."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from giaoban.clock import Clock
    from services.media.domain.client import LeaveReason
    from services.media.domain.participants import Participant
    from services.media.domain.ports import Plane
    from services.media.domain.room import Room
    from services.media.domain.transport import TransportListener, Transports

_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def new_sid(prefix: str) -> str:
    """Makes an id in the form clients test for: `PA_`, `TR_`, `RM_` and twelve characters."""
    return prefix + "_" + "".join(secrets.choice(_ALPHABET) for _ in range(12))


class RoomWatcher(Protocol):
    """Who wants to know what happens in rooms."""

    def on_joined(self, participant: Participant) -> None:
        """Tells that somebody's media may flow, once a session."""

    def on_left(self, participant: Participant, reason: LeaveReason) -> None:
        """Tells that somebody who was connected is gone."""

    def on_closed(self, room: Room) -> None:
        """Tells that a room is no more; everybody left it before."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every room works with."""

    plane: Plane
    transports: Transports
    listener: TransportListener
    watcher: RoomWatcher
    clock: Clock
