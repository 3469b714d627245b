"""What the media service reads of the site's settings."""

from dataclasses import dataclass, field
from typing import NamedTuple

from giaoban.config import Settings


class BoundAddress(NamedTuple):
    """An address to bind, the one announced for it, and whether only clients of this machine are served there."""

    host: str
    announced: str
    local: bool


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Settings of the control process and of workers.

    Attributes:
        addresses: One UDP socket each; for this machine only while the web is served on loopback.
        udp_port: Of the first worker; worker i uses the i-th after it.
        pair: Key and secret of room tokens and the room API; made at first start.
        database_url: Where the quality history is; an encrypted SQLite file unless the site has PostgreSQL.
        redis_url: Where the registry and the streams are.
        history_days: How long samples are kept.
    """

    addresses: tuple[BoundAddress, ...]
    udp_port: int
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    pair: tuple[str, str] = field(repr=False)
    history_days: int = 400


def media_settings(settings: Settings) -> MediaSettings:
    """Reads the site's settings; makes what keys are missing."""
    return MediaSettings(
        addresses=tuple(BoundAddress(*each) for each in settings.media_addresses),
        udp_port=settings.media_udp,
        database_url=settings.database_url("media"),
        redis_url=settings.redis_url,
        pair=settings.key_folder().room_api_pair(),
    )
