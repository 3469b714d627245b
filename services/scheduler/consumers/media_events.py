"""Reads `events.media` into the attendance."""

from datetime import UTC
from typing import Final

import structlog
from google.protobuf.message import DecodeError
from redis.asyncio import Redis

from briefing.v1 import events_pb2
from giaoban.streams.redis import StreamConsumer
from services.scheduler.domain.attendance import MediaFact, Movement
from services.scheduler.domain.room_keeping import RoomKeeper

STREAM: Final = "events.media"
GROUP: Final = "attendance"

_Event = events_pb2.MediaEvent
_MOVEMENTS: Final = {
    _Event.KIND_JOINED: Movement.JOINED,
    _Event.KIND_LEFT: Movement.LEFT,
    _Event.KIND_ROOM_CLOSED: Movement.ROOM_CLOSED,
}

log = structlog.get_logger(__name__)


def media_fact(payload: bytes) -> MediaFact | None:
    """Reads an event; None for kinds that a later release may add.

    Raises:
        ValueError: It is no event, or one without a time.
    """
    try:
        event = _Event.FromString(payload)
    except DecodeError as error:
        raise ValueError("not a media event") from error
    movement = _MOVEMENTS.get(event.kind)
    if movement is None:
        return None
    if not event.HasField("occur_time") or not event.key or not event.room:
        raise ValueError("a media event without time, key or room")
    return MediaFact(
        key=event.key,
        movement=movement,
        room=event.room,
        identity=event.identity,
        participant_sid=event.participant_sid,
        occurred=event.occur_time.ToDatetime(tzinfo=UTC),
    )


def attendance_consumer(redis: Redis, keeper: RoomKeeper, consumer: str = "scheduler") -> StreamConsumer:
    """Makes the consumer that writes attendance; run it for as long as the service runs."""

    async def take_in(payload: bytes, key: str) -> None:
        fact = media_fact(payload)
        if fact is None:
            log.info("media event of an unknown kind", key=key)
            return
        await keeper.take_in(fact)

    return StreamConsumer(redis, STREAM, GROUP, consumer, take_in)
