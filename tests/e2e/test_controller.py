"""The station's own software against the running platform: a car charges, the link drops, the station is cut off, and all is billed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx
import pytest
from pymodbus.client import AsyncModbusTcpClient

from e2e.server_process import ServerProcess
from e2e.test_charge import TARIFF, made
from station.firmware.interpreter import Wire, firmware
from station.hardware.test_modbus_meter import em340, low_first, tcp_server
from station.proxy import Proxy
from station.test_program import end, start, until
from voltway.station.config import read_config
from voltway.station.hardware.simulated import SimulatedBoard
from voltway.station.ocpp.vocabulary import EvseState, IdToken
from voltway.station.pilot import Pilot
from voltway.station.program import StationProgram

PATIENCE_S = 60.0
OUTAGE_S = float(os.environ.get("VOLTWAY_TEST_OUTAGE_S", "6"))
"""How long the link is away while the firmware's charge goes on; 600 for the ten minutes that no test run has time for."""
PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("controller") / "data", environment=on_database)
    server.start()
    yield server
    assert server.stop() == 0


@pytest.fixture
async def api(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    key = server.make_key()
    async with httpx.AsyncClient(
        base_url=server.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False
    ) as client:
        yield client


@pytest.fixture
async def proxy(server: ServerProcess) -> AsyncIterator[Proxy]:
    proxy = Proxy(server.ocpp_port)
    await proxy.start()
    yield proxy
    await proxy.stop()


async def registered(api: httpx.AsyncClient, identity: str, token: str) -> str:
    """A station with a tariff and a token that may charge; its password."""
    location = await made(
        api,
        "/locations",
        {"name": f"Yard {identity}", "address": "1 Main Street", "city": "Utrecht", "country": "NL"}
        | {"latitude": 52.09, "longitude": 5.12, "time_zone": "Europe/Amsterdam"},
    )
    connectors = [{"connector_number": 1, "type": "sType2"}]
    station = await made(
        api,
        "/charging-stations",
        {"identity": identity, "location_id": location["id"]}
        | {"evses": [{"evse_number": 1, "power_w_max": 22_000, "connectors": connectors}]},
    )
    await made(api, "/id-tokens", {"value": token})
    tariff = await made(api, "/tariffs", TARIFF | {"name": f"Everyday {identity}"})
    targets = {"targets": [{"kind": "location", "id": location["id"]}]}
    assert (await api.put(f"/tariffs/{tariff['id']}/assignments", json=targets)).is_success
    return str(station["password"])


def configured(folder: Path, port: int, identity: str, protocol: str, password: str) -> Path:
    config = folder / "station.toml"
    config.write_text(
        f'[station]\ndata_dir = "{folder}/data"\n'
        f'[ocpp]\nurl = "ws://127.0.0.1:{port}/ocpp"\nidentity = "{identity}"\nprotocols = ["{protocol}"]\n'
        f'password = "{password}"\n[[evse]]\nsample_every_s = 1\n'
    )
    return config


@asynccontextmanager
async def switched_on(config: Path) -> AsyncIterator[StationProgram]:
    """The station while it has power; at the end it is cut off in whatever it does."""
    program = StationProgram(read_config(config))
    for name in ("backoff_minimum_s", "backoff_random_s"):
        program.station.settings.store(name, "0")
    running = asyncio.create_task(program.run())
    try:
        yield program
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def board_of(program: StationProgram) -> SimulatedBoard:
    board = program.evses[0].board
    assert isinstance(board, SimulatedBoard)
    return board


async def begin(program: StationProgram, token: str) -> None:
    """A car comes, a card is held to the reader, current flows."""
    [control] = program.station.evses
    await until(lambda: program.station.is_online, PATIENCE_S)
    await until(lambda: program.evses[0].hardware.is_settled, PATIENCE_S)  # type: ignore[union-attr]
    board = board_of(program)
    board.connect(Pilot.B)
    await until(lambda: control.state is EvseState.CONNECTED, PATIENCE_S)
    program.hold(IdToken(token))
    await until(lambda: board.output.is_pwm, PATIENCE_S)
    board.connect(Pilot.C)
    await until(lambda: control.state is EvseState.CHARGING, PATIENCE_S)


async def the_session(
    api: httpx.AsyncClient, identity: str, state: str, within_s: float = PATIENCE_S
) -> dict[str, object]:
    async with asyncio.timeout(within_s):
        while True:
            items = (await api.get("/sessions", params={"station_identity": identity})).json()["items"]
            assert len(items) <= 1, "one charge is one session"
            if items and items[0]["state"] == state and (state != "ended" or items[0]["is_cost_final"]):
                return dict(items[0])
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_link_that_drops_in_mid_charge_costs_nothing_and_the_session_bills_to_the_wh(
    api: httpx.AsyncClient, proxy: Proxy, tmp_path: Path, protocol: str
) -> None:
    identity, token = f"CTRL-{protocol}", f"04C0{PROTOCOLS.index(protocol)}0"
    password = await registered(api, identity, token)
    async with switched_on(configured(tmp_path, proxy.port, identity, protocol, password)) as program:
        [control] = program.station.evses
        await begin(program, token)
        await the_session(api, identity, "active")
        proxy.cut()
        await until(lambda: not program.station.is_online, PATIENCE_S)
        await asyncio.sleep(3)  # it charges on
        assert control.state is EvseState.CHARGING
        board_of(program).connect(Pilot.A)  # the cable is pulled while nobody can be told
        await until(lambda: control.transaction is None, PATIENCE_S)
        begun, ended = program.evses[0].samples[0], program.evses[0].samples[-1]
        assert len(program.station.caller.queued) >= 2
        proxy.mend()
        session = await the_session(api, identity, "ended")
        await until(lambda: program.station.caller.is_idle, PATIENCE_S)
    energy_wh = int(ended.values[0].value - begun.values[0].value)
    assert energy_wh > 0
    assert session["energy_wh"] == energy_wh == program.evses[0].register.energy_wh
    assert session["stop_reason"] == "EVDisconnected"
    assert session["review"] == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_station_that_is_cut_off_while_offline_tells_one_session_when_it_is_back(
    api: httpx.AsyncClient, proxy: Proxy, tmp_path: Path, protocol: str
) -> None:
    identity, token = f"CUT-{protocol}", f"04C1{PROTOCOLS.index(protocol)}0"
    config = configured(tmp_path, proxy.port, identity, protocol, await registered(api, identity, token))
    async with switched_on(config) as program:
        await until(lambda: program.station.is_online, PATIENCE_S)
        program.station.settings.store("is_unknown_offline", "true")
        await until(lambda: program.station.caller.is_idle, PATIENCE_S)
        proxy.cut()
        await until(lambda: not program.station.is_online, PATIENCE_S)
        [control] = program.station.evses
        await until(lambda: program.evses[0].hardware.is_settled, PATIENCE_S)  # type: ignore[union-attr]
        board = board_of(program)
        board.connect(Pilot.B)
        await until(lambda: control.state is EvseState.CONNECTED, PATIENCE_S)
        program.hold(IdToken(token))
        await until(lambda: board.output.is_pwm, PATIENCE_S)
        board.connect(Pilot.C)
        await until(lambda: control.state is EvseState.CHARGING, PATIENCE_S)
        await asyncio.sleep(3)
    energy_wh = program.evses[0].register.energy_wh
    proxy.mend()
    async with switched_on(config) as program:
        session = await the_session(api, identity, "ended")
        await until(lambda: program.station.caller.is_idle, PATIENCE_S)
        assert not program.station.journal.running
    assert session["energy_wh"] == energy_wh > 0
    assert session["stop_reason"] == "PowerLoss"


async def counts(port: int, energy_wh: int) -> None:
    """The meter goes on: its register, in steps of 100 Wh."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    assert await client.connect()
    answer = await client.write_registers(0x34, low_first(energy_wh / 100), device_id=1)
    assert not answer.isError()
    client.close()


def with_parts(config: Path, wire: str, meter: int, token: str) -> None:
    """The firmware on a serial line, a meter on Modbus, and whoever plugs in may charge."""
    parts = f'board = "serial"\nboard_port = "{wire}"\nmeter = "em340"\nmeter_port = "127.0.0.1:{meter}"\n'
    text = config.read_text().replace("[ocpp]\n", f'[ocpp]\nfree_token = "{token}"\n')
    config.write_text(text.replace("[station]\n", '[station]\naccess = "free"\n') + parts)


async def test_with_the_firmware_in_its_own_interpreter_a_charge_over_a_dropped_link_bills_to_the_wh(
    api: httpx.AsyncClient, proxy: Proxy, tmp_path: Path
) -> None:
    identity, begin_wh = "BOARD-1", 12_345_600
    password = await registered(api, identity, "HOUSE-CARD")
    with firmware("real") as micro, closing(Wire(micro)) as wire:
        async with tcp_server(em340()) as meter:
            config = configured(tmp_path, proxy.port, identity, "ocpp2.0.1", password)
            with_parts(config, wire.path, meter, "HOUSE-CARD")
            program = await asyncio.to_thread(start, config)
            try:
                await until(lambda: proxy.connections > 0, PATIENCE_S)
                micro.set(vehicle="B")
                await until(lambda: micro.order()["duty"] < 100, PATIENCE_S)
                micro.set(vehicle="C")
                await until(lambda: micro.order() is not None and micro.is_driven, PATIENCE_S)
                await the_session(api, identity, "active")
                await counts(meter, begin_wh + 2_500)
                await asyncio.sleep(3)
                proxy.cut()
                await counts(meter, begin_wh + 4_100)
                await asyncio.sleep(OUTAGE_S / 2)
                assert micro.order() is not None
                assert micro.is_driven, "it charges on while nobody can be told"
                micro.set(vehicle="A")
                await until(lambda: not (micro.order() and micro.is_driven), PATIENCE_S)
                await asyncio.sleep(OUTAGE_S / 2)
                proxy.mend()
                # After a long outage the next attempt may be 68 s away: 2 s, doubled five times, and up to 4 s by chance.
                session = await the_session(api, identity, "ended", PATIENCE_S + 70)
            finally:
                program.send_signal(signal.SIGTERM)
                said = await asyncio.to_thread(end, program)
    assert program.returncode == 0, said
    assert (session["meter_start_wh"], session["meter_stop_wh"]) == (begin_wh, begin_wh + 4_100)
    assert session["energy_wh"] == 4_100
    assert session["stop_reason"] == "EVDisconnected"


@pytest.mark.parametrize("resumes", [False, True], ids=["the car leaves", "the charge goes on"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_f07_controller_that_is_killed_opens_its_contactor_and_tells_one_session_when_it_is_back(
    api: httpx.AsyncClient, proxy: Proxy, tmp_path: Path, protocol: str, resumes: bool
) -> None:
    """kill -9 of the station's program while its link is away and reports wait on its disk. The board opens by itself, the meter
    has counted until then; the program that is started again says what waited, and ends the transaction or goes on with it."""
    identity, begin_wh, data = f"KILL-{PROTOCOLS.index(protocol)}{resumes:d}", 12_345_600, tmp_path / "data"
    token = f"HOUSE-{identity}"
    password = await registered(api, identity, token)
    with firmware("real") as micro, closing(Wire(micro)) as wire:
        async with tcp_server(em340()) as meter:
            config = configured(tmp_path, proxy.port, identity, protocol, password)
            with_parts(config, wire.path, meter, token)
            data.mkdir()
            (data / "settings.json").write_text(f'{{"resumption_timeout_s": "{3600 * resumes}"}}')
            programs = [await asyncio.to_thread(start, config)]
            try:
                await until(lambda: proxy.connections > 0, PATIENCE_S)
                micro.set(vehicle="B")
                await until(lambda: micro.order()["duty"] < 100, PATIENCE_S)
                micro.set(vehicle="C")
                await until(lambda: micro.order() is not None and micro.is_driven, PATIENCE_S)
                await the_session(api, identity, "active")
                proxy.cut()
                await counts(meter, begin_wh + 4_100)
                # It is on the disk as a report that nobody has heard.
                await until(lambda: str(begin_wh + 4_100).encode() in (data / "queue").read_bytes(), PATIENCE_S)
                programs[0].kill()
                await asyncio.to_thread(programs[0].wait)
                await until(lambda: not (micro.order() and micro.is_driven), PATIENCE_S)
                await counts(meter, begin_wh + 4_300)  # what flowed until it was open
                if not resumes:
                    micro.set(vehicle="A")
                assert (await the_session(api, identity, "active"))["energy_wh"] < 4_100
                proxy.mend()
                programs.append(await asyncio.to_thread(start, config))
                if resumes:
                    await until(lambda: micro.order() is not None and micro.is_driven, PATIENCE_S)
                    await counts(meter, begin_wh + 7_000)
                    # Read by the meter before the car goes.
                    await has_sample(api, identity, begin_wh + 7_000)
                    micro.set(vehicle="A")
                session = await the_session(api, identity, "ended")
            finally:
                for program in programs:
                    program.send_signal(signal.SIGTERM)
                said = [await asyncio.to_thread(end, program) for program in programs]
    assert programs[-1].returncode == 0, said[-1]
    energy_wh = 7_000 if resumes else 4_300
    assert (session["meter_start_wh"], session["meter_stop_wh"]) == (begin_wh, begin_wh + energy_wh)
    assert session["energy_wh"] == energy_wh
    assert session["stop_reason"] == ("EVDisconnected" if resumes else "PowerLoss")
    assert session["review"] == []
    assert begin_wh + 4_100 in await registers(api, session), "what waited on the disk has been said"


async def registers(api: httpx.AsyncClient, session: dict[str, object]) -> set[object]:
    """All that the platform knows of the session's register."""
    answer = await api.get(f"/sessions/{session['id']}/samples", params={"limit": 200})
    return {sample["energy_wh"] for sample in answer.json()["items"]}


async def has_sample(api: httpx.AsyncClient, identity: str, energy_wh: int) -> None:
    """Wait until the platform has heard of this register."""
    async with asyncio.timeout(PATIENCE_S):
        while energy_wh not in await registers(api, await the_session(api, identity, "active")):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.1)
