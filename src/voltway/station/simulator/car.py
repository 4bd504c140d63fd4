"""Car models: how much power a car takes at a given state of charge, and what that does to its battery.

Pure functions over frozen models. Power and energy are those at the station's meter; the battery gets them times
`efficiency`. The acceptance curve is flat up to `taper_from_percent`, then falls in a straight line to
`taper_to_share` of the peak at 100 %, which is close to what a lithium-ion battery does in its constant-voltage phase.
"""

from __future__ import annotations

from dataclasses import dataclass

NOMINAL_VOLTAGE_V = 230.0
# IEC 61851-1: a station never offers less than 6 A on AC; below that the car must pause.
AC_CURRENT_A_MIN = 6.0
STEP_S_MAX = 10.0
FULL_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class CarModel:
    """What a class of cars can take."""

    name: str
    battery_wh: int
    ac_phases: int
    ac_current_a_max: float
    battery_power_w_max: float
    has_dc_inlet: bool = True
    taper_from_percent: float = 80.0
    taper_to_share: float = 0.12
    efficiency: float = 0.92
    tells_needs: bool = False
    """Whether it says over ISO 15118 how much it wants and by when; the station tells it on in OCPP 2.x."""


@dataclass(frozen=True, slots=True)
class Supply:
    """What an EVSE offers at this moment; `phases` is 0 for DC."""

    power_w_max: float
    phases: int
    voltage_v: float = NOMINAL_VOLTAGE_V

    @property
    def is_dc(self) -> bool:
        return self.phases == 0


@dataclass(frozen=True, slots=True)
class ChargeStep:
    """The outcome of some seconds of charging: mean power and energy at the meter, state of charge at the end."""

    soc_percent: float
    energy_wh: float
    power_w: float


# Generic classes of cars; the names are descriptions, not products.
CAR_MODELS = {
    model.name: model
    for model in (
        CarModel("city car", 24_000, 1, 32.0, 46_000),
        CarModel("compact", 45_000, 1, 32.0, 100_000),
        CarModel("family hatchback", 58_000, 3, 16.0, 120_000),
        CarModel("saloon", 77_000, 3, 16.0, 175_000),
        CarModel("long-range estate", 95_000, 3, 16.0, 210_000),
        CarModel("delivery van", 68_000, 3, 16.0, 90_000),
        CarModel("plug-in hybrid", 13_000, 1, 16.0, 7_400, has_dc_inlet=False),
        CarModel("connected saloon", 82_000, 3, 16.0, 190_000, taper_from_percent=70.0, tells_needs=True),
        CarModel("connected van", 75_000, 3, 32.0, 115_000, taper_from_percent=85.0, tells_needs=True),
        # Small batteries: sessions of a few minutes, for a demonstration on the true clock.
        CarModel("light quadricycle", 1_200, 1, 16.0, 12_000),
        CarModel("cargo trike", 1_800, 3, 16.0, 25_000),
        CarModel("neighbourhood pod", 2_600, 3, 16.0, 40_000),
    )
}
DEMO_CARS = ("light quadricycle", "cargo trike", "neighbourhood pod")
SMART_CARS = tuple(name for name, model in CAR_MODELS.items() if model.tells_needs)
ROAD_CARS = tuple(name for name in CAR_MODELS if name not in DEMO_CARS + SMART_CARS)


def fits(model: CarModel, is_dc: bool) -> bool:
    """Whether the car can be plugged into an AC or DC connector."""
    return model.has_dc_inlet if is_dc else model.ac_phases > 0


def acceptance_w(model: CarModel, soc_percent: float) -> float:
    """The power that the battery accepts at a state of charge; nothing once it is full."""
    if soc_percent >= FULL_PERCENT:
        return 0.0
    if soc_percent <= model.taper_from_percent:
        return model.battery_power_w_max
    fallen = (soc_percent - model.taper_from_percent) / (FULL_PERCENT - model.taper_from_percent)
    return model.battery_power_w_max * (1.0 - fallen * (1.0 - model.taper_to_share))


def power_w(model: CarModel, soc_percent: float, supply: Supply) -> float:
    """The power drawn at the meter: the least of what the EVSE offers, the car's inlet takes and the battery accepts."""
    accepted_w = acceptance_w(model, soc_percent) / model.efficiency
    if supply.is_dc:
        return min(supply.power_w_max, accepted_w) if model.has_dc_inlet else 0.0
    phases = min(supply.phases, model.ac_phases)
    # A limit in watts is meant for the supply's phases together; a car on fewer phases gets the same current per phase.
    offered_a = supply.power_w_max / (supply.phases * supply.voltage_v)
    if phases == 0 or offered_a < AC_CURRENT_A_MIN:
        return 0.0
    return min(phases * supply.voltage_v * min(offered_a, model.ac_current_a_max), accepted_w)


def charge(model: CarModel, soc_percent: float, supply: Supply, seconds: float) -> ChargeStep:
    """Charge for some seconds at the power of their beginning; a battery that gets full takes only what it lacks.

    Meant for steps of at most `STEP_S_MAX`, so that the curve is followed closely.
    """
    if seconds <= 0:
        return ChargeStep(soc_percent, 0.0, 0.0)
    lacking_wh = model.battery_wh * (FULL_PERCENT - soc_percent) / 100.0 / model.efficiency
    wanted_wh = power_w(model, soc_percent, supply) * seconds / 3600.0
    if wanted_wh >= lacking_wh:
        return ChargeStep(FULL_PERCENT, lacking_wh, lacking_wh * 3600.0 / seconds)
    gained_percent = wanted_wh * model.efficiency / model.battery_wh * 100.0
    return ChargeStep(min(soc_percent + gained_percent, FULL_PERCENT), wanted_wh, wanted_wh * 3600.0 / seconds)


def needs_wh(model: CarModel, soc_percent: float, to_percent: float = FULL_PERCENT) -> int:
    """What has to pass the meter until the battery has reached a state of charge, in whole Wh."""
    return max(0, round(model.battery_wh * (to_percent - soc_percent) / 100.0 / model.efficiency))
