"""Phases: each is told for itself, and a limit for one phase is kept by a vehicle on three."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from station.fake_csms import FakeCsms
from station.test_scenarios import PROTOCOLS, Bench, each_protocol, profile, until
from voltway.station import evse as machine
from voltway.station.ocpp.limits import phases_of_limit
from voltway.station.ocpp.vocabulary import EvseState
from voltway.station.pilot import Pilot


@pytest.fixture
def bench(csms: FakeCsms, tmp_path: Path, protocol: str) -> Bench:
    return Bench(csms, tmp_path, protocol)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for vehicles are short: what is looked at here is not how long they are."""
    for name in ("DUTY_CHANGE_S", "STEP_X1_S", "PHASES_WAIT_S"):
        monkeypatch.setattr(machine, name, 0.2)


def one_phase(protocol: str, limit_a: float, number: int = 1) -> tuple[str, dict[str, Any]]:
    """An order for so much current on so many phases."""
    action, payload = profile(protocol, limit_a)
    schedule = (payload.get("csChargingProfiles") or payload["chargingProfile"])["chargingSchedule"]
    (schedule[0] if isinstance(schedule, list) else schedule)["chargingSchedulePeriod"][0]["numberPhases"] = number
    return action, payload


def told(bench: Bench, measurand: str) -> list[dict[str, float]]:
    """What the CSMS has heard of a measurand: in each sample the value of each phase."""
    payloads = bench.csms.payloads("MeterValues", "TransactionEvent")
    values = [value["sampledValue"] for payload in payloads for value in payload.get("meterValue", [])]
    found = [{one["phase"]: float(one["value"]) for one in each if one["measurand"] == measurand} for each in values]
    return [one for one in found if one]


@each_protocol
async def test_what_a_vehicle_draws_on_one_phase_is_not_told_of_the_others(bench: Bench) -> None:
    async with bench.on():
        bench.board.vehicle_phases = 1
        await bench.charge()
        await until(lambda: any(one["L1"] > 0 for one in told(bench, "Current.Import")))
        await bench.leave()
        await bench.told()
    drawing = [one for one in told(bench, "Current.Import") if one["L1"] > 0]
    assert {(one["L2"], one["L3"]) for one in drawing} == {(0.0, 0.0)}
    assert max(one["L1"] for one in drawing) == pytest.approx(32, abs=0.1)
    assert told(bench, "Voltage")[-1] == {"L1-N": 230.0, "L2-N": 230.0, "L3-N": 230.0}


@pytest.mark.parametrize(
    ("allowed", "used", "phases"),
    [(None, 0, 3), (3, 1, 3), (1, 0, 1), (1, 1, 1), (1, 3, 3), (1, 2, 2), (2, 1, 2)],
)
def test_a_limit_is_spread_over_the_phases_that_are_meant_or_more_if_more_are_taken(
    allowed: int | None, used: int, phases: int
) -> None:
    assert phases_of_limit(3, allowed, used) == phases
    assert phases_of_limit(1, allowed, used) == 1


@pytest.mark.usefixtures("hasty")
@each_protocol
async def test_a_limit_for_one_phase_is_not_tripled_by_a_vehicle_on_three(bench: Bench) -> None:
    async with bench.on():
        await bench.charge()
        assert (await bench.csms.ask(*one_phase(bench.protocol, 30.0)))["status"] == "Accepted"
        await until(lambda: bench.board.current_a == pytest.approx(10.0, abs=0.1))
        assert (await bench.csms.ask(*one_phase(bench.protocol, 15.0)))["status"] == "Accepted"
        await until(lambda: bench.evse.state is EvseState.SUSPENDED_EVSE)  # 5 A on each of three cannot be offered
        await bench.leave()
        bench.board.vehicle_phases = 1
        await bench.charge()
        await until(lambda: bench.board.current_a == pytest.approx(15.0, abs=0.1))
        await bench.leave()


@pytest.mark.usefixtures("hasty")
@each_protocol
async def test_where_phases_may_be_switched_a_limit_for_one_phase_switches_and_another_switches_back(
    bench: Bench,
) -> None:
    bench.config.write_text(bench.config.read_text() + "can_switch_phases = true\n")
    async with bench.on():
        await bench.charge()
        for number, limit_a in ((1, 15.0), (3, 12.0)):
            assert (await bench.csms.ask(*one_phase(bench.protocol, limit_a, number)))["status"] == "Accepted"
            await until(lambda: not bench.board.output.is_pwm)
            bench.board.connect(Pilot.B)
            await until(lambda wanted=number: bench.board.phases == wanted)
            await until(lambda: bench.board.output.is_pwm)
            bench.board.connect(Pilot.C)
            await until(lambda wanted=limit_a: bench.board.current_a == pytest.approx(wanted, abs=0.1))
        await bench.leave()


@pytest.mark.parametrize("protocol", PROTOCOLS[1:])
async def test_a_profile_that_chooses_the_phase_is_rejected(bench: Bench) -> None:
    action, payload = one_phase(bench.protocol, 10.0)
    payload["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["phaseToUse"] = 2
    async with bench.on():
        assert (await bench.csms.ask(action, payload))["status"] == "Rejected"
