"""Stations made of other people's packages charge a car: npm `ocpp-rpc` in strict mode, npm `ocpp-ts`, PyPI `test-ocpp`.

In strict mode `ocpp-rpc` holds everything that we send against the official schemas, and ends at the first fault.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from e2e.server_process import ServerProcess
from e2e.test_charge import made, until

FOLDER = Path(__file__).parent / "node"
PATIENCE_S = 40.0
STATIONS = [("ocpp-rpc", "ocpp1.6"), ("ocpp-rpc", "ocpp2.0.1"), ("ocpp-rpc", "ocpp2.1"), ("ocpp-ts", "ocpp1.6")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("foreign") / "data", environment=on_database)
    server.start()
    yield server
    assert server.stop() == 0
    assert '"level": "error"' not in server.log


@pytest.fixture
async def api(server: ServerProcess) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    async with httpx.AsyncClient(base_url=server.api, headers=headers, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(("library", "protocol"), STATIONS, ids=[f"{name} {spoken}" for name, spoken in STATIONS])
async def test_npm_station_charges_a_whole_session(
    server: ServerProcess, api: httpx.AsyncClient, library: str, protocol: str
) -> None:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / library).is_dir():
        pytest.skip("needs Node and the npm stations: tools/setup/node_stations.sh")
    identity, token = f"NPM-{library}-{protocol}", f"04{library[-2:].upper()}{protocol[-3:].replace('.', 'D')}"
    evses = [{"evse_number": 1, "power_w_max": 22_000, "connectors": [{"connector_number": 1, "type": "cType2"}]}]
    station = await made(api, "/charging-stations", {"identity": identity, "evses": evses})
    await made(api, "/id-tokens", {"value": token})
    process = await asyncio.create_subprocess_exec(
        node,
        str(FOLDER / "station.cjs"),
        *(library, server.stations_url, identity, protocol, station["password"], token),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            said = (await process.stdout.readline()).decode().split()
            if said[:1] != ["charging"]:
                pytest.fail((await process.communicate())[1].decode())
            session = await until(api, identity, energy_wh=1500)
            assert (session["state"], session["transaction_id"]) == ("active", said[1])
            assert (await api.post(f"/sessions/{session['id']}/stop")).is_success
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, output.decode().strip()) == (0, "done"), errors.decode()
    session = await until(api, identity, state="ended")
    assert (session["energy_wh"], session["stop_reason"], session["review"]) == (3500, "Remote", [])
    shown = (await api.get(f"/charging-stations/{station['id']}")).json()
    assert (shown["vendor"], shown["model"], shown["protocol"]) == ("npm", library, protocol)


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_pypi_connection_tester_is_content(server: ServerProcess, api: httpx.AsyncClient, protocol: str) -> None:
    identity = f"TESTER-{protocol}"
    station = await made(api, "/charging-stations", {"identity": identity})
    arguments = arguments_for_tester(server.stations_url, identity, protocol, station["password"])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "test_ocpp", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert "Heartbeat" in output.decode()


def arguments_for_tester(url: str, identity: str, protocol: str, password: str) -> list[str]:
    return [url, identity, "--ocpp", protocol.removeprefix("ocpp"), "--username", identity, "--password", password]
