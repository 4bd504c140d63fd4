"""The four measurements. Each starts the servers it needs and leaves nothing behind but its folder."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

import ledger
from rest_load import RestLoad
from servers import HERE, Server, api_key, free_port, plain_csms, spawned_voltway, voltway

MIX = "heartbeat:1,status:1,meter:4,transaction:3"
STATIONS = 500
WARMUP_S = 2
STATION_RATE = 300
REST_RATE = 100
IDLE_SETTLE_S = 6
START_TIMEOUT_S = 30
Found = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How long the measurements take."""

    rounds: int
    duration_s: float
    idle_stations: int
    starts: int
    rest_rounds: int
    rest_duration_s: float
    handshake_stations: int
    simulated_stations: int
    facts: int
    """That the ledger posts."""
    reported_sessions: int
    """Among which reports are made."""


FULL = Size(
    rounds=2,
    duration_s=10,
    idle_stations=2000,
    starts=3,
    rest_rounds=3,
    rest_duration_s=5,
    handshake_stations=2000,
    simulated_stations=2000,
    facts=20_000,
    reported_sessions=1_000_000,
)
QUICK = Size(
    rounds=1,
    duration_s=4,
    idle_stations=600,
    starts=1,
    rest_rounds=1,
    rest_duration_s=4,
    handshake_stations=300,
    facts=2_000,
    reported_sessions=20_000,
    simulated_stations=400,
)


async def drive(server: Server, *arguments: object) -> Found:
    """Run the load driver against a server; what it reports."""
    command = [str(HERE / "ocpp_load.py"), "--url", server.stations_url, "--server-pid", str(server.pid)]
    command += [str(argument) for argument in arguments]
    driver = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
    try:
        said, _ = await driver.communicate()
    finally:
        if driver.returncode is None:
            driver.kill()
            await driver.wait()
    if driver.returncode != 0:
        raise RuntimeError(f"The load driver failed: {said.decode()}")
    found: Found = json.loads(said)
    return found


# ---- messages per CPU-second, latency, and nothing lost


async def throughput(folder: Path, size: Size) -> Found:
    """Both servers in turn, under as much load as 500 stations make that wait for their answers."""
    rounds: dict[str, list[Found]] = {"voltway": [], "plain": []}
    for number in range(size.rounds):
        for name in ("plain", "voltway"):
            place = folder / f"{name}-{number}"
            place.mkdir()
            is_voltway = name == "voltway"
            serve: AbstractContextManager[Server] = voltway(place / "data") if is_voltway else plain_csms(place)
            with serve as server:
                found = await _saturate(server, place / "ledger.json", size)
            if is_voltway:
                found |= ledger.compare(place / "ledger.json", place / "data" / "voltway.db")
            rounds[name].append(found)
    return {**{name: _summary(each) for name, each in rounds.items()}, "rounds": rounds}


async def _saturate(server: Server, ledger_file: Path, size: Size) -> Found:
    options = ["--stations", STATIONS, "--mix", MIX, "--closed-loop", "--ignore-tag-status"]
    options += ["--warmup", WARMUP_S, "--duration", size.duration_s, "--ledger", ledger_file]
    found = await drive(server, *options)
    drained = await asyncio.to_thread(server.drain)
    cpu_s = drained - found["server_cpu_s_at_start"]
    return {**found, "cpu_s_until_drained": cpu_s, "msgs_per_cpu_s": found["answered"] / cpu_s}


def _summary(rounds: list[Found]) -> Found:
    def middle(of: Callable[[Found], float]) -> float:
        return round(median(of(each) for each in rounds), 2)

    return {
        "msgs_per_cpu_s": middle(lambda each: each["msgs_per_cpu_s"]),
        "msgs_per_s": middle(lambda each: each["msgs_per_s"]),
        "p50_ms": middle(lambda each: each["latency_ms"]["p50"]),
        "p99_ms": middle(lambda each: each["latency_ms"]["p99"]),
        "server_cpu_cores": middle(lambda each: each["server_cpu_cores"]),
        "errors": sum(each["errors"] for each in rounds),
        "answered": sum(each["answered"] for each in rounds),
    }


# ---- memory


async def idle_memory(folder: Path, size: Size) -> Found:
    """What a station costs that has booted, told its status and is silent now."""
    with voltway(folder / "data") as server:
        await asyncio.to_thread(server.drain)
        before = server.used().rss_kb
        options = ["--stations", size.idle_stations, "--mix", "status", "--think", 1000]
        found = await drive(server, *options, "--warmup", 1, "--duration", IDLE_SETTLE_S)
    after = found["server_rss_mb"] * 1024
    return {
        "stations": found["connected"],
        "errors": found["errors"],
        "rss_mb_without": round(before / 1024, 1),
        "rss_mb_with": found["server_rss_mb"],
        "kb_per_station": round((after - before) / max(found["connected"], 1), 2),
    }


# ---- start


async def start_time(data_dir: Path, size: Size) -> Found:
    """From the start of the process to the answer to a BootNotification, on the database of a round before."""
    seconds = [await asyncio.to_thread(_start_once, data_dir) for _ in range(size.starts)]
    return {"seconds": [round(each, 3) for each in seconds], "median_s": round(median(seconds), 3)}


def _start_once(data_dir: Path) -> float:
    port = free_port()
    boot = [2, "boot-1", "BootNotification", {"chargePointVendor": "LoadCo", "chargePointModel": "LoadModel-22"}]
    began = time.perf_counter()
    with spawned_voltway(data_dir, port) as server:
        while time.perf_counter() - began < START_TIMEOUT_S and server.process.poll() is None:
            try:
                with connect(f"{server.stations_url}/LOAD-00000", subprotocols=["ocpp1.6"], compression=None) as link:  # type: ignore[list-item]
                    link.send(json.dumps(boot))
                    answer = json.loads(link.recv(timeout=START_TIMEOUT_S))
                    took_s = time.perf_counter() - began
                    if answer[0] != 3:
                        raise RuntimeError(f"The BootNotification was answered with {answer}")
                    return took_s
            except (OSError, WebSocketException):
                time.sleep(0.01)
        raise RuntimeError(f"No BootNotification was answered:\n{server.log.read_text()[-3000:]}")


# ---- REST beside the stations


async def beside_rest(data_dir: Path, size: Size) -> Found:
    """The stations' latency at a steady rate, with and without REST requests."""
    without: list[Found] = []
    with_rest: list[Found] = []
    rest: list[Found] = []
    key = api_key(data_dir)
    with voltway(data_dir) as server:
        assert server.http_url is not None
        for _ in range(size.rest_rounds):
            without.append(await _steady(server, size))
            load = RestLoad(server.http_url, key, REST_RATE)
            load.start()
            try:
                with_rest.append(await _steady(server, size))
            finally:
                rest.append(await load.stop())
    p99 = {name: median(each["latency_due_ms"]["p99"] for each in found) for name, found in
           (("without", without), ("with", with_rest))}  # fmt: skip
    return {
        "p99_ms_without": p99["without"],
        "p99_ms_with": p99["with"],
        "ratio": round(p99["with"] / p99["without"], 2),
        "rest_p50_ms": median(each["latency_ms"]["p50"] for each in rest),
        "rest_p99_ms": median(each["latency_ms"]["p99"] for each in rest),
        "rest_requests": sum(each["requests"] for each in rest),
        "rest_not_ok": sum(count for each in rest for status, count in each["statuses"].items() if status != "200"),
        "rounds": {"without": without, "with": with_rest, "rest": rest},
    }


async def _steady(server: Server, size: Size) -> Found:
    options = ["--stations", STATIONS, "--mix", MIX, "--rate", STATION_RATE, "--ignore-tag-status"]
    return await drive(server, *options, "--warmup", 1, "--duration", size.rest_duration_s)
