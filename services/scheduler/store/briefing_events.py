"""What is written on `events.briefing`: ids and revisions; whoever needs the content asks for that revision."""

from datetime import datetime
from typing import Final

from briefing.v1 import events_pb2
from services.scheduler.domain.briefing_ports import Happening
from services.scheduler.domain.briefings import Briefing

STREAM: Final = "events.briefing"

_Event = events_pb2.BriefingEvent
_KINDS: Final = {
    Happening.BOOKED: _Event.KIND_BOOKED,
    Happening.CHANGED: _Event.KIND_CHANGED,
    Happening.CANCELLED: _Event.KIND_CANCELLED,
    Happening.ANSWERED: _Event.KIND_ANSWERED,
    Happening.OPENED: _Event.KIND_OPENED,
    Happening.ENDED: _Event.KIND_ENDED,
}


def event_payload(key: str, happening: Happening, briefing: Briefing, at: datetime) -> bytes:
    """Writes one event."""
    event = _Event(key=key, kind=_KINDS[happening], briefing=briefing.name, revision=briefing.revision)
    event.occur_time.FromDatetime(at)
    return event.SerializeToString()
