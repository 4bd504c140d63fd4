"""REST of the codes that are printed beside EVSEs, for those who print them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from voltway.contracts.stations import FindStations
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.http import runtime_of
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.runtime import Runtime
from voltway.modules.directory import rules
from voltway.modules.directory.errors import StationNotFound

router = APIRouter(tags=["stations"])


class PublicCode(BaseModel):
    """What a station is called in public: its EVSEs are `{code}-{evse_number}`, and their QR codes lead to `{address}-{evse_number}`."""

    code: str
    address: str | None = Field(description="null: the setting http.public_url does not say where drivers reach this")


@router.get("/charging-stations/{station_id}/public-code")
async def get_public_code(
    station_id: str,
    principal: Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
) -> PublicCode:
    """The code of a station, published or not: signs are printed before drivers come. Raises StationNotFound."""
    found = await runtime.ask(FindStations(operator_id=principal.operator_id, station_ids=(station_id,)))
    if not found or not principal.reaches(found[0].location_id):
        raise StationNotFound
    code, public_url = rules.station_code(runtime.secret, station_id), runtime.settings(HttpSettings).public_url
    return PublicCode(code=code, address=f"{public_url.rstrip('/')}/c/{code}" if public_url else None)
