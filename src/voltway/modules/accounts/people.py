"""What the routes of the module depend on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from voltway.kernel.auth import Permission, Principal, allowed, recently_proved
from voltway.kernel.auth.callers import Access, caller_of, declare
from voltway.kernel.database import Tx
from voltway.kernel.http import open_tx, read_tx, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.accounts.errors import PeopleOnly


async def person(request: Request) -> Principal:
    """A dependency: the caller, who is a person with an account and a session."""
    principal = await caller_of(request)
    if principal.kind != "account":
        raise PeopleOnly("Log in with an account: an API key has none.")
    return principal


async def proved_person(request: Request) -> Principal:
    """A dependency: such a person, who has proved lately who they are."""
    await person(request)
    return await recently_proved(request)


for _call in (person, proved_person):
    declare(_call, Access(is_people=True))

Person = Annotated[Principal, Depends(person)]
ProvedPerson = Annotated[Principal, Depends(proved_person)]
Administrator = Annotated[Principal, Depends(allowed(Permission.ADMIN, everywhere=True))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
