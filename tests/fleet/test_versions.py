"""F20, F21: two versions on one database, and a new version that is taken back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from e2e.server_process import STARTS_WITHIN_S, VOLTWAY, ServerProcess, clean_environment
from fleet.beside_server import a_fleet, compare, driving, more_done, open_database
from fleet.conftest import PATIENCE_S
from fleet.furnishing import MODULES, new_installation
from fleet.next_version import NextThing, write_history
from ports import lasting_port
from servers import database_on_server
from services import needs_nats, needs_postgresql, needs_rabbitmq
from voltway.kernel.bus import outbox
from voltway.kernel.database import Database
from voltway.modules.stations.tables import stations
from voltway.station.simulator.fleet import Fleet

NEXT_VERSION = str(Path(__file__).with_name("next_version.py"))
GATEWAY, WORKER = ("stations", "sessions", "gateway"), ("users", "billing")
BROKERS = {"directly": lambda: "", "nats": needs_nats, "rabbitmq": needs_rabbitmq}


class Cluster:
    """Processes of one installation; a process that starts is of the present version or of the next."""

    def __init__(self, folder: Path, database_url: str, bus_url: str) -> None:
        self.installation = new_installation(folder / "data", database_url)
        self.history = folder / "history"
        self._folder, self._ocpp_port = folder, lasting_port()
        self.shared = self.installation._settings | {
            "VOLTWAY_SECRET_FILE": str(folder / "data" / "secret"),
            "VOLTWAY_BUS__URL": bus_url,
            "VOLTWAY_BUS__RELAYS_EVENTS": "false",
            "VOLTWAY_GATEWAY__REUSE_PORT": "true",
            "VOLTWAY_GATEWAY__DRAIN_SPREAD_S": "2",
            "VOLTWAY_DATABASE__STALLED_AFTER_S": "60",  # a busy machine
        }
        self.servers: dict[str, ServerProcess] = {}

    def start(self, name: str, *, is_next: bool) -> None:
        """A process of this name; one that runs under it is told to end first."""
        if name in self.servers:
            assert self.servers[name].stop() == 0
        server = ServerProcess(self._folder / name, environment=self.shared | {"VOLTWAY_BUS__NODE": name})
        server.ocpp_port = self._ocpp_port
        server.program = self.next_program if is_next else (VOLTWAY,)
        server.start(*(GATEWAY if name.startswith("gateway") else WORKER))
        self.servers[name] = server

    @property
    def next_program(self) -> tuple[str, ...]:
        return (sys.executable, NEXT_VERSION, str(self.history))

    def migrate(self) -> None:
        """As the next version's `voltway migrate`."""
        migrate(self.next_program, self._folder / "data", self.shared)

    def logs(self) -> str:
        return "".join(file.read_text() for file in self._folder.glob("*-log.txt"))

    async def holders(self) -> set[str]:
        """The processes that hold links."""
        database = open_database(self.installation)
        try:
            async with database.read() as tx:
                held = await tx.execute(sa.select(stations.c.link_node_id).where(stations.c.is_online))
                return set(held.scalars())
        finally:
            await database.close()

    async def both_hold(self, fleet: Fleet) -> None:
        """Until each of the two gateways has links; the system deals them out, so stations may have to come again."""
        async with asyncio.timeout(PATIENCE_S):
            while len(await self.holders()) < 2:
                for station in fleet.stations:
                    station.link.drop(0.0)
                await asyncio.sleep(2)


def migrate(program: Sequence[str], data_dir: Path, settings: Mapping[str, str]) -> None:
    """Run the program's `migrate` to its end."""
    command, environment = [*program, "migrate", "--data-dir", str(data_dir)], clean_environment() | dict(settings)
    done = subprocess.run(command, capture_output=True, text=True, timeout=STARTS_WITHIN_S, env=environment)
    assert done.returncode == 0, done.stderr


async def is_told_of_next(server: ServerProcess) -> bool:
    """Whether the next version has left events that nobody else knows, and no event was put aside."""
    database = open_database(server)
    try:
        async with database.read() as tx:
            counted = sa.select(sa.func.count()).where(outbox.outbox.c.name == NextThing.__name__)
            count = (await tx.execute(counted)).scalar_one()
        return count > 0 and await outbox.count_parked(database) == 0
    finally:
        await database.close()


@pytest.fixture
def database_url(worker_id: str) -> Iterator[str]:
    with database_on_server(Database(needs_postgresql()).url, f"versions_{worker_id}") as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=["directly", *(pytest.param(name, marks=pytest.mark.long) for name in ("nats", "rabbitmq"))])
def cluster(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, database_url, BROKERS[request.param]())
    yield cluster
    for server in cluster.servers.values():
        server.kill()


async def test_f20_rolling_update_runs_two_versions_at_once_and_loses_nothing(cluster: Cluster) -> None:
    """Two workers and two gateways are replaced one after the other, in an order in which each version asks the other; the schema
    is the next one's before the first of them."""
    write_history(cluster.history)
    for name in ("worker-1", "worker-2", "gateway-1", "gateway-2"):
        await asyncio.to_thread(cluster.start, name, is_next=False)
    cluster.installation.ocpp_port = cluster.servers["gateway-1"].ocpp_port
    fleet = a_fleet(cluster.installation)
    async with driving(fleet):
        await more_done(fleet)
        await asyncio.to_thread(cluster.migrate)
        await more_done(fleet)
        await asyncio.to_thread(cluster.start, "gateway-1", is_next=True)
        await cluster.both_hold(fleet)
        await more_done(fleet)
        for name in ("worker-1", "worker-2"):
            await asyncio.to_thread(cluster.start, name, is_next=True)
            await more_done(fleet)
        await cluster.both_hold(fleet)
        await more_done(fleet)
        await asyncio.to_thread(cluster.start, "gateway-2", is_next=True)
        await more_done(fleet)
    assert fleet.snapshot().undelivered == 0
    assert fleet.counters.call_errors == 0
    assert await compare(cluster.installation, fleet) == []
    assert await is_told_of_next(cluster.installation)
    for server in cluster.servers.values():
        assert await asyncio.to_thread(server.stop) == 0
    assert '"level": "error"' not in cluster.logs()


@pytest.fixture(params=["sqlite", "postgresql"])
def one_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """An installation of the present version; not started."""
    url = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    server = new_installation(tmp_path / "data", url)
    yield server
    server.kill()


def become_next(server: ServerProcess, more: str) -> None:
    """From now on the server is the next version, and so is its schema. `more`: what the revision says of itself."""
    history = server.data_dir.with_name("history")
    write_history(history, more)
    server.program = (sys.executable, NEXT_VERSION, str(history))
    migrate(server.program, server.data_dir, server._settings)


async def test_f21_new_version_that_is_taken_back_leaves_what_the_old_one_goes_on_with(
    one_server: ServerProcess,
) -> None:
    """A bad deployment: the next version migrates, charges are begun, ended and half told under it, it dies, and the version
    before it is started on what it left."""
    server = one_server
    await asyncio.to_thread(server.start, *MODULES)
    fleet = a_fleet(server)
    async with driving(fleet):
        await more_done(fleet)
        server.kill()
        await asyncio.to_thread(become_next, server, "keeps_older = True")
        await asyncio.to_thread(server.start, *MODULES)
        await more_done(fleet)
        server.kill()
        server.program = (VOLTWAY,)
        await asyncio.to_thread(server.start, *MODULES)
        await more_done(fleet)
    assert fleet.snapshot().undelivered == 0
    assert await compare(server, fleet) == []
    assert await is_told_of_next(server)
    assert "schema.ahead" in server.log
    assert '"level": "error"' not in server.log


async def test_f21_schema_that_an_old_version_cannot_work_with_is_refused_and_left_alone(
    one_server: ServerProcess,
) -> None:
    """A revision that says nothing of older programs is not for them."""
    server = one_server
    await asyncio.to_thread(become_next, server, "")
    server.program = (VOLTWAY,)
    with pytest.raises(AssertionError, match="written by a newer Voltway"):
        await asyncio.to_thread(server.start, *MODULES)
