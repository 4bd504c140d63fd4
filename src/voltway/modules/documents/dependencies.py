"""What the routes of this module depend on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime

MayRead = Annotated[Principal, Depends(allowed(Permission.DOCUMENTS_READ))]
MaySend = Annotated[Principal, Depends(allowed(Permission.DOCUMENTS_SEND))]
MayReadParties = Annotated[Principal, Depends(allowed(Permission.DOCUMENTS_READ, everywhere=True))]
MayWriteParties = Annotated[Principal, Depends(allowed(Permission.DOCUMENTS_WRITE, everywhere=True))]
Payer = Annotated[Principal, Depends(allowed(Permission.DOCUMENTS_OWN))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PagePart = Annotated[PageQuery, Depends(page_query)]
Language = Annotated[
    str | None, Query(alias="lang", max_length=35, description="en, de or zh; else the document's own")
]
