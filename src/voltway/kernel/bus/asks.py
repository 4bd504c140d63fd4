"""Questions and orders between modules: a request, a reply, a time limit.

In one process an ask is a function call. What no module here answers is asked of another process, where several run
(kernel/processes). Asking is refused while a database transaction is open in the same task: a slow
neighbour would hold our locks (conventions, section 4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

import msgspec

from voltway.kernel.bus.others import Others
from voltway.kernel.errors import Unavailable

Reply = TypeVar("Reply")

transaction_is_open: ContextVar[bool] = ContextVar("transaction_is_open", default=False)


class Ask(msgspec.Struct, Generic[Reply], frozen=True, kw_only=True):
    """Base of all requests; `class FindTariffs(Ask[list[Tariff]])` says what the reply is."""


class NobodyAnswers(Unavailable):
    """No module in reach answers this request."""

    title = "The service that answers this is not running"


class AskTimedOut(Unavailable):
    """The answer did not come in time."""

    title = "Another service did not answer in time"


class AskedInsideTransaction(Exception):
    """A bug: a module asked another one with a transaction open. Ask first, then open."""


Answer = Callable[[Any], Awaitable[Any]]


class Asks:
    """A table of who answers what here; the rest is asked elsewhere."""

    def __init__(self, timeout_s: float = 30.0) -> None:
        self.elsewhere: Others | None = None
        """The other processes, if there are any."""
        self._answers: dict[type[Ask[Any]], Answer] = {}
        self._timeout_s = timeout_s

    def answer(self, answers: Mapping[type[Ask[Any]], Answer]) -> None:
        """Say who answers which request. A request has one answer."""
        for request, answer in answers.items():
            if request in self._answers:
                raise ValueError(f"{request.__name__} is answered twice")
            self._answers[request] = answer

    def is_answered(self, request: type[Ask[Any]]) -> bool:
        """Whether somebody in reach answers this request."""
        return request in self._answers or (self.elsewhere is not None and self.elsewhere.answers(request))

    @property
    def answered(self) -> tuple[type[Ask[Any]], ...]:
        """The requests that are answered here."""
        return tuple(self._answers)

    async def ask(
        self, request: Ask[Reply], *, timeout_s: float | None = None, node_id: str | None = None, is_local: bool = False
    ) -> Reply:
        """The reply to a request; `node_id`: of the module in this process, and no other; `is_local`: here or nowhere.

        Raises NobodyAnswers, AskTimedOut, the Problem that the other side raised; where processes are several, AnswererAway
        and TooBusy as well (wire.py), which like AskTimedOut are `Unavailable`.
        """
        if transaction_is_open.get():
            raise AskedInsideTransaction(type(request).__name__)
        answer, elsewhere = self._answers.get(type(request)), self.elsewhere
        if elsewhere is not None and not is_local:
            is_elsewhere = answer is None if node_id is None else node_id != elsewhere.node_id
            if is_elsewhere:
                found: Reply = await elsewhere.ask(
                    request, self._timeout_s if timeout_s is None else timeout_s, node_id
                )
                return found
        if answer is None:
            raise NobodyAnswers(f"Nobody answers {type(request).__name__}.")
        try:
            async with asyncio.timeout(self._timeout_s if timeout_s is None else timeout_s):
                reply: Reply = await answer(request)
                return reply
        except TimeoutError:
            raise AskTimedOut(f"{type(request).__name__} took too long.") from None
