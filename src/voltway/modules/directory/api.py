"""REST for everybody: where one can charge."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query

from voltway.kernel.auth import anybody
from voltway.kernel.geo import Box, box_in
from voltway.kernel.http import Page, runtime_of
from voltway.kernel.runtime import Runtime
from voltway.modules.directory import showing
from voltway.modules.directory.errors import BadBox, PlaceNotFound, PriceWithoutCurrency
from voltway.modules.directory.index import Index
from voltway.modules.directory.prices import Rate
from voltway.modules.directory.rules import Search
from voltway.modules.directory.schemas import PublicPlace, PublicPriceRange, PublicPriceRanges

router = APIRouter(prefix="/public", tags=["public"], dependencies=[Depends(anybody)])

OurRuntime = Annotated[Runtime, Depends(runtime_of)]
Locale = Annotated[Literal["en", "de", "zh"], Query(description="of the sentences about prices")]
TEXT_MAX, PAGES_MAX = 100, 1_000


def box_of(text: str | None) -> Box | None:
    """west,south,east,north in degrees. Raises BadBox."""
    if text is None:
        return None
    try:
        return box_in(text)
    except ValueError as error:
        raise BadBox(str(error)) from None


def wanted(
    text: Annotated[str, Query(max_length=TEXT_MAX, description="words in name, address, city or operator")] = "",
    bbox: Annotated[str | None, Query(max_length=TEXT_MAX, description="west,south,east,north in degrees")] = None,
    latitude: Annotated[float | None, Query(ge=-90, le=90, description="the nearest to here first")] = None,
    longitude: Annotated[float | None, Query(ge=-180, le=180)] = None,
    connector_type: Annotated[list[str] | None, Query(max_length=20)] = None,
    power_w_min: Annotated[float, Query(ge=0, le=10_000_000)] = 0,
    is_free: Annotated[bool, Query(description="with an EVSE that is free and fits")] = False,
    is_open: bool = False,
    access: Annotated[
        Literal["public", "restricted"] | None, Query(description="who may drive in; only places that say so")
    ] = None,
    price_per_kwh_max: Annotated[
        Decimal | None,
        Query(ge=0, le=1_000_000, description="with taxes, for whoever begins now; EVSEs without a price per kWh stay"),
    ] = None,
    currency: Annotated[str | None, Query(pattern="^[A-Z]{3}$", description="of that price")] = None,
) -> Search:
    """What somebody looks for. Raises BadBox, PriceWithoutCurrency."""
    if price_per_kwh_max is not None and currency is None:
        raise PriceWithoutCurrency("Say the currency of price_per_kwh_max as well: currency=EUR.")
    return Search(
        text=text,
        box=box_of(bbox),
        near=None if latitude is None or longitude is None else (latitude, longitude),
        connector_types=frozenset(connector_type or ()),
        power_w_min=power_w_min,
        is_free=is_free,
        is_open=is_open,
        access=access,
        price_max=None if price_per_kwh_max is None or currency is None else Rate(price_per_kwh_max, currency),
    )


Wanted = Annotated[Search, Depends(wanted)]


@router.get("/locations")
async def list_public_locations(
    runtime: OurRuntime,
    search: Wanted,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern="^[0-9]{1,6}$", description="next_cursor of the page before")] = None,
    locale: Locale = "en",
) -> Page[PublicPlace]:
    """Where one can charge, with what is free now and what it costs: the nearest first if a point is given, else by name."""
    found = await showing.found(runtime, search)
    begin = int(cursor or 0)
    end = begin + limit
    shown = await showing.shown(runtime, found[begin:end], locale, search.near)
    return Page(items=shown, next_cursor=str(end) if end < len(found) else None)


@router.get("/price-ranges")
async def list_public_price_ranges(runtime: OurRuntime) -> PublicPriceRanges:
    """What a kWh costs now, from the lowest to the highest price, for a filter to choose from."""
    found = sorted((await showing.price_ranges(runtime)).items())
    return PublicPriceRanges(
        items=[PublicPriceRange(currency=each, lowest=low, highest=high) for each, (low, high) in found]
    )


@router.get("/locations/{location_id}")
async def get_public_location(
    location_id: Annotated[str, Path(max_length=36)], runtime: OurRuntime, locale: Locale = "en"
) -> PublicPlace:
    """One place."""
    place = runtime.state(Index).places.get(location_id)
    if place is None:
        raise PlaceNotFound(f"There is no place {location_id}.")
    (shown,) = await showing.shown(runtime, [place], locale)
    return shown
