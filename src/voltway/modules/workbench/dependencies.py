"""What the routes of the workbench depend on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.auth.callers import Access, caller_of, declare
from voltway.kernel.database import Tx
from voltway.kernel.http import PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.workbench.errors import PeopleOnly


async def person(request: Request) -> Principal:
    """A dependency: the caller, who is a person with an account."""
    principal = await caller_of(request)
    if principal.kind != "account":
        raise PeopleOnly("Log in with an account: an API key has none.")
    return principal


declare(person, Access(is_people=True))

Person = Annotated[Principal, Depends(person)]
MayRead = Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))]
MayOrder = Annotated[Principal, Depends(allowed(Permission.COMMANDS_SEND))]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
PagePart = Annotated[PageQuery, Depends(page_query)]
