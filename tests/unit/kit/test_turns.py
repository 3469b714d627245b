import asyncio

import pytest

from giaoban.errors import ResourceExhausted
from giaoban.turns import NewestFirst


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_newest_goes_first_and_the_oldest_beyond_the_bound_gives_up() -> None:
    turns, order, gate = NewestFirst(at_once=1, most_waiting=3), [], asyncio.Event()

    async def come(name: int) -> None:
        async with turns.turn():
            order.append(name)
            await gate.wait()

    tasks = []
    for name in range(6):
        tasks.append(asyncio.create_task(come(name)))
        await _settled()
    gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert order == [0, 5, 4, 3]
    assert [type(each) for each in outcomes[1:3]] == [ResourceExhausted, ResourceExhausted]
    assert turns.is_idle


async def test_a_place_is_never_lost_whoever_goes_away() -> None:
    turns, gate = NewestFirst(at_once=2, most_waiting=10), asyncio.Event()

    async def come() -> None:
        async with turns.turn():
            await gate.wait()

    tasks = [asyncio.create_task(come()) for _ in range(8)]
    await _settled()
    for task in (tasks[0], tasks[3], tasks[7]):
        task.cancel()
    await _settled()
    tasks[6].cancel()  # it has just got the place of the first
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert turns.is_idle


async def test_a_place_stays_empty_for_the_pause() -> None:
    turns, loop = NewestFirst(at_once=1, most_waiting=10, pause_seconds=0.05), asyncio.get_running_loop()
    began = loop.time()

    for _ in range(3):
        async with turns.turn():
            pass

    assert loop.time() - began >= 0.1
    with pytest.raises(ResourceExhausted):
        async with NewestFirst(at_once=0, most_waiting=0).turn():
            pass
