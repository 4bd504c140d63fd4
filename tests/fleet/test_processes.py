"""F01-F04, F09, F15, F18, F22: the server is killed at chosen points, stopped, starved, restored from an old copy."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from builders import eventually
from e2e.server_process import VOLTWAY, ServerProcess
from fleet.beside_server import a_fleet, compare, driving, more_done, open_database
from fleet.conftest import PATIENCE_S
from fleet.furnishing import MODULES
from fleet.history import Finding
from fleet.reading import books_of, history_of

FULL = Path("/dev/full")
HAS_FULL = FULL.exists()
DYING_SERVER = str(Path(__file__).with_name("dying_server.py"))


async def dies_and_comes_back(server: ServerProcess, point: str, times: int) -> list[Finding]:
    """A server that kills itself at the point; another one takes over from what is on the disk."""
    server.program = (sys.executable, DYING_SERVER, point, str(times))
    await asyncio.to_thread(server.start, *MODULES)
    fleet = a_fleet(server)
    async with driving(fleet):
        assert await asyncio.to_thread(server.until_dead, PATIENCE_S) == -signal.SIGKILL
        server.program = (VOLTWAY,)
        await asyncio.to_thread(server.start, *MODULES)
        await more_done(fleet)
    assert fleet.snapshot().undelivered == 0
    return await compare(server, fleet)


async def test_f02_killed_between_commit_and_answer_the_repeat_gets_its_answer(server: ServerProcess) -> None:
    assert await dies_and_comes_back(server, "before_answer", 60) == []


async def test_f03_killed_while_it_bills_nothing_is_billed_twice_or_never(server: ServerProcess) -> None:
    assert await dies_and_comes_back(server, "while_billing", 3) == []


@pytest.mark.long
@pytest.mark.parametrize(("point", "times"), [("before_listeners", 20), ("after_listener", 20), ("before_commit", 30)])
async def test_f04_killed_around_the_outbox_every_event_has_its_effect_once(
    server: ServerProcess, point: str, times: int
) -> None:
    assert await dies_and_comes_back(server, point, times) == []


@pytest.mark.long
async def test_f01_killed_again_and_again_it_has_lost_nothing(server: ServerProcess) -> None:
    await asyncio.to_thread(server.start, *MODULES)
    fleet = a_fleet(server)
    async with driving(fleet):
        for _ in range(4):
            await more_done(fleet)
            server.kill()
            await asyncio.to_thread(server.start, *MODULES)
        await more_done(fleet)
    assert fleet.snapshot().undelivered == 0
    assert await compare(server, fleet) == []


async def test_f09_server_that_was_stopped_for_longer_than_its_lease_goes_on_without_loss(
    server: ServerProcess,
) -> None:
    server._settings["VOLTWAY_GATEWAY__LEASE_S"] = "3"
    await asyncio.to_thread(server.start, *MODULES)
    fleet = a_fleet(server)
    async with driving(fleet):
        await more_done(fleet, 3)
        os.kill(server.pid, signal.SIGSTOP)
        await asyncio.sleep(8)
        os.kill(server.pid, signal.SIGCONT)
        await more_done(fleet)
    assert fleet.snapshot().undelivered == 0
    assert await compare(server, fleet) == []


async def test_f14_full_disk_stops_the_answers_and_room_brings_them_back(server: ServerProcess) -> None:
    """Files may not grow (RLIMIT_FSIZE), then they may again: nobody has to repair anything."""
    await asyncio.to_thread(server.start, *MODULES)
    fleet = a_fleet(server)
    async with driving(fleet):
        await more_done(fleet, 3)
        _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, hard))
        await eventually(lambda: fleet.snapshot().online == 0, PATIENCE_S)
        confirmed = sum(call.is_confirmed for _, call in fleet.ledger.deliveries or ())
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{server.http_port}/healthz", timeout=PATIENCE_S)
        assert answer.status_code == 200, "it lives, though it cannot write"
        await asyncio.sleep(3)
        assert sum(call.is_confirmed for _, call in fleet.ledger.deliveries or ()) == confirmed
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
        await more_done(fleet)
    assert fleet.snapshot().undelivered == 0
    assert await compare(server, fleet) == []


async def test_f15_log_that_cannot_be_written_stops_nothing(server: ServerProcess) -> None:
    """/dev/full: every write fails as on a full disk."""
    if not HAS_FULL:
        pytest.skip("needs /dev/full")
    server._log = FULL
    await asyncio.to_thread(server.start, *MODULES)
    fleet = a_fleet(server)
    async with driving(fleet):
        await more_done(fleet)
        assert server.is_alive
    assert fleet.snapshot().undelivered == 0
    assert await compare(server, fleet) == []


@pytest.mark.long
async def test_f18_without_free_descriptors_those_who_are_in_stay_and_it_does_not_spin(server: ServerProcess) -> None:
    await asyncio.to_thread(server.start, *MODULES)
    fleet = a_fleet(server)
    async with driving(fleet):
        await more_done(fleet, 3)
        _, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        open_now = len(os.listdir(f"/proc/{server.pid}/fd"))
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (open_now + 5, hard))
        greedy = [await asyncio.open_connection("127.0.0.1", server.ocpp_port) for _ in range(40)]
        online = fleet.snapshot().online
        worked_s = _worked_s(server.pid)
        await asyncio.sleep(4)
        assert _worked_s(server.pid) - worked_s < 3, "it spins"
        assert fleet.snapshot().online >= online
        for _, writer in greedy:
            writer.close()
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (1024, hard))
        await more_done(fleet)
    assert fleet.snapshot().undelivered == 0
    assert await compare(server, fleet) == []


def _worked_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.long
async def test_f22_after_an_old_copy_is_put_back_no_charge_touches_another(
    server: ServerProcess, tmp_path: Path
) -> None:
    """What was acknowledged after the copy is gone with the disk. What stations say from then on must not meet the wrong session:
    every session that there is belongs to one charge, and one that misses its start or its registers is not billed."""
    await asyncio.to_thread(server.start, *MODULES)
    fleet, copy, file = a_fleet(server), tmp_path / "copy.db", server.data_dir / "voltway.db"
    async with driving(fleet):
        await more_done(fleet, 3)
        await asyncio.to_thread(_copy, file, copy)
        await more_done(fleet)
        server.kill()
        for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
            (server.data_dir / name).unlink(missing_ok=True)
        shutil.copy(copy, file)
        await asyncio.to_thread(server.start, *MODULES)
        await more_done(fleet)
    database = open_database(server)
    history, books = history_of(fleet.stations), await books_of(database)
    await database.close()
    charges = {charge.name: charge for charge in history.charges}
    billed = {cdr.session_id: cdr for cdr in books.cdrs}
    for session in books.sessions:
        charge = charges[f"{session.station}/{session.transaction_id}"]
        if session.id in billed and charge.meter_stop_wh is not None and "superseded" not in session.review:
            assert billed[session.id].energy_wh == charge.meter_stop_wh - charge.meter_start_wh, session
    assert len({(session.station, session.transaction_id) for session in books.sessions}) == len(books.sessions)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)
