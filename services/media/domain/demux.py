"""Finds the layer a packet of one peer belongs to (RFC 8843 §9.2, RFC 8852).

By SSRC, and until that is known by the MID, RID and repaired-RID header extensions, or by a payload type only one
track has.
"""

from typing import NamedTuple

from services.media.domain.ports import ExtensionIds, PublishedMedia, TrackId
from services.media.domain.rtp import RtpPacket


class Route(NamedTuple):
    """A layer of a track; `repair` for its RTX stream."""

    track: TrackId
    layer: int
    repair: bool


class Demultiplexer:
    """The streams of one peer. Each layer has at most one media and one RTX SSRC: a new one takes the place."""

    __slots__ = ("_ids", "_media", "_routes", "_ssrcs")

    def __init__(self) -> None:
        self._media: dict[TrackId, PublishedMedia] = {}
        self._routes: dict[int, Route] = {}
        self._ssrcs: dict[Route, int] = {}
        self._ids = ExtensionIds()

    def announce(self, track: TrackId, media: PublishedMedia) -> None:
        """Expects a track; announced SSRCs are known at once."""
        self._media[track] = media
        self._merge_ids()
        for layer, pair in enumerate(media.ssrcs[: max(1, len(media.rids))]):
            self._learn(pair.media, Route(track, layer, repair=False))
            if pair.rtx is not None:
                self._learn(pair.rtx, Route(track, layer, repair=True))

    def withdraw(self, track: TrackId) -> None:
        """Forgets a track and its SSRCs."""
        self._media.pop(track, None)
        for ssrc in [ssrc for ssrc, route in self._routes.items() if route.track == track]:
            self._ssrcs.pop(self._routes.pop(ssrc), None)
        self._merge_ids()

    @property
    def ids(self) -> ExtensionIds:
        """The extension ids of the peer's sections, which agree."""
        return self._ids

    def known(self, ssrc: int) -> Route | None:
        """Answers the layer of an SSRC that was announced or learned."""
        return self._routes.get(ssrc)

    def ssrc_of(self, route: Route) -> int | None:
        """Answers the SSRC a layer arrives on."""
        return self._ssrcs.get(route)

    def route(self, packet: RtpPacket) -> Route | None:
        """Answers the layer of a packet and remembers its SSRC."""
        route = self._routes.get(packet.ssrc)
        if route is None:
            route = self._match(packet)
            if route is not None:
                self._learn(packet.ssrc, route)
        return route

    def _match(self, packet: RtpPacket) -> Route | None:
        track = self._track_of(packet)
        if track is None:
            return None
        media = self._media[track]
        if packet.payload_type not in (media.payload_type, media.rtx_payload_type):
            return None
        repair = packet.payload_type == media.rtx_payload_type
        if not media.rids:
            return Route(track, 0, repair)
        rid = self._rid_of(packet, repair=repair)
        return Route(track, media.rids.index(rid), repair) if rid in media.rids else None

    def _track_of(self, packet: RtpPacket) -> TrackId | None:
        mid = packet.extensions.get(self._ids.mid) if self._ids.mid else None
        if mid is not None:
            candidates = [track for track, media in self._media.items() if media.mid.encode() == mid]
        else:
            candidates = [track for track, media in self._media.items() if media.payload_type == packet.payload_type]
        return candidates[0] if len(candidates) == 1 else None

    def _rid_of(self, packet: RtpPacket, *, repair: bool) -> str | None:
        value = packet.extensions.get(self._ids.repaired_rid) if repair and self._ids.repaired_rid else None
        if value is None and self._ids.rid:
            value = packet.extensions.get(self._ids.rid)
        return value.decode("ascii", "replace") if value is not None else None

    def _learn(self, ssrc: int, route: Route) -> None:
        before = self._ssrcs.get(route)
        if before is not None and before != ssrc:
            self._routes.pop(before, None)
        taken = self._routes.get(ssrc)
        if taken is not None and taken != route:
            self._ssrcs.pop(taken, None)
        self._routes[ssrc] = route
        self._ssrcs[route] = ssrc

    def _merge_ids(self) -> None:
        def first(name: str) -> int:
            values = (int(getattr(media.extensions, name)) for media in self._media.values())
            return next((value for value in values if value), 0)

        self._ids = ExtensionIds(
            mid=first("mid"),
            rid=first("rid"),
            repaired_rid=first("repaired_rid"),
            abs_send_time=first("abs_send_time"),
            transport_wide_cc=first("transport_wide_cc"),
            audio_level=first("audio_level"),
        )
