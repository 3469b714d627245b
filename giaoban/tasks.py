"""What long-running tasks need besides asyncio."""

import asyncio


def checkpoint() -> None:
    """Raises the cancellation of the current task that a library has swallowed; to be called once a round of a loop.

    `asyncio.wait_for` before Python 3.12 loses a cancellation that meets the end of what it waits for, and redis-py
    sends with it: a loop around such calls would go on for ever.

    Raises:
        asyncio.CancelledError: The task was cancelled and nobody has taken the cancellation back.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
