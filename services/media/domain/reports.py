"""The RTCP the core sends by itself, and when: reports, feedback for estimators, NACKs, key frame requests."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from services.media.domain import rtcp
from services.media.domain.layer import Layer
from services.media.domain.outcome import SendRtcp
from services.media.domain.peer import Peer
from services.media.domain.ports import Feedback, Kind, PeerId
from services.media.domain.speakers import WINDOW_SECONDS
from services.media.domain.subscription import Subscription
from services.media.domain.track import Track

_FEEDBACK_SECONDS: Final = 0.060
_LINES_SECONDS: Final = 0.5
_REPORT_SECONDS: Final = 1.0
_GUESSED_ROUND_TRIP: Final = 0.1
_MAX_BLOCKS: Final = 31
_MAX_NACKED: Final = 200


class Due(NamedTuple):
    """Which of the periodic jobs a tick does."""

    feedback: bool
    speakers: bool
    lines: bool
    reports: bool


class Reporter:
    """Writes RTCP into the list it was given."""

    __slots__ = ("_next", "_out", "_ssrc")

    def __init__(self, ssrc: int, out: list[SendRtcp]) -> None:
        self._ssrc = ssrc
        self._out = out
        self._next = [0.0, 0.0, 0.0, 0.0]

    def due(self, now: float) -> Due:
        """Answers what is due and sets its next time; late ticks are not made up for."""
        periods = (_FEEDBACK_SECONDS, WINDOW_SECONDS, _LINES_SECONDS, _REPORT_SECONDS)
        ready = [False] * len(periods)
        for index, period in enumerate(periods):
            if now >= self._next[index]:
                ready[index] = True
                # Speaker windows keep their length on average: the next begins where this one ended.
                self._next[index] = max(self._next[index] + period, now)
        return Due(*ready)

    def want_keyframe(self, track: Track, layer_index: int | None, now: float) -> None:
        """Asks the publisher for a key frame of a layer, now or when the last request is old enough."""
        if layer_index is None or track.media.kind is Kind.AUDIO or layer_index >= track.layer_count:
            return
        layer = track.layers[layer_index]
        if layer is not None and layer.gate.want(now):
            self._picture_loss(track, layer)

    def _picture_loss(self, track: Track, layer: Layer) -> None:
        self._out.append(SendRtcp(track.peer, rtcp.picture_loss(self._ssrc, layer.ssrc)))

    def sender_report(self, subscription: Subscription, layer: Layer, now: float) -> None:
        """Tells a subscriber the publisher's clock."""
        report = subscription.sender_report(layer, now)
        if report is not None:
            self._out.append(SendRtcp(subscription.peer, rtcp.sender_report(report)))

    def repairs(self, tracks: Iterable[Track], peers: Mapping[PeerId, Peer], now: float) -> None:
        """Asks for lost packets again, and for key frames that had to wait."""
        for track in tracks:
            for layer in track.layers:
                if layer is None:
                    continue
                if layer.gaps:
                    self._nack(track, layer, peers[track.peer], now)
                if track.media.kind is Kind.VIDEO and layer.gate.due(now):
                    self._picture_loss(track, layer)

    def _nack(self, track: Track, layer: Layer, peer: Peer, now: float) -> None:
        round_trip = peer.round_trip if peer.round_trip is not None else _GUESSED_ROUND_TRIP
        missing = sorted(layer.gaps.due(now, round_trip))[:_MAX_NACKED]
        if missing and track.media.nack and not track.muted:
            wire = [number & 0xFFFF for number in missing]
            self._out.append(SendRtcp(track.peer, rtcp.nack(self._ssrc, layer.ssrc, wire)))

    def transport_feedback(self, peers: Iterable[Peer]) -> None:
        """Tells publishers when their numbered packets came."""
        for peer in peers:
            if not peer.connected or not peer.uses(Feedback.TWCC):
                continue
            ssrc = next((layer.ssrc for track in peer.tracks.values() for layer in track.layers if layer), 0)
            for packet in peer.recorder.take(self._ssrc, ssrc):
                self._out.append(SendRtcp(peer.identifier, packet))

    def receiver_reports(self, peers: Iterable[Peer], now: float) -> None:
        """Tells publishers how their streams arrive, and an estimate where that was promised."""
        for peer in peers:
            layers = [layer for track in peer.tracks.values() for layer in track.flowing_layers(now)]
            if not peer.connected or not layers:
                continue
            blocks = [layer.statistics.report_block(layer.ssrc, now) for layer in layers[:_MAX_BLOCKS]]
            packet = rtcp.receiver_report(self._ssrc, blocks)
            if peer.uses(Feedback.REMB) and not peer.uses(Feedback.TWCC):
                ssrcs = [layer.ssrc for layer in layers[:_MAX_BLOCKS]]
                packet += rtcp.remb(self._ssrc, peer.uplink.report(now), ssrcs)
            self._out.append(SendRtcp(peer.identifier, packet))
