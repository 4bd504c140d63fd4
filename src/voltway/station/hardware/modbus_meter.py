"""Energy meters over Modbus TCP and RTU, by the maps of `meter_maps.py`."""

from __future__ import annotations

import asyncio

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException

from voltway.station.hardware.meter_maps import (
    METERS,
    SUNSPEC_BASES,
    SUNSPEC_END,
    SUNSPEC_LENGTH,
    SUNSPEC_MARK,
    SUNSPEC_METERS,
    MeterMap,
    Table,
    sunspec_reading,
)
from voltway.station.hardware.ports import HardwareLost, MeterReading

Client = AsyncModbusTcpClient | AsyncModbusSerialClient

TIMEOUT_S = 0.5
RETRIES = 2
MODELS_MAX = 30
"""So many models a SunSpec device is asked for before it counts as broken."""


def tcp(host: str, port: int = 502) -> Client:
    """A client for Modbus TCP."""
    return AsyncModbusTcpClient(host, port=port, timeout=TIMEOUT_S, retries=RETRIES)


def rtu(path: str, baud: int = 9600, parity: str = "N") -> Client:
    """A client for Modbus RTU on a serial port."""
    return AsyncModbusSerialClient(path, baudrate=baud, parity=parity, timeout=TIMEOUT_S, retries=RETRIES)


class _Modbus:
    """What both kinds of meter have: a client that connects when it is needed."""

    def __init__(self, client: Client, unit: int) -> None:
        self._client, self._unit = client, unit

    async def _words(self, table: Table, address: int, count: int) -> list[int]:
        try:
            if not self._client.connected and not await self._client.connect():
                raise HardwareLost("the meter cannot be reached")
            ask = self._client.read_input_registers if table is Table.INPUT else self._client.read_holding_registers
            answer = await ask(address, count=count, device_id=self._unit)
            _heed_cancellation()
        except ModbusException as error:
            raise HardwareLost(f"the meter does not answer: {error}") from error
        if answer.isError() or len(answer.registers) != count:
            raise HardwareLost(f"the meter refuses to tell {count} registers at {address}: {answer}")
        return list(answer.registers)

    async def close(self) -> None:
        """Let the connection go."""
        self._client.close()


def _heed_cancellation() -> None:
    """pymodbus waits by `wait_for`, and Python 3.11's swallows a cancellation that arrives together with the answer: a station that was told
    to end would read its meter for ever."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class ModbusMeter(_Modbus):
    """A meter of a known make: `sdm630`, `em340` …"""

    def __init__(self, client: Client, make: str, unit: int = 1) -> None:
        super().__init__(client, unit)
        self._map: MeterMap = METERS[make]

    async def read(self) -> MeterReading:
        """What it shows now. Raises HardwareLost."""
        words: dict[int, int] = {}
        for address, count in self._map.blocks():
            found = await self._words(self._map.table, address, count)
            words.update(zip(range(address, address + count), found, strict=True))
        try:
            return self._map.reading(words)
        except ValueError as error:
            raise HardwareLost(f"the meter tells nonsense: {error}") from error


class SunSpecMeter(_Modbus):
    """A meter that describes itself by SunSpec; its model is looked for once."""

    def __init__(self, client: Client, unit: int = 1) -> None:
        super().__init__(client, unit)
        self._at: int | None = None

    async def read(self) -> MeterReading:
        """What it shows now. Raises HardwareLost."""
        if self._at is None:
            self._at = await self._find()
        try:
            return sunspec_reading(await self._words(Table.HOLDING, self._at, SUNSPEC_LENGTH))
        except ValueError as error:
            raise HardwareLost(f"the meter tells nonsense: {error}") from error

    async def _find(self) -> int:
        """The address of the meter's model, behind the mark and the models before it."""
        for base in SUNSPEC_BASES:
            try:
                if tuple(await self._words(Table.HOLDING, base, 2)) != SUNSPEC_MARK:
                    continue
            except HardwareLost:
                if not self._client.connected:
                    raise
                continue  # it answers, but not there
            at = base + 2
            for _ in range(MODELS_MAX):
                model, length = await self._words(Table.HOLDING, at, 2)
                if model in SUNSPEC_METERS:
                    return at
                if model == SUNSPEC_END:
                    break
                at += 2 + length
        raise HardwareLost("no SunSpec meter answers there")
