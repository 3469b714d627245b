"""DeliveryService: the mail log.

Mails hold personal join links, so the permission somewhere is not enough: a caller sees the deliveries of briefings whose host
unit lies in a subtree on which the caller has it.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

from briefing.v1 import delivery_service_pb2 as pb2
from briefing.v1 import delivery_service_pb2_grpc
from giaoban.clock import Clock
from giaoban.errors import FailedPrecondition, InvalidArgument, NotFound
from giaoban.names import briefing_name, parse_briefing
from giaoban.permissions import Permission
from giaoban.principal import Principal
from giaoban.rpc.context import Context
from giaoban.rpc.interceptors import current_principal
from services.notify.domain.gate import Problem
from services.notify.domain.holding import Holding
from services.notify.domain.model import (
    BriefingName,
    Delivery,
    DeliveryId,
    DeliveryQuery,
    Invited,
    MailboxName,
    RetryQuery,
    State,
)
from services.notify.domain.ports import DeliveryBooks, Scheduler, Tellings
from services.notify.rpc.convert import id_from_name, problem_to_proto, state_from_proto, to_proto
from services.notify.rpc.parts import shown_parts

_DEFAULT_PAGE: Final = 100
_LONGEST_PAGE: Final = 1000
_RETRYABLE: Final = (State.FAILED, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Around:
    """What the service looks at besides the ledger."""

    scheduler: Scheduler
    tellings: Tellings
    holding: Holding
    problem: Callable[[], Problem | None]
    wake_teller: Callable[[], None]


class DeliveryServicer(delivery_service_pb2_grpc.DeliveryServiceServicer):
    """Reads the ledger and takes the word of people to send something again."""

    def __init__(self, books: DeliveryBooks, clock: Clock, wake: Callable[[], None], around: Around) -> None:
        """Args: wake: called when there is something new to send."""
        self._books = books
        self._clock = clock
        self._wake = wake
        self._around = around

    @override
    async def ListDeliveries(self, request: pb2.ListDeliveriesRequest, context: Context) -> pb2.ListDeliveriesResponse:
        """Lists deliveries of the caller's subtrees, newest first."""
        limit = _page_size(request.page_size)
        query = DeliveryQuery(
            unit_paths=_paths(current_principal(), Permission.DELIVERIES_READ),
            briefing=_optional_briefing(request.briefing),
            states=tuple(state_from_proto(number) for number in dict.fromkeys(request.states)),
            before=_before(request.page_token),
            limit=limit + 1,
        )
        found = await self._books.find(query)
        page = found[:limit]
        token = page[-1].id if len(found) > limit else ""
        return pb2.ListDeliveriesResponse(deliveries=[to_proto(one) for one in page], next_page_token=token)

    @override
    async def GetMessage(self, request: pb2.GetMessageRequest, context: Context) -> pb2.GetMessageResponse:
        """Reads a message as it was rendered; empty where there was no address to render it for."""
        found = await self._get(id_from_name(request.name), Permission.DELIVERIES_READ)
        content = await self._books.content(found.id)
        shown = shown_parts(content)
        return pb2.GetMessageResponse(delivery=to_proto(found), content=content, html=shown.html, text=shown.text)

    @override
    async def RetryDelivery(self, request: pb2.RetryDeliveryRequest, context: Context) -> pb2.RetryDeliveryResponse:
        """Sends the identical bytes again."""
        found = await self._get(id_from_name(request.name), Permission.DELIVERIES_WRITE)
        query = RetryQuery(_paths(current_principal(), Permission.DELIVERIES_WRITE), _RETRYABLE, delivery=found.id)
        if not await self._requeue(query, count_only=False):
            raise FailedPrecondition(
                "DELIVERY_NOT_RETRYABLE",
                "Only a failed delivery or one of unknown fate can be repeated, while its briefing is not over, there is "
                "no newer message to the mailbox, the invitee has no other address now, and the message exists.",
                name=request.name,
                state=str(found.state),
            )
        return pb2.RetryDeliveryResponse(delivery=to_proto(await self._get(found.id, Permission.DELIVERIES_WRITE)))

    @override
    async def RetryDeliveries(
        self, request: pb2.RetryDeliveriesRequest, context: Context
    ) -> pb2.RetryDeliveriesResponse:
        """Sends many again."""
        states = tuple(state_from_proto(number) for number in dict.fromkeys(request.states)) or _RETRYABLE
        if not set(states) <= set(_RETRYABLE):
            raise InvalidArgument(
                "BAD_FIELD", "Only failed deliveries and those of unknown fate can be repeated.", field="states"
            )
        query = RetryQuery(
            _paths(current_principal(), Permission.DELIVERIES_WRITE),
            states,
            _optional_briefing(request.briefing),
            request.reason[:64],
        )
        return pb2.RetryDeliveriesResponse(count=await self._requeue(query, count_only=request.validate_only))

    @override
    async def GetMailStatus(self, request: pb2.GetMailStatusRequest, context: Context) -> pb2.GetMailStatusResponse:
        """Says whether mail moves."""
        problem, hold = self._around.problem(), self._around.holding.hold
        return pb2.GetMailStatusResponse(
            problem=None if problem is None else problem_to_proto(problem),
            hold_reason="" if hold is None else str(hold.reason),
            waiting_count=await self._books.waiting(),
        )

    @override
    async def GetTelling(self, request: pb2.GetTellingRequest, context: Context) -> pb2.GetTellingResponse:
        """Says who has not been told."""
        invited = await self._invited(request.briefing, Permission.DELIVERIES_READ)
        name = invited.briefing.name
        told = await self._books.told_of(name)
        waiting = await self._around.tellings.open_of(name)
        return pb2.GetTellingResponse(
            untold_names=[one.display_name for one in invited.invitees if one.mailbox not in told],
            under_way=bool(waiting) and not self._around.holding.active,
            error=next((each.error for each in waiting if each.error), ""),
        )

    @override
    async def TellBriefing(self, request: pb2.TellBriefingRequest, context: Context) -> pb2.TellBriefingResponse:
        """Tells invitees who have no message yet."""
        invited = await self._invited(request.briefing, Permission.DELIVERIES_WRITE)
        briefing, now = invited.briefing, self._clock.now()
        if briefing.ended or briefing.end <= now:
            raise FailedPrecondition(
                "BRIEFING_OVER", "The briefing is over; nobody is told any more.", name=briefing.name
            )
        await self._around.tellings.want_again(briefing.name, briefing.revision, now)
        self._around.wake_teller()
        return pb2.TellBriefingResponse()

    async def _requeue(self, query: RetryQuery, *, count_only: bool) -> int:
        """Nothing goes to a mailbox that was left a moment ago: its new address is told as soon as the ledger hears of it."""
        left: set[MailboxName] = set()
        for name, mailboxes in (await self._books.invited_of(query, self._clock.now())).items():
            left |= mailboxes - await self._mailboxes(name)
        count = await self._books.requeue_many(replace(query, without=left), self._clock.now(), count_only=count_only)
        if count and not count_only:
            self._wake()
        return count

    async def _mailboxes(self, name: BriefingName) -> Set[MailboxName]:
        try:
            return {one.mailbox for one in (await self._around.scheduler.invited(name)).invitees}
        except NotFound:
            return frozenset()

    async def _invited(self, name: str, permission: Permission) -> Invited:
        found = await self._around.scheduler.invited(BriefingName(briefing_name(parse_briefing(name, "briefing"))))
        if not current_principal().may(permission, found.host_unit_path):
            raise NotFound("UNKNOWN_BRIEFING", "There is no such briefing among those you may see.", name=name)
        return found

    async def _get(self, delivery: DeliveryId, permission: Permission) -> Delivery:
        found = await self._books.get(delivery, _paths(current_principal(), permission))
        if found is None:
            raise NotFound("UNKNOWN_DELIVERY", "There is no such delivery, or you may not see it.")
        return found


def _optional_briefing(name: str) -> BriefingName | None:
    return BriefingName(briefing_name(parse_briefing(name, "briefing"))) if name else None


def _paths(principal: Principal, permission: Permission) -> tuple[str, ...]:
    """Answers the subtrees on which the caller has a permission."""
    return tuple(grant.unit_path for grant in principal.grants if principal.may(permission, grant.unit_path))


def _page_size(asked: int) -> int:
    if asked < 0:
        raise InvalidArgument("BAD_FIELD", "page_size must not be negative.", field="page_size")
    return min(asked or _DEFAULT_PAGE, _LONGEST_PAGE)


def _before(page_token: str) -> DeliveryId | None:
    if not page_token:
        return None
    try:
        return id_from_name(f"deliveries/{page_token}", "page_token")
    except InvalidArgument:
        raise InvalidArgument(
            "BAD_PAGE_TOKEN", "page_token must be one from the answer before.", field="page_token"
        ) from None
