"""Wakes those who watch a briefing when something about it has changed; says that, never what."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from giaoban.names import BriefingId


class Watch:
    """One watcher's place; remembers at most "something changed", so that slow watchers cost nothing."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.ended = False

    def wake(self) -> None:
        """Notes a change."""
        self._changed.set()

    def end(self) -> None:
        """Tells the watcher to leave."""
        self.ended = True
        self._changed.set()

    async def change(self) -> bool:
        """Waits for a change since the last one; False when there will be none any more."""
        await self._changed.wait()
        self._changed.clear()
        return not self.ended


class Changes:
    """Who watches which briefing in this process."""

    def __init__(self) -> None:
        self._watches: defaultdict[BriefingId, set[Watch]] = defaultdict(set)
        self._ended = False

    def announce(self, briefing: BriefingId) -> None:
        """Wakes the watchers of a briefing; call it after the change is committed."""
        for watch in self._watches.get(briefing, ()):
            watch.wake()

    @contextmanager
    def watching(self, briefing: BriefingId) -> Iterator[Watch]:
        """Takes a place; read the state after entering, so that no change is missed."""
        watch = Watch()
        if self._ended:
            watch.end()
        self._watches[briefing].add(watch)
        try:
            yield watch
        finally:
            self._watches[briefing].discard(watch)
            if not self._watches[briefing]:
                del self._watches[briefing]

    def close(self) -> None:
        """Ends all watching, now and later."""
        self._ended = True
        for watches in self._watches.values():
            for watch in watches:
                watch.end()
