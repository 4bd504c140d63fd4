"""Tariffs as the API shows and takes them (the outside contract, first form)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer

from voltway.charging.pricing import Tariff
from voltway.kernel.http import Schema
from voltway.modules.billing.rules import OPERATOR, Target

Price = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000, max_digits=12, decimal_places=6, allow_inf_nan=False),
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
]


class TariffIn(Schema):
    """A new tariff: a fee at the start, a price per kWh, a price per minute; excl. VAT, major units."""

    name: str = Field(min_length=1, max_length=100)
    currency: str = Field(pattern="^[A-Z]{3}$")
    start_fee: Price = Decimal(0)
    price_per_kwh: Price = Decimal(0)
    price_per_minute: Price = Decimal(0)
    vat_percent: Annotated[
        Decimal,
        Field(ge=0, le=100, max_digits=6, decimal_places=3, allow_inf_nan=False),
        PlainSerializer(lambda value: format(value, "f"), return_type=str),
    ] = Decimal(0)


class TargetBody(Schema):
    """What a tariff is assigned to. The operator needs no id; an EVSE's id is `<station id>:<EVSE number>`."""

    kind: Literal["operator", "location", "station", "evse"]
    id: str | None = Field(default=None, max_length=80)

    def target(self) -> Target:
        """As the rules know it."""
        return (self.kind, "" if self.kind == OPERATOR else (self.id or ""))


class AssignmentsBody(Schema):
    """All targets of one tariff."""

    targets: list[TargetBody] = Field(max_length=1000)


class TariffOut(TariffIn):
    """A tariff and what it is assigned to."""

    id: str
    version: int
    targets: list[TargetBody]


def tariff_out(tariff: Tariff, targets: list[Target]) -> TariffOut:
    """A tariff as the API shows it."""
    return TariffOut(
        id=tariff.tariff_id,
        version=tariff.version,
        name=tariff.name,
        currency=tariff.currency,
        start_fee=tariff.start_fee,
        price_per_kwh=tariff.price_per_kwh,
        price_per_minute=tariff.price_per_minute,
        vat_percent=tariff.vat_percent,
        targets=[TargetBody.model_validate({"kind": kind, "id": target_id or None}) for kind, target_id in targets],
    )
