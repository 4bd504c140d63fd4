"""`voltway station run` as a process: with MicroPython's firmware on a pseudo-terminal and a meter on Modbus, and simulated."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import sys
import time
import tty
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from station.firmware.interpreter import Wire, firmware
from station.hardware.test_modbus_meter import em340, tcp_server
from voltway.station.config import EvseConfig, StationConfig
from voltway.station.evse_words import EvseSettings, State
from voltway.station.faults import Fault
from voltway.station.hardware.simulated import SimulatedBoard, SimulatedCardReader, SimulatedMeter
from voltway.station.metering import Context, Measurand
from voltway.station.ocpp.vocabulary import EvseState
from voltway.station.pilot import Pilot
from voltway.station.program import StationProgram
from voltway.station.register_file import RegisterFile

VOLTWAY = Path(sys.executable).with_name("voltway")


async def until(holds: Callable[[], bool], within_s: float = 60.0) -> None:
    end_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end_s, "it did not happen"
        await asyncio.sleep(0.02)


def start(config: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([VOLTWAY, "station", "run", "--config", config], stderr=subprocess.PIPE)


def end(program: subprocess.Popen[bytes]) -> bytes:
    """What it said, once it has ended; one that does not is killed."""
    try:
        return program.communicate(timeout=20)[1]
    except subprocess.TimeoutExpired:
        program.kill()
        return program.communicate()[1]


async def test_the_program_charges_with_the_real_firmware_and_a_meter(tmp_path: Path) -> None:
    with firmware("real") as micro, closing(Wire(micro)) as wire:
        async with tcp_server(em340()) as port:
            config = tmp_path / "station.toml"
            config.write_text(
                f'[station]\ndata_dir = "{tmp_path}/data"\naccess = "free"\n[[evse]]\nboard = "serial"\n'
                f'board_port = "{wire.path}"\nmeter = "em340"\nmeter_port = "127.0.0.1:{port}"\n'
            )
            program = await asyncio.to_thread(start, config)
            try:
                await asyncio.sleep(2)
                micro.set(vehicle="B")
                await until(lambda: micro.order()["duty"] < 100)
                micro.set(vehicle="C")
                await until(lambda: micro.order() is not None and micro.is_driven)
                micro.set(vehicle="A")
                await until(lambda: not (micro.order() and micro.is_driven))
                await until(lambda: micro.order() is not None and micro.changes("lock")[-1][0] == 0)
            finally:
                program.send_signal(signal.SIGTERM)
                said = await asyncio.to_thread(end, program)
        assert program.returncode == 0, said
    register = RegisterFile(tmp_path / "data" / "evse-1.register")
    assert register.value == 12_345_600
    register.close()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[station]\naccess = "free"\n[[evse]]\nphases = 2\n',
            "line 5: phases = 2 is not allowed; allowed: one of 1, 3",
        ),
        (
            '[station]\naccess = "free"\n[[evse]]\nboard = "serial"\nboard_port = "/dev/none"\n',
            "the serial port /dev/none cannot be opened",
        ),
    ],
)
def test_what_is_in_the_way_is_one_line_and_exit_code_2(tmp_path: Path, text: str, says: str) -> None:
    config = tmp_path / "station.toml"
    config.write_text(text.replace("[station]", f'[station]\ndata_dir = "{tmp_path}/data"'))
    done = subprocess.run([VOLTWAY, "station", "run", "--config", config], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def a_station(tmp_path: Path, *, cards: str = "", reader: str | None = None) -> StationConfig:
    evse = EvseConfig(EvseSettings(), None, "simulated", None, 1, 1, False)
    return StationConfig(tmp_path / "data", not cards, frozenset(cards.split()), reader, (evse,))


async def test_a_card_starts_and_ends_a_charge_and_its_samples_are_in_order(tmp_path: Path) -> None:
    program = StationProgram(a_station(tmp_path, cards="04A1B2C3"))
    reader = program.reader = SimulatedCardReader()
    [evse] = program.evses
    board, machine = evse.board, evse.controller.evse
    assert isinstance(board, SimulatedBoard)
    running = asyncio.create_task(program.run())
    try:
        await until(lambda: machine.is_closed is not None)
        board.connect(Pilot.B)
        reader.hold("DEADBEEF")
        await asyncio.sleep(0.3)
        assert not machine.is_authorised
        reader.hold("04A1B2C3")
        await until(lambda: board.output.is_pwm)
        board.connect(Pilot.C)
        await until(lambda: machine.state is State.CHARGING)
        await asyncio.sleep(2.5)
        board.connect(Pilot.B)
        reader.hold("04A1B2C3")
        await until(lambda: evse.samples[-1].context is Context.END)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    contexts = [one.context for one in evse.samples]
    assert contexts[0] is Context.BEGIN
    assert set(contexts[1:-1]) == {Context.PERIODIC}
    energies = [one.values[0].value for one in evse.samples if one.values[0].measurand is Measurand.ENERGY]
    assert energies == sorted(energies)
    assert energies[0] == 0, "the begin is what stood before the first watt-second"
    assert energies[-1] == evse.register.energy_wh > 0


async def test_a_meter_that_is_lost_stops_the_charge_and_one_that_is_back_lets_it_go_on(tmp_path: Path) -> None:
    program = StationProgram(a_station(tmp_path))
    [evse] = program.evses
    board, machine, meter = evse.board, evse.controller.evse, evse._meter
    assert isinstance(board, SimulatedBoard)
    assert isinstance(meter, SimulatedMeter)
    running = asyncio.create_task(program.run())
    try:
        await until(lambda: machine.is_closed is not None)
        board.connect(Pilot.B)
        await until(lambda: board.output.is_pwm)
        board.connect(Pilot.C)
        await until(lambda: machine.state is State.CHARGING)
        meter.is_lost = True
        await until(lambda: Fault.METER_LOST in machine.faults)
        board.connect(Pilot.B)
        assert not board.is_closed
        meter.is_lost = False
        await until(lambda: machine.output.is_pwm)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_card_reader_that_is_pulled_is_told_charging_goes_on_and_it_is_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voltway.station.program.READER_AGAIN_S", 0.05)
    port = tmp_path / "reader"  # as udev names it, whatever the kernel does
    master, slave = pty.openpty()
    tty.setraw(slave)
    port.symlink_to(os.ttyname(slave))
    program = StationProgram(a_station(tmp_path, cards="04A1B2C3", reader=str(port)))
    [evse] = program.evses
    running = asyncio.create_task(program.run())
    try:
        await until(lambda: evse.controller.evse.is_closed is not None)
        os.close(slave)
        os.close(master)
        await until(lambda: Fault.READER in evse.controller.evse.faults)
        assert evse.controller.evse.state is State.AVAILABLE
        master, slave = pty.openpty()
        tty.setraw(slave)
        port.unlink()
        port.symlink_to(os.ttyname(slave))
        await until(lambda: Fault.READER not in evse.controller.evse.faults)
        assert isinstance(evse.board, SimulatedBoard)
        evse.board.connect(Pilot.B)
        await until(lambda: program.station.evses[0].state is EvseState.CONNECTED)
        os.write(master, b"04A1B2C3\n")
        await until(lambda: evse.controller.evse.is_authorised)
        os.close(slave)
        os.close(master)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
