"""The server dies in the middle of fifty sessions. What was acknowledged is there afterwards, to the watt-hour.

Once by SIGKILL, which loses what the process holds in memory; once by a power cut, which loses what was not synced as well
(see sync_shadow.c): with `synchronous=OFF`, or an answer before its commit, the second test fails.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from e2e.server_process import ServerProcess, voltway
from voltway.station.ocpp.dialects import DIALECTS
from voltway.station.ocpp.vocabulary import IdToken, StationSpec
from voltway.station.simulator.fleet import Fleet
from voltway.station.simulator.ledger import compare
from voltway.station.simulator.platform import fetch_sessions
from voltway.station.simulator.scenarios import Scenario

STATIONS = 60
RUNNING = 50
SPEED = 120.0  # two samples each true second, from each station
TOKEN = "SIMULATOR"
BUSY = Scenario("busy", "always some that come and go", first_arrival_s=(0, 60), gap_s=(1, 30), stay_s=(30, 1500))
PATIENCE_S = 240.0
WELCOMING = {"VOLTWAY_GATEWAY__UNKNOWN_STATIONS": "accept", "VOLTWAY_GATEWAY__ADMISSIONS_PER_S": "1000"}


def specs() -> list[StationSpec]:
    protocols = sorted(DIALECTS)
    return [StationSpec(f"CUT-{number:02}", protocols[number % len(protocols)]) for number in range(STATIONS)]


@asynccontextmanager
async def driving(server: ServerProcess) -> AsyncIterator[Fleet]:
    """A fleet that charges while the block runs; in the end all have left, and everything that they had to say is said."""
    fleet = Fleet(specs(), server.stations_url, BUSY, random.Random(4711), tokens=[IdToken(TOKEN)], speed=SPEED)
    stop = asyncio.Event()
    running = asyncio.create_task(fleet.run(stop, drain_s=PATIENCE_S))
    try:
        yield fleet
    finally:
        stop.set()
        await running


async def until_busy(fleet: Fleet, done_more: int) -> None:
    """Until at least fifty sessions run, and so many more have ended."""
    done_before = fleet.snapshot().done
    async with asyncio.timeout(PATIENCE_S):
        while fleet.snapshot().active < RUNNING or fleet.snapshot().done < done_before + done_more:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def differences_after_a_cut(server: ServerProcess, lose: Callable[[], None]) -> list[object]:
    """What ledger and platform do not agree on when all is over; in the middle the server dies, and `lose` is called."""
    server.start()
    key = await asyncio.to_thread(server.make_key)
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"Authorization": f"Bearer {key}"}
        answer = await client.post(f"{server.api}/id-tokens", json={"value": TOKEN}, headers=headers)
        assert answer.status_code == 201, answer.text
    async with driving(server) as fleet:
        await until_busy(fleet, done_more=10)
        server.kill()
        await asyncio.to_thread(lose)
        await asyncio.to_thread(server.start)
        for station in fleet.stations:
            station.link.hurry()
        await until_busy(fleet, done_more=10)
    assert fleet.snapshot().undelivered == 0
    assert fleet.ledger.energy_wh > 0
    assert len(fleet.ledger.entries) > STATIONS
    # The fleet's clock runs away from ours, which the platform sees and corrects: its sessions began earlier than they say.
    sessions = await fetch_sessions(server.api, key, fleet.began_at - timedelta(days=1))
    return list(compare(fleet.ledger, sessions, frozenset(spec.identity.casefold() for spec in specs())))


def is_sound(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("PRAGMA integrity_check")] == ["ok"]


async def test_killed_server_has_lost_nothing_it_acknowledged(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", environment=WELCOMING)
    try:
        assert await differences_after_a_cut(server, lose=lambda: None) == []
    finally:
        server.kill()
    assert is_sound(server.data_dir / "voltway.db")


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    """The library that keeps what was synced."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    library = tmp_path / "sync_shadow.so"
    source = Path(__file__).with_name("sync_shadow.c")
    subprocess.run(
        [compiler, "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl", "-lpthread"],
        check=True,
    )
    return library


async def test_power_cut_has_lost_nothing_it_acknowledged(tmp_path: Path, shim: Path) -> None:
    data_dir, shadow = tmp_path / "data", tmp_path / "shadow"
    voltway("migrate", "--data-dir", str(data_dir))
    shadow.mkdir()
    shutil.copy(data_dir / "voltway.db", shadow)
    server = ServerProcess(data_dir, environment=WELCOMING | {"LD_PRELOAD": str(shim), "SHADOW_DIR": str(shadow)})

    def lose_what_was_not_synced() -> None:
        for name in ("voltway.db", "voltway.db-wal", "voltway.db-shm"):
            (data_dir / name).unlink(missing_ok=True)
            if (shadow / name).exists():
                shutil.copy(shadow / name, data_dir)

    try:
        assert await differences_after_a_cut(server, lose_what_was_not_synced) == []
    finally:
        server.kill()
    assert is_sound(data_dir / "voltway.db")
