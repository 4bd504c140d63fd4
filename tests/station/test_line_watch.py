"""Contacts and lamps at the computer's own lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from station.test_program import a_station, until
from voltway.station.evse_words import State
from voltway.station.faults import TABLE, Fault, Recovery
from voltway.station.hardware.simulated import SimulatedBoard, SimulatedLines
from voltway.station.line_watch import CONTACTS, LAMPS, LineWatch
from voltway.station.pilot import Pilot
from voltway.station.program import StationProgram


@asynccontextmanager
async def station(tmp_path: Path) -> AsyncIterator[tuple[StationProgram, SimulatedLines]]:
    program = StationProgram(a_station(tmp_path))
    lines = SimulatedLines(dict.fromkeys(CONTACTS, False), dict.fromkeys(LAMPS, False))
    program.lines = LineWatch(lines, CONTACTS, LAMPS, [evse.controller for evse in program.evses])
    running = asyncio.create_task(program.run())
    try:
        await until(lambda: program.evses[0].controller.evse.is_closed is not None)
        yield program, lines
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def charge(program: StationProgram) -> None:
    board, machine = program.evses[0].board, program.evses[0].controller.evse
    assert isinstance(board, SimulatedBoard)
    board.connect(Pilot.B)
    await until(lambda: board.output.is_pwm)
    board.connect(Pilot.C)
    await until(lambda: machine.state is State.CHARGING)


async def test_each_contact_is_the_fault_of_its_name(tmp_path: Path) -> None:
    async with station(tmp_path) as (program, lines):
        faults = program.evses[0].controller.evse.faults
        for contact in CONTACTS:
            lines.inputs[contact] = True
            await until(lambda: contact in faults)  # noqa: B023
            lines.inputs[contact] = False
            if TABLE[contact].recovery is Recovery.SELF:
                await until(lambda: contact not in faults)  # noqa: B023
    assert not any(TABLE[contact].on_board for contact in CONTACTS)


async def test_a_station_that_falls_over_opens_and_shows_it_by_its_lamps(tmp_path: Path) -> None:
    async with station(tmp_path) as (program, lines):
        await until(lambda: lines.outputs == {"lamp_ready": True, "lamp_charging": False, "lamp_fault": False})
        await charge(program)
        await until(lambda: lines.outputs == {"lamp_ready": False, "lamp_charging": True, "lamp_fault": False})
        lines.inputs[Fault.TILT] = True
        board = program.evses[0].board
        assert isinstance(board, SimulatedBoard)
        await until(lambda: not board.is_closed)
        await until(lambda: lines.outputs == {"lamp_ready": False, "lamp_charging": False, "lamp_fault": True})


async def test_lines_that_cannot_be_read_are_no_healthy_contacts(tmp_path: Path) -> None:
    async with station(tmp_path) as (program, lines):
        await charge(program)
        lines.is_lost = True
        faults = program.evses[0].controller.evse.faults
        await until(lambda: set(CONTACTS) <= set(faults))
        assert program.evses[0].controller.evse.state is State.FAULTED
        lines.is_lost = False
        await until(lambda: Fault.ENCLOSURE_OPEN not in faults)
        assert Fault.TILT in faults, "latched: somebody has to look"


async def test_a_chip_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    from voltway.station.config import read_config
    from voltway.station.hardware.ports import HardwareLost

    path = tmp_path / "station.toml"
    chip = '[gpio]\nchip = "/dev/no-such-chip"\ntilt = 5\nlamp_fault = 6\nnormally_open = ["tilt"]\n'
    path.write_text(f'[station]\ndata_dir = "{tmp_path}/data"\naccess = "free"\n{chip}[[evse]]\n')
    with pytest.raises(HardwareLost, match="no-such-chip"):
        StationProgram(read_config(path))
