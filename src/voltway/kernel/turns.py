"""Taking turns on the event loop, so that what stations wait for does not queue behind what people look at.

The loop runs everything that is ready before it looks at its sockets again: fifty requests that are ready at once are fifty
lists built in one go, while stations wait. What runs by `Turns.pace` gets one step of all of it for each round of the loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

from voltway.kernel import clock

T = TypeVar("T")

PAUSE_S = 0.0005
PATIENCE_S = 0.003
"""A step waits no longer than this for what goes first: under full load people get some steps too."""


class Turns:
    """Hands out one turn for each round of the loop."""

    def __init__(self, must_wait: Callable[[], bool] = lambda: False) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False
        self._must_wait = must_wait
        """Whether something goes first now; asked before each turn, for no longer than PATIENCE_S."""
        self._since = 0.0

    async def pace(self, work: Awaitable[T]) -> T:
        """Run a coroutine, each of its steps (from one wait to the next) in a turn of its own."""
        result: T = await _Paced(self, work)
        return result

    def take(self) -> asyncio.Future[None] | None:
        """None: it is this step's turn; else what to wait for."""
        loop = asyncio.get_running_loop()
        if not self._is_taken:
            self._is_taken = True
            self._since = clock.monotonic()
            if not self._must_wait():
                loop.call_soon(self._next)
                return None
            loop.call_later(PAUSE_S, self._next)
        turn = loop.create_future()
        self._waiting.append(turn)
        return turn

    def _next(self) -> None:
        """The loop has come round: the next one, if somebody waits and nothing goes first."""
        now = clock.monotonic()
        if self._waiting and self._must_wait() and now - self._since < PATIENCE_S:
            asyncio.get_running_loop().call_later(PAUSE_S, self._next)
            return
        self._since = now
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else who waited has been cancelled
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._next)
                return
        self._is_taken = False


class _Paced:
    """Awaitable: steps the coroutine, and waits for a turn before each step."""

    def __init__(self, turns: Turns, work: Awaitable[Any]) -> None:
        self._turns, self._work = turns, work

    def __await__(self) -> Generator[Any, None, Any]:
        steps = self._work.__await__()
        thrown: BaseException | None = None
        while True:
            turn = self._turns.take()
            if turn is not None:
                try:
                    yield from turn
                except BaseException as error:  # cancelled while it waited for its turn: the work is to know
                    thrown = error
            try:
                awaited = steps.send(None) if thrown is None else steps.throw(thrown)
            except StopIteration as done:
                return done.value
            thrown = None
            try:
                yield awaited
            except BaseException as error:
                thrown = error
