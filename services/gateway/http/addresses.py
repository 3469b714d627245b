"""Where a request comes from, seen through the reverse proxies that are trusted."""

import ipaddress
from collections.abc import Sequence

from aiohttp import web


class ClientAddresses:
    """Reads client address, scheme and host; headers of proxies count only when they come from a trusted one."""

    def __init__(self, trusted_proxies: Sequence[str]) -> None:
        self._trusted = [ipaddress.ip_network(address, strict=False) for address in trusted_proxies]

    def of(self, request: web.Request) -> str:
        """The client's address: the last one in `X-Forwarded-For` that is no trusted proxy, or the socket's."""
        address = request.remote or ""
        if not self._is_trusted(address):
            return address
        # Lines of one name are one list (RFC 9110 section 5.3): HAProxy adds its own below what the client sent.
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
        for hop in reversed(forwarded.split(",")):
            candidate = hop.strip()
            if candidate and not self._is_trusted(candidate):
                return candidate[:64]
        return address

    def scheme(self, request: web.Request) -> str:
        """`https` or `http` as the browser sees it."""
        if self._is_trusted(request.remote or ""):
            forwarded = request.headers.get("X-Forwarded-Proto", "")
            if forwarded in ("http", "https"):
                return forwarded
        return "https" if request.secure else "http"

    def origin(self, request: web.Request) -> str:
        """The origin (RFC 6454) of the page that this server serves to this client."""
        return f"{self.scheme(request)}://{request.host.lower()}"

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)
