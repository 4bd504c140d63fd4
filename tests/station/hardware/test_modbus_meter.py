"""Meters against pymodbus's own server, over TCP and over a serial line."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import struct
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from threading import Thread

import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from voltway.station.hardware.meter_maps import METERS, SUNSPEC_LENGTH
from voltway.station.hardware.modbus_meter import ModbusMeter, SunSpecMeter, rtu, tcp
from voltway.station.hardware.ports import HardwareLost, MeterReading, Phase

READING = MeterReading(
    energy_wh=12_345_600,
    phases=(Phase(229.5, 15.5, 3557.0), Phase(231.0, 15.25, 3522.5), Phase(230.5, 0.0, 0.0)),
    frequency_hz=50.0,
)


def float_words(value: float) -> list[int]:
    return list(struct.unpack(">HH", struct.pack(">f", value)))


def low_first(value: float) -> list[int]:
    high, low = struct.unpack(">HH", struct.pack(">i", round(value)))
    return [low, high]


def at(values: dict[int, list[int]], length: int, base: int = 0) -> list[SimData]:
    """Registers, with zeros between the values."""
    words = [0] * length
    for address, parts in values.items():
        words[address : address + len(parts)] = parts
    return [SimData(base, values=words, datatype=DataType.REGISTERS)]


def column(name: str) -> list[float]:
    return [getattr(phase, name) for phase in READING.phases]


def sdm630() -> list[SimData]:
    """As the maker's table has it: float, two registers each."""
    values = {
        2 * n: float_words(v) for n, v in enumerate([*column("voltage_v"), *column("current_a"), *column("power_w")])
    }
    return at(values | {70: float_words(50.0), 72: float_words(12_345.6)}, 80)


def em340() -> list[SimData]:
    values: dict[int, list[int]] = {0x33: [500], 0x34: low_first(123_456)}
    for phase in range(3):
        values[2 * phase] = low_first(column("voltage_v")[phase] * 10)
        values[0x0C + 2 * phase] = low_first(column("current_a")[phase] * 1000)
        values[0x12 + 2 * phase] = low_first(column("power_w")[phase] * 10)
    return at(values, 0x40)


def sunspec(model: int = 203, **changed: int) -> list[SimData]:
    """The mark, a common model of 66 registers, the meter's model, the end."""
    meter = [0] * 107
    meter[0:2] = [model, 105]
    meter[3:7] = [155, 152, 0, 0xFFFF]  # tenths of an ampere
    meter[8:11], meter[15] = [2295, 2310, 2305], 0xFFFF
    meter[16:18] = [5000, 0xFFFE]
    meter[19:23] = [3557, 3522, 0, 0]
    meter[46:48], meter[54] = list(divmod(123_456, 1 << 16)), 2
    for place, value in changed.items():
        meter[int(place[1:])] = value
    words = [0x5375, 0x6E53, 1, 66, *[0] * 66, *meter, 0xFFFF, 0]
    return [SimData(40000, values=words, datatype=DataType.REGISTERS)]


def both_tables(data: list[SimData], table: str) -> SimDevice:
    filler = [SimData(65000, values=0, datatype=DataType.REGISTERS)]
    bits = [SimData(0, values=False, datatype=DataType.BITS)]
    holding, inputs = (data, filler) if table == "holding" else (filler, data)
    return SimDevice(1, simdata=(bits, bits, holding, inputs))


@asynccontextmanager
async def tcp_server(data: list[SimData], table: str = "holding") -> AsyncIterator[int]:
    server = ModbusTcpServer(both_tables(data, table), address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        yield server.transport.sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


async def test_an_sdm630_over_tcp() -> None:
    async with tcp_server(sdm630(), "input") as port:
        meter = ModbusMeter(tcp("127.0.0.1", port), "sdm630")
        assert await meter.read() == READING
        await meter.close()


async def test_an_em340_over_tcp() -> None:
    async with tcp_server(em340()) as port:
        meter = ModbusMeter(tcp("127.0.0.1", port), "em340")
        reading = await meter.read()
        await meter.close()
    assert reading.energy_wh == READING.energy_wh
    assert reading.frequency_hz == pytest.approx(50.0)
    assert [phase.current_a for phase in reading.phases] == pytest.approx(column("current_a"))
    assert [phase.voltage_v for phase in reading.phases] == pytest.approx(column("voltage_v"))
    assert reading.power_w == pytest.approx(READING.power_w)


async def test_a_sunspec_meter_is_found_behind_other_models() -> None:
    async with tcp_server(sunspec()) as port:
        meter = SunSpecMeter(tcp("127.0.0.1", port))
        reading = await meter.read()
        assert await meter.read() == reading
        await meter.close()
    assert reading.energy_wh == READING.energy_wh
    assert [phase.current_a for phase in reading.phases] == pytest.approx([15.5, 15.2, 0])
    assert [phase.voltage_v for phase in reading.phases] == pytest.approx(column("voltage_v"))
    assert reading.frequency_hz == pytest.approx(50.0)


@pytest.mark.parametrize(("data", "why"), [(sunspec(model=103), "no SunSpec"), (sunspec(_9=0x8000), "nonsense")])
async def test_a_sunspec_device_that_is_no_such_meter_is_refused(data: list[SimData], why: str) -> None:
    async with tcp_server(data) as port:
        meter = SunSpecMeter(tcp("127.0.0.1", port))
        with pytest.raises(HardwareLost, match=why):
            await meter.read()
        await meter.close()


async def test_a_meter_that_is_gone_is_lost_and_comes_back() -> None:
    async with tcp_server(sdm630(), "input") as port:
        meter = ModbusMeter(tcp("127.0.0.1", port), "sdm630")
        await meter.read()
    with pytest.raises(HardwareLost):
        await meter.read()
    await meter.close()


async def test_a_meter_without_such_registers_is_said_to_refuse() -> None:
    async with tcp_server(at({}, 10), "input") as port:
        meter = ModbusMeter(tcp("127.0.0.1", port), "sdm630")
        with pytest.raises(HardwareLost, match="refuses"):
            await meter.read()
        await meter.close()


async def test_a_register_without_a_number_is_no_measurement() -> None:
    data = at({0: float_words(float("nan"))}, 80)
    async with tcp_server(data, "input") as port:
        meter = ModbusMeter(tcp("127.0.0.1", port), "sdm630")
        with pytest.raises(HardwareLost, match="nonsense"):
            await meter.read()
        await meter.close()


@pytest.mark.parametrize(("make", "data", "table"), [("em340", em340(), "holding"), ("sdm630", sdm630(), "input")])
async def test_a_meter_over_a_serial_line(make: str, data: list[SimData], table: str) -> None:
    (one, one_side), (two, two_side) = pty.openpty(), pty.openpty()
    stop, stopped = os.pipe()

    def pump() -> None:
        while stop not in (ready := select.select([one, two, stop], [], [])[0]):
            for source in ready:
                os.write(two if source == one else one, os.read(source, 1024))

    for side in (one_side, two_side):
        tty.setraw(side)
    cable = Thread(target=pump)
    cable.start()
    server = ModbusSerialServer(
        both_tables(data, table), framer=FramerType.RTU, port=os.ttyname(one_side), baudrate=9600
    )
    await server.serve_forever(background=True)
    meter = ModbusMeter(rtu(os.ttyname(two_side)), make)
    try:
        assert (await meter.read()).energy_wh == READING.energy_wh
    finally:
        await meter.close()
        with suppress(asyncio.CancelledError):
            await server.shutdown()
        os.write(stopped, b"x")
        cable.join()
        for number in (one, one_side, two, two_side, stop, stopped):
            os.close(number)


async def test_a_cancellation_that_arrives_together_with_an_answer_is_not_lost() -> None:
    """A task that was cancelled and goes on is a station that does not end when it is told to."""
    async with tcp_server(em340()) as port:
        meter = ModbusMeter(tcp("127.0.0.1", port), "em340")
        await meter.read()
        went_on: list[bool] = []

        async def read() -> None:
            await meter.read()
            went_on.append(True)

        for _ in range(3):
            task = asyncio.create_task(read())
            transaction = meter._client.ctx
            before = transaction.response_future
            while transaction.response_future is before:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
            # In the very turn of the loop in which the answer is there.
            transaction.response_future.add_done_callback(lambda _, task=task: task.cancel())
            with suppress(asyncio.CancelledError):
                await task
            assert task.cancelled()
        assert not went_on
        await meter.close()


@pytest.mark.parametrize("make", METERS)
def test_a_meter_is_read_in_few_requests_that_miss_nothing(make: str) -> None:
    blocks = METERS[make].blocks()
    read = {address for begin, count in blocks for address in range(begin, begin + count)}
    wanted = {one.address + at for one in METERS[make].registers for at in range(one.length)}
    assert wanted <= read
    assert len(blocks) <= 2
    assert all(count <= 60 for _, count in blocks)
    assert SUNSPEC_LENGTH <= 125
