"""Sound and pictures first, people who wait next, mail and rendering last."""

import os
import threading

from giaoban import priority


def test_media_comes_first_and_mail_last() -> None:
    worker = priority.of_role("media", worker=True)
    waited_for = {priority.of_role(role, worker=False) for role in ("gateway", "scheduler", "media")}
    mail = priority.of_role("notify", worker=False)

    assert [worker, *waited_for, mail] == sorted([worker, *waited_for, mail])
    assert worker < min(waited_for) <= max(waited_for) < mail


async def test_background_work_steps_back_and_the_loop_does_not() -> None:
    def look() -> tuple[int, int]:
        return threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    thread, niceness = await priority.background(look)

    assert thread != threading.get_native_id()
    assert niceness == max(own, priority.BACKGROUND)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
