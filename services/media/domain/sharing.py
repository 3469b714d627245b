"""Applies allocation to the subscribers' lines: who gets which layer, who is paused, which layers are wanted."""

from collections.abc import Iterable, Mapping

from services.media.domain.allocation import Allocation, Demand, Option, allocate, highest_wanted
from services.media.domain.outcome import Event, StreamStateChanged, WantedLayersChanged
from services.media.domain.peer import Peer
from services.media.domain.ports import Kind, PeerId, StreamState, TrackId
from services.media.domain.quality import StreamFacts
from services.media.domain.reports import Reporter
from services.media.domain.rtcp import ReportBlock
from services.media.domain.subscription import Subscription
from services.media.domain.track import Track


class SharedLines:
    """Sets the target layer of every subscription."""

    __slots__ = ("_events", "_reporter", "_tracks")

    def __init__(self, tracks: Mapping[TrackId, Track], reporter: Reporter, events: list[Event]) -> None:
        self._tracks = tracks
        self._reporter = reporter
        self._events = events

    def share(self, peer: Peer, now: float) -> Allocation:
        """Shares one subscriber's line anew; sound is served before it is shared."""
        demands: list[Demand] = []
        reserved = 0.0
        for subscription in peer.subscriptions.values():
            track = self._tracks[subscription.track]
            highest = highest_wanted(subscription.limit, track.layer_count, track.media.sizes)
            if highest is None:
                self._stop(subscription)
            elif subscription.kind is Kind.AUDIO:
                reserved += subscription.meter.bps or 0.0
                self._aim(subscription, track, 0, now)
            else:
                options = self._options(subscription, track, highest, now)
                if options:
                    current = track.by_source(subscription.source)
                    demands.append(
                        Demand(
                            subscription.identifier,
                            subscription.limit.priority,
                            options,
                            None if current is None else current.index,
                        )
                    )
                else:
                    self._aim(subscription, track, highest, now)
        budget = peer.downlink.budget_bps
        allocation = allocate(None if budget is None else max(0.0, budget - reserved), demands)
        for identifier, layer in allocation.layers.items():
            subscription = peer.subscriptions[identifier]
            self._aim(subscription, self._tracks[subscription.track], layer, now)
        next_step = None if allocation.next_step_bps is None else allocation.next_step_bps + reserved
        return Allocation(allocation.layers, next_step)

    def _options(self, subscription: Subscription, track: Track, highest: int, now: float) -> tuple[Option, ...]:
        flowing = track.flowing_layers(now)
        # Where only layers above the limit deliver, the lowest of them is better than nothing.
        within = [layer for layer in flowing if layer.index <= highest] or flowing[:1]
        return tuple(
            Option(layer.index, track.cost_bps(layer))
            for layer in within
            if layer is within[0] or layer.source == subscription.source or layer.flow.lasts(now)
        )

    def _stop(self, subscription: Subscription) -> None:
        subscription.target = subscription.source = None
        self._tell_state(subscription, StreamState.ACTIVE)

    def _aim(self, subscription: Subscription, track: Track, target: int | None, now: float) -> None:
        if target is None:
            subscription.target = subscription.source = None
            self._tell_state(subscription, StreamState.PAUSED)
            return
        subscription.target = target
        self._tell_state(subscription, StreamState.ACTIVE)
        layer = track.layers[target] if target < track.layer_count else None
        if layer is not None and subscription.source != layer.source:
            self._reporter.want_keyframe(track, target, now)

    def _tell_state(self, subscription: Subscription, state: StreamState) -> None:
        if subscription.state is not state:
            subscription.state = state
            self._events.append(StreamStateChanged(subscription.identifier, state))

    def share_all(self, track: Track, peers: Mapping[PeerId, Peer], now: float) -> None:
        """Shares the lines of everyone who is sent a track, because its layers came or went.

        Where layers come and go without end the tick does it.
        """
        if not track.may_share(now):
            return
        for peer in {subscription.peer for subscription in track.subscriptions.values()}:
            self.share(peers[peer], now)

    def tell_wanted(self, track: Track, now: float) -> None:
        """Tells which layers anybody wants, if that changed."""
        wanted = track.wanted_change(now)
        if wanted is not None:
            self._events.append(WantedLayersChanged(track.identifier, wanted))

    def on_blocks(self, peer: Peer, blocks: Iterable[ReportBlock], now: float) -> None:
        """Takes what a subscriber reports of its streams."""
        expected = lost = 0
        for block in blocks:
            subscription = peer.subscriptions_by_ssrc.get(block.ssrc)
            if subscription is None:
                continue
            more, missing, round_trip = subscription.on_report_block(block, now)
            expected += more
            lost += missing
            if round_trip is not None:
                peer.rtcp_round_trip = round_trip
        if expected and peer.downlink.on_loss(max(0, lost) / expected, peer.sent_bps(), now):
            self.share(peer, now)

    def tick(self, peers: Mapping[PeerId, Peer], now: float) -> None:
        """Shares every line anew, tries more where a line was quiet long enough, and tells what is unwanted."""
        for peer in peers.values():
            for subscription in peer.subscriptions.values():
                subscription.meter.roll(now)
            peer.downlink.review(peer.sent_bps(), now)
            allocation = self.share(peer, now)
            if peer.downlink.may_rise(peer.sent_bps(), now):
                peer.downlink.rise(allocation.next_step_bps, now)
                self.share(peer, now)
        for track in self._tracks.values():
            for layer in track.layers:
                if layer is not None:
                    layer.meter.roll(now)
            self.tell_wanted(track, now)

    def sample(self, subscription: Subscription, seconds: float, round_trip_ms: float | None) -> StreamFacts:
        """Ends the quality window of one subscription; a receiver that reported nothing gives no score."""
        paused = subscription.state is StreamState.PAUSED
        return subscription.quality.close(seconds, round_trip_ms, silent=True, paused=paused)
