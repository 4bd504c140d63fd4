"""What routes depend on: the runtime, a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import Request

from voltway.kernel.database import Tx
from voltway.kernel.http import idempotency
from voltway.kernel.request import runtime_serving
from voltway.kernel.runtime import Runtime


async def runtime_of(request: Request) -> Runtime:
    """The runtime that serves this request."""
    return runtime_serving(request)


async def open_tx(request: Request) -> AsyncIterator[Tx]:
    """A transaction that commits before the response leaves: `Depends(open_tx, scope="function")`.

    With an Idempotency-Key, the answer is kept in this very transaction. It is confined to the caller's operator.
    """
    async with runtime_serving(request).database.begin(_operator_of(request)) as tx:
        await idempotency.claim(tx, request)
        request.state.open_tx = tx
        yield tx


async def read_tx(request: Request) -> AsyncIterator[Tx]:
    """A connection for reading: `Depends(read_tx, scope="function")`, confined to the caller's operator."""
    async with runtime_serving(request).database.read(_operator_of(request)) as tx:
        yield tx


def _operator_of(request: Request) -> str | None:
    """Whose rows the request may see; None on a route that is open to everybody."""
    principal = getattr(request.state, "principal", None)
    return None if principal is None else principal.operator_id
