"""What the routes of this module depend on. Who is bound to locations manages nobody."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from voltway.kernel.auth import Permission, Principal, allowed, recently_proved
from voltway.kernel.database import Tx
from voltway.kernel.http import PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime

PlatformAdmin = Annotated[Principal, Depends(allowed(Permission.PLATFORM))]
MayReadMembers = Annotated[Principal, Depends(allowed(Permission.MEMBERS_READ, everywhere=True))]
MayWriteMembers = Annotated[Principal, Depends(allowed(Permission.MEMBERS_WRITE, everywhere=True))]
Proved = Annotated[Principal, Depends(recently_proved)]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PagePart = Annotated[PageQuery, Depends(page_query)]
