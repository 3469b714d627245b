"""Channels to the other services, with the caller's identity on each call."""

from collections.abc import Mapping
from typing import Final

import grpc

from giaoban.principal import Principal
from giaoban.rpc.client import Peer
from giaoban.rpc.tokens import TokenMinter

ROLE_OF_SERVICE: Final[Mapping[str, str]] = {
    "briefing.v1.BriefingService": "scheduler",
    "briefing.v1.CalendarService": "scheduler",
    "briefing.v1.CredentialService": "scheduler",
    "briefing.v1.DeliveryService": "notify",
    "briefing.v1.OrgService": "scheduler",
    "briefing.v1.PointService": "scheduler",
    "briefing.v1.QualityService": "media",
    "briefing.v1.ReportService": "scheduler",
    "briefing.v1.RoomService": "media",
}
"""Which role serves what. `WorkerService` is absent: only the signalling proxy speaks to workers."""


class Peers:
    """One channel per role; the identity travels in the metadata of each call, so all callers share it."""

    def __init__(self, peers: Mapping[str, Peer], minter: TokenMinter) -> None:
        self._peers = peers
        self._minter = minter

    def channel(self, role: str) -> grpc.aio.Channel:
        """The channel to a role; calls on it without own metadata act as the gateway itself."""
        return self._peers[role].channel

    async def serving(self, role: str, timeout_seconds: float) -> bool:
        """Whether the role's health service says that it can do its work."""
        return await self._peers[role].serving(timeout_seconds)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that must be ready for the gateway to be ready."""
        return tuple(self._peers)

    def metadata(self, principal: Principal, role: str) -> list[tuple[str, str]]:
        """Call metadata that makes the call act for `principal`.

        A call without it would act as the gateway itself, which may do more than any visitor: so nobody is a principal
        too, `NOBODY`.
        """
        return [("authorization", f"Bearer {self._minter.mint(principal, role)}")]
