"""The computer's adapter and state machine against the real firmware in MicroPython, over a pseudo-terminal, in real time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from station.firmware.interpreter import Firmware, Wire, firmware
from voltway.station.controller import EvseController
from voltway.station.evse import Evse
from voltway.station.evse_words import Authorise, EvseSettings, Limit, Outcome, State, Stop, Unlock
from voltway.station.faults import Fault
from voltway.station.hardware.ports import HardwareLost
from voltway.station.hardware.serial_board import SerialBoard


@pytest.fixture
def micro() -> Iterator[Firmware]:
    with firmware("real") as running:
        yield running


@pytest.fixture
def wire(micro: Firmware) -> Iterator[Wire]:
    cable = Wire(micro)
    yield cable
    cable.close()


async def until(holds: Callable[[], bool], within_s: float = 30.0) -> float:
    """Wait for something; the seconds that it took."""
    begin_s = time.monotonic()
    while not holds():
        assert time.monotonic() - begin_s < within_s, "it did not happen"
        await asyncio.sleep(0.005)
    return time.monotonic() - begin_s


@asynccontextmanager
async def station(wire: Wire) -> AsyncIterator[tuple[EvseController, SerialBoard]]:
    board = SerialBoard(wire.path)
    controller = EvseController(Evse(EvseSettings(current_a_max=16.0), time.monotonic()), board)
    task = asyncio.create_task(controller.run())
    try:
        await until(lambda: controller.evse.is_closed is not None or task.done())
        yield controller, board
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def charge(micro: Firmware, controller: EvseController) -> None:
    micro.set(vehicle="B")
    await until(lambda: controller.evse.state is State.PREPARING)
    assert await controller.command(Authorise) is Outcome.DONE
    await until(lambda: controller.evse.output.is_pwm)
    micro.set(vehicle="C")
    await until(lambda: controller.evse.state is State.CHARGING)


def is_driven(micro: Firmware) -> bool:
    micro.order()
    return micro.is_driven


def has_dropped(micro: Firmware) -> bool:
    micro.order()
    return micro.state["dropped"] > 0


async def test_a_whole_charge_over_the_wire(micro: Firmware, wire: Wire) -> None:
    async with station(wire) as (controller, board):
        assert board.capabilities
        assert board.capabilities.current_a_max == 32
        await charge(micro, controller)
        assert is_driven(micro)
        assert await controller.command(Limit, 10.0) is Outcome.DONE
        micro.order()
        assert micro.state["duty"] == pytest.approx(16.66, abs=0.02)
        stopping = asyncio.create_task(controller.command(Stop))
        await asyncio.sleep(0.3)
        micro.set(vehicle="B")
        assert await stopping is Outcome.DONE
        assert not is_driven(micro)
        await until(lambda: controller.evse.is_locked is False)
        micro.set(vehicle="A")
        await until(lambda: controller.evse.state is State.AVAILABLE)
        await until(lambda: board.telemetry is not None)
        assert board.dropped == 0


async def test_unlocking_during_a_charge_opens_first(micro: Firmware, wire: Wire) -> None:
    async with station(wire) as (controller, _):
        await charge(micro, controller)
        unlocking = asyncio.create_task(controller.command(Unlock))
        await asyncio.sleep(0.3)
        micro.set(vehicle="B")
        assert await unlocking is Outcome.DONE
        micro.order()
        opened, unlocked = micro.changes("contactor")[-1], micro.changes("lock")[-1]
        assert opened[0] == unlocked[0] == 0
        assert opened[1] < unlocked[1]


async def test_a_cut_wire_opens_on_both_sides_and_the_charge_goes_on_when_it_is_mended(
    micro: Firmware, wire: Wire
) -> None:
    async with station(wire) as (controller, _):
        await charge(micro, controller)
        wire.is_cut = True
        await until(lambda: Fault.BOARD_LOST in controller.evse.faults, 10.0)
        assert controller.evse.state is State.FAULTED
        await until(lambda: not is_driven(micro), 10.0)
        wire.is_cut = False
        await until(lambda: controller.evse.state is State.CHARGING, 60.0)
        assert is_driven(micro)


async def test_a_wire_that_garbles_is_lived_with(micro: Firmware, wire: Wire) -> None:
    wire.garbled_every = 61
    async with station(wire) as (controller, board):
        await charge(micro, controller)
        # The computer says less than the board: its first broken frame comes seconds after the board's.
        await until(lambda: board.dropped > 3 and has_dropped(micro), 60.0)
        # On a busy machine the board may miss heartbeats on top of that, and open: the charge goes on by itself, nothing latches.
        await until(lambda: controller.evse.state is State.CHARGING, 60.0)
        assert not controller.evse.faults.latched


async def test_a_fault_of_the_board_is_one_of_the_evse(micro: Firmware, wire: Wire) -> None:
    async with station(wire) as (controller, _):
        await charge(micro, controller)
        micro.set(residual_ma=7)
        await until(lambda: Fault.RESIDUAL_DC in controller.evse.faults)
        assert not is_driven(micro)
        assert controller.evse.state is State.FAULTED
        micro.set(residual_ma=0)
        await asyncio.sleep(1.5)
        assert controller.evse.state is State.FAULTED, "it waits for unplugging"
        micro.set(vehicle="A")
        await until(lambda: controller.evse.state is State.AVAILABLE)


async def test_a_board_that_is_not_there_is_said_to_be_lost(wire: Wire) -> None:
    wire.is_cut = True
    with pytest.raises(HardwareLost, match="does not answer"):
        await SerialBoard(wire.path).start(print)
    with pytest.raises(HardwareLost, match="cannot be opened"):
        await SerialBoard("/dev/there-is-no-such-port").start(print)
