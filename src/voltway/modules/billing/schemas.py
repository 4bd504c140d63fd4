"""Tariffs as the API shows and takes them (the outside contract, first form)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainSerializer, model_validator

from voltway.charging import tariff_text
from voltway.charging.pricing import Tariff, in_elements
from voltway.kernel.http import Instant, Schema
from voltway.kernel.json import to_struct
from voltway.modules.billing.ocpi_schemas import OcpiTariff
from voltway.modules.billing.rules import GROUP, OPERATOR, Target

Price = Annotated[
    Decimal,
    Field(ge=0, le=1_000_000, max_digits=12, decimal_places=6, allow_inf_nan=False),
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
]


class TariffForm(Schema):
    """The simple form: a fee at the start, a price per kWh, a price per minute; excl. VAT, major units."""

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


SIMPLE_PRICES = ("start_fee", "price_per_kwh", "price_per_minute", "vat_percent")


class TariffIn(TariffForm):
    """A new tariff, of the simple form or, in `ocpi`, of the full one: a tariff of OCPI 2.2.1 or 2.3.0. Not both."""

    ocpi: OcpiTariff | None = None

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        if self.ocpi is None:
            return self
        if any(getattr(self, name) for name in SIMPLE_PRICES):
            raise ValueError("say the prices in ocpi, or as start_fee, price_per_kwh, price_per_minute and vat_percent")
        if self.ocpi.currency != self.currency:
            raise ValueError(f"the currency is {self.currency}, that of ocpi is {self.ocpi.currency}")
        return self

    def tariff(self, tariff_id: str, version: int) -> Tariff:
        """As sessions hold it."""
        full = None if self.ocpi is None else self.ocpi.tariff()
        return Tariff(
            tariff_id=tariff_id, version=version, full=full, **self.model_dump(exclude={"ocpi", "takes_over_at"})
        )


class TariffVersionIn(TariffIn):
    """The next version of a tariff. `takes_over_at`: from when sessions begin with it; null: from now on."""

    takes_over_at: Instant | None = None


class TargetBody(Schema):
    """What a tariff is assigned to. The operator needs no id; an EVSE's id is `<station id>:<EVSE number>`, a group's the value that
    its tokens have as `group`: its tariff holds at every place."""

    kind: Literal["operator", "location", "station", "evse", "group"]
    id: str | None = Field(default=None, max_length=80)

    def target(self) -> Target:
        """As the rules know it."""
        if self.kind == OPERATOR:
            return (self.kind, "")
        return (self.kind, (self.id or "").casefold() if self.kind == GROUP else (self.id or ""))


class AssignmentsBody(Schema):
    """All targets of one tariff."""

    targets: list[TargetBody] = Field(max_length=1000)


class TariffOut(TariffForm):
    """A tariff and what it is assigned to. `ocpi`: the full form as it was given; null: it is of the simple one. `family_id`: the
    first version's id; `takes_over_at`: when this version takes the assignments of the one before it over, if that is to come.
    `sentences`: what drivers read, by language."""

    id: str
    version: int
    family_id: str
    takes_over_at: Instant | None
    ocpi: dict[str, Any] | None
    sentences: dict[str, str]
    targets: list[TargetBody]


def tariff_out(row: Any, targets: list[Target]) -> TariffOut:
    """A tariff as the API shows it, from its row."""
    tariff = to_struct(row.document, Tariff)
    about = {"family_id": row.family_id or row.id, "takes_over_at": row.takes_over_at, "ocpi": row.ocpi}
    return tariff_shown(tariff, targets).model_copy(update=about)


def tariff_shown(tariff: Tariff, targets: Sequence[Target] = ()) -> TariffOut:
    """A tariff as somebody meets it who cares only for its prices."""
    return TariffOut(
        family_id=tariff.tariff_id,
        takes_over_at=None,
        ocpi=None,
        sentences={locale: tariff_text.describe(in_elements(tariff), locale) for locale in tariff_text.LANGUAGES},
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
