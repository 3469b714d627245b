"""The data channels of one peer: three labels, opened by the client, used both ways."""

import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from aiortc import RTCDataChannel
from aiortc.rtcsctptransport import RTCSctpCapabilities

from services.media.domain.transport import Channel
from services.media.sfu.rtp_tap import BoundedSctpTransport, MediaDtlsTransport

log = logging.getLogger(__name__)

SCTP_PORT: Final = 5000
MAX_MESSAGE: Final = 65536
_BACKLOG: Final = {Channel.RELIABLE: 4 * 1024 * 1024, Channel.LOSSY: 256 * 1024, Channel.TRACKS: 256 * 1024}
_EARLY_MESSAGES: Final = 128
_EARLY_BYTES: Final = 512 * 1024


class DataChannels:
    """Sends and receives data messages.

    Args:
        on_message: Called with each message of a known label.
        on_overflow: Called when a client does not read its reliable messages.
    """

    def __init__(
        self,
        dtls: MediaDtlsTransport,
        on_message: Callable[[Channel, bytes], None],
        on_overflow: Callable[[], None],
    ) -> None:
        self._transport = BoundedSctpTransport(dtls, SCTP_PORT, on_overflow)
        self._transport.on("datachannel", self._opened)
        self._on_message = on_message
        self._on_overflow = on_overflow
        self._channels: dict[Channel, RTCDataChannel] = {}
        # Others may write before this client opened its channel; a stream's header must not be lost.
        self._early: deque[bytes] = deque()
        self._early_bytes = 0

    async def start(self) -> None:
        """Begins the association; the client begins its own at the same time (RFC 8841 §9.3)."""
        await self._transport.start(RTCSctpCapabilities(maxMessageSize=MAX_MESSAGE), SCTP_PORT)

    def send(self, channel: Channel, payload: bytes) -> bool:
        """Sends a message; False when it was dropped."""
        if len(payload) > MAX_MESSAGE:
            return False
        opened = self._channels.get(channel)
        if opened is None or opened.readyState != "open":
            return channel is Channel.RELIABLE and self._keep_early(payload)
        if opened.bufferedAmount + len(payload) > _BACKLOG[channel]:
            if channel is Channel.RELIABLE:
                self._on_overflow()
            return False
        opened.send(payload)
        return True

    async def aclose(self) -> None:
        """Aborts the association; may be called twice."""
        try:
            await self._transport.stop()
        except ConnectionError:
            log.debug("sctp was closed already")

    def _keep_early(self, payload: bytes) -> bool:
        if len(self._early) >= _EARLY_MESSAGES or self._early_bytes + len(payload) > _EARLY_BYTES:
            return False
        self._early.append(payload)
        self._early_bytes += len(payload)
        return True

    def _opened(self, opened: RTCDataChannel) -> None:
        try:
            channel = Channel(opened.label)
        except ValueError:
            return
        self._channels[channel] = opened

        def deliver(message: bytes | str) -> None:
            self._on_message(channel, message if isinstance(message, bytes) else message.encode())

        opened.on("message", deliver)
        if channel is Channel.RELIABLE:
            early, self._early, self._early_bytes = self._early, deque(), 0
            for payload in early:
                opened.send(payload)
