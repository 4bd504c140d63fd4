"""Which tariff holds at a place, and what a session costs by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from voltway.charging.pricing import Tariff
from voltway.contracts.billing import TariffQuery
from voltway.contracts.sessions import SessionEnded
from voltway.kernel.money import Money
from voltway.modules.billing import rules

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
TARIFF = Tariff(
    tariff_id="tariff-1",
    version=1,
    name="Day",
    currency="EUR",
    start_fee=Decimal(1),
    price_per_kwh=Decimal("0.50"),
    price_per_minute=Decimal("0.02"),
    vat_percent=Decimal(20),
)
PLACE = TariffQuery(operator_id="operator", location_id="location", station_id="station", evse_number=2)
NEAREST_FIRST = [("evse", "station:2"), ("station", "station"), ("location", "location"), ("operator", "")]


def a_session(**changes: object) -> SessionEnded:
    session = SessionEnded(
        operator_id="operator",
        at=NOON,
        session_id="session-1",
        station_id="station",
        station_identity="CS-1",
        location_id="location",
        evse_number=2,
        id_token="CARD-1",
        started_at=NOON,
        ended_at=NOON + timedelta(hours=1),
        energy_wh=7_000,
        tariff=TARIFF,
    )
    return replace(session, **changes)


@pytest.mark.parametrize("nearest", range(4))
def test_nearest_assignment_wins(nearest: int) -> None:
    assigned = {
        ("operator", kind, target_id): replace(TARIFF, name=kind) for kind, target_id in NEAREST_FIRST[nearest:]
    }
    found = rules.nearest(PLACE, assigned)
    assert found is not None
    assert found.name == NEAREST_FIRST[nearest][0]


def test_assignment_elsewhere_does_not_hold() -> None:
    elsewhere = {
        ("another", "operator", ""): TARIFF,
        ("operator", "evse", "station:1"): TARIFF,
        ("operator", "station", "location"): TARIFF,
    }
    assert rules.nearest(PLACE, elsewhere) is None


def test_place_without_location_or_evse_has_fewer_targets() -> None:
    place = replace(PLACE, location_id=None, evse_number=None)
    assert rules.targets(place) == [("station", "station"), ("operator", "")]


def test_session_costs_what_its_tariff_says() -> None:
    cost = rules.cost_of(a_session())
    assert cost is not None
    assert cost.incl_vat == Money(684, "EUR")


def test_session_without_a_tariff_costs_nothing_known() -> None:
    assert rules.cost_of(a_session(tariff=None)) is None


def test_part_of_a_second_is_not_charged() -> None:
    longer = a_session(ended_at=NOON + timedelta(hours=1, milliseconds=999))
    assert rules.cost_of(longer) == rules.cost_of(a_session())
