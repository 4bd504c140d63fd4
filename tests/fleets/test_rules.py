"""What sessions of fleets took, added up for their limits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from voltway.modules.fleets.rules import add_up


def a_sum(**values: Any) -> Any:
    """Of the sessions of one vehicle and token; a test says what matters to it."""
    sums = {"fleet_id": "f", "vehicle_id": "v", "id_token_id": "t", "currency": "EUR"}
    return SimpleNamespace(**{**sums, "energy_wh": 1_000, "incl_vat_minor": 60, **values})


def test_a_session_counts_for_the_fleet_its_vehicle_and_its_token() -> None:
    found = add_up([a_sum(), a_sum(vehicle_id=None), a_sum(id_token_id="other")])
    assert found["fleet", "f", "Wh"] == 3_000
    assert found["vehicle", "v", "Wh"] == 2_000
    assert found["member", "t", "EUR"] == 120
    assert found["member", "nobody", "EUR"] == 0


def test_currencies_are_not_added_to_each_other_and_what_has_no_price_costs_nothing_yet() -> None:
    found = add_up([a_sum(), a_sum(currency="SEK", incl_vat_minor=900), a_sum(currency=None, incl_vat_minor=None)])
    assert [found["fleet", "f", unit] for unit in ("Wh", "EUR", "SEK")] == [3_000, 60, 900]


def test_sums_of_whole_fleets_say_nothing_of_vehicles() -> None:
    whole = SimpleNamespace(fleet_id="f", currency="EUR", energy_wh=1_000, incl_vat_minor=60)
    assert dict(add_up([whole])) == {("fleet", "f", "Wh"): 1_000, ("fleet", "f", "EUR"): 60}
