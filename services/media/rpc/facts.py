"""What happens in rooms, as messages for the streams."""

from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from briefing.v1 import events_pb2 as pb
from giaoban.clock import Clock
from services.media.domain.client import LeaveReason
from services.media.domain.participants import Participant
from services.media.domain.room import Room
from services.media.domain.samples import LineSample
from services.media.rpc.quality_convert import sample_message


class FactSink(Protocol):
    """Takes facts on their way to the streams."""

    def event(self, key: str, payload: bytes) -> None:
        """Takes an event of `events.media`."""

    def sample(self, key: str, payload: bytes) -> None:
        """Takes a sample of `quality.samples`."""


class FactWriter:
    """Writes joins, leaves, closed rooms and samples. Line tests are nobody's attendance: they leave no events."""

    def __init__(self, sink: FactSink, clock: Clock) -> None:
        self._sink = sink
        self._clock = clock

    def joined(self, participant: Participant) -> None:
        """Writes that somebody is connected."""
        self._about(participant, pb.MediaEvent.KIND_JOINED)

    def left(self, participant: Participant, _reason: LeaveReason) -> None:
        """Writes that somebody is gone."""
        self._about(participant, pb.MediaEvent.KIND_LEFT)

    def closed(self, room: Room) -> None:
        """Writes that a room was closed."""
        if not room.loopback:
            kind = pb.MediaEvent.KIND_ROOM_CLOSED
            self._write(pb.MediaEvent(key=f"{room.sid}/closed", kind=kind, room=room.name))

    def sample(self, sample: LineSample) -> None:
        """Writes a sample, without the name: streams hold nothing personal."""
        message = sample_message(sample)
        message.ClearField("display_name")
        self._sink.sample(sample.key, message.SerializeToString())

    def _about(self, participant: Participant, kind: "pb.MediaEvent.Kind.ValueType") -> None:
        if participant.token.loopback:
            return
        self._write(
            pb.MediaEvent(
                key=f"{participant.sid}/{'joined' if kind == pb.MediaEvent.KIND_JOINED else 'left'}",
                kind=kind,
                room=participant.room,
                identity=participant.identity,
                participant_sid=participant.sid,
            )
        )

    def _write(self, event: pb.MediaEvent) -> None:
        now = Timestamp()
        now.FromDatetime(self._clock.now())
        event.occur_time.CopyFrom(now)
        self._sink.event(event.key, event.SerializeToString())
