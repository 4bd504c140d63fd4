"""Simulated AC stations are the controller's own state machine: what it forbids cannot happen in a fleet either."""

from __future__ import annotations

import time

import pytest

from voltway.station.evse_words import Action, State
from voltway.station.faults import Fault
from voltway.station.ocpp.vocabulary import EvseSpec, EvseState, IdToken
from voltway.station.pilot import Pilot
from voltway.station.simulator.car import CAR_MODELS
from voltway.station.simulator.control import SimulatedControl
from voltway.station.simulator.evse import PluggedCar
from voltway.station.simulator.machine import MachineEvse

from .fake_csms import FakeCsms, Launch, until  # noqa: TID252  (tests are not installed)

TOKEN = IdToken("TOKEN-1")


async def an_evse(launch: Launch, protocol: str = "ocpp2.0.1") -> tuple[SimulatedControl, MachineEvse]:
    running = await launch(protocol)
    control = running.fleet.stations[0].evses[0]
    await until(lambda: control.station.is_online, "the boot is accepted")
    assert isinstance(control.hardware, MachineEvse)
    return control, control.hardware


async def test_power_flows_only_after_offer_answer_and_contactor(csms: FakeCsms, launch: Launch) -> None:
    control, hardware = await an_evse(launch)
    control.plug(PluggedCar(CAR_MODELS["saloon"], 20.0))
    assert (hardware.machine.state, hardware.power_w) == (State.PREPARING, 0.0)
    control.present(TOKEN)
    await until(lambda: control.transaction is not None, "the token is accepted")
    await until(lambda: control.state is EvseState.CHARGING, "it charges")
    assert hardware.board.vehicle is Pilot.C
    assert hardware.power_w == pytest.approx(11_040)
    control.present(TOKEN)
    await until(lambda: control.transaction is None, "the charge has ended")
    assert hardware.machine.is_confirmed_open
    assert hardware.power_w == 0.0
    assert hardware.machine.state is State.FINISHING
    control.unplug()
    assert hardware.machine.state is State.AVAILABLE


async def test_a_full_car_leaves_c_and_the_contactor_opens(csms: FakeCsms, launch: Launch) -> None:
    control, hardware = await an_evse(launch)
    control.plug(PluggedCar(CAR_MODELS["neighbourhood pod"], 99.5))
    control.present(TOKEN)
    await until(lambda: control.state is EvseState.SUSPENDED_EV and hardware.car and hardware.car.is_full, "it is full")
    await until(lambda: hardware.machine.is_confirmed_open, "it has opened")
    assert hardware.board.vehicle is Pilot.B
    control.unplug()


async def test_a_fault_opens_is_told_and_the_charge_goes_on_when_it_has_gone(csms: FakeCsms, launch: Launch) -> None:
    control, hardware = await an_evse(launch)
    control.plug(PluggedCar(CAR_MODELS["saloon"], 20.0))
    control.present(TOKEN)
    await until(lambda: control.state is EvseState.CHARGING, "it charges")
    hardware.inject(Fault.UNDER_VOLTAGE)
    assert (control.state, hardware.power_w) == (EvseState.FAULTED, 0.0)
    await until(lambda: not hardware.board.is_closed, "the car has stopped, the contactor opens")
    await until(lambda: csms.payloads("NotifyEvent"), "it is told")
    hardware.inject(Fault.UNDER_VOLTAGE, is_present=False)
    await until(lambda: control.state is EvseState.CHARGING, "it charges again")
    control.unplug()


async def test_direct_current_is_computed_without_the_machine(csms: FakeCsms, launch: Launch) -> None:
    running = await launch("ocpp2.0.1", evse=EvseSpec(50_000, 0))
    assert not isinstance(running.fleet.stations[0].evses[0].hardware, MachineEvse)


async def test_a_process_that_is_slow_in_between_breaks_no_pilot(
    csms: FakeCsms, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    control, hardware = await an_evse(launch)
    control.plug(PluggedCar(CAR_MODELS["saloon"], 20.0))
    control.present(TOKEN)
    await until(lambda: control.state is EvseState.CHARGING, "it charges")
    do = hardware.board.do

    def do_slowly(action: Action) -> bool:
        time.sleep(0.005)  # a second of this fleet
        return do(action)

    monkeypatch.setattr(hardware.board, "do", do_slowly)
    hardware.inject(Fault.UNDER_VOLTAGE)
    hardware.inject(Fault.UNDER_VOLTAGE, is_present=False)
    await until(lambda: control.state is EvseState.CHARGING, "it charges again")
    control.unplug()
