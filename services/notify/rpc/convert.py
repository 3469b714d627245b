"""Deliveries as the contract writes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from briefing.v1 import delivery_service_pb2 as pb2
from giaoban.errors import InvalidArgument
from giaoban.names import delivery_name, parse_delivery
from services.notify.domain.gate import Problem
from services.notify.domain.model import Delivery, DeliveryId, Purpose, State

_STATES: Final[Mapping[State, pb2.Delivery.State.ValueType]] = {
    state: pb2.Delivery.State.Value(f"STATE_{state.value}") for state in State
}
_PURPOSES: Final[Mapping[Purpose, pb2.Delivery.Purpose.ValueType]] = {
    purpose: pb2.Delivery.Purpose.Value(f"PURPOSE_{purpose.value}") for purpose in Purpose
}
_STATES_BACK: Final = {number: state for state, number in _STATES.items()}


def to_proto(delivery: Delivery) -> pb2.Delivery:
    """Writes a delivery."""
    return pb2.Delivery(
        name=delivery_name(delivery.id),
        briefing=delivery.briefing,
        invitee=delivery.invitee,
        display_name=delivery.display_name,
        address=delivery.address,
        purpose=_PURPOSES[delivery.purpose],
        state=_STATES[delivery.state],
        reason=delivery.reason,
        detail=delivery.detail,
        attempt_count=delivery.attempt_count,
        create_time=_timestamp(delivery.create_time),
        update_time=_timestamp(delivery.update_time),
        subject=delivery.subject,
        revision=delivery.revision,
    )


def problem_to_proto(problem: Problem) -> pb2.MailProblem:
    """Writes what holds the queue."""
    return pb2.MailProblem(
        kind=pb2.MailProblem.Kind.Value(f"KIND_{problem.kind.value}"),
        reason=problem.reason,
        detail=problem.detail,
        since_time=_timestamp(problem.since),
        next_try_time=_timestamp(problem.next_try_time),
    )


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def state_from_proto(number: int) -> State:
    """Reads a state.

    Raises:
        InvalidArgument: `BAD_FIELD`.
    """
    if number not in _STATES_BACK:
        raise InvalidArgument("BAD_FIELD", "states must name states of deliveries.", field="states")
    return _STATES_BACK[pb2.Delivery.State.ValueType(number)]


def id_from_name(name: str, field: str = "name") -> DeliveryId:
    """Reads a delivery's name; `BAD_NAME` names the field."""
    return DeliveryId(parse_delivery(name, field))
