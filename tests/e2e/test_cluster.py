"""`voltway cluster` on PostgreSQL: two gateways on one port and a worker, as users have them."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import ocpp.v16
import pytest
import sqlalchemy as sa
from ocpp.routing import on
from websockets.asyncio.client import connect

from builders import eventually
from e2e.server_process import VOLTWAY, clean_environment, voltway
from ports import lasting_port
from servers import database_on_server
from services import needs_postgresql
from voltway.kernel.database import Database

STARTS_WITHIN_S = 300.0
PATIENCE_S = 60.0


class Cluster:
    """The supervisor and its processes."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.data_dir = folder / "data"
        self.http_port, self.ocpp_port = lasting_port(), lasting_port()
        self.environment = clean_environment() | {
            "VOLTWAY_DATABASE__URL": database_url,
            "VOLTWAY_GATEWAY__UNKNOWN_STATIONS": "accept",
            "VOLTWAY_BUS__LEASE_S": "4",
            # There is one worker: while it restarts, what needs it waits.
            "VOLTWAY_DATABASE__STALLED_AFTER_S": "60",
            "VOLTWAY_GATEWAY__DRAIN_SPREAD_S": "3",
        }
        self._log = folder / "log.txt"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/api/v1"

    @property
    def stations_url(self) -> str:
        return f"ws://127.0.0.1:{self.ocpp_port}/ocpp"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def start(self) -> None:
        command = [VOLTWAY, "cluster", "--gateways", "2", "--workers", "1", "--data-dir", str(self.data_dir)]
        command += ["--http", f"127.0.0.1:{self.http_port}", "--ocpp", f"127.0.0.1:{self.ocpp_port}"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=self.environment)
        deadline = time.monotonic() + STARTS_WITHIN_S
        while "Voltway is running" not in self.log:
            assert self._process.poll() is None, self.log[-6000:]
            assert time.monotonic() < deadline, self.log[-6000:]
            time.sleep(0.1)

    def pid_of(self, name: str) -> int:
        """The process of a member, as the log has it last."""
        return int(re.findall(rf'"name": "{name}", "pid": (\d+)', self.log)[-1])

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def command(self, *arguments: str) -> str:
        return voltway(*arguments, "--data-dir", str(self.data_dir), environment=self.environment).stdout.strip()


@pytest.fixture(scope="module")
def database_url(worker_id: str) -> Iterator[str]:
    with database_on_server(Database(needs_postgresql()).url, f"cluster_{worker_id}") as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), database_url)
    cluster.start()
    pids = [cluster.pid_of(name) for name in ("worker-1", "gateway-1", "gateway-2")]
    yield cluster
    assert cluster.stop() == 0, cluster.log[-4000:]
    assert '"level": "error"' not in cluster.log
    for pid in pids:  # SIGTERM ends all
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.fixture(scope="module")
def key(cluster: Cluster) -> str:
    return cluster.command("api-key", "create", "--role", "operator_admin")


@pytest.fixture
async def api(cluster: Cluster, key: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=cluster.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=PATIENCE_S
    ) as client:
        yield client


class Startable(ocpp.v16.ChargePoint):
    """A station of the package `ocpp` that can be started from afar."""

    def __init__(self, identity: str, connection: Any) -> None:
        super().__init__(identity, connection)
        self.started = asyncio.Event()

    @on("RemoteStartTransaction")
    def on_remote_start(self, **_: Any) -> Any:
        self.started.set()
        return ocpp.v16.call_result.RemoteStartTransaction("Accepted")  # type: ignore[arg-type]

    @on("GetConfiguration")
    def on_get_configuration(self, **_: Any) -> Any:
        return ocpp.v16.call_result.GetConfiguration(configuration_key=[])


async def come(cluster: Cluster, stack: AsyncExitStack, identity: str) -> Startable:
    """A station that is connected and booted."""
    connection = await stack.enter_async_context(
        connect(f"{cluster.stations_url}/{identity}", subprotocols=["ocpp1.6"], proxy=None)  # type: ignore[list-item]
    )
    station = Startable(identity, connection)
    reading = asyncio.create_task(station.start())
    stack.callback(reading.cancel)
    call = ocpp.v16.call.BootNotification(charge_point_model="Model", charge_point_vendor="Vendor")
    assert (await station.call(call, suppress=False)).status == "Accepted"
    return station


async def found(api: httpx.AsyncClient, identity: str) -> dict[str, Any]:
    """The station's record, once it is online."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await api.get("/charging-stations", params={"identity": identity})
            items = [item for item in answer.json()["items"] if item["identity"] == identity]
            if items and items[0]["is_online"]:
                return dict(items[0])
            await asyncio.sleep(0.1)


def gateways_holding(database_url: str) -> dict[str, str]:
    """Identity to the process that holds its link."""

    async def read() -> dict[str, str]:
        database = Database(database_url)
        try:
            async with database.read() as tx:
                statement = sa.text("SELECT identity, link_node_id FROM stations_stations WHERE is_online")
                return {row.identity: row.link_node_id for row in (await tx.execute(statement)).all()}
        finally:
            await database.close()

    return asyncio.run(read())


async def test_remote_start_reaches_a_station_on_either_gateway(
    cluster: Cluster, api: httpx.AsyncClient, database_url: str
) -> None:
    async with AsyncExitStack() as stack:
        stations = {name: await come(cluster, stack, name) for name in (f"EITHER-{n}" for n in range(12))}
        for identity in stations:
            await found(api, identity)
        holding = await asyncio.to_thread(gateways_holding, database_url)
        assert len({holding[identity] for identity in stations}) == 2, "the system hands connections to both"
        for identity, station in stations.items():
            record = await found(api, identity)
            body = {"type": "start_transaction", "evse_number": 1, "id_token": "04AABBCC"}
            answer = await api.post(f"/charging-stations/{record['id']}/commands", params={"wait_s": 20}, json=body)
            assert answer.json()["state"] == "accepted", answer.text
            assert station.started.is_set()
            call = {"action": "GetConfiguration", "payload": {}}
            answer = await api.post(f"/charging-stations/{record['id']}/calls", json=call)
            assert answer.json()["outcome"] == "result", answer.text


@asynccontextmanager
async def charging(cluster: Cluster, api: httpx.AsyncClient, key: str, seed: int) -> AsyncIterator[None]:
    """Eight simulated stations that charge; at the end what they know and what the platform knows must agree, to the Wh."""
    answer = await api.post("/id-tokens", json={"value": "SIMULATOR", "kind": "ISO14443"})
    assert answer.status_code in (201, 409), answer.text
    command = [VOLTWAY, "simulate", "--url", cluster.stations_url, "--stations", "8", "--scenario", "steady"]
    command += ["--speed", "120", "--sessions", "2", "--seed", str(seed), "--api", cluster.api, "--api-key", key]
    command += [
        "--id-template",
        f"RUN{seed}-{{n}}",
    ]  # the clocks of a fast fleet run ahead: each run has stations of its own
    fleet = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean_environment()
    )

    async def somebody_charges() -> bool:
        return bool((await api.get("/sessions", params={"state": "active"})).json()["items"])

    try:
        await eventually(somebody_charges, PATIENCE_S)
        yield
        output, _ = await asyncio.wait_for(fleet.communicate(), 240)
        assert fleet.returncode == 0, output.decode()[-3000:]
        assert "agree" in output.decode()
    finally:
        if fleet.returncode is None:
            fleet.kill()
            await fleet.communicate()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "told to end"])
async def test_a_gateway_that_ends_loses_nothing(
    cluster: Cluster, api: httpx.AsyncClient, key: str, number: signal.Signals
) -> None:
    before = cluster.pid_of("gateway-1")
    async with charging(cluster, api, key, seed=number):
        os.kill(before, number)
    await eventually(lambda: cluster.pid_of("gateway-1") != before, STARTS_WITHIN_S)  # it is started again


async def test_a_restart_one_after_the_other_sends_stations_off_and_loses_nothing(
    cluster: Cluster, api: httpx.AsyncClient, key: str, database_url: str
) -> None:
    names = ("worker-1", "gateway-1", "gateway-2")
    before = {name: cluster.pid_of(name) for name in names}
    async with AsyncExitStack() as stack:
        stations = [await come(cluster, stack, f"RESTART-{number}") for number in range(8)]
        for station in stations:
            await found(api, station.id)
        async with charging(cluster, api, key, seed=11):
            cluster.signal(signal.SIGHUP)
            async with asyncio.timeout(STARTS_WITHIN_S):
                for station in stations:
                    await station._connection.wait_closed()
        assert {station._connection.close_code for station in stations} == {1012}  # service restart
        await eventually(lambda: all(cluster.pid_of(name) != before[name] for name in names), STARTS_WITHIN_S)
        back = await come(cluster, stack, "RESTART-0")
        await found(api, back.id)


async def test_two_processes_with_one_name_are_refused_at_the_start(cluster: Cluster) -> None:
    arguments = ["run", "stations", "--data-dir", str(cluster.data_dir), "--http", "127.0.0.1:0"]
    environment = cluster.environment | {"VOLTWAY_BUS__NODE": "worker-1"}
    said = await asyncio.to_thread(lambda: voltway(*arguments, environment=environment, code=2).stderr)
    assert "A process named worker-1 runs already" in said
    assert "VOLTWAY_BUS__NODE" in said.splitlines()[-1]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nats://127.0.0.1:1", "The broker that VOLTWAY_BUS__URL names cannot be reached"),
        ("amqp://guest:guest@127.0.0.1:1/", "The broker that VOLTWAY_BUS__URL names cannot be reached"),
        ("carrier-pigeon://loft", "names no broker that is spoken here"),
    ],
)
async def test_a_broker_that_is_not_there_is_refused_at_the_start(cluster: Cluster, url: str, says: str) -> None:
    arguments = ["run", "stations", "--data-dir", str(cluster.data_dir), "--http", "127.0.0.1:0"]
    environment = cluster.environment | {"VOLTWAY_BUS__URL": url}
    said = await asyncio.to_thread(lambda: voltway(*arguments, environment=environment, code=2).stderr)
    assert says in said.splitlines()[-1]


def test_sqlite_is_refused(tmp_path: Path) -> None:
    said = voltway("cluster", "--data-dir", str(tmp_path), code=2).stderr
    assert "Several processes need a database server" in said
