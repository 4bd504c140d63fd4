"""What a driver sees before and while they charge."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from voltway.charging.pricing import Cost
from voltway.contracts.directory import PublicPoint
from voltway.contracts.vocabulary import ConnectorStatus
from voltway.kernel.http import Instant, MoneyOut, Schema
from voltway.modules.payments.schemas import VisitOut


class ChargePoint(Schema):
    """The true EVSE: what a driver compares with what stands before them. `is_plugged_in` null: not known."""

    code: str
    place_id: str
    place_name: str
    operator_name: str
    address: str | None
    postal_code: str | None
    city: str | None
    country: str | None
    time_zone: str
    help_phone: str | None
    station_name: str
    evse_number: int
    power_w_max: float | None
    connector_types: list[str]
    is_online: bool
    is_plugged_in: bool | None


class CardForm(Schema):
    """How a card is taken. `publishable_key`: of Stripe's fields; `test_cards`: of the sandbox, which takes no others."""

    provider: str
    publishable_key: str | None
    test_cards: list[str]


class PaymentCardIn(Schema):
    """A card that shall be kept."""

    source: str = Field(min_length=1, max_length=255, description="a payment method of the provider")
    return_url: str | None = Field(None, max_length=1000, pattern=r"^https?://\S+$")


class PaymentCardOut(Schema):
    """A card that is kept, or is about to be. `adding`: its bank has not said yes yet."""

    id: str
    state: Literal["adding", "kept", "failed"]
    reason: str | None = Field(description="why its bank said no")
    brand: str | None
    last_four: str | None
    exp_month: int | None
    exp_year: int | None
    is_default: bool
    action_url: str | None = Field(description="where the payer must confirm, else null")
    created_at: Instant


class PaymentCards(Schema):
    """Somebody's cards, the default first. `form`: how one is added; null: none can be."""

    items: list[PaymentCardOut]
    form: CardForm | None


class TopUpTerms(Schema):
    """How a wallet can be filled. `most`: at once, in major units; `currency`: of the operator's prices, null where it has none."""

    card: CardForm | None
    currency: str | None
    most: Decimal


class ChargeOffer(Schema):
    """What charging costs at a printed code, and how it can be paid. `price`: a line for each price, in the order that AFIR
    demands, with taxes. `is_code_fresh`: of a code on a display that changes every minute; null where the code is printed."""

    point: ChargePoint
    is_code_fresh: bool | None
    price: list[str]
    currency: str
    methods: list[str]
    card: CardForm | None
    hold: MoneyOut
    limit: MoneyOut
    limit_max: MoneyOut
    retry_s: int = Field(description="how long a hold waits for another try after a failed start")


class ChargeLine(Schema):
    """One priced line; `amount` without taxes, unless the prices include them."""

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    vat_percent: Decimal
    amount: MoneyOut


class ChargeCost(Schema):
    """What it costs. `vat` is on top of the lines unless `prices_include_vat`."""

    total: MoneyOut
    vat: MoneyOut
    prices_include_vat: bool
    lines: list[ChargeLine]


class ChargeSession(Schema):
    """How the session stands. `told_at`: when the station last said something."""

    state: Literal["pending", "active", "ended"]
    charging_state: str | None
    started_at: Instant
    ended_at: Instant | None
    charging_ended_at: Instant | None
    unplugged_at: Instant | None
    told_at: Instant
    stop_reason: str | None
    energy_wh: int
    power_w: float | None
    soc_percent: float | None
    cost: ChargeCost | None
    is_cost_final: bool


class IdleFee(Schema):
    """A price for staying when the car no longer charges: per minute, with taxes. `begins_at`: when it does, or did; null while
    the car charges."""

    price_per_minute: Decimal
    currency: str
    begins_at: Instant | None


class ChargeReceipt(Schema):
    """The paper of the charge; whoever has `url` can read it."""

    kind: str
    number: str
    url: str


class Charge(Schema):
    """All that the one who pays sees of a charge. `at`: the server's clock. `plug_until`: so long the station waits for the car;
    `retry_until`: so long another try uses the same hold."""

    at: Instant
    payment: VisitOut
    point: ChargePoint | None
    price: list[str]
    plug_until: Instant | None
    retry_until: Instant | None
    session: ChargeSession | None
    idle: IdleFee | None
    receipt: ChargeReceipt | None


def point_out(point: PublicPoint) -> ChargePoint:
    """An EVSE as everybody may know it."""
    place, station = point.location, point.station
    (evse,) = (one for one in station.evses if one.evse_number == point.evse_number)
    told = [each.status for each in evse.connectors if each.status is not None]
    return ChargePoint(
        code=point.code,
        place_id=place.location_id,
        place_name=place.name,
        operator_name=place.operator_name,
        address=place.address,
        postal_code=place.postal_code,
        city=place.city,
        country=place.country,
        time_zone=place.time_zone,
        help_phone=place.help_phone,
        station_name=station.name or str(point.station_number),
        evse_number=point.evse_number,
        power_w_max=evse.power_w_max,
        connector_types=list(dict.fromkeys(each.type for each in evse.connectors if each.type is not None)),
        is_online=station.is_online,
        is_plugged_in=ConnectorStatus.OCCUPIED in told if told and station.is_online else None,
    )


def cost_out(cost: Cost) -> ChargeCost:
    """A cost, line by line."""
    return ChargeCost(
        total=MoneyOut.of(cost.incl_vat),
        vat=MoneyOut.of(cost.vat),
        prices_include_vat=cost.prices_include_vat,
        lines=[ChargeLine(**_line(line)) for line in cost.lines],
    )


def _line(line: Any) -> dict[str, Any]:
    same = ("description", "quantity", "unit", "unit_price", "vat_percent")
    return {name: getattr(line, name) for name in same} | {"amount": MoneyOut.of(line.amount)}
