"""The scheduler as this service sees it: its messages read into the service's own values."""

from collections.abc import Mapping
from datetime import UTC
from typing import Final

import grpc.aio
import structlog

from briefing.v1 import (
    briefing_pb2,
    briefing_service_pb2,
    briefing_service_pb2_grpc,
    org_service_pb2,
    org_service_pb2_grpc,
)
from giaoban.errors import FailedPrecondition
from giaoban.rpc.client import Peer
from giaoban.rpc.status import from_call
from services.notify.domain.cleaning import is_mail_address
from services.notify.domain.model import (
    AgendaItem,
    Answer,
    Briefing,
    BriefingName,
    BriefingStanding,
    Invitation,
    InvitationBatch,
    InviteeName,
    Kind,
    Language,
    Method,
    Organizer,
    Part,
    Recipient,
)
from services.notify.domain.wording import LOCAL_ZONE

log = structlog.get_logger(__name__)

_Status = briefing_pb2.ParticipationStatus
_ANSWERS: Final[Mapping[int, Answer]] = {
    _Status.PARTICIPATION_STATUS_ACCEPTED: Answer.ACCEPTED,
    _Status.PARTICIPATION_STATUS_DECLINED: Answer.DECLINED,
    _Status.PARTICIPATION_STATUS_TENTATIVE: Answer.TENTATIVE,
    _Status.PARTICIPATION_STATUS_DELEGATED: Answer.DELEGATED,
}
_PARTS: Final[Mapping[int, Part]] = {
    briefing_pb2.Invitee.PART_CHAIR: Part.CHAIR,
    briefing_pb2.Invitee.PART_SECRETARY: Part.SECRETARY,
}


class SchedulerPeer:
    """Calls of the scheduler; each has the client's deadline, and failures are domain errors."""

    def __init__(self, peer: Peer) -> None:
        """Args: peer: the scheduler, called in this service's own name."""
        self._briefings = briefing_service_pb2_grpc.BriefingServiceStub(peer.channel)
        self._org = org_service_pb2_grpc.OrgServiceStub(peer.channel)

    async def invitations(self, briefing: BriefingName, revision: int) -> InvitationBatch:
        """Reads what a revision makes known, and where its host unit stands in the tree."""
        request = briefing_service_pb2.GetInvitationsRequest(name=briefing, revision=revision)
        try:
            found = await self._briefings.GetInvitations(request)
            path = await self._path_of(found.briefing)
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error
        if found.invitations and not is_mail_address(found.organizer_email):
            raise FailedPrecondition("BAD_ORGANIZER", "The organiser needs a mail address.", briefing=briefing)
        return InvitationBatch(
            briefing=_briefing(found.briefing),
            organizer=Organizer(found.organizer_email, found.organizer_display_name),
            revision_time=found.revision_time.ToDatetime(tzinfo=UTC),
            host_unit_path=path,
            invitations=tuple(_invitation(item) for item in found.invitations),
        )

    async def standing(self, briefing: BriefingName) -> BriefingStanding:
        """Reads how a briefing and its invitees stand now."""
        try:
            found = await self._briefings.GetBriefing(briefing_service_pb2.GetBriefingRequest(name=briefing))
            listed = await self._briefings.ListInvitees(briefing_service_pb2.ListInviteesRequest(parent=briefing))
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error
        return BriefingStanding(
            briefing=_briefing(found.briefing),
            answers={InviteeName(invitee.name): _answer(invitee) for invitee in listed.invitees},
            present=frozenset(InviteeName(invitee.name) for invitee in listed.invitees if invitee.present),
        )

    async def _path_of(self, briefing: briefing_pb2.Briefing) -> str:
        """Answers the path of the host unit on the day of the briefing; empty, and then nobody may see, when it has none."""
        day = briefing.start_time.ToDatetime(tzinfo=UTC).astimezone(LOCAL_ZONE).date()
        request = org_service_pb2.ListUnitsRequest(parent=briefing.host_unit, valid_date=day.isoformat(), page_size=1)
        found = await self._org.ListUnits(request)
        path = next((unit.path for unit in found.units if unit.name == briefing.host_unit), "")
        if not path:
            log.warning("a host unit has no place in the tree", briefing=briefing.name, unit=briefing.host_unit)
        return path


def _briefing(found: briefing_pb2.Briefing) -> Briefing:
    start = found.start_time.ToDatetime(tzinfo=UTC)
    return Briefing(
        name=BriefingName(found.name),
        uid=found.uid,
        revision=found.revision,
        title=found.title,
        start=start,
        end=start + found.duration.ToTimedelta(),
        host_unit=found.host_unit,
        host_name=found.host_unit_display_name,
        chair_name=found.chair_display_name,
        secretary_name=found.secretary_display_name,
        agenda=tuple(AgendaItem(item.title, item.presenter, item.minutes) for item in found.agenda),
        notes=found.notes,
        cancelled=found.state == briefing_pb2.Briefing.STATE_CANCELLED,
        ended=found.state == briefing_pb2.Briefing.STATE_ENDED,
        cancel_reason=found.cancel_reason,
    )


def _invitation(found: briefing_service_pb2.Invitation) -> Invitation:
    invitee = found.invitee
    recipient = Recipient(
        name=InviteeName(invitee.name),
        subject=invitee.subject,
        kind=Kind.POINT if invitee.kind == briefing_pb2.Invitee.KIND_POINT else Kind.PERSON,
        part=_PARTS.get(invitee.part, Part.ATTENDEE),
        display_name=invitee.display_name,
        unit_name=invitee.unit_display_name,
        address=invitee.email.strip(),
        join_path=invitee.join_path,
        language=Language.ENGLISH if found.language.partition("-")[0] == "en" else Language.VIETNAMESE,
        phone=invitee.phone,
        answer=_answer(invitee),
    )
    cancels = found.method == briefing_service_pb2.Invitation.METHOD_CANCEL
    return Invitation(
        recipient=recipient,
        method=Method.CANCEL if cancels else Method.REQUEST,
        sequence=found.sequence,
        whole_briefing=found.whole_briefing or not cancels,
        update=found.update,
    )


def _answer(invitee: briefing_pb2.Invitee) -> Answer:
    return _ANSWERS.get(invitee.status, Answer.NEEDS_ACTION)
