"""Reads the policy of a room."""

from typing import Final

from briefing.v1 import room_service_pb2 as pb
from services.media.domain.policy import Microphone, RoomPolicy, Standing

_MICROPHONES: Final = {
    pb.ParticipantPolicy.MICROPHONE_HELD: Microphone.HELD,
    pb.ParticipantPolicy.MICROPHONE_FREED: Microphone.FREED,
}


def policy_of(message: pb.RoomPolicy) -> RoomPolicy:
    """Reads what was decided about a room."""
    return RoomPolicy(
        message.version,
        message.microphones_locked,
        {
            one.identity: Standing(
                one.admission, _MICROPHONES.get(one.microphone, Microphone.AS_ROOM), not one.screen_denied
            )
            for one in message.participants
        },
    )
