"""Whether a layer flows, and long enough to turn viewers to it.

A publisher whose line or processor gets short stops its highest layer without a word, and takes it up again for a moment
each time it sees some room. Whoever watches that layer then has no picture until somebody notices; so a layer is over as
soon as those below it go on without it, and is shown only after it has lasted.
"""

from typing import Final

# Screen shares of a still picture send about a frame a second.
_SILENT_SECONDS: Final = 2.5
# Encoders send a picture on all layers at once. One or two are left out of the highest after a large one.
_LEFT_BEHIND_PICTURES: Final = 3
_PROOF_SECONDS: Final = 1.0
_LONGEST_PROOF_SECONDS: Final = 8.0
_LASTING_SECONDS: Final = 10.0


class LayerFlow:
    """The runs of one layer: from a packet after a silence to the next silence."""

    __slots__ = ("_began_at", "_last_at", "_missed", "_proof")

    def __init__(self) -> None:
        self._began_at: float | None = None
        self._last_at = float("-inf")
        self._missed = 0
        self._proof = _PROOF_SECONDS

    def flows(self, now: float) -> bool:
        """Answers whether a run goes on."""
        return self._began_at is not None and now - self._last_at < _SILENT_SECONDS

    def lasts(self, now: float) -> bool:
        """Answers whether the run goes on long enough to turn to it."""
        return self._began_at is not None and self.flows(now) and now - self._began_at >= self._proof

    def on_packet(self, now: float) -> None:
        """Notes a packet, which begins a run if none goes on."""
        if self._began_at is None or now - self._last_at >= _SILENT_SECONDS:
            self._began_at = now
        self._last_at = now
        self._missed = 0

    def on_lower_picture(self, *, wanted: bool) -> bool:
        """Notes that a lower layer has sent a picture; True when this run is over for it.

        A run of a wanted layer that was short doubles the time the next has to last.
        """
        if self._began_at is None:
            return False
        self._missed += 1
        if self._missed < _LEFT_BEHIND_PICTURES:
            return False
        short = wanted and self._last_at - self._began_at < _LASTING_SECONDS
        self._proof = min(_LONGEST_PROOF_SECONDS, 2 * self._proof) if short else _PROOF_SECONDS
        self.stop()
        return True

    def stop(self) -> None:
        """Ends the run."""
        self._began_at = None
        self._missed = 0
