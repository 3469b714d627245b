"""DeliveryService: the mail log.

Mails hold personal join links, so the permission somewhere is not enough: a caller sees the deliveries of briefings whose host
unit lies in a subtree on which the caller has it.
"""

from collections.abc import Callable
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
from services.notify.domain.model import BriefingName, Delivery, DeliveryId, DeliveryQuery, State
from services.notify.domain.ports import DeliveryBooks
from services.notify.rpc.convert import id_from_name, state_from_proto, to_proto
from services.notify.rpc.parts import shown_parts

_DEFAULT_PAGE: Final = 100
_LONGEST_PAGE: Final = 1000
_RETRYABLE: Final = (State.FAILED, State.UNKNOWN)


class DeliveryServicer(delivery_service_pb2_grpc.DeliveryServiceServicer):
    """Reads the ledger and takes the word of people to send something again."""

    def __init__(self, books: DeliveryBooks, clock: Clock, wake: Callable[[], None]) -> None:
        """Args: wake: called when there is something new to send."""
        self._books = books
        self._clock = clock
        self._wake = wake

    @override
    async def ListDeliveries(self, request: pb2.ListDeliveriesRequest, context: Context) -> pb2.ListDeliveriesResponse:
        """Lists deliveries of the caller's subtrees, newest first."""
        limit = _page_size(request.page_size)
        query = DeliveryQuery(
            unit_paths=_paths(current_principal(), Permission.DELIVERIES_READ),
            briefing=BriefingName(briefing_name(parse_briefing(request.briefing, "briefing")))
            if request.briefing
            else None,
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
        if not await self._books.requeue(found.id, _RETRYABLE, self._clock.now()):
            raise FailedPrecondition(
                "DELIVERY_NOT_RETRYABLE",
                "Only a failed delivery or one of unknown fate can be repeated, while its briefing is not over, there is "
                "no newer message for the invitee, and the message exists.",
                name=request.name,
                state=str(found.state),
            )
        self._wake()
        return pb2.RetryDeliveryResponse(delivery=to_proto(await self._get(found.id, Permission.DELIVERIES_WRITE)))

    async def _get(self, delivery: DeliveryId, permission: Permission) -> Delivery:
        found = await self._books.get(delivery, _paths(current_principal(), permission))
        if found is None:
            raise NotFound("UNKNOWN_DELIVERY", "There is no such delivery, or you may not see it.")
        return found


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
