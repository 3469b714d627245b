"""Rows of briefings as values of the domain, and back."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Row

from giaoban.names import BriefingId, InviteeId, parse_person, parse_unit, person_name, unit_name
from services.scheduler.domain.attendance import Stay
from services.scheduler.domain.briefing_ports import Memo, RevisionSnapshot
from services.scheduler.domain.briefings import (
    AgendaItem,
    Answer,
    Briefing,
    Invitee,
    Kind,
    Organizer,
    Part,
    Plan,
    State,
)
from services.scheduler.domain.line_tests import LineTest, LineVerdict
from services.scheduler.domain.room_policy import Microphone, RoomPolicy, Stage, Standing
from services.scheduler.domain.speaking import SpeakingRequest, SpeakingState
from services.scheduler.domain.working_days import VIETNAM, DayKind, SpecialDay

Values = dict[str, Any]

_AGENDA: Final = TypeAdapter(tuple[AgendaItem, ...])
_ATTENDEES: Final = TypeAdapter(tuple[tuple[str, str], ...])
_SNAPSHOT: Final = TypeAdapter(RevisionSnapshot)
_VERDICT: Final = TypeAdapter(LineVerdict)


def briefing_of(row: Row[Any]) -> Briefing:
    """Reads a row of series joined with occurrence, its columns as `briefing_columns` names them."""
    attendees = _ATTENDEES.validate_json(row.attendees_json)
    plan = Plan(
        title=row.title,
        host_unit=unit_name(row.host_unit_id),
        chair=person_name(row.chair_id),
        secretary=person_name(row.secretary_id),
        start=row.starts,
        minutes=row.duration_minutes,
        agenda=_AGENDA.validate_json(row.agenda_json),
        attendees=tuple(name for name, _ in attendees),
        notes=row.notes,
    )
    return Briefing(
        id=BriefingId(row.occurrence_id),
        series_id=row.series_id,
        uid=row.uid,
        plan=plan,
        host_display_name=row.host_display_name,
        host_path=row.host_path,
        chair_display_name=row.chair_display_name,
        secretary_display_name=row.secretary_display_name,
        attendee_names=tuple(shown for _, shown in attendees),
        organizer=Organizer(row.organizer_email, row.organizer_display_name),
        state=State(row.state),
        revision=row.revision,
        sequence=row.itip_sequence,
        revised_at=row.revised_at,
        point_count=row.point_count,
        person_count=row.person_count,
        cancel_reason=row.cancel_reason,
    )


def series_values(briefing: Briefing) -> Values:
    """Everything of a briefing that its series holds."""
    plan = briefing.plan
    attendees = tuple(zip(plan.attendees, briefing.attendee_names, strict=True))
    return {
        "uid": briefing.uid,
        "organizer_email": briefing.organizer.email,
        "organizer_display_name": briefing.organizer.display_name,
        "host_unit_id": parse_unit(plan.host_unit),
        "host_display_name": briefing.host_display_name,
        "host_path": briefing.host_path,
        "chair_id": parse_person(plan.chair),
        "chair_display_name": briefing.chair_display_name,
        "secretary_id": parse_person(plan.secretary),
        "secretary_display_name": briefing.secretary_display_name,
        "title": plan.title,
        "notes": plan.notes,
        "agenda_json": _AGENDA.dump_json(plan.agenda).decode(),
        "attendees_json": _ATTENDEES.dump_json(attendees).decode(),
        "tz": VIETNAM.key,
        "local_start": plan.start.astimezone(VIETNAM).replace(tzinfo=None),
        "duration_minutes": plan.minutes,
        "itip_sequence": briefing.sequence,
        "revision": briefing.revision,
        "revised_at": briefing.revised_at,
        "point_count": briefing.point_count,
        "person_count": briefing.person_count,
    }


def occurrence_values(briefing: Briefing) -> Values:
    """Everything of a briefing that belongs to its date."""
    return {
        "recurrence_id": briefing.plan.start,
        "starts": briefing.plan.start,
        "ends": briefing.plan.end,
        "state": briefing.state,
        "cancel_reason": briefing.cancel_reason,
    }


def invitee_of(row: Row[Any]) -> Invitee:
    """Reads a row of `invitee`."""
    return Invitee(
        id=InviteeId(row.id),
        kind=Kind(row.kind),
        subject=row.subject,
        display_name=row.display_name,
        unit=row.unit,
        unit_display_name=row.unit_display_name,
        unit_path=row.unit_path,
        part=Part(row.part),
        rank=row.rank,
        email=row.email,
        phone=row.phone,
        language=row.language,
        status=Answer(row.status),
        comment=row.comment,
        response_time=row.response_time,
        override_reason=row.override_reason,
        link_version=row.link_version,
        removed=row.removed,
    )


def invitee_values(briefing: BriefingId, invitee: Invitee) -> Values:
    """Writes a row of `invitee`."""
    return {
        "id": invitee.id,
        "occurrence_id": briefing,
        "kind": invitee.kind,
        "subject": invitee.subject,
        "display_name": invitee.display_name,
        "unit": invitee.unit,
        "unit_display_name": invitee.unit_display_name,
        "unit_path": invitee.unit_path,
        "part": invitee.part,
        "rank": invitee.rank,
        "email": invitee.email,
        "phone": invitee.phone,
        "language": invitee.language,
        "status": invitee.status,
        "comment": invitee.comment,
        "response_time": invitee.response_time,
        "override_reason": invitee.override_reason,
        "link_version": invitee.link_version,
        "removed": invitee.removed,
    }


def snapshot_of(text: str) -> RevisionSnapshot:
    """Reads what `snapshot_text` wrote, also in an earlier release."""
    return _SNAPSHOT.validate_json(text)


def snapshot_text(snapshot: RevisionSnapshot) -> str:
    """Writes a revision as JSON."""
    return _SNAPSHOT.dump_json(snapshot).decode()


def memo_of(row: Row[Any]) -> Memo:
    """Reads a row of `request_memo`."""
    return Memo(row.request_id, row.actor, row.fingerprint, BriefingId(row.occurrence_id), row.revision, row.made)


def stay_of(row: Row[Any]) -> Stay:
    """Reads a row of `attendance_interval`."""
    return Stay(row.participant_sid, row.subject, row.join_time, row.leave_time, row.leave_assumed)


def stay_values(briefing: BriefingId, stay: Stay) -> Values:
    """Writes a row of `attendance_interval`."""
    return {
        "occurrence_id": briefing,
        "participant_sid": stay.participant_sid,
        "subject": stay.subject,
        "join_time": stay.join_time,
        "leave_time": stay.leave_time,
        "leave_assumed": stay.leave_assumed,
    }


def request_of(row: Row[Any]) -> SpeakingRequest:
    """Reads a row of `speaking_request`."""
    return SpeakingRequest(
        identity=row.identity,
        display_name=row.display_name,
        invitee=InviteeId(row.invitee_id),
        asked=row.asked,
        state=SpeakingState(row.state),
        floor_time=row.floor_time,
    )


def request_values(briefing: BriefingId, place: int, request: SpeakingRequest) -> Values:
    """Writes a row of `speaking_request`."""
    return {
        "occurrence_id": briefing,
        "identity": request.identity,
        "invitee_id": request.invitee,
        "place": place,
        "display_name": request.display_name,
        "asked": request.asked,
        "state": request.state,
        "floor_time": request.floor_time,
    }


def policy_of(row: Row[Any], standings: Iterable[Row[Any]]) -> RoomPolicy:
    """Reads a row of `room_policy` with those of `room_standing`."""
    found = {
        one.identity: Standing(one.identity, one.admission, one.out, Microphone(one.microphone), one.may_share)
        for one in standings
    }
    stage = Stage(row.stage_identity, row.stage_screen) if row.stage_identity else None
    return RoomPolicy(row.version, row.microphones_locked, found, stage)


def standing_values(briefing: BriefingId, standing: Standing) -> Values:
    """Writes a row of `room_standing`."""
    return {
        "occurrence_id": briefing,
        "identity": standing.identity,
        "admission": standing.admission,
        "out": standing.out,
        "microphone": standing.microphone,
        "may_share": standing.may_share,
    }


def line_test_of(row: Row[Any]) -> LineTest:
    """Reads a row of `line_test`."""
    verdict = None if row.verdict_json is None else _VERDICT.validate_json(row.verdict_json)
    return LineTest(
        row.room, BriefingId(row.occurrence_id), InviteeId(row.invitee_id), row.started, verdict, row.finished
    )


def line_test_values(test: LineTest) -> Values:
    """Writes a row of `line_test`."""
    return {
        "room": test.room,
        "occurrence_id": test.briefing,
        "invitee_id": test.invitee,
        "started": test.started,
        "verdict_json": None if test.verdict is None else _VERDICT.dump_json(test.verdict).decode(),
        "finished": test.finished,
    }


def special_day_of(row: Row[Any]) -> SpecialDay:
    """Reads a row of `working_day`."""
    return SpecialDay(row.day, DayKind(row.kind), row.display_name)


def special_day_values(day: SpecialDay) -> Mapping[str, Any]:
    """Writes a row of `working_day`."""
    return {"day": day.day, "kind": day.kind, "display_name": day.display_name}
