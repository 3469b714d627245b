"""DTLS of one peer over the shared socket: aiortc's, fed with DTLS records only."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters

from services.media.domain.ports import PeerId, Plane, SrtpKeys
from services.media.domain.sdp import Fingerprint
from services.media.sfu.rtp_tap import MediaDtlsTransport

log = logging.getLogger(__name__)

# A handshake is some ten records, a data channel's burst is bounded by SCTP's window; what overflows is sent again.
_QUEUE: Final = 256


class DatagramPipe:
    """Stands in for aiortc's ICE transport: records come from `feed`, go out through the plane."""

    role = "controlled"
    state = "completed"

    def __init__(self, peer: PeerId, plane: Plane) -> None:
        self._peer = peer
        self._plane = plane
        self._records: asyncio.Queue[bytes] = asyncio.Queue(_QUEUE)
        self._closed = asyncio.Event()

    def feed(self, record: bytes) -> None:
        """Takes a record from the socket; dropped when the peer sends faster than it is read."""
        # aiortc's loop dies of an empty datagram, and of anything it takes for SRTP.
        if record and 20 <= record[0] <= 63 and not self._closed.is_set() and not self._records.full():
            self._records.put_nowait(record)

    def close(self) -> None:
        """Ends whoever reads."""
        self._closed.set()
        if self._records.empty():
            self._records.put_nowait(b"")

    async def _recv(self) -> bytes:
        if self._closed.is_set():
            raise ConnectionError("the pipe is closed")
        record = await self._records.get()
        if not record:
            raise ConnectionError("the pipe is closed")
        return record

    async def _send(self, record: bytes) -> None:
        self._plane.send(self._peer, record)


class DtlsSession:
    """The DTLS server of one peer."""

    def __init__(
        self, peer: PeerId, plane: Plane, certificate: RTCCertificate, on_keys: Callable[[SrtpKeys], None]
    ) -> None:
        self._pipe = DatagramPipe(peer, plane)
        self.transport: Final = MediaDtlsTransport(self._pipe, certificate, on_keys)

    @property
    def connected(self) -> bool:
        """Whether the handshake is done and the session not over."""
        return str(self.transport.state) == "connected"

    def feed(self, record: bytes) -> None:
        """Takes a datagram from the socket."""
        self._pipe.feed(record)

    async def handshake(self, fingerprints: tuple[Fingerprint, ...]) -> bool:
        """Waits for the client's hello and answers whether its certificate is the one of its offer."""
        await self.transport.start(
            RTCDtlsParameters([RTCDtlsFingerprint(algorithm=each.algorithm, value=each.value) for each in fingerprints])
        )
        return self.connected

    def watch(self, on_change: Callable[[], None]) -> None:
        """Calls back when the state changes."""
        self.transport.on("statechange", on_change)

    async def aclose(self) -> None:
        """Says goodbye and ends; may be called twice."""
        try:
            await self.transport.stop()
        except ConnectionError:
            log.debug("dtls was closed already")
        self._pipe.close()


def fingerprint_of(certificate: RTCCertificate) -> Fingerprint:
    """Answers the SHA-256 digest that goes into descriptions."""
    found = next(each for each in certificate.getFingerprints() if each.algorithm == "sha-256")
    return Fingerprint("sha-256", found.value)
