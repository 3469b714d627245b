"""Domain objects as messages of the client protocol, and back."""

import re
from collections.abc import Iterable
from typing import Final

from livekit.protocol import models, rtc

from services.media.domain.client import LeaveAction, LeaveReason, RoomFacts
from services.media.domain.grades import LineGrade
from services.media.domain.grants import Rights, Source
from services.media.domain.participants import (
    LayerDescription,
    Participant,
    Presence,
    Track,
    TrackDescription,
)
from services.media.domain.ports import Codec, Kind, Limit

SERVER: Final = models.ServerInfo(
    # Clients switch features on this version: above 1.8.2 chat over streams, below 1.13.6 no scalable codecs.
    edition=models.ServerInfo.Standard,
    version="1.9.9",
    protocol=16,
    node_id="ND_giaoban",
)
PUBLISHED_CODECS: Final = (models.Codec(mime="video/VP8"), models.Codec(mime="audio/opus"))

_SOURCES: Final = {
    Source.UNKNOWN: models.TrackSource.UNKNOWN,
    Source.CAMERA: models.TrackSource.CAMERA,
    Source.MICROPHONE: models.TrackSource.MICROPHONE,
    Source.SCREEN_SHARE: models.TrackSource.SCREEN_SHARE,
    Source.SCREEN_SHARE_AUDIO: models.TrackSource.SCREEN_SHARE_AUDIO,
}
_SOURCE_OF: Final = {number: source for source, number in _SOURCES.items()}
_PRESENCES: Final = {
    Presence.JOINED: models.ParticipantInfo.JOINED,
    Presence.ACTIVE: models.ParticipantInfo.ACTIVE,
    Presence.GONE: models.ParticipantInfo.DISCONNECTED,
}
_REASONS: Final = {
    LeaveReason.CLIENT: models.DisconnectReason.CLIENT_INITIATED,
    LeaveReason.DUPLICATE_IDENTITY: models.DisconnectReason.DUPLICATE_IDENTITY,
    LeaveReason.REMOVED: models.DisconnectReason.PARTICIPANT_REMOVED,
    LeaveReason.ROOM_CLOSED: models.DisconnectReason.ROOM_DELETED,
    LeaveReason.SHUTDOWN: models.DisconnectReason.SERVER_SHUTDOWN,
    LeaveReason.STATE_MISMATCH: models.DisconnectReason.STATE_MISMATCH,
    LeaveReason.TIMEOUT: models.DisconnectReason.CONNECTION_TIMEOUT,
    LeaveReason.TRANSPORT_LOST: models.DisconnectReason.MEDIA_FAILURE,
    LeaveReason.BAD_MESSAGE: models.DisconnectReason.STATE_MISMATCH,
}
_ACTIONS: Final = {
    LeaveAction.STAY_OUT: rtc.LeaveRequest.DISCONNECT,
    LeaveAction.RECONNECT: rtc.LeaveRequest.RECONNECT,
}
_QUALITIES: Final = {
    LineGrade.GOOD: models.ConnectionQuality.EXCELLENT,
    LineGrade.FAIR: models.ConnectionQuality.GOOD,
    LineGrade.POOR: models.ConnectionQuality.POOR,
    LineGrade.LOST: models.ConnectionQuality.LOST,
}
# The highest layer each quality asks for: 0 low, 1 medium, 2 high.
_MOST_LAYERS: Final = 3
_LONGEST_NAME: Final = 256
# A word of `a=msid` in the answers of others (RFC 8830 §2): it has 64 characters, of which the sender's id takes 16.
_GROUP: Final = re.compile(r"[!#-'*+\-.0-9A-Z^-~]{1,48}")


def participant_info(participant: Participant) -> models.ParticipantInfo:
    """Writes a participant with the tracks others may know of."""
    return models.ParticipantInfo(
        sid=participant.sid,
        identity=participant.identity,
        name=participant.display_name,
        metadata=participant.metadata,
        attributes=participant.attributes,
        state=_PRESENCES[participant.presence],
        tracks=[track_info(track) for track in participant.tracks.values() if track.announced],
        joined_at=int(participant.join_time.timestamp()),
        joined_at_ms=int(participant.join_time.timestamp() * 1000),
        version=participant.version,
        is_publisher=bool(participant.tracks),
        permission=permission(participant.token.rights),
        client_protocol=participant.facts.protocol,
        capabilities=[
            models.ClientInfo.Capability.Name(each) for each in participant.facts.capabilities if each in _CAPS
        ],
    )


_CAPS: Final = frozenset(models.ClientInfo.Capability.values())


def permission(rights: Rights) -> models.ParticipantPermission:
    """Writes what a participant may do."""
    return models.ParticipantPermission(
        can_subscribe=rights.subscribe,
        can_publish=rights.publish,
        can_publish_data=rights.data,
        can_publish_sources=[_SOURCES[source] for source in sorted(rights.sources)],
        can_update_metadata=rights.own_metadata,
        hidden=rights.hidden,
    )


def rights_of(written: models.ParticipantPermission, before: Rights) -> Rights:
    """Reads what a participant shall be allowed from now on; administration is not given this way."""
    return Rights(
        publish=written.can_publish,
        subscribe=written.can_subscribe,
        data=written.can_publish_data,
        sources=frozenset(_SOURCE_OF[number] for number in written.can_publish_sources if number in _SOURCE_OF),
        own_metadata=written.can_update_metadata,
        hidden=written.hidden,
        admin=before.admin,
    )


def track_info(track: Track) -> models.TrackInfo:
    """Writes a track."""
    said = track.description
    mime = f"{said.kind}/{'VP8' if said.codec is Codec.VP8 else said.codec}"
    layers = [_layer(layer) for layer in said.layers]
    return models.TrackInfo(
        sid=track.sid,
        type=models.TrackType.AUDIO if said.kind is Kind.AUDIO else models.TrackType.VIDEO,
        name=said.name,
        muted=track.muted,
        width=said.width,
        height=said.height,
        simulcast=len(track.rids) > 1,
        disable_dtx=not said.dtx,
        source=_SOURCES[said.source],
        layers=layers,
        mime_type=mime,
        mid=track.mid,
        codecs=[models.SimulcastCodecInfo(mime_type=mime, mid=track.mid, cid=said.labels[0], layers=layers)],
        stereo=said.stereo,
        disable_red=not said.redundancy,
        stream=said.group,
        audio_features=[models.AudioTrackFeature.Name(each) for each in said.features if each in _FEATURES],
    )


_FEATURES: Final = frozenset(models.AudioTrackFeature.values())


def _layer(layer: LayerDescription) -> models.VideoLayer:
    return models.VideoLayer(
        quality=models.VideoQuality.Name(layer.quality),
        width=layer.width,
        height=layer.height,
        bitrate=layer.max_bitrate_bps,
        rid=layer.rid,
    )


def description_of(request: rtc.AddTrackRequest) -> TrackDescription:
    """Reads what a publisher says of a track; what is out of bounds is cut."""
    labels = [request.cid, *(codec.cid for codec in request.simulcast_codecs[:4])]
    layers: Iterable[models.VideoLayer] = request.layers or (
        request.simulcast_codecs[0].layers if request.simulcast_codecs else ()
    )
    return TrackDescription(
        labels=tuple(dict.fromkeys(label[:_LONGEST_NAME] for label in labels if label)) or ("",),
        kind=Kind.AUDIO if request.type == models.TrackType.AUDIO else Kind.VIDEO,
        name=request.name[:_LONGEST_NAME],
        source=_SOURCE_OF.get(request.source, Source.UNKNOWN),
        width=min(request.width, 16384),
        height=min(request.height, 16384),
        layers=tuple(
            LayerDescription(layer.quality, layer.width, layer.height, layer.bitrate, layer.rid[:16])
            for layer in list(layers)[:_MOST_LAYERS]
            # Enums of the wire are open: any number may stand there (OFF, which is no layer, and negative ones too).
            if models.VideoQuality.LOW <= layer.quality <= models.VideoQuality.HIGH
        ),
        group=request.stream if _GROUP.fullmatch(request.stream) else "",
        dtx=not request.disable_dtx,
        stereo=request.stereo,
        redundancy=not request.disable_red,
        features=tuple(request.audio_features[:16]),
    )


def limit_of(setting: rtc.UpdateTrackSettings) -> Limit:
    """Reads the most a subscriber wants; with a size given, the size decides instead of the quality."""
    sized = bool(setting.width and setting.height)
    quality = {models.VideoQuality.LOW: 0, models.VideoQuality.MEDIUM: 1}.get(setting.quality)
    return Limit(
        disabled=setting.disabled or setting.quality == models.VideoQuality.OFF,
        max_layer=None if sized else quality,
        width=min(setting.width, 16384),
        height=min(setting.height, 16384),
        priority=min(setting.priority, 255),
    )


def room_info(room: RoomFacts) -> models.Room:
    """Writes a room."""
    return models.Room(
        sid=room.sid,
        name=room.name,
        metadata=room.metadata,
        num_participants=room.participants,
        num_publishers=room.publishers,
        creation_time=room.created_at,
        creation_time_ms=room.created_at * 1000,
        empty_timeout=300,
        departure_timeout=20,
        enabled_codecs=PUBLISHED_CODECS,
    )


def leave_request(reason: LeaveReason, action: LeaveAction) -> rtc.LeaveRequest:
    """Writes a dismissal."""
    return rtc.LeaveRequest(
        reason=_REASONS[reason], action=_ACTIONS[action], can_reconnect=action is LeaveAction.RECONNECT
    )


def connection_quality(grade: LineGrade) -> models.ConnectionQuality | None:
    """Answers the client protocol's word for a grade; None where it has none (no data)."""
    return _QUALITIES.get(grade)


def wanted_qualities(track: Track, wanted: Iterable[bool]) -> rtc.SubscribedQualityUpdate:
    """Writes which layers of a track anybody wants, lowest first."""
    qualities = [
        rtc.SubscribedQuality(quality=models.VideoQuality.Name(index), enabled=on)
        for index, on in enumerate(list(wanted)[:_MOST_LAYERS])
    ]
    return rtc.SubscribedQualityUpdate(
        track_sid=track.sid,
        subscribed_codecs=[rtc.SubscribedCodec(codec=track.description.codec.value, qualities=qualities)],
    )
