"""Charging profiles of OCPP 2.1 by the clock on the wall, and with delays by chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from voltway.station.config import read_config
from voltway.station.ocpp.limits import Limit, Purpose, allowed
from voltway.station.ocpp.vocabulary import EvseSpec, IdToken, Transaction
from voltway.station.simulator.car import CAR_MODELS
from voltway.station.simulator.control import SimulatedControl
from voltway.station.simulator.evse import PluggedCar

from .fake_csms import FakeCsms, Launch, until  # noqa: TID252  (tests are not installed)

SUMMER, WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 15, tzinfo=UTC)
WATTS_PER_AMPERE = 3 * 230


async def charging(launch: Launch) -> SimulatedControl:
    control = (await launch("ocpp2.1")).fleet.stations[0].evses[0]
    await until(lambda: control.station.is_online, "the boot is accepted")
    control.plug(PluggedCar(CAR_MODELS["saloon"], 20.0))
    control.present(IdToken("TOKEN-1"))
    await until(lambda: control.transaction is not None, "a transaction")
    return control


def daily(*periods: tuple[int, float], **schedule: Any) -> dict[str, Any]:
    """A profile for all transactions, every day from 8 o'clock on; the offset of its beginning is nobody's."""
    told = [{"startPeriod": start_s, "limit": limit_a} for start_s, limit_a in periods]
    terms = {"id": 1, "chargingRateUnit": "A", "startSchedule": "2025-01-01T08:00:00-05:00"}
    kind = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "chargingProfilePurpose": "TxDefaultProfile"}
    schedules = [terms | {"chargingSchedulePeriod": told} | schedule]
    return {"evseId": 0, "chargingProfile": kind | {"id": 1, "stackLevel": 0, "chargingSchedule": schedules}}


def zone(name: str) -> dict[str, Any]:
    named = {"component": {"name": "ClockCtrlr"}, "variable": {"name": "TimeZone"}, "attributeValue": name}
    return {"setVariableData": [named]}


async def set_zone(csms: FakeCsms, name: str) -> str:
    return str((await csms.ask("SetVariables", zone(name)))["setVariableResult"][0]["attributeStatus"])


def ampere(control: SimulatedControl, at: datetime) -> float:
    limit_w = control.station.limit_w(1, at)
    assert limit_w is not None
    return limit_w / WATTS_PER_AMPERE


async def test_k01_fr_90_a_profile_in_local_time_goes_by_the_clock_at_the_station(
    csms: FakeCsms, launch: Launch
) -> None:
    control = await charging(launch)
    assert await set_zone(csms, "Mars/Olympus_Mons") == "Rejected"
    assert await set_zone(csms, "Europe/Berlin") == "Accepted"
    order = daily((0, 10), (7200, 6), useLocalTime=True)
    assert (await csms.ask("SetChargingProfile", order))["status"] == "Accepted"
    for day, eight_utc in ((WINTER, 7), (SUMMER, 6)):
        at = day + timedelta(hours=eight_utc)
        around = [at + timedelta(seconds=off) for off in (-1, 0, 7199, 7200)]
        assert [ampere(control, one) for one in around] == pytest.approx([6, 10, 10, 6])
    # Without local time the offset of its beginning counts.
    assert (await csms.ask("SetChargingProfile", daily((0, 10), (7200, 6))))["status"] == "Accepted"
    assert ampere(control, WINTER + timedelta(hours=13)) == pytest.approx(10)
    assert ampere(control, WINTER + timedelta(hours=7)) == pytest.approx(6)


def begins_at(key: str) -> int:
    """From which second on a transaction may have the current of the second period."""
    began = Transaction(1, 1, IdToken("T"), SUMMER, 0, "t1", key=key)
    limit = Limit(1, Purpose.TX_DEFAULT, 0, 0, is_ampere=True, periods=((0, 6.0), (100, 16.0)), delay_s_max=60)

    def limit_w(second: int) -> float | None:
        return allowed((limit,), 1, (EvseSpec(22_080, 3),), began, SUMMER + timedelta(seconds=second)).limit

    assert limit_w(0) == pytest.approx(6 * WATTS_PER_AMPERE), "the first period is not delayed"
    return next(second for second in range(300) if limit_w(second) == pytest.approx(16 * WATTS_PER_AMPERE))


def test_k01_fr_92_93_a_random_delay_is_drawn_once_for_each_transaction() -> None:
    drawn = [begins_at(f"transaction-{number}") for number in range(40)]
    assert all(100 <= second <= 160 for second in drawn)
    assert len(set(drawn)) > 20, "a street does not begin at one moment"
    assert [begins_at(f"transaction-{number}") for number in range(40)] == drawn


async def test_a_random_delay_is_taken_from_the_order(csms: FakeCsms, launch: Launch) -> None:
    control = await charging(launch)
    order = daily((0, 6), (100, 16), randomizedDelay=60)
    assert (await csms.ask("SetChargingProfile", order))["status"] == "Accepted"
    at = WINTER + timedelta(hours=13)  # 8 o'clock as its offset has it
    seconds = [second for second in range(300) if ampere(control, at + timedelta(seconds=second)) > 15]
    assert 100 <= seconds[0] <= 160
    assert seconds == list(range(seconds[0], 300))


@pytest.mark.parametrize(
    ("schedule", "profile", "period"),
    [
        ({"randomizedDelay": 60}, {"chargingProfilePurpose": "ChargingStationMaxProfile"}, {}),  # K01.FR.95
        ({"limitAtSoC": {"soc": 80, "limit": 6}}, {}, {}),  # K01.FR.125
        ({}, {}, {"evseSleep": True}),  # K01.FR.126
    ],
)
async def test_what_the_station_cannot_do_is_rejected(
    schedule: dict[str, Any], profile: dict[str, Any], period: dict[str, Any], csms: FakeCsms, launch: Launch
) -> None:
    control = (await launch("ocpp2.1")).fleet.stations[0]
    await until(lambda: control.is_online, "the boot is accepted")
    order = daily((0, 10))
    order["chargingProfile"] |= profile
    assert (await csms.ask("SetChargingProfile", order))["status"] == "Accepted", "but for what follows it is right"
    [told] = order["chargingProfile"]["chargingSchedule"]
    told |= schedule
    told["chargingSchedulePeriod"][0] |= period
    assert (await csms.ask("SetChargingProfile", order))["status"] == "Rejected"


def test_a_zone_can_be_configured(tmp_path: Any) -> None:
    path = tmp_path / "station.toml"
    path.write_text('[station]\naccess = "free"\ntime_zone = "Europe/Oslo"\n[[evse]]\n')
    assert read_config(path).time_zone == "Europe/Oslo"
