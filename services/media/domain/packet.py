"""One media packet on its way through: what is left of RTP when the publisher's numbers are known."""

from services.media.domain.vp8 import Vp8Descriptor


class MediaPacket:
    """A packet of one layer; treated as frozen, because all subscribers and the history share it."""

    __slots__ = ("audio_level", "descriptor", "extended", "marker", "padding_only", "payload", "timestamp")

    def __init__(
        self,
        extended: int,
        timestamp: int,
        payload: bytes,
        *,
        marker: bool = False,
        padding_only: bool = False,
        descriptor: Vp8Descriptor | None = None,
        audio_level: bytes | None = None,
    ) -> None:
        self.extended = extended
        """Sequence number that never wraps."""
        self.timestamp = timestamp
        self.payload = payload
        self.marker = marker
        self.padding_only = padding_only
        self.descriptor = descriptor
        self.audio_level = audio_level

    @property
    def opens_stream(self) -> bool:
        """Whether a receiver that saw nothing before can begin here."""
        return self.descriptor.keyframe if self.descriptor is not None else not self.padding_only
