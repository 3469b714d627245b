"""A published track: its layers as they arrive, and who is sent it."""

from typing import Final

from services.media.domain.allocation import highest_wanted
from services.media.domain.budget import Budget
from services.media.domain.layer import Layer
from services.media.domain.ports import Kind, PeerId, PublishedMedia, RoomId, SubscriptionId, TrackId
from services.media.domain.quality import StreamFacts, StreamQuality
from services.media.domain.rtcp import SenderReport
from services.media.domain.subscription import Subscription

# What a layer is taken to cost before it was measured, the lowest first.
_GUESSED_BPS: Final = (150_000, 500_000, 1_700_000)
# A publisher's encoder needs a moment to begin a layer again: no flapping with each tile that scrolls by.
_UNWANTED_SECONDS: Final = 2.0
# Sharing costs as much as all subscribers have tiles together. All layers may come, go and come at once.
_SHARES: Final = 9.0
_SHARES_PER_SECOND: Final = 2.0


class Track:
    """One track of one peer."""

    __slots__ = (
        "_shares",
        "_told",
        "_unwanted_since",
        "_watched",
        "announced",
        "identifier",
        "layers",
        "media",
        "muted",
        "peer",
        "quality",
        "room",
        "subscriptions",
    )

    def __init__(self, identifier: TrackId, peer: PeerId, room: RoomId, media: PublishedMedia) -> None:
        self.identifier = identifier
        self.peer = peer
        self.room = room
        self.media = media
        self.muted = False
        self.layers: list[Layer | None] = [None] * self.layer_count
        self.announced: set[int] = set()
        """Layers whose first packet was told."""
        self.quality = StreamQuality(media.kind)
        self.subscriptions: dict[SubscriptionId, Subscription] = {}
        self._shares = Budget(per_second=_SHARES_PER_SECOND, burst=_SHARES)
        self._told = (True,) * self.layer_count
        self._unwanted_since: float | None = None
        self._watched = False

    @property
    def layer_count(self) -> int:
        """How many layers were announced; one without simulcast."""
        return max(1, len(self.media.rids))

    def replace_media(self, media: PublishedMedia) -> bool:
        """Takes what a renegotiation said; True when the layers are others, so that everything begins again."""
        same = media.rids == self.media.rids and media.codec is self.media.codec
        self.media = media
        if same:
            return False
        self.restart()
        return True

    def restart(self) -> None:
        """Forgets the streams: their next packets begin new ones."""
        self.layers = [None] * self.layer_count
        if len(self._told) != self.layer_count:
            self._told = (True,) * self.layer_count

    def flowing_layers(self, now: float) -> list[Layer]:
        """Answers the layers that deliver, lowest first."""
        return [layer for layer in self.layers if layer is not None and layer.flow.flows(now)]

    def on_picture(self, index: int, now: float) -> bool:
        """Notes the end of a picture on a layer; True when a higher layer is over, as pictures come without it."""
        if any(layer is not None and layer.flow.flows(now) for layer in self.layers[:index]):
            return False  # each picture counts once, on the lowest layer
        over = False
        for layer in self.layers[index + 1 :]:
            if layer is not None and layer.flow.on_lower_picture(wanted=self._told[layer.index]):
                over = True
        return over

    def may_share(self, now: float) -> bool:
        """Answers whether the lines of all subscribers may be shared for this track now, and books it."""
        return self._shares.take(1, now)

    def by_source(self, source: int | None) -> Layer | None:
        """Answers the layer whose present stream has this name."""
        for layer in self.layers:
            if layer is not None and layer.source == source:
                return layer
        return None

    def cost_bps(self, layer: Layer) -> float:
        """Answers what a layer takes: measured, else announced, else guessed."""
        if layer.meter.bps is not None:
            return layer.meter.bps
        sizes = self.media.sizes
        if layer.index < len(sizes) and sizes[layer.index].max_bitrate_bps:
            return sizes[layer.index].max_bitrate_bps
        return _GUESSED_BPS[min(layer.index, len(_GUESSED_BPS) - 1)]

    def report_of(self, source: int | None) -> SenderReport | None:
        """Answers the last sender report of a stream."""
        layer = self.by_source(source)
        known = None if layer is None else layer.statistics.sender_report()
        return None if known is None else known[0]

    def wanted_change(self, now: float) -> tuple[bool, ...] | None:
        """Answers which layers anybody wants if that is news: more at once, fewer after two seconds.

        All are taken as wanted until the first subscriber comes, else the room would never see a first packet.
        """
        self._watched = self._watched or bool(self.subscriptions)
        if self.media.kind is Kind.AUDIO or not self._watched:
            return None
        highest = -1
        for subscription in self.subscriptions.values():
            wanted = highest_wanted(subscription.limit, self.layer_count, self.media.sizes)
            highest = max(highest, -1 if wanted is None else wanted)
        wanted_layers = tuple(index <= highest for index in range(self.layer_count))
        if wanted_layers == self._told:
            self._unwanted_since = None
            return None
        if sum(wanted_layers) < sum(self._told):
            if self._unwanted_since is None:
                self._unwanted_since = now
            if now - self._unwanted_since < _UNWANTED_SECONDS:
                return None
        self._unwanted_since = None
        self._told = wanted_layers
        return wanted_layers

    def sample(self, seconds: float, round_trip_ms: float | None) -> StreamFacts:
        """Ends the window of what arrives."""
        for layer in self.layers:
            if layer is not None:
                layer.sample()
        silent = self.muted or not any(self._told) or not self.announced
        return self.quality.close(seconds, round_trip_ms, silent=silent)
