"""Probes: `/healthz` says alive, `/readyz` says that the whole house answers."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from services.gateway.peers import Peers

_PROBE_TIMEOUT_SECONDS = 2.0


async def alive(request: web.Request) -> web.Response:
    """200 while the process answers."""
    del request
    return web.json_response({"status": "alive"})


@dataclass(frozen=True, slots=True)
class Readiness:
    """Asks every service for its health."""

    peers: Peers

    async def answer(self, request: web.Request) -> web.Response:
        """200 when all services serve, else 503 with the reason for each that does not."""
        del request
        roles = self.peers.roles
        states = dict(zip(roles, await asyncio.gather(*(self._state(role) for role in roles)), strict=True))
        ready = all(state == "serving" for state in states.values())
        return web.json_response({"ready": ready, "services": states}, status=200 if ready else 503)

    async def _state(self, role: str) -> str:
        return "serving" if await self.peers.serving(role, _PROBE_TIMEOUT_SECONDS) else "not reachable"
