"""Messages of briefings as values of the domain, and back; everything from the wire is read with limits."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from google.protobuf.duration_pb2 import Duration

from briefing.v1 import briefing_pb2, briefing_service_pb2, quality_pb2
from giaoban.errors import InvalidArgument
from giaoban.names import invitee_name
from giaoban.rpc.times import instant, timestamp
from services.scheduler.domain.attendance import Interval
from services.scheduler.domain.briefing_reading import LiveState, SeenBriefing, SeenInvitee
from services.scheduler.domain.briefings import (
    MAX_MINUTES,
    AgendaItem,
    Answer,
    Briefing,
    Invitee,
    Kind,
    Part,
    Plan,
    State,
)
from services.scheduler.domain.conflicts import Conflict
from services.scheduler.domain.directory import Leaver
from services.scheduler.domain.itip import Invitation, Method, Tell
from services.scheduler.domain.line_tests import Direction, LineVerdict
from services.scheduler.domain.room_policy import Microphone, Standing
from services.scheduler.domain.speaking import SpeakingRequest, SpeakingState

_STATES: Final = {
    State.SCHEDULED: briefing_pb2.Briefing.STATE_SCHEDULED,
    State.OPEN: briefing_pb2.Briefing.STATE_OPEN,
    State.ENDED: briefing_pb2.Briefing.STATE_ENDED,
    State.CANCELLED: briefing_pb2.Briefing.STATE_CANCELLED,
}
_KINDS: Final = {Kind.POINT: briefing_pb2.Invitee.KIND_POINT, Kind.PERSON: briefing_pb2.Invitee.KIND_PERSON}
_PARTS: Final = {
    Part.CHAIR: briefing_pb2.Invitee.PART_CHAIR,
    Part.SECRETARY: briefing_pb2.Invitee.PART_SECRETARY,
    Part.ATTENDEE: briefing_pb2.Invitee.PART_ATTENDEE,
}
_ANSWERS: Final = {
    Answer.NEEDS_ACTION: briefing_pb2.PARTICIPATION_STATUS_NEEDS_ACTION,
    Answer.ACCEPTED: briefing_pb2.PARTICIPATION_STATUS_ACCEPTED,
    Answer.DECLINED: briefing_pb2.PARTICIPATION_STATUS_DECLINED,
    Answer.TENTATIVE: briefing_pb2.PARTICIPATION_STATUS_TENTATIVE,
    Answer.DELEGATED: briefing_pb2.PARTICIPATION_STATUS_DELEGATED,
}
_TELLS: Final = {
    briefing_service_pb2.TELL_SCOPE_UNSPECIFIED: Tell.AS_USUAL,
    briefing_service_pb2.TELL_SCOPE_EVERYONE: Tell.EVERYONE,
    briefing_service_pb2.TELL_SCOPE_CONCERNED: Tell.CONCERNED,
    briefing_service_pb2.TELL_SCOPE_NOBODY: Tell.NOBODY,
}
_METHODS: Final = {
    Method.REQUEST: briefing_service_pb2.Invitation.METHOD_REQUEST,
    Method.CANCEL: briefing_service_pb2.Invitation.METHOD_CANCEL,
}
_SPEAKING: Final = {
    SpeakingState.WAITING: briefing_pb2.SpeakingRequest.STATE_WAITING,
    SpeakingState.SPEAKING: briefing_pb2.SpeakingRequest.STATE_SPEAKING,
}
_GRADES: Final = {
    "good": quality_pb2.QUALITY_GRADE_GOOD,
    "fair": quality_pb2.QUALITY_GRADE_FAIR,
    "poor": quality_pb2.QUALITY_GRADE_POOR,
    "lost": quality_pb2.QUALITY_GRADE_LOST,
}
_MAX_REASONS: Final = 1000


def bad_field(field: str, message: str) -> InvalidArgument:
    """The refusal of a field, with its remedy."""
    return InvalidArgument("BAD_FIELD", message, field=field)


def minutes(value: Duration, field: str) -> int:
    """Reads a duration of whole minutes; `BAD_FIELD` for others."""
    whole, rest = divmod(value.seconds, 60)
    if rest or value.nanos or not 0 < whole <= MAX_MINUTES:
        raise bad_field(field, f"{field} must be whole minutes, at most {MAX_MINUTES}.")
    return whole


def request_id(text: str) -> str:
    """Reads the id of a request; empty when the caller gives none."""
    if not text:
        return ""
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise bad_field("request_id", "request_id must be a UUID.") from error


def plan_of(message: briefing_pb2.Briefing) -> Plan:
    """Reads what somebody wants to book; output-only fields are ignored."""
    if not message.HasField("start_time"):
        raise bad_field("briefing.start_time", "Choose when the briefing starts.")
    if not message.HasField("duration"):
        raise bad_field("briefing.duration", "Choose how long the briefing is.")
    return Plan(
        title=message.title.strip(),
        host_unit=message.host_unit,
        chair=message.chair,
        secretary=message.secretary,
        # Calendar objects have whole seconds.
        start=instant(message.start_time, "briefing.start_time").replace(microsecond=0),
        minutes=minutes(message.duration, "briefing.duration"),
        agenda=tuple(AgendaItem(item.title.strip(), item.presenter.strip(), item.minutes) for item in message.agenda),
        attendees=tuple(dict.fromkeys(selector.name for selector in message.attendees)),
        notes=message.notes,
    )


def reasons_of(messages: Sequence[briefing_pb2.OverrideReason]) -> dict[str, str]:
    """Reads why people already taken are invited, by person."""
    if len(messages) > _MAX_REASONS:
        raise bad_field("override_reasons", f"Give at most {_MAX_REASONS} reasons; an empty subject means everyone.")
    return {message.subject: message.reason for message in messages}


def answer_of(value: "briefing_pb2.ParticipationStatus.ValueType") -> Answer:
    """Reads an answer; `BAD_FIELD` for none."""
    for answer, number in _ANSWERS.items():
        if number == value:
            return answer
    raise bad_field("status", "Choose an answer: accepted, declined, tentative or delegated.")


def briefing_message(briefing: Briefing, actions: Iterable[str] = (), *, full: bool = True) -> briefing_pb2.Briefing:
    """Writes a briefing, its state as it is given; in lists without agenda, attendees and notes."""
    plan = briefing.plan
    message = briefing_pb2.Briefing(
        name=briefing.name,
        title=plan.title,
        host_unit=plan.host_unit,
        chair=plan.chair,
        secretary=plan.secretary,
        start_time=timestamp(plan.start),
        duration=Duration(seconds=plan.minutes * 60),
        state=_STATES[briefing.state],
        revision=briefing.revision,
        etag=briefing.etag,
        uid=briefing.uid,
        sequence=briefing.sequence,
        host_unit_display_name=briefing.host_display_name,
        chair_display_name=briefing.chair_display_name,
        secretary_display_name=briefing.secretary_display_name,
        cancel_reason=briefing.cancel_reason,
        point_count=briefing.point_count,
        person_count=briefing.person_count,
        room=briefing.id,
        allowed_actions=list(actions),
    )
    if full:
        message.notes = plan.notes
        message.agenda.extend(
            briefing_pb2.AgendaItem(title=item.title, presenter=item.presenter, minutes=item.minutes)
            for item in plan.agenda
        )
        message.attendees.extend(
            briefing_pb2.AttendeeSelector(name=name, display_name=shown)
            for name, shown in zip(plan.attendees, briefing.attendee_names, strict=True)
        )
    return message


def seen_message(seen: SeenBriefing, *, full: bool = True) -> briefing_pb2.Briefing:
    """Writes a briefing as a caller sees it."""
    return briefing_message(seen.briefing, seen.actions, full=full)


def leaver_message(leaver: Leaver) -> briefing_service_pb2.Leaver:
    """Writes who will have left."""
    return briefing_service_pb2.Leaver(
        name=leaver.name,
        display_name=leaver.display_name,
        successor=leaver.successor,
        successor_display_name=leaver.successor_display_name,
    )


def invitee_message(seen: SeenInvitee, *, left: bool = False) -> briefing_pb2.Invitee:
    """Writes an invitee with its attendance."""
    invitee = seen.invitee
    message = briefing_pb2.Invitee(
        name=invitee_name(seen.briefing, invitee.id),
        kind=_KINDS[invitee.kind],
        subject=invitee.subject,
        display_name=invitee.display_name,
        unit=invitee.unit,
        unit_display_name=invitee.unit_display_name,
        unit_path=invitee.unit_path,
        part=_PARTS[invitee.part],
        status=_ANSWERS[invitee.status],
        comment=invitee.comment,
        override_reason=invitee.override_reason,
        email=invitee.email,
        headcount=seen.headcount,
        intervals=[_interval_message(interval) for interval in seen.intervals],
        present=seen.present,
        join_path=seen.join_path,
        phone=invitee.phone,
        left=left,
    )
    if invitee.response_time is not None:
        message.response_time.FromDatetime(invitee.response_time)
    return message


def _interval_message(interval: Interval) -> briefing_pb2.AttendanceInterval:
    message = briefing_pb2.AttendanceInterval(join_time=timestamp(interval.join_time))
    if interval.leave_time is not None:
        message.leave_time.FromDatetime(interval.leave_time)
    return message


def invitation_message(
    briefing: Briefing, invitation: Invitation, path_of: Callable[[Invitee], str]
) -> briefing_service_pb2.Invitation:
    """Writes what one mailbox is to be told; whoever is uninvited gets no link."""

    def written(invitee: Invitee) -> briefing_pb2.Invitee:
        link = path_of(invitee) if invitation.method is Method.REQUEST else ""
        return invitee_message(SeenInvitee(briefing.id, invitee, join_path=link))

    return briefing_service_pb2.Invitation(
        invitee=written(invitation.invitee),
        sharing=[written(one) for one in invitation.sharing],
        method=_METHODS[invitation.method],
        sequence=invitation.sequence,
        language=invitation.invitee.language,
        whole_briefing=invitation.whole_briefing,
        update=invitation.update,
    )


def tell_of(scope: "briefing_service_pb2.TellScope.ValueType") -> Tell:
    """Reads who is to hear of a change.

    Raises:
        InvalidArgument: `BAD_FIELD`.
    """
    if scope not in _TELLS:
        raise InvalidArgument("BAD_FIELD", "Say who hears of the change: everyone, concerned or nobody.", field="tell")
    return _TELLS[scope]


def conflict_message(conflict: Conflict) -> briefing_pb2.Conflict:
    """Writes who is taken."""
    return briefing_pb2.Conflict(
        subject=conflict.subject,
        display_name=conflict.display_name,
        hard=conflict.hard,
        holder_title=conflict.holder_title,
        holder=conflict.holder,
        holder_unit_display_name=conflict.holder_unit,
        start_time=timestamp(conflict.start),
        end_time=timestamp(conflict.end),
    )


def live_message(live: LiveState, position: int) -> briefing_service_pb2.WatchBriefingResponse:
    """Writes the live state."""
    briefing = live.seen.briefing
    return briefing_service_pb2.WatchBriefingResponse(
        briefing=seen_message(live.seen),
        speaking_requests=[_speaking_message(briefing, request) for request in live.speaking.requests],
        present_subjects=live.present,
        headcount=live.headcount,
        position=position,
        microphones_locked=live.policy.microphones_locked,
        microphone_closed=live.microphone_closed,
        screen_denied=live.screen_denied,
        stage_identity=live.policy.stage.identity if live.policy.stage is not None else "",
        stage_screen=live.policy.stage is not None and live.policy.stage.screen,
        standings=[_standing_message(one) for one in live.policy.standings.values()] if live.leads else (),
    )


def _standing_message(standing: Standing) -> briefing_service_pb2.ParticipantStanding:
    return briefing_service_pb2.ParticipantStanding(
        identity=standing.identity,
        removed=standing.out,
        microphone_held=standing.microphone is Microphone.HELD,
        screen_denied=not standing.may_share,
    )


def _speaking_message(briefing: Briefing, request: SpeakingRequest) -> briefing_pb2.SpeakingRequest:
    message = briefing_pb2.SpeakingRequest(
        identity=request.identity,
        display_name=request.display_name,
        create_time=timestamp(request.asked),
        state=_SPEAKING[request.state],
        invitee=briefing.invitee_name(request.invitee),
    )
    if request.floor_time is not None:
        message.floor_time.FromDatetime(request.floor_time)
    return message


def verdict_message(verdict: LineVerdict) -> quality_pb2.LineVerdict:
    """Writes the verdict of a line test; what was not measured stays absent."""
    return quality_pb2.LineVerdict(
        grade=_GRADES.get(verdict.grade, quality_pb2.QUALITY_GRADE_NO_DATA),
        up=_direction_message(verdict.up),
        down=_direction_message(verdict.down),
        round_trip_ms=verdict.round_trip_ms,
        measured_seconds=verdict.measured_seconds,
        advice=verdict.advice,
    )


def _direction_message(line: Direction) -> quality_pb2.LineDirection:
    return quality_pb2.LineDirection(
        loss_percent=line.loss_percent, jitter_ms=line.jitter_ms, bitrate_bps=line.bitrate_bps
    )
