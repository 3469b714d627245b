"""The forwarding of one worker, without I/O.

`on_rtp` and `on_rtcp` take decrypted packets, `tick` takes the time, the other methods what signalling decides; `take_*`
hand out what is to be sent and told. Whatever a peer sends can at worst be dropped and counted.
"""

from collections.abc import Callable

from services.media.domain import rtcp, rtp
from services.media.domain.layer import Layer, unwrap_repair
from services.media.domain.outcome import Event, FirstPacket, SendRtcp, SendRtp, SpeakersChanged
from services.media.domain.peer import Peer
from services.media.domain.ports import (
    Kind,
    Limit,
    PeerId,
    PublishedMedia,
    QualityFacts,
    RoomId,
    SubscribedMedia,
    SubscriptionId,
    TrackId,
)
from services.media.domain.quality import join
from services.media.domain.reading import ReportReader
from services.media.domain.reports import Reporter
from services.media.domain.rtp import MalformedPacket, RtpPacket
from services.media.domain.sharing import SharedLines
from services.media.domain.speakers import RoomSpeakers
from services.media.domain.subscription import Subscription
from services.media.domain.track import Track


class MediaCore:
    """Peers, tracks and subscriptions of one worker."""

    def __init__(self, random_bits: Callable[[int], int]) -> None:
        """Takes `random.getrandbits` or the like, for first sequence numbers and our own SSRC."""
        self._random_bits = random_bits
        self._peers: dict[PeerId, Peer] = {}
        self._tracks: dict[TrackId, Track] = {}
        self._subscriptions: dict[SubscriptionId, Subscription] = {}
        self._speakers: dict[RoomId, RoomSpeakers] = {}
        self._rtp: list[SendRtp] = []
        self._rtcp: list[SendRtcp] = []
        self._events: list[Event] = []
        self._ended: list[tuple[PeerId, int]] = []
        self._next_source = 0
        self._reporter = Reporter(random_bits(31) | 1, self._rtcp)
        self._lines = SharedLines(self._tracks, self._reporter, self._events)
        self._reports = ReportReader(self._peers, self._tracks, self._lines, self._reporter, self._rtp)

    # What signalling decides

    def add_peer(self, identifier: PeerId, room: RoomId, now: float) -> None:
        """Admits a peer."""
        self.remove_peer(identifier)
        self._peers[identifier] = Peer(identifier, room, now)
        self._speakers.setdefault(room, RoomSpeakers())

    def connect_peer(self, identifier: PeerId, now: float) -> None:
        """Notes that media can flow to and from a peer."""
        peer = self._peers.get(identifier)
        if peer is None:
            return
        peer.connected = True
        for subscription in peer.subscriptions.values():
            self._begin(subscription, peer, now)

    def remove_peer(self, identifier: PeerId) -> None:
        """Forgets a peer with all that is its."""
        peer = self._peers.get(identifier)
        if peer is None:
            return
        for track in list(peer.tracks):
            self.unpublish(track)
        for subscription in list(peer.subscriptions):
            self.unsubscribe(subscription)
        del self._peers[identifier]
        self._speakers[peer.room].forget(identifier)
        if not any(other.room == peer.room for other in self._peers.values()):
            del self._speakers[peer.room]

    def publish(self, identifier: TrackId, owner: PeerId, media: PublishedMedia) -> None:
        """Expects a track, or takes other facts of it."""
        peer = self._peers.get(owner)
        if peer is None:
            return
        known = self._tracks.get(identifier)
        if known is not None and known.peer != owner:
            return
        if known is None:
            known = self._tracks[identifier] = Track(identifier, owner, peer.room, media)
            peer.tracks[identifier] = known
        elif known.replace_media(media):
            peer.demux.withdraw(identifier)
        peer.demux.announce(identifier, media)

    def unpublish(self, identifier: TrackId) -> None:
        """Forgets a track and who is sent it."""
        track = self._tracks.pop(identifier, None)
        if track is None:
            return
        for subscription in list(track.subscriptions):
            self.unsubscribe(subscription)
        peer = self._peers[track.peer]
        del peer.tracks[identifier]
        peer.demux.withdraw(identifier)

    def set_muted(self, identifier: TrackId, muted: bool, now: float) -> None:
        """Drops a track's packets while muted, and begins anew afterwards."""
        track = self._tracks.get(identifier)
        if track is None or track.muted == muted:
            return
        track.muted = muted
        if not muted:
            track.restart()
            self.request_keyframe(identifier, now)

    def subscribe(
        self, identifier: SubscriptionId, track_id: TrackId, peer_id: PeerId, media: SubscribedMedia, now: float
    ) -> None:
        """Sends a track to a peer, or takes other wire facts."""
        track, peer = self._tracks.get(track_id), self._peers.get(peer_id)
        if track is None or peer is None:
            return
        known = self._subscriptions.get(identifier)
        if known is not None and known.track == track_id and known.peer == peer_id:
            if media == known.media:
                return  # each renegotiation repeats them all
            peer.subscriptions_by_ssrc.pop(known.media.ssrc, None)
            known.replace_media(media)
            self._reporter.want_keyframe(track, known.target, now)
        else:
            self.unsubscribe(identifier)
            known = Subscription(identifier, track_id, peer_id, media, track.media.codec, self._random_bits(14))
            self._subscriptions[identifier] = track.subscriptions[identifier] = known
            peer.subscriptions[identifier] = known
        peer.subscriptions_by_ssrc[media.ssrc] = known
        self._begin(known, peer, now)

    def _begin(self, subscription: Subscription, peer: Peer, now: float) -> None:
        # Sharing asks for a key frame where another layer is to be sent, and only there: each costs the publisher's line.
        self._lines.share(peer, now)
        self._lines.tell_wanted(self._tracks[subscription.track], now)

    def unsubscribe(self, identifier: SubscriptionId) -> None:
        """Sends no more of a subscription."""
        subscription = self._subscriptions.pop(identifier, None)
        if subscription is None:
            return
        peer = self._peers[subscription.peer]
        del peer.subscriptions[identifier]
        if peer.subscriptions_by_ssrc.get(subscription.media.ssrc) is subscription:
            del peer.subscriptions_by_ssrc[subscription.media.ssrc]
        ssrcs = (subscription.media.ssrc, subscription.media.rtx_ssrc)
        self._ended.extend((subscription.peer, ssrc) for ssrc in ssrcs if ssrc is not None)
        track = self._tracks.get(subscription.track)
        if track is not None:
            track.subscriptions.pop(identifier, None)
        # unpublish takes the track away first, and then asks for this

    def set_limit(self, identifier: SubscriptionId, limit: Limit, now: float) -> None:
        """Takes the most a subscriber wants."""
        subscription = self._subscriptions.get(identifier)
        if subscription is None or subscription.limit == limit:
            return
        subscription.limit = limit
        self._begin(subscription, self._peers[subscription.peer], now)

    def request_keyframe(self, identifier: TrackId, now: float) -> None:
        """Asks for key frames of the layers that are sent or should be."""
        track = self._tracks.get(identifier)
        if track is None:
            return
        for target in {subscription.target for subscription in track.subscriptions.values()}:
            self._reporter.want_keyframe(track, target, now)

    def set_round_trip(self, identifier: PeerId, seconds: float) -> None:
        """Takes the round trip signalling measured."""
        peer = self._peers.get(identifier)
        if peer is not None and seconds >= 0:
            peer.signal_round_trip = seconds

    # What arrives

    def heard(self, identifier: PeerId, now: float) -> None:
        """Notes a datagram of a peer that is not media."""
        peer = self._peers.get(identifier)
        if peer is not None:
            peer.heard_at = now

    def on_rtp(self, identifier: PeerId, datagram: bytes, now: float) -> None:
        """Takes a decrypted RTP packet."""
        peer = self._peers.get(identifier)
        if peer is None:
            return
        peer.heard_at = now
        try:
            packet = rtp.parse(datagram)
            self._note_transport(peer, packet, len(datagram), now)
            if not self._route(peer, packet, now):
                peer.dropped += 1
        except MalformedPacket:
            peer.dropped += 1

    def _note_transport(self, peer: Peer, packet: RtpPacket, size: int, now: float) -> None:
        ids = peer.demux.ids
        if ids.transport_wide_cc:
            number = packet.extensions.get(ids.transport_wide_cc)
            if number is not None and len(number) >= 2:
                peer.recorder.on_packet(int.from_bytes(number[:2], "big"), now)
                return
        sent = packet.extensions.get(ids.abs_send_time) if ids.abs_send_time else None
        peer.uplink.on_packet(size, int.from_bytes(sent, "big") if sent and len(sent) == 3 else None, now)

    def _route(self, peer: Peer, packet: RtpPacket, now: float) -> bool:
        route = peer.demux.route(packet)
        if route is None:
            return False
        track = peer.tracks[route.track]
        if track.muted:
            return True
        media = track.media
        if route.repair:
            known = track.layers[route.layer]
            repeated = None if known is None else unwrap_repair(packet, known.ssrc, media.payload_type)
            if known is None or repeated is None:
                return True
            return self._deliver(track, known, repeated, now, repaired=True)
        if packet.payload_type != media.payload_type:
            return False
        layer = track.layers[route.layer]
        if layer is None or layer.ssrc != packet.ssrc or layer.restarted:
            layer = self._start_layer(track, route.layer, packet.ssrc)
        return self._deliver(track, layer, packet, now, repaired=False)

    def _start_layer(self, track: Track, index: int, ssrc: int) -> Layer:
        self._next_source += 1
        layer = Layer(index, self._next_source, ssrc, track.media.codec, track.quality)
        track.layers[index] = layer
        if index not in track.announced:
            track.announced.add(index)
            rid = track.media.rids[index] if track.media.rids else None
            self._events.append(FirstPacket(track.identifier, rid))
        return layer

    def _deliver(self, track: Track, layer: Layer, packet: RtpPacket, now: float, *, repaired: bool) -> bool:
        ids = self._peers[track.peer].demux.ids
        level = packet.extensions.get(ids.audio_level) if ids.audio_level else None
        begins = not layer.flow.flows(now)
        kept = layer.receive(packet, level, now, repaired=repaired)
        if kept is None:
            return False
        if level and track.media.kind is Kind.AUDIO and not repaired:
            clock_rate = track.media.codec.clock_rate
            self._speakers[track.room].on_level(track.peer, level[0] & 0x7F, packet.timestamp, clock_rate)
        over = kept.marker and not repaired and track.media.kind is Kind.VIDEO and track.on_picture(layer.index, now)
        if begins or over:
            self._lines.share_all(track, self._peers, now)
        for subscription in track.subscriptions.values():
            if not subscription.accepts(layer, kept) or not self._peers[subscription.peer].connected:
                continue
            if subscription.source != layer.source:
                subscription.switch(layer, track.report_of(subscription.last_source), kept, now)
                self._reporter.sender_report(subscription, layer, now)
            outgoing = subscription.forward(kept, now)
            if outgoing is not None:
                self._rtp.append(outgoing)
        return True

    def on_rtcp(self, identifier: PeerId, datagram: bytes, now: float) -> None:
        """Takes a decrypted RTCP packet."""
        peer = self._peers.get(identifier)
        if peer is None:
            return
        peer.heard_at = now
        try:
            messages = rtcp.parse(datagram)
        except MalformedPacket:
            peer.dropped += 1
        else:
            self._reports.take(peer, messages, now)

    # Time

    def tick(self, now: float) -> None:
        """Does what is due; to be called each 20 ms."""
        self._reporter.repairs(self._tracks.values(), self._peers, now)
        due = self._reporter.due(now)
        if due.feedback:
            self._reporter.transport_feedback(self._peers.values())
        if due.speakers:
            self._close_speaker_windows()
        if due.lines:
            self._lines.tick(self._peers, now)
        if due.reports:
            self._reporter.receiver_reports(self._peers.values(), now)

    def _close_speaker_windows(self) -> None:
        for room, speakers in self._speakers.items():
            changes = speakers.close_window()
            if changes:
                self._events.append(SpeakersChanged(room, changes))

    def sample(self, identifier: PeerId, now: float) -> QualityFacts:
        """Ends a peer's quality window."""
        peer = self._peers.get(identifier)
        if peer is None:
            return QualityFacts()
        seconds = max(0.001, now - peer.sampled_at)
        peer.sampled_at = now
        round_trip_ms = None if peer.round_trip is None else 1000 * peer.round_trip
        up = join([track.sample(seconds, round_trip_ms) for track in peer.tracks.values()])
        down = join([self._lines.sample(sent, seconds, round_trip_ms) for sent in peer.subscriptions.values()])
        scores = [value for value in (up.score, down.score) if value is not None]
        return QualityFacts(
            up=up,
            down=down,
            round_trip_ms=round_trip_ms,
            silent_seconds=None if peer.heard_at is None else max(0.0, now - peer.heard_at),
            score=min(scores) if scores else None,
        )

    # What was decided

    def take_rtp(self) -> list[SendRtp]:
        """Hands out RTP packets in the order to send them."""
        taken = self._rtp[:]
        self._rtp.clear()
        return taken

    def take_rtcp(self) -> list[SendRtcp]:
        """Hands out RTCP packets."""
        taken = self._rtcp[:]
        self._rtcp.clear()
        return taken

    def take_ended(self) -> list[tuple[PeerId, int]]:
        """Hands out the SSRCs a peer is sent no more, after the packets that were decided before."""
        taken = [(peer, ssrc) for peer, ssrc in self._ended if not self._sends(peer, ssrc)]
        self._ended.clear()
        return taken

    def _sends(self, identifier: PeerId, ssrc: int) -> bool:
        peer = self._peers.get(identifier)
        return peer is not None and any(
            ssrc in (each.media.ssrc, each.media.rtx_ssrc) for each in peer.subscriptions.values()
        )

    def take_events(self) -> list[Event]:
        """Hands out what is to be told."""
        taken = self._events[:]
        self._events.clear()
        return taken
