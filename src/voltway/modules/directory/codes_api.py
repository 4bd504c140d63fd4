"""REST of the codes that are printed beside EVSEs, for those who print them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from voltway.contracts.stations import DescribeLocation, FindStations
from voltway.kernel.auth import Permission, Principal, allowed
from voltway.kernel.http import runtime_of
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.runtime import Runtime
from voltway.modules.directory import rules
from voltway.modules.directory.errors import StationNotFound

router = APIRouter(tags=["stations"])

STATIONS_MAX = 200


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
    return _code_of(runtime, station_id)


class StationCode(PublicCode):
    """The code of one of several stations; `help_phone`: whom drivers at its location call."""

    station_id: str
    help_phone: str | None


class StationCodes(BaseModel):
    """The codes of stations, by identity."""

    items: list[StationCode]


@router.get("/public-codes")
async def list_public_codes(
    principal: Annotated[Principal, Depends(allowed(Permission.STATIONS_READ))],
    runtime: Annotated[Runtime, Depends(runtime_of)],
    station_id: Annotated[list[str] | None, Query(max_length=STATIONS_MAX)] = None,
    location_id: Annotated[str | None, Query(max_length=36)] = None,
) -> StationCodes:
    """The codes of these stations, or of all at a location: a sheet of labels in one request. What is not the caller's is left
    out; neither named: none."""
    found = await runtime.ask(
        FindStations(
            operator_id=principal.operator_id,
            station_ids=tuple(station_id or ()),
            location_ids=() if location_id is None else (location_id,),
        )
    )
    stations = sorted((one for one in found if principal.reaches(one.location_id)), key=lambda one: one.identity)
    phones: dict[str | None, str | None] = {None: None}
    for place in sorted({one.location_id for one in stations if one.location_id is not None}):
        described = await runtime.ask(DescribeLocation(operator_id=principal.operator_id, location_id=place))
        phones[place] = None if described is None else described.help_phone
    return StationCodes(
        items=[
            StationCode(
                station_id=one.station_id,
                help_phone=phones[one.location_id],
                **_code_of(runtime, one.station_id).model_dump(),
            )
            for one in stations
        ]
    )


def _code_of(runtime: Runtime, station_id: str) -> PublicCode:
    code, public_url = rules.station_code(runtime.secret, station_id), runtime.settings(HttpSettings).public_url
    return PublicCode(code=code, address=f"{public_url.rstrip('/')}/c/{code}" if public_url else None)
