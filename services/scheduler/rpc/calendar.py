"""`CalendarService`: who is taken, and which days are not ordinary."""

from typing import Final

from typing_extensions import override

from briefing.v1 import calendar_service_pb2 as pb
from briefing.v1 import calendar_service_pb2_grpc
from giaoban.names import parse_briefing
from giaoban.rpc.context import Context
from giaoban.rpc.interceptors import current_principal
from giaoban.rpc.times import civil_date, instant
from services.scheduler.domain.time_questions import Question, TimeQuestions
from services.scheduler.domain.working_days import DayKind
from services.scheduler.rpc import briefing_convert as convert

_KINDS: Final = {DayKind.HOLIDAY: pb.SpecialDay.KIND_HOLIDAY, DayKind.MAKEUP: pb.SpecialDay.KIND_MAKEUP}


class CalendarServicer(calendar_service_pb2_grpc.CalendarServiceServicer):
    """Answers questions about time."""

    def __init__(self, questions: TimeQuestions) -> None:
        self._questions = questions

    @override
    async def CheckConflicts(self, request: pb.CheckConflictsRequest, context: Context) -> pb.CheckConflictsResponse:
        """Says who of a choice is taken."""
        if not request.HasField("start_time"):
            raise convert.bad_field("start_time", "Choose when the briefing starts.")
        ignored = request.ignored_briefing
        findings = await self._questions.check(
            current_principal(),
            Question(
                start=instant(request.start_time, "start_time").replace(microsecond=0),
                minutes=convert.minutes(request.duration, "duration"),
                attendees=tuple(selector.name for selector in request.attendees),
                chair=request.chair,
                ignored=parse_briefing(ignored, "ignored_briefing") if ignored else None,
            ),
        )
        return pb.CheckConflictsResponse(
            conflicts=[convert.conflict_message(one) for one in findings.conflicts],
            point_count=findings.point_count,
            person_count=findings.person_count,
            unknown_names=findings.unknown,
            warnings=[str(warning) for warning in findings.warnings],
        )

    @override
    async def ListSpecialDays(self, request: pb.ListSpecialDaysRequest, context: Context) -> pb.ListSpecialDaysResponse:
        """Lists days that are not ordinary."""
        days = await self._questions.special_days(
            civil_date(request.first_date, "first_date"), civil_date(request.last_date, "last_date")
        )
        return pb.ListSpecialDaysResponse(
            days=[
                pb.SpecialDay(day_date=one.day.isoformat(), kind=_KINDS[one.kind], display_name=one.display_name)
                for one in days
            ]
        )
