"""Sessions as the API shows them (the outside contract)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pydantic import Field

from voltway.charging.pricing import Cost, CostLine
from voltway.kernel.http import Instant, MoneyOut, Schema, instant_out, money_out
from voltway.kernel.json import to_struct
from voltway.modules.sessions import rules
from voltway.modules.sessions.model import running_cost, tariff_of


class CostLineOut(Schema):
    """One line of the price. `amount` is excl. VAT, unless the session says that its prices include it."""

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    vat_percent: Decimal
    amount: MoneyOut


class SessionDriverOut(Schema):
    """Whose a session is: an account, or nobody's that is known."""

    driver_id: str | None


class SessionOut(Schema):
    """A session. Energy in Wh; `cost` incl. VAT, running until the session has ended, null where there is no tariff."""

    id: str
    visit_id: str
    transaction_id: str | None
    station_id: str
    station_identity: str
    location_id: str | None
    protocol: str
    evse_number: int | None
    connector_number: int | None
    id_token: str | None
    state: str
    charging_state: str | None
    started_at: Instant
    ended_at: Instant | None
    charging_ended_at: Instant | None
    unplugged_at: Instant | None
    last_report_at: Instant
    stop_reason: str | None
    meter_start_wh: int | None
    meter_stop_wh: int | None
    energy_wh: int
    power_w: float | None
    soc_percent: float | None
    cost: MoneyOut | None
    cost_excl_vat: MoneyOut | None
    cost_lines: list[CostLineOut]
    prices_include_vat: bool
    is_cost_final: bool
    tariff_id: str | None
    review: list[str]
    awaits_review: bool = Field(description="it is priced only when somebody has reviewed it: /sessions/{id}/review")


class SampleOut(Schema):
    """Measured values at one instant: Wh, W, A, V, %."""

    at: Instant
    received_at: Instant
    context: str
    location: str
    energy_wh: int | None
    power_w: float | None
    current_a: float | None
    voltage_v: float | None
    soc_percent: float | None
    phases: dict[str, dict[str, float]] | None
    extra: dict[str, Any] | None
    signed: list[Any] | None


class MeterValueOut(SampleOut):
    """Measured values at one instant, of an EVSE; evse_number 0 or null: of the station's own meter."""

    evse_number: int | None


NEVER_BILLED = frozenset({"credited", "not_billed"})
"""Reasons why a session has no cost any more."""
_WORKED_OUT = {"cost_excl_vat", "cost_lines", "prices_include_vat", "is_cost_final", "tariff_id", "awaits_review"}
SHOWN = (*(name for name in SessionOut.model_fields if name not in _WORKED_OUT), "tariff", "has_start", "is_priced")
"""The columns that `session_out` needs."""


def session_out(row: Any, shown: Callable[[str], str], so_far: Cost | None = None) -> dict[str, Any]:
    """A session with its progress, as SessionOut describes it; its token as it is to be `shown`. `so_far`: what it costs until
    now, where that takes more than its row."""
    tariff = tariff_of(row.tariff) if row.tariff else None
    cost = to_struct(row.cost, Cost) if row.cost else so_far or running_cost(row)
    reasons = row.review.split()
    if row.cost is None and not NEVER_BILLED.isdisjoint(reasons):
        cost = None
    return {
        "id": row.id,
        "visit_id": row.visit_id,
        "transaction_id": row.transaction_id,
        "station_id": row.station_id,
        "station_identity": row.station_identity,
        "location_id": row.location_id,
        "protocol": row.protocol,
        "evse_number": row.evse_number,
        "connector_number": row.connector_number,
        "id_token": None if row.id_token is None else shown(row.id_token),
        "state": row.state,
        "charging_state": row.charging_state if row.state == "active" else None,
        "started_at": instant_out(row.started_at),
        "ended_at": instant_out(row.ended_at),
        "charging_ended_at": instant_out(row.charging_ended_at),
        "unplugged_at": instant_out(row.unplugged_at),
        "last_report_at": instant_out(row.last_report_at),
        "stop_reason": row.stop_reason,
        "meter_start_wh": row.meter_start_wh,
        "meter_stop_wh": row.meter_stop_wh if row.state == "ended" else None,
        "energy_wh": row.energy_wh,
        "power_w": row.power_w,
        "soc_percent": row.soc_percent,
        "cost": money_out(cost.incl_vat) if cost else None,
        "cost_excl_vat": money_out(cost.excl_vat) if cost else None,
        "cost_lines": [_line_out(line) for line in cost.lines] if cost else [],
        "prices_include_vat": cost is not None and cost.prices_include_vat,
        "is_cost_final": row.cost is not None,
        "tariff_id": tariff.tariff_id if tariff else None,
        "review": reasons,
        "awaits_review": rules.awaits_review(row.state, row.cost, row.is_priced, reasons),
    }


def _line_out(line: CostLine) -> dict[str, Any]:
    return {
        "description": line.description,
        "quantity": line.quantity,
        "unit": line.unit,
        "unit_price": line.unit_price,
        "vat_percent": line.vat_percent,
        "amount": money_out(line.amount),
    }
