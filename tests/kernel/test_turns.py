"""Taking turns: the loop comes round between any two steps of what is paced."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from voltway.kernel.turns import PATIENCE_S, Turns


async def test_between_two_paced_steps_the_loop_comes_round() -> None:
    turns, said = Turns(), list[str]()

    async def look(name: str) -> str:
        for step in range(3):
            said.append(f"{name}{step}")
            await asyncio.sleep(0)
        return name

    async def serve_stations() -> None:
        while len(said) - said.count(".") < 9:
            said.append(".")
            await asyncio.sleep(0)

    *names, _ = await asyncio.gather(*(turns.pace(look(name)) for name in "abc"), serve_stations())
    assert names == ["a", "b", "c"]
    assert not any("." not in pair for pair in pairwise(said)), said


async def test_what_goes_wrong_reaches_who_waits() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await Turns().pace(fail())


async def test_who_is_cancelled_while_waiting_for_a_turn_cleans_up_and_the_others_go_on() -> None:
    turns, ended = Turns(), list[str]()

    async def look(name: str) -> None:
        try:
            for _ in range(5):
                await asyncio.sleep(0)
        finally:
            ended.append(name)

    tasks = [asyncio.create_task(turns.pace(look(name))) for name in "abcd"]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[1].cancel()
    tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert [task.cancelled() for task in tasks] == [False, True, False, True]
    assert {"a", "c"} <= set(ended)


async def test_a_timeout_inside_paced_work_is_that_of_the_work() -> None:
    async def wait() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(10)
        except TimeoutError:
            return "timed out"
        return "waited"

    assert await Turns().pace(wait()) == "timed out"


async def test_a_step_waits_for_what_goes_first_and_not_for_ever() -> None:
    is_recording = True
    turns, steps = Turns(lambda: is_recording), list[float]()
    loop = asyncio.get_running_loop()

    async def look() -> None:
        for _ in range(3):
            steps.append(loop.time())
            await asyncio.sleep(0)

    began = loop.time()
    looking = asyncio.create_task(turns.pace(look()))
    await asyncio.sleep(PATIENCE_S / 3)
    assert all(step - began >= PATIENCE_S for step in steps)  # a machine that stands still may have let it end
    is_recording = False
    await looking
    assert len(steps) == 3
    is_recording = True
    await turns.pace(look())  # it is recording all the time: each step comes when its patience has ended
    assert len(steps) == 6
    assert steps[-1] - began >= 2 * PATIENCE_S
