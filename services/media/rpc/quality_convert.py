"""Samples as messages of the contract, and back."""

from datetime import UTC
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from briefing.v1 import quality_pb2 as pb
from services.media.domain.grades import LineGrade, Metric
from services.media.domain.ports import DirectionFacts
from services.media.domain.samples import LineSample

_GRADES: Final = {
    LineGrade.GOOD: pb.QUALITY_GRADE_GOOD,
    LineGrade.FAIR: pb.QUALITY_GRADE_FAIR,
    LineGrade.POOR: pb.QUALITY_GRADE_POOR,
    LineGrade.NO_DATA: pb.QUALITY_GRADE_NO_DATA,
    LineGrade.LOST: pb.QUALITY_GRADE_LOST,
}
_GRADE_OF: Final = {number: grade for grade, number in _GRADES.items()}


def grade_message(grade: LineGrade) -> "pb.QualityGrade.ValueType":
    """Writes a grade."""
    return _GRADES[grade]


def direction_message(facts: DirectionFacts) -> pb.LineDirection:
    """Writes one direction; what was not measured stays absent."""
    loss = facts.loss if facts.audio_loss is None else facts.audio_loss
    return pb.LineDirection(
        loss_percent=None if loss is None else 100 * loss,
        jitter_ms=facts.jitter_ms,
        bitrate_bps=facts.bitrate_bps,
    )


def sample_message(sample: LineSample) -> pb.QualitySample:
    """Writes a sample."""
    end = Timestamp()
    end.FromDatetime(sample.window_end_time)
    return pb.QualitySample(
        key=sample.key,
        room=sample.room,
        identity=sample.identity,
        participant_sid=sample.participant_sid,
        unit_path=sample.unit_path,
        kind=sample.kind,
        display_name=sample.display_name,
        window_end_time=end,
        up=direction_message(sample.up),
        down=direction_message(sample.down),
        round_trip_ms=sample.round_trip_ms,
        score=sample.score,
        grade=_GRADES[sample.grade],
        connected=sample.connected,
        worst_metric=sample.worst.value if sample.worst is not None else "",
    )


def sample_of(message: pb.QualitySample) -> LineSample:
    """Reads a sample.

    Raises:
        ValueError: A grade or metric that this release does not know.
    """
    if message.grade not in _GRADE_OF:
        raise ValueError("a sample without a known grade")
    return LineSample(
        key=message.key,
        room=message.room,
        identity=message.identity,
        participant_sid=message.participant_sid,
        unit_path=message.unit_path,
        kind=message.kind,
        display_name=message.display_name,
        window_end_time=message.window_end_time.ToDatetime(UTC),
        up=_direction(message.up),
        down=_direction(message.down),
        round_trip_ms=message.round_trip_ms if message.HasField("round_trip_ms") else None,
        score=message.score if message.HasField("score") else None,
        grade=_GRADE_OF[message.grade],
        worst=Metric(message.worst_metric) if message.worst_metric else None,
        connected=message.connected,
    )


def _direction(message: pb.LineDirection) -> DirectionFacts:
    return DirectionFacts(
        loss=message.loss_percent / 100 if message.HasField("loss_percent") else None,
        jitter_ms=message.jitter_ms if message.HasField("jitter_ms") else None,
        bitrate_bps=message.bitrate_bps if message.HasField("bitrate_bps") else None,
    )
