"""Keeping the mail of the invented province on this machine, whatever mail server the site has."""

from giaoban.invented import MAIL_DOMAIN
from services.notify.domain.model import ClaimedDelivery, Outcome
from services.notify.domain.ports import Channel, Lane


class InventedApart:
    """Hands mail to invented addresses to one channel and all other mail to another."""

    def __init__(self, invented: Channel, real: Channel) -> None:
        self._invented = invented
        self._real = real

    def lane(self) -> Lane:
        """A lane to either."""
        return _Lane(self._invented.lane(), self._real.lane())


class _Lane:
    def __init__(self, invented: Lane, real: Lane) -> None:
        self._invented = invented
        self._real = real

    async def send(self, delivery: ClaimedDelivery) -> Outcome:
        domain = delivery.address.rpartition("@")[2].lower()
        return await (self._invented if domain == MAIL_DOMAIN else self._real).send(delivery)

    async def rest(self) -> None:
        await self._invented.rest()
        await self._real.rest()
