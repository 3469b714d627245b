"""`PointService`: the pre-join page of an invited point or person."""

from typing_extensions import override

from briefing.v1 import point_service_pb2 as pb
from briefing.v1 import point_service_pb2_grpc
from giaoban.names import BriefingId, parse_briefing
from giaoban.rpc.context import Context
from giaoban.rpc.interceptors import current_principal
from giaoban.rpc.times import timestamp
from services.scheduler.domain.briefing_cases import BriefingCases
from services.scheduler.domain.briefing_reading import SeenInvitee
from services.scheduler.rpc import briefing_convert as convert


def _briefing(name: str) -> BriefingId | None:
    return parse_briefing(name, "briefing") if name else None


class PointServicer(point_service_pb2_grpc.PointServiceServicer):
    """Serves invitees at their own place."""

    def __init__(self, cases: BriefingCases) -> None:
        self._cases = cases

    @override
    async def GetAdmission(self, request: pb.GetAdmissionRequest, context: Context) -> pb.GetAdmissionResponse:
        """Says which invitation the caller holds."""
        caller = current_principal()
        admission = await self._cases.attending.admission(caller, _briefing(request.briefing))
        briefing, invitee = admission.briefing, admission.invitee
        seen = self._cases.reading.seen(caller, briefing, invitee)
        return pb.GetAdmissionResponse(
            briefing=convert.seen_message(seen),
            invitee=convert.invitee_message(SeenInvitee(briefing.id, invitee)),
            open_time=timestamp(briefing.open_time),
            support_name=admission.support.name,
            support_phone=admission.support.phone,
            server_time=timestamp(admission.now),
        )

    @override
    async def StartLineTest(self, request: pb.StartLineTestRequest, context: Context) -> pb.StartLineTestResponse:
        """Opens a loopback room."""
        room, token = await self._cases.attending.start_line_test(current_principal(), _briefing(request.briefing))
        return pb.StartLineTestResponse(room=room, token=token)

    @override
    async def FinishLineTest(self, request: pb.FinishLineTestRequest, context: Context) -> pb.FinishLineTestResponse:
        """Reads what the server measured."""
        verdict = await self._cases.attending.finish_line_test(current_principal(), request.room)
        return pb.FinishLineTestResponse(verdict=convert.verdict_message(verdict))

    @override
    async def JoinBriefing(self, request: pb.JoinBriefingRequest, context: Context) -> pb.JoinBriefingResponse:
        """Lets an invitee in."""
        entry = await self._cases.attending.join(current_principal(), _briefing(request.briefing), request.headcount)
        return pb.JoinBriefingResponse(
            room=entry.room, token=entry.token, identity=entry.identity, conducts=entry.conducts
        )
