"""The servicers of briefings, for `giaoban.rpc.server.serve`."""

from collections.abc import Callable
from typing import Any

from briefing.v1 import briefing_service_pb2_grpc, calendar_service_pb2_grpc, point_service_pb2_grpc
from giaoban.clock import Clock
from services.scheduler.domain.briefing_cases import BriefingCases
from services.scheduler.rpc.briefing import BriefingServicer
from services.scheduler.rpc.calendar import CalendarServicer
from services.scheduler.rpc.point import PointServicer


def briefing_servicers(cases: BriefingCases, clock: Clock) -> list[tuple[Callable[..., Any], object]]:
    """Pairs of the generated function and the servicer."""
    return [
        (briefing_service_pb2_grpc.add_BriefingServiceServicer_to_server, BriefingServicer(cases, clock)),
        (point_service_pb2_grpc.add_PointServiceServicer_to_server, PointServicer(cases)),
        (calendar_service_pb2_grpc.add_CalendarServiceServicer_to_server, CalendarServicer(cases.questions)),
    ]
