"""Gathers what is seen of streams between two samples, and joins it to the facts of one direction."""

from collections.abc import Iterable
from typing import NamedTuple

from services.media.domain.ports import DirectionFacts, Kind
from services.media.domain.score import PAUSED, Smoother, StreamWindow, score


class StreamFacts(NamedTuple):
    """One stream in one window; `score` is None when nothing was seen and nothing should have been, jitter for pictures."""

    kind: Kind
    expected: int
    lost: int
    jitter_ms: float | None
    bitrate_bps: float
    score: float | None


class StreamQuality:
    """Counts one stream between samples.

    Jitter is sound's alone. The packets of a picture leave spread over the time until the next one, so their jitter says
    more of the sender than of the line; and Firefox reports that time itself, some 65 ms for pictures on any line.
    """

    __slots__ = ("_bytes", "_expected", "_jitter_ms", "_kind", "_lost", "_smoother")

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._smoother = Smoother()
        self._expected = self._lost = self._bytes = 0
        self._jitter_ms: float | None = None

    def on_bytes(self, size: int) -> None:
        """Counts what passed."""
        self._bytes += size

    def on_report(self, expected: int, lost: int, jitter_ms: float) -> None:
        """Counts packets that should have arrived and did not; `lost` is below zero when repeats made up for more."""
        self._expected += max(0, expected)
        self._lost += lost
        if self._kind is Kind.AUDIO:
            self._jitter_ms = jitter_ms if self._jitter_ms is None else max(self._jitter_ms, jitter_ms)

    def close(
        self, seconds: float, round_trip_ms: float | None, *, silent: bool = False, paused: bool = False
    ) -> StreamFacts:
        """Ends the window.

        Args:
            seconds: Its length, above zero.
            round_trip_ms: None counts as none.
            silent: That nothing came is as it should be (muted, nobody wants it).
            paused: The line had no room for it.
        """
        lost = min(self._expected, max(0, self._lost))
        bitrate = 8 * self._bytes / seconds
        value: float | None = None
        if paused:
            value = self._smoother.update(PAUSED)
        elif self._expected or not silent:
            window = StreamWindow(
                self._kind, seconds, round_trip_ms or 0.0, self._jitter_ms or 0.0, self._expected, lost
            )
            value = self._smoother.update(score(window))
        facts = StreamFacts(self._kind, self._expected, lost, self._jitter_ms, bitrate, value)
        self._expected = self._lost = self._bytes = 0
        self._jitter_ms = None
        return facts


def join(streams: Iterable[StreamFacts]) -> DirectionFacts:
    """Joins the streams of one direction; a fact nobody can know stays None."""
    known = list(streams)
    jitters = [stream.jitter_ms for stream in known if stream.jitter_ms is not None]
    scores = [stream.score for stream in known if stream.score is not None]
    bitrate = sum(stream.bitrate_bps for stream in known)
    return DirectionFacts(
        loss=_loss(known),
        audio_loss=_loss([stream for stream in known if stream.kind is Kind.AUDIO]),
        jitter_ms=max(jitters) if jitters else None,
        bitrate_bps=bitrate if bitrate or jitters or any(stream.expected for stream in known) else None,
        score=min(scores) if scores else None,
    )


def _loss(streams: list[StreamFacts]) -> float | None:
    expected = sum(stream.expected for stream in streams)
    return sum(stream.lost for stream in streams) / expected if expected else None
