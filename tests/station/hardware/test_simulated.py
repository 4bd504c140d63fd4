"""The state machine with simulated hardware, as the controller runs it: each defect has its consequence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from voltway.kernel import clock
from voltway.station.controller import EvseController
from voltway.station.evse import Evse
from voltway.station.evse_words import Authorise, EvseSettings, Outcome, ResetFaults, State, Stop
from voltway.station.faults import Fault
from voltway.station.hardware.ports import HardwareLost
from voltway.station.hardware.simulated import SimulatedBoard, SimulatedCardReader, SimulatedLines, SimulatedMeter
from voltway.station.pilot import Pilot


async def until(holds: Callable[[], bool], within_s: float = 30.0) -> None:
    end_s = clock.monotonic() + within_s
    while not holds():
        assert clock.monotonic() < end_s, "it did not happen"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def station(board: SimulatedBoard) -> AsyncIterator[EvseController]:
    controller = EvseController(Evse(EvseSettings(), clock.monotonic()), board)
    task = asyncio.create_task(controller.run())
    await until(lambda: controller.evse.is_closed is not None)
    try:
        yield controller
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def charge(board: SimulatedBoard, controller: EvseController) -> None:
    board.connect(Pilot.B)
    assert await controller.command(Authorise) is Outcome.DONE
    await until(lambda: controller.evse.output.is_pwm)
    board.connect(Pilot.C)
    await until(lambda: controller.evse.state is State.CHARGING)


async def test_a_charge_is_counted_and_ends() -> None:
    board = SimulatedBoard()
    meter = SimulatedMeter(lambda: board.current_a, energy_wh=1000)
    async with station(board) as controller:
        await charge(board, controller)
        reading = await meter.read()
        assert reading.power_w == pytest.approx(3 * 230 * 32, rel=0.001)
        board.connect(Pilot.B)
        assert await controller.command(Stop) is Outcome.DONE
        assert not board.is_closed
        assert (await meter.read()).power_w == 0


@pytest.mark.parametrize(
    ("defect", "fault"),
    [
        ("is_contactor_dead", Fault.CONTACTOR_OPEN),
        ("is_lock_jammed", Fault.CONNECTOR_LOCK),
        ("is_detector_broken", Fault.RCD_SELF_TEST),
    ],
)
async def test_a_defect_keeps_the_contactor_open_and_is_named(defect: str, fault: Fault) -> None:
    board = SimulatedBoard()
    setattr(board, defect, True)
    async with station(board) as controller:
        board.connect(Pilot.B)
        await controller.command(Authorise)
        await asyncio.sleep(0.1)
        board.connect(Pilot.C)
        await until(lambda: fault in controller.evse.faults)
        assert not board.is_closed


async def test_a_contactor_that_welds_is_found_when_it_should_open() -> None:
    board = SimulatedBoard()
    async with station(board) as controller:
        await charge(board, controller)
        board.is_welded = True
        board.connect(Pilot.B)
        await until(lambda: Fault.CONTACTOR_WELDED in controller.evse.faults)
        assert board.is_locked
        assert await controller.command(ResetFaults) is Outcome.FAILED


async def test_measured_values_become_faults_by_the_table() -> None:
    board = SimulatedBoard()
    async with station(board) as controller:
        await charge(board, controller)
        controller.measured({"ambient_c": 66.0})
        await until(lambda: Fault.WARM in controller.evse.faults)
        assert controller.evse.offer_a == 16
        controller.measured({"ambient_c": 61.0})
        await until(lambda: Fault.WARM not in controller.evse.faults)


async def test_lost_hardware_is_said_to_be_lost() -> None:
    board, reader = SimulatedBoard(), SimulatedCardReader()
    meter, lines = SimulatedMeter(lambda: 0.0), SimulatedLines({"door": False}, {"lamp": False})
    lines.write("lamp", True)
    assert lines.outputs == {"lamp": True}
    board.is_silent = meter.is_lost = lines.is_lost = True
    with pytest.raises(HardwareLost):
        await board.start(print)
    with pytest.raises(HardwareLost):
        await meter.read()
    with pytest.raises(HardwareLost):
        lines.read()
    reader.hold("04A1B2C3")
    reader.lose()
    assert (await reader.next_card()).uid == "04A1B2C3"
    with pytest.raises(HardwareLost):
        await reader.next_card()
