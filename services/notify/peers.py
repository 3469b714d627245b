"""The scheduler as this service sees it: its messages read into the service's own values."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from giaoban.mail_address import is_mail_address
from giaoban.rpc.client import Peer
from giaoban.rpc.status import from_call
from services.notify.domain.model import (
    AgendaItem,
    Ahead,
    Answer,
    Briefing,
    BriefingName,
    BriefingStanding,
    Invitation,
    InvitationBatch,
    Invited,
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
            briefing=replace(
                _briefing(found.briefing),
                secretary_address=_mail_address(found.secretary_email),
                secretary_phone=found.secretary_phone,
            ),
            organizer=Organizer(found.organizer_email, found.organizer_display_name),
            revision_time=found.revision_time.ToDatetime(tzinfo=UTC),
            host_unit_path=path,
            invitations=tuple(_invitation(item) for item in found.invitations),
        )

    async def ahead(self, position: str, *, reset: bool = False) -> Ahead:
        """Reads the newest revision of every briefing that is not over."""
        revisions: list[tuple[BriefingName, int]] = []
        token, known = "", ""
        while True:
            request = briefing_service_pb2.ListRevisionsRequest(
                position=position, reset=reset and not token, page_token=token
            )
            try:
                found = await self._briefings.ListRevisions(request)
            except grpc.aio.AioRpcError as error:
                raise from_call(error) from error
            known = max(known, found.known_position)
            revisions += [(BriefingName(each.name), each.revision) for each in found.revisions]
            token = found.next_page_token
            if not token:
                return Ahead(known, revisions)

    async def invited(self, briefing: BriefingName) -> Invited:
        """Reads who is invited now."""
        try:
            found, invitees = await self._today(briefing)
            request = briefing_service_pb2.GetInvitationsRequest(name=briefing, revision=found.revision)
            organizer = (await self._briefings.GetInvitations(request)).organizer_email.lower()
            path = await self._path_of(found)
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error
        heard = [one for one in map(_recipient, invitees) if one.address.lower() != organizer]
        return Invited(_briefing(found), path, heard)

    async def standing(self, briefing: BriefingName) -> BriefingStanding:
        """Reads how a briefing and its invitees stand now."""
        try:
            found, invitees = await self._today(briefing)
        except grpc.aio.AioRpcError as error:
            raise from_call(error) from error
        secretary = next((each for each in invitees if each.part == briefing_pb2.Invitee.PART_SECRETARY), None)
        return BriefingStanding(
            briefing=replace(
                _briefing(found),
                secretary_address=_mail_address(secretary.email) if secretary else "",
                secretary_phone=secretary.phone if secretary else "",
            ),
            invitees=[_recipient(each) for each in invitees],
            present=frozenset(InviteeName(each.name) for each in invitees if each.present),
        )

    async def _today(self, briefing: BriefingName) -> tuple[briefing_pb2.Briefing, Sequence[briefing_pb2.Invitee]]:
        found = await self._briefings.GetBriefing(briefing_service_pb2.GetBriefingRequest(name=briefing))
        listed = await self._briefings.ListInvitees(briefing_service_pb2.ListInviteesRequest(parent=briefing))
        return found.briefing, listed.invitees

    async def _path_of(self, briefing: briefing_pb2.Briefing) -> str:
        """Answers the path of the host unit on the day of the briefing; empty, and then nobody may see, when it has none."""
        day = briefing.start_time.ToDatetime(tzinfo=UTC).astimezone(LOCAL_ZONE).date()
        request = org_service_pb2.ListUnitsRequest(parent=briefing.host_unit, valid_date=day.isoformat(), page_size=1)
        found = await self._org.ListUnits(request)
        path = next((unit.path for unit in found.units if unit.name == briefing.host_unit), "")
        if not path:
            log.warning("a host unit has no place in the tree", briefing=briefing.name, unit=briefing.host_unit)
        return path


def _mail_address(text: str) -> str:
    return text.strip() if is_mail_address(text.strip()) else ""


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
    english = found.language.partition("-")[0] == "en"
    language = Language.ENGLISH if english else Language.VIETNAMESE
    sharing = tuple(_recipient(each, language) for each in found.sharing)
    cancels = found.method == briefing_service_pb2.Invitation.METHOD_CANCEL
    return Invitation(
        recipient=replace(_recipient(found.invitee, language), sharing=sharing),
        method=Method.CANCEL if cancels else Method.REQUEST,
        sequence=found.sequence,
        whole_briefing=found.whole_briefing or not cancels,
        update=found.update,
    )


def _recipient(invitee: briefing_pb2.Invitee, language: Language = Language.VIETNAMESE) -> Recipient:
    return Recipient(
        name=InviteeName(invitee.name),
        subject=invitee.subject,
        kind=Kind.POINT if invitee.kind == briefing_pb2.Invitee.KIND_POINT else Kind.PERSON,
        part=_PARTS.get(invitee.part, Part.ATTENDEE),
        display_name=invitee.display_name,
        unit_name=invitee.unit_display_name,
        address=invitee.email.strip(),
        join_path=invitee.join_path,
        language=language,
        phone=invitee.phone,
        answer=_answer(invitee),
        left=invitee.left,
    )


def _answer(invitee: briefing_pb2.Invitee) -> Answer:
    return _ANSWERS.get(invitee.status, Answer.NEEDS_ACTION)
