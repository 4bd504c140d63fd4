"""What any tariff makes of any session, without keeping either (the outside contract: /tariffs/price)."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import PlainSerializer

from voltway.charging.costing import Bill, Total, bill
from voltway.charging.tariff_lint import lint
from voltway.charging.tariff_text import LANGUAGES, describe
from voltway.kernel.auth import Permission, allowed
from voltway.kernel.http import Schema
from voltway.modules.billing.ocpi_schemas import CheckRequest, PriceRequest, SimulateRequest, as_text

router = APIRouter(tags=["tariffs"])

Figure = Annotated[Decimal, PlainSerializer(as_text, return_type=str)]


class TotalOut(Schema):
    """A sum in major units of the currency."""

    excl_vat: Figure
    incl_vat: Figure


class PriceLineOut(Schema):
    """A line. `element` counts the tariff's elements from 0; it and `dimension` are null for what a limit adds or takes off.
    `amount` is rounded to the minor unit, excl. VAT unless the tariff includes taxes."""

    dimension: str | None
    element: int | None
    is_reservation: bool
    description: str
    quantity: Figure
    unit: str
    unit_price: Figure
    vat_percent: Figure | None
    amount: Figure
    amount_exact: Figure


class PriceWarningOut(Schema):
    """Something that a person should know about the price."""

    code: str
    text: str


class PriceOut(Schema):
    """What a session costs: what is owed, how it came about, and from which lines."""

    currency: str
    total_cost: TotalOut
    unrounded: TotalOut
    lines: list[PriceLineOut]
    warnings: list[PriceWarningOut]


class FindingOut(Schema):
    """Something odd. `element` counts from 0; null: about the whole tariff. An error cannot be meant."""

    code: str
    severity: Literal["error", "warning"]
    element: int | None
    text: str


class CheckOut(Schema):
    """What is odd about a tariff, and what a driver reads of it, by language."""

    findings: list[FindingOut]
    sentences: dict[str, str]


@router.post("/tariffs/price", dependencies=[Depends(allowed(Permission.TARIFFS_READ))])
async def price_session(body: PriceRequest) -> PriceOut:
    """Price a session with a tariff, both in the terms of OCPI 2.2.1 or 2.3.0. Nothing is kept."""
    # A long session with many prices takes long to count, and stations wait on this loop.
    return price_out(await asyncio.to_thread(lambda: bill(body.tariff.tariff(), body.usage())))


@router.post("/tariffs/simulate", dependencies=[Depends(allowed(Permission.TARIFFS_READ))])
async def simulate_session(body: SimulateRequest) -> PriceOut:
    """What a session would cost: "20 kWh in 40 minutes, on Saturday night"."""
    return price_out(await asyncio.to_thread(lambda: bill(body.tariff.tariff(), body.usage())))


@router.post("/tariffs/check", dependencies=[Depends(allowed(Permission.TARIFFS_READ))])
async def check_tariff(body: CheckRequest) -> CheckOut:
    """What is odd about a tariff, and the sentence that drivers read, in the order that the EU's AFIR demands."""
    tariff = body.tariff.tariff()
    return CheckOut(
        findings=[FindingOut.model_validate(finding) for finding in lint(tariff)],
        sentences={locale: describe(tariff, locale) for locale in LANGUAGES},
    )


def price_out(made: Bill) -> PriceOut:
    """A bill as the API shows it."""
    return PriceOut(
        currency=made.currency,
        total_cost=_total(made.total),
        unrounded=_total(made.unrounded),
        lines=[PriceLineOut.model_validate(line) for line in made.lines],
        warnings=[PriceWarningOut.model_validate(warning) for warning in made.warnings],
    )


def _total(total: Total) -> TotalOut:
    return TotalOut.model_validate(total)
