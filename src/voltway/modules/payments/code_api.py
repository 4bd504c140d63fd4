"""REST of the code that is printed on an EVSE: where it leads, what it costs there. And the address in its QR code, /c/{code}."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import RedirectResponse

from voltway.charging import one_time_password, pricing, tariff_text
from voltway.contracts.payments import TOTP_LENGTH, TOTP_VALIDITY_S, shared_secret
from voltway.kernel import clock
from voltway.kernel.auth import anybody
from voltway.kernel.http import MoneyOut, runtime_of
from voltway.kernel.money import Money
from voltway.kernel.runtime import Runtime
from voltway.modules.payments import beginning, charges
from voltway.modules.payments.charge_schemas import ChargeCost, ChargeOffer, cost_out, point_out
from voltway.modules.payments.errors import MethodNotOffered
from voltway.modules.payments.registry import choose
from voltway.modules.payments.schemas import money
from voltway.modules.payments.settings import PaymentsSettings

router = APIRouter(tags=["charging starts"], dependencies=[Depends(anybody)])
page_router = APIRouter(include_in_schema=False, dependencies=[Depends(anybody)])

OurRuntime = Annotated[Runtime, Depends(runtime_of)]
Code = Annotated[str, Path(max_length=40)]
Locale = Annotated[Literal["en", "de", "zh"], Query(description="of the sentences about prices")]


@router.get("/charging-codes/{code}")
async def get_charging_code(
    code: Code,
    runtime: OurRuntime,
    locale: Locale = "en",
    password: Annotated[str | None, Query(max_length=64, description="of a code on a display that changes")] = None,
) -> ChargeOffer:
    """Where a printed code leads, what charging costs there and how it can be paid. A code that is none of ours is not found."""
    point = await beginning.find_point(runtime, code)
    tariff = await beginning.find_tariff(runtime, beginning.place_of(point), point.evse_number)
    settings = runtime.settings(PaymentsSettings)
    card = charges.card_form(runtime)
    methods = beginning.guest_methods(runtime)
    return ChargeOffer(
        point=point_out(point),
        is_code_fresh=None if password is None else _is_fresh(runtime, point.station.station_id, password),
        price=tariff_text.lines(pricing.in_elements(tariff), locale),
        currency=tariff.currency,
        methods=[method for method in methods if method != "card" or card is not None],
        card=card,
        hold=_first_hold(runtime, tariff.currency, settings),
        limit=money(beginning.limit_of(None, tariff.currency, settings), tariff.currency),
        limit_max=money(Money.round_from(settings.limit_max, tariff.currency).minor, tariff.currency),
        retry_s=round(settings.retry_s),
    )


@router.get("/charging-codes/{code}/estimate")
async def estimate_charging_code(
    code: Code,
    runtime: OurRuntime,
    energy_wh: Annotated[int, Query(ge=100, le=500_000)],
    duration_s: Annotated[int, Query(ge=60, le=172_800)],
) -> ChargeCost:
    """What so much energy in so much time would cost there, begun now."""
    point = await beginning.find_point(runtime, code)
    tariff = await beginning.find_tariff(runtime, beginning.place_of(point), point.evse_number)
    return cost_out(charges.estimate(tariff, energy_wh, duration_s, ZoneInfo(point.location.time_zone)))


@page_router.get("/c/{code}")
async def open_charging_code(code: Code, t: Annotated[str, Query(max_length=64)] = "") -> RedirectResponse:
    """The address in the QR code of an EVSE: the driver app, at this EVSE. `t`: the password of a display that changes."""
    password = f"?{urlencode({'t': t})}" if t else ""
    return RedirectResponse(f"/app/#/c/{quote(code, safe='')}{password}", headers={"cache-control": "no-store"})


def _is_fresh(runtime: Runtime, station_id: str, password: str) -> bool:
    secret = shared_secret(runtime.secret, station_id)
    return one_time_password.is_valid(password, secret, clock.now().timestamp(), TOTP_VALIDITY_S, TOTP_LENGTH)


def _first_hold(runtime: Runtime, currency: str, settings: PaymentsSettings) -> MoneyOut:
    """What is held first on a card."""
    limit = beginning.limit_of(None, currency, settings)
    try:
        minor = beginning.amounts(choose(runtime, "card"), "card", limit, currency, settings)["hold_wanted_minor"]
    except MethodNotOffered:
        minor = limit
    return money(minor, currency)
