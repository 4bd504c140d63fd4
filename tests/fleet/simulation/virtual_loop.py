"""An event loop whose time jumps to the next timer when nothing is left to do, and a world that takes its time from it."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import selectors
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from unittest import mock

from voltway.kernel import clock, ids

T = TypeVar("T")
BEGINS_AT = datetime(2026, 3, 27, tzinfo=UTC)  # the clocks of Europe change on the 29th, which must not matter
BEGINS_S = 1000.0


class Stuck(Exception):
    """Nothing runs, nothing waits for a time, and the run is not over."""


class _Jumping(selectors.SelectSelector):
    """Waits for nobody: there is no socket."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck
        self.loop.virtual_s += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time is `virtual_s`; work for other threads is done at once, in this one."""

    def __init__(self) -> None:
        self.virtual_s = BEGINS_S
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.virtual_s

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def _its_own_world(loop: VirtualLoop, seed: int) -> Iterator[None]:
    """The clock and all chance of this process come from the loop and the seed."""
    chance = random.Random(f"chance of the platform {seed}")

    def now() -> datetime:
        return BEGINS_AT + timedelta(seconds=loop.virtual_s - BEGINS_S)

    def now_ms() -> datetime:
        at = now()
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def epoch_ms() -> int:
        return int(now().timestamp() * 1000)

    state = random.getstate()
    random.seed(seed)
    with (
        mock.patch.object(clock, "_now", now),
        mock.patch.object(clock, "_now_ms", now_ms),
        mock.patch.object(clock, "monotonic", loop.time),
        mock.patch.object(clock, "epoch_ms", epoch_ms),
        mock.patch.object(ids, "_last_ms", 0),
        mock.patch.object(os, "urandom", chance.randbytes),
        mock.patch.object(random, "_urandom", chance.randbytes),
        mock.patch.object(secrets, "randbelow", chance.randrange),
    ):
        try:
            yield
        finally:
            random.setstate(state)


def run_virtually(main: Callable[[VirtualLoop], Coroutine[Any, Any, T]], seed: int) -> T:
    """Run a coroutine to its end in a world of its own."""
    loop = VirtualLoop()
    try:
        asyncio.set_event_loop(loop)
        with _its_own_world(loop, seed):
            return loop.run_until_complete(main(loop))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
