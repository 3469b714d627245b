"""By which names this server may be asked."""

import ipaddress
from collections.abc import Iterable

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Hosts:
    """The host names and addresses that are ours; ports do not count, proxies change them.

    Args:
        names: Of the public address and those that the site adds.
        listening: The host that the gateway is bound to; a wildcard stands for every address of the machine.
    """

    def __init__(self, names: Iterable[str], listening: str) -> None:
        self._names = {name.lower().rstrip(".") for name in names} | {listening.lower()} | _LOOPBACK
        self._any_address = _is_wildcard(listening)

    def are_ours(self, host: str | None) -> bool:
        """Whether a `Host` header names us; HTTP/1.0 sends none."""
        if host is None:
            return True
        name = _name_of(host)
        # Nobody else's name resolves in a browser as a bare address, so an address cannot be rebound.
        return name in self._names or (self._any_address and _is_address(name))


def _name_of(host: str) -> str:
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_wildcard(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_unspecified
