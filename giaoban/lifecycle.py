"""Runs a process until it is told to end, and ends it in order and in time; a refusal to start is one clear line."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, NoReturn

import structlog

from giaoban.errors import DomainError

log = structlog.get_logger(__name__)

GOODBYE_SECONDS: Final = 15.0
EXIT_REFUSED: Final = 3
"""Exit status of a process that cannot run as the site set it up; starting it again does not help."""


def run(context: AbstractAsyncContextManager[object], *, goodbye_seconds: float = GOODBYE_SECONDS) -> None:
    """Enters the context, waits for SIGINT or SIGTERM, and leaves it.

    Args:
        context: What runs; entering it returns once it is ready.
        goodbye_seconds: Leaving it may take this long; then the process ends all the same.

    Raises:
        SystemExit: Status 3 and one line on standard error when a `DomainError` ended it before it was ready. What ends
            it later is no refusal: it could run here, and may again.
    """
    ready = threading.Event()
    try:
        asyncio.run(until_signal(context, goodbye_seconds=goodbye_seconds, when_ready=ready.set))
    except (DomainError, BaseExceptionGroup) as error:
        refusal = None if ready.is_set() else _refusal(error)
        if refusal is None:
            raise
        sys.stderr.write(f"giaoban: {refusal.message} ({refusal.reason})\n")
        raise SystemExit(EXIT_REFUSED) from None


async def until_signal(
    context: AbstractAsyncContextManager[object], *, goodbye_seconds: float, when_ready: Callable[[], None]
) -> None:
    """Enters the context, waits for SIGINT or SIGTERM, also while it is being entered, and leaves it."""
    loop, task, told = asyncio.get_running_loop(), asyncio.current_task(), asyncio.Event()

    def tell() -> None:
        if not told.is_set() and task is not None:
            told.set()
            loop.call_later(goodbye_seconds, _give_up, goodbye_seconds)
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tell)
    try:
        async with context:
            # What is there now stays; a collector that looked through it would halt the process for 0.1 s each time.
            gc.freeze()
            gc.enable()
            when_ready()
            log.info("ready")
            await _cancelled(told)
            log.info("ending")
    except asyncio.CancelledError:
        if not told.is_set():
            raise


async def _cancelled(told: asyncio.Event) -> None:
    """Waits to be cancelled by a signal, and forgets it, so that the context is left in the usual way."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if not told.is_set() or task is None:
            raise
        task.uncancel()


def _refusal(error: BaseException) -> DomainError | None:
    """Finds the one domain error that ended everything, within groups of tasks too."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error if isinstance(error, DomainError) else None


def _give_up(seconds: float) -> NoReturn:
    log.error("did not end in time", seconds=seconds)
    os._exit(1)
