"""What the routes of this module depend on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.database import Tx
from voltway.kernel.http import PageQuery, open_tx, page_query, read_tx, runtime_of
from voltway.kernel.runtime import Runtime

MayReadStations = Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))]
MayWriteStations = Annotated[Principal, Depends(allowed(Permission.STATIONS_WRITE))]
MayReadLocations = Annotated[Principal, Depends(allowed(Permission.LOCATIONS_READ))]
MayWriteLocations = Annotated[Principal, Depends(allowed(Permission.LOCATIONS_WRITE))]
MayAddLocations = Annotated[Principal, Depends(allowed(Permission.LOCATIONS_WRITE, everywhere=True))]
MaySendCommands = Annotated[Principal, Depends(allowed(Permission.COMMANDS_SEND))]
ReadTx = Annotated[Tx, Depends(read_tx, scope="function")]
OpenTx = Annotated[Tx, Depends(open_tx, scope="function")]
OurRuntime = Annotated[Runtime, Depends(runtime_of)]
PagePart = Annotated[PageQuery, Depends(page_query)]
