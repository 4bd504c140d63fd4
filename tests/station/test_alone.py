"""A station by itself: what `pip install voltway[station]` brings, and what the program takes of a small board's memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MEMORY_MB_MAX = 80
NOT_AT_A_STATION = {
    *("aiosqlite", "alembic", "argon2-cffi", "asyncmy", "asyncpg", "authlib", "fastapi", "httpx", "jinja2"),
    *("sqlalchemy", "starlette", "stripe", "typst", "uvicorn"),
}
RUNS = """
import asyncio, json, sys
from pathlib import Path
from voltway.station.config import read_config
from voltway.station.program import StationProgram

async def run():
    program = StationProgram(read_config(Path(sys.argv[1])))
    running = asyncio.create_task(program.run())
    board = program.evses[0].board
    while program.evses[0].controller.evse.is_closed is None:
        await asyncio.sleep(0.01)
    from voltway.station.pilot import Pilot
    board.connect(Pilot.B)
    while not board.output.is_pwm:
        await asyncio.sleep(0.01)
    board.connect(Pilot.C)
    while not (board.is_closed and program.evses[0].samples):
        await asyncio.sleep(0.01)
    lines = Path("/proc/self/status").read_text().splitlines()
    most_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    print(json.dumps({"most_kb": most_kb, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

asyncio.run(run())
"""


def needed(extra: str) -> Iterator[str]:
    """All that an extra of ours brings, with what that brings."""
    waiting, seen = [("voltway", extra)], set()
    while waiting:
        name, part = waiting.pop()
        if (name, part) in seen:
            continue
        seen.add((name, part))
        yield name
        try:
            wanted = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue  # for another system than this one
        for one in wanted:
            if one.marker is None or one.marker.evaluate({"extra": part}):
                waiting += [(canonicalize_name(one.name), each) for each in (one.extras or {""})]


def test_a_station_brings_no_web_framework_and_no_driver_of_a_database() -> None:
    packages = set(needed("station"))
    assert "pymodbus" in packages
    assert packages & NOT_AT_A_STATION == set()
    assert {"fastapi", "sqlalchemy"} <= set(needed("cloud")), "or this would find nothing anywhere"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell what a process takes")
def test_a_station_that_charges_takes_less_than_80_mb_and_loads_nothing_of_the_cloud(tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    config.write_text(
        f'[station]\ndata_dir = "{tmp_path}/data"\naccess = "free"\nsigning_key = "{tmp_path}/key.pem"\n'
        '[local]\nhttp = "127.0.0.1:0"\npin = "1234"\nmqtt = "mqtt://127.0.0.1:9"\n'
        '[ocpp]\nurl = "ws://127.0.0.1:9/ocpp"\nidentity = "S1"\n[[evse]]\n'
    )
    done = subprocess.run([sys.executable, "-c", RUNS, config], capture_output=True, text=True, timeout=120, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["most_kb"] < MEMORY_MB_MAX * 1024
    assert {"fastapi", "sqlalchemy", "pydantic", "starlette"} & set(told["modules"]) == set()
