"""What a peer's RTCP moves: clocks, repeats, key frames, budgets. A peer reaches its own streams only."""

from collections.abc import Iterable, Mapping
from typing import Final

from services.media.domain import rtcp
from services.media.domain.layer import Layer
from services.media.domain.outcome import SendRtp
from services.media.domain.peer import Peer
from services.media.domain.ports import PeerId, TrackId
from services.media.domain.reports import Reporter
from services.media.domain.sharing import SharedLines
from services.media.domain.track import Track

# A packet has room for thousands of numbers. What is left out is asked for again a round trip later.
_MAX_REPEATED: Final = 256


class ReportReader:
    """Acts on parsed RTCP messages; repeats go into the list it was given.

    A packet has room for dozens of messages about one stream. What one causes for others is bounded here and where the
    layer or the track keeps count, so that a member that fills its packets costs no more than one that does not.
    """

    __slots__ = ("_lines", "_out", "_peers", "_reporter", "_tracks")

    def __init__(
        self,
        peers: Mapping[PeerId, Peer],
        tracks: Mapping[TrackId, Track],
        lines: SharedLines,
        reporter: Reporter,
        out: list[SendRtp],
    ) -> None:
        self._peers = peers
        self._tracks = tracks
        self._lines = lines
        self._reporter = reporter
        self._out = out

    def take(self, peer: Peer, messages: Iterable[rtcp.Message], now: float) -> None:
        """Acts on the messages of one packet."""
        blocks: dict[int, rtcp.ReportBlock] = {}
        estimate: rtcp.Remb | None = None
        room = _MAX_REPEATED
        for message in messages:
            match message:
                case rtcp.SenderReport():
                    self._on_sender_report(peer, message, now)
                case rtcp.ReportBlock():
                    blocks[message.ssrc] = message
                case rtcp.Nack():
                    numbers = message.sequences[:room]
                    room -= len(numbers)
                    self._on_nack(peer, message.ssrc, numbers, now)
                case rtcp.KeyframeRequest(ssrc):
                    self._on_keyframe_request(peer, ssrc, now)
                case rtcp.Remb():
                    estimate = message
                case rtcp.Goodbye(ssrc):
                    self._on_goodbye(peer, ssrc, now)
        if estimate is not None:
            self._on_estimate(peer, estimate.bitrate_bps, now)
        if blocks:
            self._lines.on_blocks(peer, blocks.values(), now)

    def _layer_of(self, peer: Peer, ssrc: int) -> tuple[Track, Layer] | None:
        route = peer.demux.known(ssrc)
        if route is None or route.repair:
            return None
        track = peer.tracks[route.track]
        layer = track.layers[route.layer]
        return None if layer is None or layer.ssrc != ssrc else (track, layer)

    def _on_estimate(self, peer: Peer, bitrate_bps: int, now: float) -> None:
        # Browsers count video only in a REMB: beside all that is sent, loud rooms would look like narrow lines.
        if peer.downlink.on_remb(bitrate_bps, peer.sent_bps(), now, uncounted_bps=int(peer.sent_audio_bps())):
            self._lines.share(peer, now)

    def _on_sender_report(self, peer: Peer, report: rtcp.SenderReport, now: float) -> None:
        found = self._layer_of(peer, report.ssrc)
        if found is None:
            return
        track, layer = found
        layer.statistics.on_sender_report(report, now)
        if not layer.tells_clock(now):
            return
        for subscription in track.subscriptions.values():
            if subscription.source == layer.source and self._peers[subscription.peer].connected:
                self._reporter.sender_report(subscription, layer, now)

    def _on_nack(self, peer: Peer, ssrc: int, sequences: Iterable[int], now: float) -> None:
        subscription = peer.subscriptions_by_ssrc.get(ssrc)
        if subscription is None or not peer.connected:
            return
        track = self._tracks[subscription.track]
        for sequence in sequences:
            located = subscription.locate(sequence)
            layer = None if located is None else track.by_source(located[0])
            packet = None if layer is None or located is None else layer.history.get(located[1])
            outgoing = None if packet is None else subscription.resend(sequence, packet, now)
            if outgoing is not None:
                self._out.append(outgoing)

    def _on_keyframe_request(self, peer: Peer, ssrc: int, now: float) -> None:
        subscription = peer.subscriptions_by_ssrc.get(ssrc)
        if subscription is None:
            return
        track = self._tracks[subscription.track]
        layer = track.by_source(subscription.source)
        self._reporter.want_keyframe(track, subscription.target if layer is None else layer.index, now)

    def _on_goodbye(self, peer: Peer, ssrc: int, now: float) -> None:
        found = self._layer_of(peer, ssrc)
        if found is not None and found[1].flow.flows(now):
            found[1].flow.stop()
            self._lines.share_all(found[0], self._peers, now)
