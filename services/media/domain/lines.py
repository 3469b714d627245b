"""The lines of all participants as they are now, and the measurements of line tests."""

import asyncio
import statistics
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from giaoban.errors import FailedPrecondition
from services.media.domain.grades import LOST, Advice, Judgement, advise, judge_once
from services.media.domain.ports import DirectionFacts, QualityFacts
from services.media.domain.samples import LineSample

# A worker that died says no last words: after three silent windows its participants are lost.
SILENT_AFTER: Final = timedelta(seconds=20)
KEPT_AFTER_LEAVING: Final = timedelta(hours=2)
_LineKey = tuple[str, str]


@dataclass(slots=True)
class _Line:
    sample: LineSample
    version: int


@dataclass(slots=True)
class LiveLines:
    """The newest sample of each participant of each open room; those who dropped stay until the room closes."""

    _lines: dict[_LineKey, _Line] = field(default_factory=dict)
    _closed: dict[str, datetime] = field(default_factory=dict)
    _version: int = 0
    _forgot: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def version(self) -> int:
        """Grows with each change."""
        return self._version

    def put(self, sample: LineSample) -> None:
        """Takes a sample; one that is older than what is known changes nothing."""
        if self._is_closed(sample):
            return
        key = (sample.room, sample.identity)
        known = self._lines.get(key)
        if known is not None and known.sample.window_end_time > sample.window_end_time:
            return
        # A session that was replaced by a new one ends after the new one began.
        if known is not None and not sample.connected and known.sample.participant_sid != sample.participant_sid:
            return
        self._touch(key, sample)

    def close_room(self, room: str, at: datetime) -> None:
        """Forgets a room that was closed at a moment; what its participants said last comes by another way, and later."""
        self._closed[room] = at
        self._forget([key for key in self._lines if key[0] == room])

    def _is_closed(self, sample: LineSample) -> bool:
        closed_at = self._closed.get(sample.room)
        if closed_at is None:
            return False
        if not sample.connected or sample.window_end_time <= closed_at:
            return True
        del self._closed[sample.room]  # opened again
        return False

    def tick(self, now: datetime) -> None:
        """Marks who fell silent as lost and forgets who left long ago."""
        for room in [room for room, at in self._closed.items() if now - at > KEPT_AFTER_LEAVING]:
            del self._closed[room]
        long_gone: list[_LineKey] = []
        for key, line in list(self._lines.items()):
            age = now - line.sample.window_end_time
            if line.sample.connected and age > SILENT_AFTER:
                self._touch(key, lost(line.sample))
            elif not line.sample.connected and age > KEPT_AFTER_LEAVING:
                long_gone.append(key)
        self._forget(long_gone)

    def since(self, version: int, visible: Callable[[LineSample], bool]) -> list[LineSample]:
        """Answers what changed after a version and may be seen."""
        return [line.sample for line in self._lines.values() if line.version > version and visible(line.sample)]

    def forgot_since(self, version: int) -> bool:
        """Answers whether lines were forgotten after a version, so that whoever watches has to begin anew."""
        return self._forgot > version

    async def wait(self, version: int) -> None:
        """Waits until something changed after a version."""
        while self._version <= version:
            await self._changed.wait()

    def _touch(self, key: _LineKey, sample: LineSample) -> None:
        self._lines[key] = _Line(sample, self._version + 1)
        self._tell()

    def _forget(self, keys: list[_LineKey]) -> None:
        if not keys:
            return
        for key in keys:
            del self._lines[key]
        self._forgot = self._version + 1
        self._tell()

    def _tell(self) -> None:
        self._version += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def lost(sample: LineSample) -> LineSample:
    """Answers the same participant, dropped."""
    return LineSample(
        key=sample.key,
        room=sample.room,
        identity=sample.identity,
        participant_sid=sample.participant_sid,
        unit_path=sample.unit_path,
        kind=sample.kind,
        display_name=sample.display_name,
        window_end_time=sample.window_end_time,
        up=DirectionFacts(),
        down=DirectionFacts(),
        round_trip_ms=None,
        score=None,
        grade=LOST.grade,
        worst=None,
        connected=False,
    )


class Verdict(NamedTuple):
    """What a tested line is like."""

    judgement: Judgement
    facts: QualityFacts
    measured_seconds: float
    advice: Advice


_MOST_TESTS: Final = 500
_MOST_WINDOWS: Final = 90
# The first window is the ramp of the encoder and tells nothing of the line.
_RAMP_WINDOWS: Final = 1


@dataclass(slots=True)
class LineTests:
    """What was measured in loopback rooms, by room; the oldest tests are forgotten first."""

    window_seconds: float = 1.0
    _tests: OrderedDict[str, list[LineSample]] = field(default_factory=OrderedDict)

    def put(self, sample: LineSample) -> None:
        """Takes a sample of a loopback room."""
        windows = self._tests.setdefault(sample.room, [])
        if sample.connected and len(windows) < _MOST_WINDOWS:
            windows.append(sample)
        while len(self._tests) > _MOST_TESTS:
            self._tests.popitem(last=False)

    def judge(self, room: str) -> Verdict:
        """Judges a test by what was measured so far.

        Raises:
            FailedPrecondition: `NOT_MEASURED`: nothing flowed yet.
        """
        windows = self._tests.get(room, [])
        measured = [each for each in windows if each.up.loss is not None or each.up.bitrate_bps]
        if not measured:
            raise FailedPrecondition("NOT_MEASURED", "Nothing was measured in this room yet.", room=room)
        steady = measured[_RAMP_WINDOWS:] or measured
        up, down = _direction([each.up for each in steady]), _direction([each.down for each in steady])
        round_trip = _median(each.round_trip_ms for each in steady)
        # The score of single seconds follows the encoder's ramp, so the verdict goes by what the line itself does.
        facts = QualityFacts(up=up, down=down, round_trip_ms=round_trip)
        judgement = judge_once(facts)
        seconds = len(measured) * self.window_seconds
        return Verdict(judgement, facts, seconds, advise(judgement, up.bitrate_bps))


def _direction(windows: list[DirectionFacts]) -> DirectionFacts:
    losses = [each.loss if each.audio_loss is None else each.audio_loss for each in windows]
    bitrates = [each.bitrate_bps for each in windows if each.bitrate_bps is not None]
    return DirectionFacts(
        loss=_mean(losses),
        jitter_ms=_median(each.jitter_ms for each in windows),
        bitrate_bps=max(bitrates, default=None),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
