"""Group `invitations` on `events.briefing`: a fact about a briefing becomes messages."""

from typing import Final

import structlog
from google.protobuf.message import DecodeError

from briefing.v1 import events_pb2
from giaoban.errors import InvalidArgument
from giaoban.names import briefing_name, parse_briefing
from services.notify.domain.model import BriefingName
from services.notify.domain.telling import Teller

STREAM: Final = "events.briefing"
GROUP: Final = "invitations"

_TOLD: Final = frozenset(
    {
        events_pb2.BriefingEvent.KIND_BOOKED,
        events_pb2.BriefingEvent.KIND_CHANGED,
        events_pb2.BriefingEvent.KIND_CANCELLED,
    }
)

log = structlog.get_logger(__name__)


class InvitationConsumer:
    """The handler of the group's entries."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller

    async def handle(self, payload: bytes, key: str) -> None:
        """Notes what a fact makes known; facts that concern nobody's calendar are passed over.

        Raises:
            InvalidArgument: `BAD_EVENT` or `BAD_NAME`: the entry is none of ours, and ends among the dead ones.
        """
        event = events_pb2.BriefingEvent()
        try:
            event.ParseFromString(payload)
        except DecodeError as error:
            raise InvalidArgument("BAD_EVENT", "The entry holds no BriefingEvent.", key=key[:80]) from error
        if event.kind not in _TOLD:
            return
        briefing = BriefingName(briefing_name(parse_briefing(event.briefing, "briefing")))
        if event.revision < 1:
            raise InvalidArgument("BAD_EVENT", "The fact needs a revision from 1.", field="revision", key=key[:80])
        await self._teller.want(event.key or key, briefing, event.revision)
