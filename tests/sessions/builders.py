"""Reports as the dialects make them, valid and boring; a test states what matters. Times are seconds after `NOON`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec

from voltway.charging.pricing import Tariff
from voltway.contracts.station_link import Authorization, Phase, ReportTransaction
from voltway.contracts.vocabulary import AuthorizationStatus, IdToken, MeterSample
from voltway.kernel.auth import DEFAULT_OPERATOR_ID

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
STATION = "11111111-0000-7000-8000-000000000001"
ACCEPTED = Authorization(status=AuthorizationStatus.ACCEPTED, id_token_id="22222222-0000-7000-8000-000000000001")
TARIFF = Tariff(
    tariff_id="33333333-0000-7000-8000-000000000001",
    version=1,
    name="Day",
    currency="EUR",
    start_fee=Decimal("1"),
    price_per_kwh=Decimal("0.50"),
    price_per_minute=Decimal("0.02"),
    vat_percent=Decimal("20"),
)
"""7 kWh in an hour cost 1.00 + 3.50 + 1.20 = 5.70, with VAT 6.84."""

_SAID = ("phase", "occurred_at", "transaction_id", "sequence_number", "evse_number", "id_token", "charging_state")
_SAID += ("meter_wh", "samples", "reason", "trigger")
_message_ids = count(1)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_report(phase: Phase, at_s: float = 0, **changes: Any) -> ReportTransaction:
    """A report that arrives a second after it was made. Its payload is what it says, so that other content is other bytes."""
    values: dict[str, Any] = {
        "operator_id": DEFAULT_OPERATOR_ID,
        "station_id": STATION,
        "station_identity": "CS-1",
        "location_id": "location-1",
        "protocol": "ocpp1.6",
        "message_id": f"m-{next(_message_ids)}",
        "received_at": at(at_s + 1),
        "phase": phase,
        "occurred_at": at(at_s),
        "evse_number": 1,
        "connector_number": 1,
    }
    values |= changes
    if isinstance(values.get("id_token"), str):
        values["id_token"] = IdToken(values["id_token"])
    if "payload" not in values:
        said = {name: values[name] for name in _SAID if values.get(name) is not None}
        if values.get("is_offline"):
            said["offline"] = True
        values["payload"] = msgspec.json.encode(said)
    return ReportTransaction(**values)


def a_sample(at_s: float, energy_wh: int | None = None, **changes: Any) -> MeterSample:
    return MeterSample(at=at(at_s), energy_wh=energy_wh, **changes)


# ---- OCPP 1.6


def a_start(at_s: float = 0, **changes: Any) -> ReportTransaction:
    """StartTransaction: EVSE 1, token CARD-1, register 1,000 Wh."""
    return a_report(Phase.STARTED, at_s, **{"id_token": "CARD-1", "meter_wh": 1_000, **changes})


def a_stop(transaction_id: str | None, at_s: float = 3_600, **changes: Any) -> ReportTransaction:
    """StopTransaction: after an hour, register 8,000 Wh. It names no connector."""
    values = {"meter_wh": 8_000, "reason": "Local", "evse_number": None, "connector_number": None, **changes}
    return a_report(Phase.ENDED, at_s, transaction_id=transaction_id, **values)


def a_value(transaction_id: str | None, at_s: float, energy_wh: int, **changes: Any) -> ReportTransaction:
    """MeterValues with one register."""
    values = {"samples": (a_sample(at_s, energy_wh),), **changes}
    return a_report(Phase.METERED, at_s, transaction_id=transaction_id, **values)


# ---- OCPP 2.x


def an_event(
    phase: Phase, number: int, at_s: float, energy_wh: int | None = None, context: str | None = None, **changes: Any
) -> ReportTransaction:
    """TransactionEvent of TX-1; the first of a transaction names the EVSE."""
    samples = () if energy_wh is None else (a_sample(at_s, energy_wh, context=context or "Sample.Periodic"),)
    is_start = phase is Phase.STARTED
    values = {
        "protocol": "ocpp2.0.1",
        "transaction_id": "TX-1",
        "evse_number": 1 if is_start else None,
        "connector_number": 1 if is_start else None,
        "samples": samples,
        "reason": "Local" if phase is Phase.ENDED else None,
        **changes,
    }
    return a_report(phase, at_s, sequence_number=number, **values)


def a_charge(transaction_id: str = "TX-1", **changes: Any) -> list[ReportTransaction]:
    """An hour of charging with 7 kWh: start, two updates, end."""
    values = {"transaction_id": transaction_id, **changes}
    return [
        an_event(Phase.STARTED, 0, 0, 1_000, "Transaction.Begin", **{"id_token": "CARD-1", **values}),
        an_event(Phase.UPDATED, 1, 1_200, 3_000, **values),
        an_event(Phase.UPDATED, 2, 2_400, 6_000, **values),
        an_event(Phase.ENDED, 3, 3_600, 8_000, "Transaction.End", **values),
    ]
