"""Data messages of the client protocol: whose they are is written over, what they carry is not read."""

from typing import Final

from google.protobuf.message import DecodeError
from livekit.protocol import models

from services.media.domain.participants import Participant
from services.media.domain.relay import DataMessage
from services.media.domain.transport import Channel

_LARGEST: Final = 64_000
_MOST_DESTINATIONS: Final = 1000


def relayed(sender: Participant, channel: Channel, payload: bytes, by_sid: dict[str, str]) -> DataMessage | None:
    """Makes a message that may be passed on; None when it cannot be read.

    Args:
        sender: Its names are written over whatever stood there.
        channel: The channel it came by.
        payload: As received.
        by_sid: Identities by session, for destinations in the old form.
    """
    if len(payload) > _LARGEST or channel is Channel.TRACKS:
        return None
    packet = models.DataPacket()
    try:
        packet.ParseFromString(payload)
    except DecodeError:
        return None
    if packet.WhichOneof("value") in (None, "speaker"):
        return None
    packet.participant_sid, packet.participant_identity = sender.sid, sender.identity
    destinations = set(packet.destination_identities[:_MOST_DESTINATIONS])
    if packet.WhichOneof("value") == "user":
        packet.user.participant_sid, packet.user.participant_identity = sender.sid, sender.identity
        destinations |= set(packet.user.destination_identities[:_MOST_DESTINATIONS])
        destinations |= {by_sid.get(sid, sid) for sid in packet.user.destination_sids[:_MOST_DESTINATIONS]}
    sequence = packet.sequence if channel is Channel.RELIABLE else 0
    return DataMessage(channel, packet.SerializeToString(), frozenset(destinations), sequence)


def server_message(payload: bytes, topic: str, destinations: frozenset[str], *, reliable: bool) -> DataMessage:
    """Makes a message of the server itself, sent by the room API."""
    channel = Channel.RELIABLE if reliable else Channel.LOSSY
    packet = models.DataPacket(
        kind=models.DataPacket.RELIABLE if reliable else models.DataPacket.LOSSY,
        destination_identities=sorted(destinations),
        user=models.UserPacket(payload=payload, topic=topic),
    )
    return DataMessage(channel, packet.SerializeToString(), destinations)
