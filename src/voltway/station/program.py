"""A station that runs: each EVSE with its board and meter, the card reader, and the link to a CSMS.

Without a CSMS everybody may charge, or the cards of the configuration. With one it decides, and while it is away what the station
knows of it. A card that is held to the reader starts a charge at the EVSE with a vehicle, and ends its own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from voltway.kernel import clock
from voltway.station.backend import build_station, tls_of
from voltway.station.board_hardware import BoardHardware, trouble_of
from voltway.station.config import EvseConfig, GpioConfig, OcppConfig, StationConfig
from voltway.station.controller import EvseController
from voltway.station.evse import Evse
from voltway.station.evse_words import (
    Action,
    AllowPower,
    FaultCame,
    FaultChanged,
    FaultWent,
    SetLock,
    SetPilot,
    StateChanged,
)
from voltway.station.faults import Fault, excess_a
from voltway.station.hardware.card_reader import SerialCardReader
from voltway.station.hardware.modbus_meter import ModbusMeter, SunSpecMeter, rtu, tcp
from voltway.station.hardware.ports import Board, CardReader, EnergyMeter, HardwareLost, Lines, MeterReading
from voltway.station.hardware.serial_board import SerialBoard
from voltway.station.hardware.simulated import SimulatedBoard, SimulatedMeter
from voltway.station.line_watch import LineWatch
from voltway.station.local.doctor import Way
from voltway.station.local.house import House
from voltway.station.local.serving import local_page
from voltway.station.metering import Context, EnergyRegister, Measurand, MeteringPlan, Sample, SamplingClock, sample
from voltway.station.ocpp.vocabulary import EvseState, IdToken
from voltway.station.off_peak import LoadShaper
from voltway.station.pilot import Pilot, current_of
from voltway.station.register_file import RegisterFile

log = structlog.get_logger()

READ_EVERY_S = 1.0
READER_AGAIN_S = 2.0
BOARD_OPENS_WITHIN_S = 3.0
"""A board that nobody speaks to opens by itself after 2 s without a heartbeat."""
SAMPLES_MAX = 10_000
"""More than a day of samples every 10 s; of a longer charge the oldest go."""


class RunningEvse:
    """One EVSE: its controller, and its meter read every second."""

    def __init__(self, number: int, config: EvseConfig, data_dir: Path, board: Board, meter: EnergyMeter) -> None:
        """Raises RegisterBroken, or OSError if the folder cannot be written."""
        self.number = number
        self.board, self._meter = board, meter
        self.hardware: BoardHardware | None = None
        self.on_fault: Callable[[FaultChanged], None] = lambda change: None
        self.has_vehicle = config.has_simulated_vehicle
        self.samples: deque[Sample] = deque(maxlen=SAMPLES_MAX)
        """Those of the charge that runs, or of the last one."""
        self._look = asyncio.Event()
        self.controller = EvseController(Evse(config.settings, clock.monotonic()), board, self._acted, number)
        self._file = RegisterFile(data_dir / f"evse-{number}.register")
        self.register = EnergyRegister(self._file)
        self._plan = MeteringPlan(
            sampled=(Measurand.ENERGY, Measurand.POWER, Measurand.CURRENT), sample_every_s=config.sample_every_s
        )
        self._clock = SamplingClock(self._plan)
        self._is_charging = self._is_meter_lost = False
        self._before: tuple[MeterReading, int] | None = None
        self._began_wh = 0

    async def run(self) -> None:
        """Work until cancelled. Raises HardwareLost if the board is not there at the start."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.controller.run())
                tasks.create_task(self._read_meter())
        finally:
            await self._meter.close()
            self._file.close()

    def _acted(self, action: Action) -> None:
        if isinstance(action, StateChanged | FaultChanged | SetPilot | SetLock | AllowPower):
            if self.hardware is not None:
                self.hardware.noticed()
            self._look.set()
        if isinstance(action, FaultChanged):
            self.on_fault(action)

    async def _read_meter(self) -> None:
        """Every second, and at once when something has changed."""
        while True:
            self._look.clear()
            await self._read_once()
            with suppress(TimeoutError):
                async with asyncio.timeout(READ_EVERY_S):
                    await self._look.wait()

    async def _read_once(self) -> None:
        is_over = self._is_over()  # asked before the reading: what was drawn until the contactor opened is in it
        try:
            reading = await self._meter.read()
        except HardwareLost as error:
            if not self._is_meter_lost:
                log.warning("station_meter.lost", evse_number=self.number, reason=str(error))
                self.controller.tell(FaultCame(Fault.METER_LOST))
            self._is_meter_lost = True
            self._tell(None, is_over)
            return
        if self._is_meter_lost:
            self._is_meter_lost = False
            self.controller.tell(FaultWent(Fault.METER_LOST))
        self._take(reading, is_over)
        self._tell(reading, is_over)

    def _tell(self, reading: MeterReading | None, is_over: bool) -> None:
        machine, carries_a = self.controller.evse, self.board.current_a_max
        if carries_a is not None and carries_a < machine.settings.current_a_max:
            log.warning("station_board.weaker", evse_number=self.number, board_a=carries_a)
            machine.settings = replace(machine.settings, current_a_max=carries_a)
        if self.hardware is not None:
            self.hardware.measured(reading, self.register.energy_wh, is_over)

    def _is_over(self) -> bool:
        """Whether nothing flows any more, and nothing will: the vehicle has its seconds to stop after the authorisation ended."""
        evse = self.controller.evse
        is_alone = evse.is_closed is None and clock.monotonic() - evse.mirror_since_s > BOARD_OPENS_WITHIN_S
        is_off = evse.is_confirmed_open or is_alone or Fault.CONTACTOR_WELDED in evse.faults
        return is_off and not (evse.is_authorised and evse.is_plugged)

    def _take(self, reading: MeterReading, is_over: bool) -> None:
        energy_wh = self.register.follow(reading.energy_wh)
        evse = self.controller.evse
        self.controller.measured(_measures(reading, evse) | dict(self.board.measures()))
        now = clock.now()
        if not self._is_charging and evse.is_authorised and evse.is_plugged:
            # The charge may have begun since the last reading, so that one is its begin: the contactor was open then.
            begin, self._began_wh = self._before or (reading, energy_wh)
            self.samples.clear()
            self._keep(self._clock.begin(now), begin, self._began_wh)
            self._is_charging = True
            log.info("station_charge.began", evse_number=self.number, energy_wh=self._began_wh)
        elif self._is_charging and is_over:
            self._is_charging = False
            self._keep(self._clock.end(), reading, energy_wh)
            log.info("station_charge.ended", evse_number=self.number, charged_wh=energy_wh - self._began_wh)
        for context in self._clock.due(now):
            self._keep(context, reading, energy_wh)
        self._before = (reading, energy_wh)

    def _keep(self, context: Context, reading: MeterReading, energy_wh: int) -> None:
        self.samples.append(sample(self._plan, context, clock.now(), reading, energy_wh))


def _measures(reading: MeterReading, evse: Evse) -> dict[str, float]:
    """A reading as the fault table's measures."""
    # A phase that is not wired reads 0 V: that is no undervoltage.
    voltages = [phase.voltage_v for phase in reading.phases if phase.voltage_v > 50]
    worst_v = max(voltages, key=lambda voltage_v: abs(voltage_v - 230.0), default=230.0)
    offered_a = current_of(evse.output.duty_percent) if evse.output.is_pwm else None
    most_a = max((phase.current_a for phase in reading.phases), default=0.0)
    over_a = excess_a(most_a, offered_a) if offered_a else -1.0
    # The board has no sensor of its own for it: the meter's currents stand in for both rows.
    board_over_a = most_a - offered_a if offered_a else -1.0
    return {"voltage_v": worst_v, "excess_a": over_a, "board_excess_a": board_over_a}


class StationProgram:
    """All EVSEs, who may charge at them, and what is told of it."""

    def __init__(self, config: StationConfig) -> None:
        """Raises HardwareLost, RegisterBroken, StartUpError, or OSError if the folder cannot be written. Needs a running loop."""
        config.data_dir.mkdir(parents=True, exist_ok=True)
        self._config = config
        self.reader: CardReader | None = SerialCardReader(config.reader) if config.reader else None
        self.evses = [
            RunningEvse(number, evse, config.data_dir, *_parts(evse)) for number, evse in enumerate(config.evses, 1)
        ]
        self.page_port = 0
        self.lines: LineWatch | None = None
        if config.gpio is not None:
            gpio, controllers = config.gpio, [evse.controller for evse in self.evses]
            self.lines = LineWatch(_lines(gpio), gpio.contacts, gpio.lamps, controllers)
        self.station = build_station(config, [evse.controller for evse in self.evses])
        for evse, control in zip(self.evses, self.station.evses, strict=True):
            assert isinstance(control.hardware, BoardHardware)
            evse.hardware = control.hardware
            if config.local.off_peak:
                evse.hardware.shaper = LoadShaper(config.local.delay_s_max)
            evse.on_fault = partial(self._tell_fault, evse.number)

    @property
    def has_password(self) -> bool:
        """Whether it shows a password to the CSMS."""
        ocpp = self._config.ocpp
        return bool(self.station.settings.text_of("password") or (ocpp and ocpp.password))

    @property
    def has_certificate(self) -> bool:
        """Whether it shows a certificate to the CSMS."""
        return self._config.ocpp is not None and self._config.ocpp.certificate is not None

    async def run(self) -> None:
        """Work until cancelled."""
        page = local_page(self, self._config.local, self._way)
        if page is not None and self._config.local.http is not None:
            host, _, port = self._config.local.http.rpartition(":")
            await page.start(host.strip("[]"), int(port))
            self.page_port = page.port
        if not self.station.is_alone:
            self.station.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                for evse in self.evses:
                    tasks.create_task(evse.run())
                    if isinstance(evse.board, SimulatedBoard) and evse.has_vehicle:
                        tasks.create_task(drive(evse.board))
                if self._config.local.mqtt is not None:
                    house = House(self, self._config.local.mqtt, self._config.local.mqtt_prefix)
                    tasks.create_task(house.run())
                if self.lines is not None:
                    tasks.create_task(self.lines.run())
                if self._config.is_free:
                    tasks.create_task(self._let_in())
                if self.reader:
                    tasks.create_task(self._read_cards(self.reader))
        finally:
            self.station.stop()
            if page is not None:
                await page.stop()
            if self.reader:
                await self.reader.close()

    def _tls(self, ocpp: OcppConfig) -> ssl.SSLContext | None:
        networks = self.station.networks
        return tls_of(replace(ocpp, url=networks.url) if networks else ocpp, self._config.data_dir)

    def _way(self) -> Way | None:
        """How it goes to its CSMS, for the connection doctor."""
        ocpp = self._config.ocpp
        if ocpp is None:
            return None
        return Way(
            url=self.station.networks.url if self.station.networks else ocpp.url,
            identity=ocpp.identity,
            protocols=ocpp.protocols,
            password=self.station.settings.text_of("password") or ocpp.password,
            tls=self._tls(ocpp),
            is_linked=self.station.caller.is_linked,
            linked_by=self.station.link.subprotocol,
        )

    def _tell_fault(self, evse_number: int, change: FaultChanged) -> None:
        self.station.trouble_changed(evse_number, trouble_of(change.fault), is_over=not change.stands)

    async def _let_in(self) -> None:
        """Free access: whoever plugs in may charge, once."""
        token = IdToken(self._config.ocpp.free_token if self._config.ocpp else "FREE", "Central")
        while True:
            for control in self.station.evses:
                if control.state is EvseState.CONNECTED and control.transaction is None:
                    control.admit(token)
            await asyncio.sleep(0.2)

    async def _read_cards(self, reader: CardReader) -> None:
        """Hear of cards; a reader that is lost is told as a fault, and looked for until it is there again."""
        while True:
            try:
                while True:
                    self.hold(IdToken((await reader.next_card()).uid))
            except HardwareLost as error:
                log.warning("station_reader.lost", reason=str(error))
            await reader.close()
            for evse in self.evses:
                evse.controller.tell(FaultCame(Fault.READER))
            self.reader = reader = await self._find_reader()
            log.info("station_reader.returned")
            for evse in self.evses:
                evse.controller.tell(FaultWent(Fault.READER))

    async def _find_reader(self) -> CardReader:
        while True:
            await asyncio.sleep(READER_AGAIN_S)
            with suppress(HardwareLost):
                return SerialCardReader(self._config.reader or "")

    def hold(self, token: IdToken) -> None:
        """A card is held to the reader: it ends its own charge, or begins one where a vehicle waits, or where one may come."""
        controls = self.station.evses
        by_use = (
            [one for one in controls if one.may_end(token)],
            [one for one in controls if one.state is EvseState.CONNECTED and one.transaction is None],
            [one for one in controls if one.state is EvseState.AVAILABLE],
        )
        chosen = next((found[0] for found in by_use if found), None)
        if chosen is None:
            log.info("station_card.idle", reason="no EVSE is free")
        else:
            chosen.present(token)


async def drive(board: SimulatedBoard, away_s: float = 10.0, draws_s: float = 60.0) -> None:
    """A vehicle that comes, draws for a while once it is offered a current, goes, and comes again."""
    while True:
        await asyncio.sleep(away_s)
        board.connect(Pilot.B)
        while not board.output.is_pwm:  # noqa: ASYNC110 - a board tells nobody what it puts out
            await asyncio.sleep(0.1)
        board.connect(Pilot.C)
        await asyncio.sleep(draws_s)
        board.connect(Pilot.B)
        await asyncio.sleep(1.0)
        board.connect(Pilot.A)


def _lines(config: GpioConfig) -> Lines:
    from voltway.station.hardware.gpio import GpioLines, Line  # libgpiod is there on Linux alone

    contacts = {name: Line(at, is_active_low=name in config.normally_open) for name, at in config.contacts.items()}
    lamps = {name: Line(at, is_output=True) for name, at in config.lamps.items()}
    return GpioLines(config.chip, contacts | lamps)


def _parts(config: EvseConfig) -> tuple[Board, EnergyMeter]:
    simulated = SimulatedBoard(config.settings.phases)
    board: Board = SerialBoard(config.board_port) if config.board_port else simulated
    if config.meter == "simulated" or config.meter_port is None:
        phases = config.settings.phases
        return board, SimulatedMeter(lambda: simulated.current_a, phases, used=lambda: simulated.used_phases)
    host, _, port = config.meter_port.rpartition(":")
    client = tcp(host, int(port)) if host else rtu(config.meter_port)
    if config.meter == "sunspec":
        return board, SunSpecMeter(client, config.meter_unit)
    return board, ModbusMeter(client, config.meter, config.meter_unit)
