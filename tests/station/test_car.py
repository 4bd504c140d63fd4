"""What must hold for every car at every state of charge on every supply."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.station.simulator.car import CAR_MODELS, CarModel, Supply, acceptance_w, charge, power_w

MODELS = st.sampled_from(sorted(CAR_MODELS.values(), key=lambda model: model.name))
SOC = st.floats(0, 100)
SUPPLIES = st.builds(Supply, power_w_max=st.floats(0, 400_000), phases=st.sampled_from([0, 1, 3]))


@given(MODELS, SOC, SUPPLIES)
def test_power_never_exceeds_supply_inlet_or_battery(model: CarModel, soc: float, supply: Supply) -> None:
    drawn_w = power_w(model, soc, supply)
    assert 0 <= drawn_w <= supply.power_w_max * (1 + 1e-9)
    assert drawn_w * model.efficiency <= acceptance_w(model, soc) * (1 + 1e-9)
    if not supply.is_dc:
        assert drawn_w <= model.ac_phases * model.ac_current_a_max * supply.voltage_v


@given(MODELS, SOC, SUPPLIES, st.lists(st.floats(0.1, 10), min_size=1, max_size=40))
def test_energy_is_the_integral_of_power_and_the_battery_keeps_it(
    model: CarModel, soc: float, supply: Supply, steps_s: list[float]
) -> None:
    before, energy_wh = soc, 0.0
    for seconds in steps_s:
        step = charge(model, soc, supply, seconds)
        assert step.energy_wh == pytest.approx(step.power_w * seconds / 3600)
        assert soc <= step.soc_percent <= 100
        soc, energy_wh = step.soc_percent, energy_wh + step.energy_wh
    gained_wh = (soc - before) / 100 * model.battery_wh
    assert gained_wh == pytest.approx(energy_wh * model.efficiency, abs=1e-6 * model.battery_wh)


def test_a_battery_fills_up_and_then_takes_nothing() -> None:
    model, supply, soc = CAR_MODELS["neighbourhood pod"], Supply(11_000, 3), 60.0
    for _ in range(360):
        soc = charge(model, soc, supply, 10).soc_percent
    assert soc == 100
    assert charge(model, soc, supply, 10).energy_wh == 0


def test_power_falls_above_the_taper_on_dc() -> None:
    model, supply = CAR_MODELS["saloon"], Supply(400_000, 0)
    powers_w = [power_w(model, soc, supply) for soc in (50, 80, 85, 90, 95, 99)]
    assert powers_w[0] == powers_w[1]
    assert all(earlier > later for earlier, later in pairwise(powers_w[1:]))


def test_a_one_phase_car_keeps_its_current_per_phase_on_a_three_phase_limit() -> None:
    # 11 kW over three phases is 16 A, and that is what the single phase may draw.
    assert power_w(CAR_MODELS["compact"], 20, Supply(11_040, 3)) == pytest.approx(16 * 230)


def test_less_than_six_ampere_is_a_pause() -> None:
    assert power_w(CAR_MODELS["saloon"], 20, Supply(3 * 230 * 5.9, 3)) == 0
    assert power_w(CAR_MODELS["saloon"], 20, Supply(3 * 230 * 6.0, 3)) > 0


def test_a_car_without_dc_inlet_draws_nothing_on_dc() -> None:
    assert power_w(CAR_MODELS["plug-in hybrid"], 20, Supply(50_000, 0)) == 0
