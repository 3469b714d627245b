"""The media service as the domain sees it: rooms and the judge of lines."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import grpc.aio

from briefing.v1 import (
    quality_pb2,
    quality_service_pb2,
    quality_service_pb2_grpc,
    room_service_pb2,
    room_service_pb2_grpc,
)
from giaoban.errors import FailedPrecondition, NotFound, ResourceExhausted, Unavailable
from giaoban.rpc.client import Peer
from giaoban.rpc.status import from_call
from services.scheduler.domain.briefing_ports import RoomPass
from services.scheduler.domain.line_tests import Direction, LineVerdict
from services.scheduler.domain.room_policy import Microphone, RoomPolicy, Sent

_GRADES: Final = {
    quality_pb2.QUALITY_GRADE_GOOD: "good",
    quality_pb2.QUALITY_GRADE_FAIR: "fair",
    quality_pb2.QUALITY_GRADE_POOR: "poor",
    quality_pb2.QUALITY_GRADE_LOST: "lost",
}

_SOURCES: Final = {
    Sent.MICROPHONE: room_service_pb2.MUTED_SOURCE_UNSPECIFIED,
    Sent.CAMERA: room_service_pb2.MUTED_SOURCE_CAMERA,
    Sent.SCREEN: room_service_pb2.MUTED_SOURCE_SCREEN,
}
_MICROPHONES: Final = {
    Microphone.AS_ROOM: room_service_pb2.ParticipantPolicy.MICROPHONE_UNSPECIFIED,
    Microphone.HELD: room_service_pb2.ParticipantPolicy.MICROPHONE_HELD,
    Microphone.FREED: room_service_pb2.ParticipantPolicy.MICROPHONE_FREED,
}


@asynccontextmanager
async def _refusals() -> AsyncIterator[None]:
    """Passes on what media says of rooms and participants; what it says of us is no matter of the caller."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        found = from_call(error)
        if isinstance(found, NotFound | FailedPrecondition | ResourceExhausted | Unavailable):
            raise found from error
        raise


class MediaRooms:
    """Implements `Rooms` by gRPC."""

    def __init__(self, media: Peer) -> None:
        self._stub = room_service_pb2_grpc.RoomServiceStub(media.channel)

    async def open(self, room: str, policy: RoomPolicy) -> None:
        """Makes a room, or gives the one there is its policy; safe to repeat."""
        async with _refusals():
            await self._stub.OpenRoom(room_service_pb2.OpenRoomRequest(room=room, policy=_policy_message(policy)))

    async def close(self, room: str) -> None:
        """Closes a room and sends everyone out; safe to repeat."""
        async with _refusals():
            await self._stub.CloseRoom(room_service_pb2.CloseRoomRequest(room=room))

    async def token(self, room_pass: RoomPass) -> str:
        """Issues a room token."""
        request = room_service_pb2.IssueTokenRequest(
            room=room_pass.room,
            identity=room_pass.identity,
            display_name=room_pass.display_name,
            unit_path=room_pass.unit_path,
            kind=room_pass.kind,
            rights=room_service_pb2.RoomRights(publish=True, subscribe=True, data=True, admin=room_pass.admin),
            loopback=room_pass.loopback,
            # Nobody opens a loopback room beforehand.
            create=room_pass.loopback,
            admission=room_pass.admission,
        )
        request.expire_time.FromDatetime(room_pass.expires)
        async with _refusals():
            return (await self._stub.IssueToken(request)).token

    async def inside(self, room: str) -> frozenset[str]:
        """The sessions in a room."""
        async with _refusals():
            listed = await self._stub.ListParticipants(room_service_pb2.ListParticipantsRequest(room=room))
        return frozenset(one.participant_sid for one in listed.participants)

    async def mute(
        self, room: str, identities: Sequence[str], excepted: Sequence[str], sent: Sent = Sent.MICROPHONE
    ) -> int:
        """Mutes what some send, and says how many were open."""
        request = room_service_pb2.MuteParticipantsRequest(
            room=room, identities=identities, excepted_identities=excepted, source=_SOURCES[sent]
        )
        async with _refusals():
            return (await self._stub.MuteParticipants(request)).muted_count


def _policy_message(policy: RoomPolicy) -> room_service_pb2.RoomPolicy:
    return room_service_pb2.RoomPolicy(
        version=policy.version,
        microphones_locked=policy.microphones_locked,
        participants=[
            room_service_pb2.ParticipantPolicy(
                identity=one.identity,
                admission=one.admission,
                microphone=_MICROPHONES[one.microphone],
                screen_denied=not one.may_share,
            )
            for one in policy.standings.values()
        ],
    )


class MediaLineJudge:
    """Implements `LineJudge` by gRPC."""

    def __init__(self, media: Peer) -> None:
        self._stub = quality_service_pb2_grpc.QualityServiceStub(media.channel)

    async def judge(self, room: str) -> LineVerdict:
        """The verdict on a loopback room."""
        async with _refusals():
            answer = await self._stub.JudgeLine(quality_service_pb2.JudgeLineRequest(room=room))
        verdict = answer.verdict
        return LineVerdict(
            grade=_GRADES.get(verdict.grade, "no_data"),
            up=_direction(verdict.up),
            down=_direction(verdict.down),
            round_trip_ms=verdict.round_trip_ms if verdict.HasField("round_trip_ms") else None,
            measured_seconds=verdict.measured_seconds,
            advice=verdict.advice,
        )


def _direction(line: quality_pb2.LineDirection) -> Direction:
    return Direction(
        loss_percent=line.loss_percent if line.HasField("loss_percent") else None,
        jitter_ms=line.jitter_ms if line.HasField("jitter_ms") else None,
        bitrate_bps=line.bitrate_bps if line.HasField("bitrate_bps") else None,
    )
