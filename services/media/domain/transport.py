"""What rooms need of a participant's transport: ICE, DTLS and data channels under one name.

Implemented by `services.media.sfu.peer`. Calls return at once; callbacks are plain functions.
"""

from enum import StrEnum
from typing import Protocol

from services.media.domain.ports import PeerId, RoomId
from services.media.domain.sdp import LocalTransport, Offer


class Channel(StrEnum):
    """Data channels of the client protocol, by their labels."""

    RELIABLE = "_reliable"
    LOSSY = "_lossy"
    TRACKS = "_data_track"


class PeerTransport(Protocol):
    """The transport of one participant."""

    def accept(self, offer: Offer) -> LocalTransport:
        """Takes an offer's credentials and answers ours: new ones when the offer restarts ICE (RFC 8445 §9).

        Raises:
            SdpError: The offer changes the certificate of a running session.
        """

    def send(self, channel: Channel, payload: bytes) -> bool:
        """Sends on a data channel; False when it is not open, or too much waits there."""

    def heard(self) -> float | None:
        """Answers when the last verified connectivity check came, on the monotonic clock; None before the first."""

    def close(self) -> None:
        """Says goodbye and releases everything; may be called twice."""


class TransportListener(Protocol):
    """What a transport tells."""

    def on_connected(self, peer: PeerId) -> None:
        """Tells that media may flow: ICE found a way and DTLS proved the certificate of the offer."""

    def on_data(self, peer: PeerId, channel: Channel, payload: bytes) -> None:
        """Hands over a data message, of at most 64 kB or so, not parsed."""

    def on_closed(self, peer: PeerId) -> None:
        """Tells that the client closed its end."""

    def on_lost(self, peer: PeerId, reason: str) -> None:
        """Tells that the transport failed and will not come back."""


class Transports(Protocol):
    """Makes transports."""

    def open(self, peer: PeerId, room: RoomId, listener: TransportListener) -> PeerTransport:
        """Admits a participant to the plane and makes its transport; closing it removes it from the plane."""
