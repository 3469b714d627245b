"""`QualityService`: the lines live and in history, each caller's own subtrees only; and the stream that feeds them."""

import asyncio
import base64
import binascii
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from google.protobuf.message import DecodeError
from typing_extensions import override

from briefing.v1 import quality_pb2, quality_service_pb2_grpc
from briefing.v1 import quality_service_pb2 as pb
from giaoban.errors import InvalidArgument
from giaoban.rpc.context import Context
from giaoban.rpc.interceptors import current_principal
from giaoban.rpc.times import instant
from services.media.domain.lines import LineTests, LiveLines
from services.media.domain.samples import LineSample, SampleStore
from services.media.rpc.names import DisplayNames
from services.media.rpc.quality_convert import direction_message, grade_message, sample_message, sample_of

log = logging.getLogger(__name__)

_PERMISSION: Final = "quality.read"
_PAGE: Final = 720
_LARGEST_PAGE: Final = 5000
# Samples of one window arrive within moments of each other; they are told together.
_GATHER_SECONDS: Final = 0.5
LOOPBACK_PREFIX: Final = "loopback-"


class SampleFeed:
    """Takes what workers measured: line tests for their verdict, all else for the live page and the history."""

    def __init__(self, store: SampleStore, lines: LiveLines, tests: LineTests, names: DisplayNames) -> None:
        self._store = store
        self._lines = lines
        self._tests = tests
        self._names = names

    async def take(self, payload: bytes, key: str) -> None:
        """Takes an entry of `quality.samples`; safe to repeat."""
        try:
            sample = sample_of(quality_pb2.QualitySample.FromString(payload))
        except (DecodeError, ValueError):
            log.warning("a sample cannot be read", extra={"key": key})
            return
        if sample.room.startswith(LOOPBACK_PREFIX):
            self._tests.put(sample)
            return
        sample = replace(sample, display_name=await self._names.of(sample.room, sample.participant_sid))
        await self._store.add(sample)
        self._lines.put(sample)


class QualityServicer(quality_service_pb2_grpc.QualityServiceServicer):
    """Answers from the store, the live lines and the line tests."""

    def __init__(self, store: SampleStore, lines: LiveLines, tests: LineTests) -> None:
        self._store = store
        self._lines = lines
        self._tests = tests

    @override
    async def WatchQuality(
        self, request: pb.WatchQualityRequest, context: Context
    ) -> AsyncIterator[pb.WatchQualityResponse]:
        """Streams all that may be seen, then what changes; all again when lines were forgotten."""
        principal = current_principal()

        def visible(sample: LineSample) -> bool:
            wanted = not request.room or sample.room == request.room
            return wanted and principal.may(_PERMISSION, sample.unit_path)

        version, reset = self._lines.version, True
        changed = self._lines.since(0, visible)
        while True:
            if changed or reset:
                yield pb.WatchQualityResponse(reset=reset, samples=[sample_message(each) for each in changed])
            await self._lines.wait(version)
            await asyncio.sleep(_GATHER_SECONDS)
            before, version = version, self._lines.version
            reset = self._lines.forgot_since(before)
            changed = self._lines.since(0 if reset else before, visible)

    @override
    async def ListSamples(self, request: pb.ListSamplesRequest, context: Context) -> pb.ListSamplesResponse:
        """Lists stored samples, newest first."""
        if not request.identity:
            raise InvalidArgument("IDENTITY_MISSING", "Whose samples?", field="identity")
        if request.page_size < 0:
            raise InvalidArgument("PAGE_SIZE_NEGATIVE", "A page has at least one sample.", field="page_size")
        size = min(request.page_size or _PAGE, _LARGEST_PAGE)
        after = instant(request.after_time, "after_time") if request.HasField("after_time") else None
        found = await self._store.page(
            request.identity, room=request.room, after=after, before=_position(request.page_token), size=size + 1
        )
        principal = current_principal()
        page = found[:size]
        following = _page_token(page[-1]) if len(found) > size else ""
        shown = [sample_message(each) for each in page if principal.may(_PERMISSION, each.unit_path)]
        return pb.ListSamplesResponse(samples=shown, next_page_token=following)

    @override
    async def JudgeLine(self, request: pb.JudgeLineRequest, context: Context) -> pb.JudgeLineResponse:
        """Judges what was measured in a loopback room."""
        verdict = self._tests.judge(request.room)
        return pb.JudgeLineResponse(
            verdict=quality_pb2.LineVerdict(
                grade=grade_message(verdict.judgement.grade),
                up=direction_message(verdict.facts.up),
                down=direction_message(verdict.facts.down),
                round_trip_ms=verdict.facts.round_trip_ms,
                measured_seconds=verdict.measured_seconds,
                advice=verdict.advice.value,
            )
        )


def _page_token(last: LineSample) -> str:
    return base64.urlsafe_b64encode(f"{last.window_end_time.isoformat()} {last.key}".encode()).decode().rstrip("=")


def _position(token: str) -> tuple[datetime, str] | None:
    if not token:
        return None
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        time, _, key = text.partition(" ")
        # Aware in any case: the store takes no other.
        return datetime.fromisoformat(time).astimezone(UTC), key
    except (binascii.Error, ValueError, OverflowError) as error:
        raise InvalidArgument("PAGE_TOKEN_INVALID", "The page token is not one of ours.", field="page_token") from error
