"""Who speaks in a room, from the audio levels of RFC 6464.

A peer speaks when its level was at or above -35 dBov for 40 % of a 400 ms window; levels are smoothed over windows and
told in eighths, so that a room hears of changes only.
"""

import math
from typing import Final

from services.media.domain.ports import PeerId, SpeakerChange

WINDOW_SECONDS: Final = 0.4
_THRESHOLD: Final = 35
_ACTIVE_SHARE: Final = 0.4
_STEPS: Final = 8
_SMOOTHING: Final = 0.5
_MAX_FRAME_SECONDS: Final = 0.12


class _Voice:
    __slots__ = ("active_seconds", "amplitude_seconds", "last_timestamp", "level", "told")

    def __init__(self) -> None:
        self.active_seconds = 0.0
        self.amplitude_seconds = 0.0
        self.last_timestamp: int | None = None
        self.level = 0.0
        self.told = 0.0


class RoomSpeakers:
    """The voices of one room."""

    __slots__ = ("_voices",)

    def __init__(self) -> None:
        self._voices: dict[PeerId, _Voice] = {}

    def on_level(self, peer: PeerId, level: int, timestamp: int, clock_rate: int) -> None:
        """Takes the level of an audio packet: 0 is the loudest, 127 silence, in -dBov."""
        voice = self._voices.setdefault(peer, _Voice())
        frame = 0.02
        if voice.last_timestamp is not None:
            frame = min(_MAX_FRAME_SECONDS, (timestamp - voice.last_timestamp & 0xFFFFFFFF) / clock_rate)
        voice.last_timestamp = timestamp
        if level <= _THRESHOLD:
            voice.active_seconds += frame
            voice.amplitude_seconds += frame * math.pow(10, -level / 20)

    def forget(self, peer: PeerId) -> None:
        """Drops a peer that left; whoever removes it tells the room."""
        self._voices.pop(peer, None)

    def close_window(self) -> tuple[SpeakerChange, ...]:
        """Ends a window of `WINDOW_SECONDS` and answers what changed in it, the loudest first."""
        changes: list[SpeakerChange] = []
        for peer, voice in self._voices.items():
            level = self._level(voice)
            if level != voice.told:
                voice.told = level
                changes.append(SpeakerChange(peer, level, level > 0))
        return tuple(sorted(changes, key=lambda change: -change.level))

    def _level(self, voice: _Voice) -> float:
        # Sums of 20 ms are not exact.
        speaking = voice.active_seconds > _ACTIVE_SHARE * WINDOW_SECONDS - 1e-6
        level = voice.amplitude_seconds / voice.active_seconds if speaking else 0.0
        voice.active_seconds = voice.amplitude_seconds = 0.0
        if not speaking:
            voice.level = 0.0
            return 0.0
        voice.level = level if not voice.level else voice.level + _SMOOTHING * (level - voice.level)
        return math.ceil(min(1.0, voice.level) * _STEPS) / _STEPS
