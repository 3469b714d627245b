"""`BriefingService`: translates, and lets the domain decide."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from typing_extensions import override

from briefing.v1 import briefing_pb2, briefing_service_pb2_grpc
from briefing.v1 import briefing_service_pb2 as pb
from giaoban.clock import Clock
from giaoban.errors import InvalidArgument
from giaoban.names import BriefingId, parse_briefing, parse_invitee
from giaoban.principal import Principal
from giaoban.rpc.context import Context
from giaoban.rpc.interceptors import current_principal
from giaoban.rpc.times import instant, timestamp
from services.scheduler.domain.briefing_cases import BriefingCases
from services.scheduler.domain.briefing_reading import ListFilter, SeenInvitee
from services.scheduler.domain.briefings import Briefing
from services.scheduler.domain.room_policy import Sent, Stage
from services.scheduler.rpc import briefing_convert as convert

_LONGEST_POSITION: Final = 64
_SENT: Final = {
    pb.StopSendingRequest.SOURCE_CAMERA: Sent.CAMERA,
    pb.StopSendingRequest.SOURCE_SCREEN: Sent.SCREEN,
}

WATCH_PAUSE_SECONDS: Final = 0.25
"""Between two states of a watched briefing, at least."""


class BriefingServicer(briefing_service_pb2_grpc.BriefingServiceServicer):
    """Serves briefings."""

    def __init__(self, cases: BriefingCases, clock: Clock) -> None:
        self._cases = cases
        self._clock = clock

    @override
    async def CreateBriefing(self, request: pb.CreateBriefingRequest, context: Context) -> pb.CreateBriefingResponse:
        """Books a briefing."""
        caller = current_principal()
        booked = await self._cases.booking.create(
            caller,
            convert.plan_of(request.briefing),
            convert.reasons_of(request.override_reasons),
            convert.request_id(request.request_id),
        )
        return pb.CreateBriefingResponse(briefing=await self._shown(caller, booked))

    @override
    async def GetBriefing(self, request: pb.GetBriefingRequest, context: Context) -> pb.GetBriefingResponse:
        """Reads a briefing."""
        seen = await self._cases.reading.get(current_principal(), parse_briefing(request.name))
        leavers = await self._cases.leaving.named_in(seen)
        return pb.GetBriefingResponse(
            briefing=convert.seen_message(seen), leavers=[convert.leaver_message(one) for one in leavers]
        )

    @override
    async def ListBriefings(self, request: pb.ListBriefingsRequest, context: Context) -> pb.ListBriefingsResponse:
        """Lists briefings."""
        if request.page_size < 0:
            raise convert.bad_field("page_size", "page_size must not be negative.")
        wanted = ListFilter(
            ends_after=_bound(request, "end_after_time"),
            starts_before=_bound(request, "start_before_time"),
            cancelled_too=request.show_cancelled,
            page_size=request.page_size,
            after=_position(request.page_token),
        )
        page = await self._cases.reading.page(current_principal(), wanted)
        full = request.view == pb.BRIEFING_VIEW_FULL
        return pb.ListBriefingsResponse(
            briefings=[convert.seen_message(seen, full=full) for seen in page.briefings],
            next_page_token=_token(page.after),
        )

    @override
    async def UpdateBriefing(self, request: pb.UpdateBriefingRequest, context: Context) -> pb.UpdateBriefingResponse:
        """Changes a briefing."""
        caller = current_principal()
        changed = await self._cases.booking.change(
            caller,
            parse_briefing(request.briefing.name, "briefing.name"),
            request.briefing.etag,
            convert.plan_of(request.briefing),
            convert.reasons_of(request.override_reasons),
            convert.tell_of(request.tell),
        )
        return pb.UpdateBriefingResponse(briefing=await self._shown(caller, changed))

    @override
    async def CancelBriefing(self, request: pb.CancelBriefingRequest, context: Context) -> pb.CancelBriefingResponse:
        """Calls a briefing off."""
        caller = current_principal()
        cancelled = await self._cases.booking.cancel(caller, parse_briefing(request.name), request.reason)
        return pb.CancelBriefingResponse(briefing=await self._shown(caller, cancelled))

    @override
    async def RevokeLinks(self, request: pb.RevokeLinksRequest, context: Context) -> pb.RevokeLinksResponse:
        """Makes all personal links void."""
        caller = current_principal()
        changed = await self._cases.booking.revoke_links(caller, parse_briefing(request.name))
        return pb.RevokeLinksResponse(briefing=await self._shown(caller, changed))

    @override
    async def EndBriefing(self, request: pb.EndBriefingRequest, context: Context) -> pb.EndBriefingResponse:
        """Ends a briefing."""
        caller = current_principal()
        ended = await self._cases.booking.end(caller, parse_briefing(request.name))
        return pb.EndBriefingResponse(briefing=await self._shown(caller, ended))

    async def _shown(self, caller: Principal, briefing: Briefing) -> briefing_pb2.Briefing:
        return convert.seen_message(await self._cases.reading.shown(caller, briefing))

    @override
    async def ListInvitees(self, request: pb.ListInviteesRequest, context: Context) -> pb.ListInviteesResponse:
        """Lists who is invited."""
        caller, briefing = current_principal(), parse_briefing(request.parent, "parent")
        seen = await self._cases.reading.invitees(caller, briefing)
        left: frozenset[str] = frozenset()
        if caller.is_service:  # which reminds nobody who has left
            start = (await self._cases.reading.get(caller, briefing)).briefing.plan.start
            left = await self._cases.leaving.of([one.invitee.subject for one in seen], start)
        return pb.ListInviteesResponse(
            invitees=[convert.invitee_message(one, left=one.invitee.subject in left) for one in seen]
        )

    @override
    async def RespondInvitation(
        self, request: pb.RespondInvitationRequest, context: Context
    ) -> pb.RespondInvitationResponse:
        """Answers an invitation."""
        name = parse_invitee(request.name)
        answered = await self._cases.attending.answer(
            current_principal(), name, convert.answer_of(request.status), request.comment
        )
        return pb.RespondInvitationResponse(invitee=convert.invitee_message(SeenInvitee(name.briefing, answered)))

    @override
    async def GetInvitations(self, request: pb.GetInvitationsRequest, context: Context) -> pb.GetInvitationsResponse:
        """Reads the invitations of one revision."""
        reading = self._cases.reading
        told = await reading.told(parse_briefing(request.name), request.revision)
        briefing = told.snapshot.briefing
        return pb.GetInvitationsResponse(
            briefing=convert.briefing_message(briefing),
            invitations=[
                convert.invitation_message(briefing, one, reading.invitation_path) for one in told.snapshot.invitations
            ],
            organizer_email=briefing.organizer.email,
            organizer_display_name=briefing.organizer.display_name,
            revision_time=timestamp(briefing.revised_at),
            latest_revision=told.latest_revision,
            secretary_email=told.secretary.email if told.secretary else "",
            secretary_phone=told.secretary.phone if told.secretary else "",
        )

    @override
    async def ListRevisions(self, request: pb.ListRevisionsRequest, context: Context) -> pb.ListRevisionsResponse:
        """Lists the newest revisions for a reader that compares its books."""
        if len(request.position) > _LONGEST_POSITION:
            raise convert.bad_field("position", f"A position has at most {_LONGEST_POSITION} characters.")
        known, page = await self._cases.reading.revisions(
            current_principal().subject, request.position, _position(request.page_token), reset=request.reset
        )
        return pb.ListRevisionsResponse(
            revisions=[
                pb.BriefingRevision(name=seen.briefing.name, revision=seen.briefing.revision) for seen in page.briefings
            ],
            known_position=known,
            next_page_token=_token(page.after),
        )

    @override
    async def WatchBriefing(
        self, request: pb.WatchBriefingRequest, context: Context
    ) -> AsyncIterator[pb.WatchBriefingResponse]:
        """Streams the live state until the caller leaves or the service stops."""
        caller, briefing = current_principal(), parse_briefing(request.name)
        position = 0
        with self._cases.changes.watching(briefing) as watch:
            while True:
                live = await self._cases.reading.live(caller, briefing)
                # Rises across restarts, too: watchers compare positions of two connections.
                position = max(position + 1, int(self._clock.now().timestamp() * 1000))
                yield convert.live_message(live, position)
                sent = self._clock.monotonic()
                if not await watch.change():
                    return
                await asyncio.sleep(max(0.0, sent + WATCH_PAUSE_SECONDS - self._clock.monotonic()))

    @override
    async def AskToSpeak(self, request: pb.AskToSpeakRequest, context: Context) -> pb.AskToSpeakResponse:
        """Joins the queue."""
        place = await self._cases.conducting.ask(current_principal(), parse_briefing(request.name))
        return pb.AskToSpeakResponse(place=place)

    @override
    async def WithdrawSpeakingRequest(
        self, request: pb.WithdrawSpeakingRequestRequest, context: Context
    ) -> pb.WithdrawSpeakingRequestResponse:
        """Takes a request back."""
        await self._cases.conducting.withdraw(current_principal(), parse_briefing(request.name), request.identity)
        return pb.WithdrawSpeakingRequestResponse()

    @override
    async def GiveFloor(self, request: pb.GiveFloorRequest, context: Context) -> pb.GiveFloorResponse:
        """Gives the floor."""
        await self._cases.conducting.give_floor(current_principal(), parse_briefing(request.name), request.identity)
        return pb.GiveFloorResponse()

    @override
    async def MuteParticipant(self, request: pb.MuteParticipantRequest, context: Context) -> pb.MuteParticipantResponse:
        """Mutes microphones."""
        muted = await self._cases.conducting.mute(
            current_principal(), parse_briefing(request.name), request.identity, lock=request.lock
        )
        return pb.MuteParticipantResponse(muted_count=muted)

    @override
    async def StopSending(self, request: pb.StopSendingRequest, context: Context) -> pb.StopSendingResponse:
        """Stops a camera or shared screen."""
        sent = _SENT.get(request.source)
        if sent is None:
            raise InvalidArgument("BAD_FIELD", "source is a camera or a screen.", field="source")
        await self._cases.conducting.stop_sending(
            current_principal(), parse_briefing(request.name), request.identity, sent
        )
        return pb.StopSendingResponse()

    @override
    async def ShowOnStage(self, request: pb.ShowOnStageRequest, context: Context) -> pb.ShowOnStageResponse:
        """Puts somebody on everyone's stage."""
        stage = Stage(request.identity, request.screen) if request.identity else None
        await self._cases.conducting.show_on_stage(current_principal(), parse_briefing(request.name), stage)
        return pb.ShowOnStageResponse()

    @override
    async def AllowMicrophone(self, request: pb.AllowMicrophoneRequest, context: Context) -> pb.AllowMicrophoneResponse:
        """Lets microphones open again."""
        await self._cases.conducting.allow_microphone(
            current_principal(), parse_briefing(request.name), request.identity
        )
        return pb.AllowMicrophoneResponse()

    @override
    async def PermitScreen(self, request: pb.PermitScreenRequest, context: Context) -> pb.PermitScreenResponse:
        """Gives or takes the right to share a screen."""
        await self._cases.conducting.permit_screen(
            current_principal(), parse_briefing(request.name), request.identity, permitted=request.permitted
        )
        return pb.PermitScreenResponse()

    @override
    async def ReadmitParticipant(
        self, request: pb.ReadmitParticipantRequest, context: Context
    ) -> pb.ReadmitParticipantResponse:
        """Lets a removed participant in again."""
        await self._cases.conducting.readmit(current_principal(), parse_briefing(request.name), request.identity)
        return pb.ReadmitParticipantResponse()

    @override
    async def RemoveParticipant(
        self, request: pb.RemoveParticipantRequest, context: Context
    ) -> pb.RemoveParticipantResponse:
        """Sends a participant out."""
        await self._cases.conducting.remove(current_principal(), parse_briefing(request.name), request.identity)
        return pb.RemoveParticipantResponse()


def _bound(request: pb.ListBriefingsRequest, field: str) -> datetime | None:
    if not request.HasField(field):  # type: ignore[arg-type]  # the stub wants a literal
        return None
    return instant(getattr(request, field), field)


def _token(after: tuple[datetime, BriefingId] | None) -> str:
    if after is None:
        return ""
    text = f"{after[0].timestamp():.0f}|{after[1]}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _position(token: str) -> tuple[datetime, BriefingId] | None:
    if not token:
        return None
    try:
        start, _, briefing = base64.urlsafe_b64decode(token.encode()).decode().partition("|")
        return datetime.fromtimestamp(int(start), UTC), BriefingId(briefing)
    except (ValueError, OverflowError, OSError, binascii.Error) as error:
        raise InvalidArgument("BAD_FIELD", "page_token is not one of ours; start anew.", field="page_token") from error
