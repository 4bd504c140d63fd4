"""The station's side: memory of a simulated station with its link, how many one core carries, and how fast the controller's loop
lets a contactor go.

    python bench/stations.py          prints JSON

The CSMS beside them is a process of its own that says yes to everything; its memory and time are not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import os
import random
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from statistics import quantiles
from typing import Any

import picows

from voltway.kernel import clock
from voltway.station.controller import EvseController
from voltway.station.evse import Evse
from voltway.station.evse_words import Action, AllowPower, Authorise, EvseSettings, State, WakeUp
from voltway.station.hardware.simulated import SimulatedBoard
from voltway.station.ocpp.vocabulary import IdToken
from voltway.station.pilot import Pilot
from voltway.station.simulator.fleet import Fleet
from voltway.station.simulator.makes import build_specs
from voltway.station.simulator.scenarios import SCENARIOS

SPEED = 60.0
CONNECTS_WITHIN_S = 120.0
EVSES, ROUNDS = 20, 15
_OF_ACTION: dict[str, dict[str, Any]] = {
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "BootNotification": {"status": "Accepted", "interval": 300, "currentTime": "2026-01-01T00:00:00Z"},
    "Heartbeat": {"currentTime": "2026-01-01T00:00:00Z"},
    "StopTransaction": {"idTagInfo": {"status": "Accepted"}},
}


class _Yes(picows.WSListener):
    """One link of the CSMS: OCPP 1.6, every call is answered at once."""

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type != picows.WSMsgType.TEXT:
            transport.disconnect()
            return
        kind, message_id, action, *_ = json.loads(frame.get_payload_as_bytes())
        if kind == 2:
            answer = _OF_ACTION.get(action, {})
            if action == "StartTransaction":
                answer = {"idTagInfo": {"status": "Accepted"}, "transactionId": random.getrandbits(30)}
            transport.send(picows.WSMsgType.TEXT, json.dumps([3, message_id, answer]).encode())


def _upgrade(request: picows.WSUpgradeRequest) -> picows.WSUpgradeResponseWithListener:
    headers = {"Sec-WebSocket-Protocol": "ocpp1.6"}
    return picows.WSUpgradeResponseWithListener(picows.WSUpgradeResponse.create_101_response(headers), _Yes())


def _csms(told: Connection) -> None:
    async def serve() -> None:
        server = await picows.ws_create_server(_upgrade, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


def _rss_kb() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


async def fleet_figures(stations: int, seconds: float, port: int) -> dict[str, Any]:
    """Memory per station once all are linked and charging, and the CPU seconds of a run."""
    rng, scenario = random.Random(1), SCENARIOS["rush"]
    gc.collect()
    before_kb = _rss_kb()
    specs = build_specs(stations, "ocpp1.6", "B-{n}", None, rng)
    url = f"ws://127.0.0.1:{port}/ocpp"
    fleet = Fleet(specs, url, scenario, rng, tokens=[IdToken("BENCH")], speed=SPEED)
    stop = asyncio.Event()
    running = asyncio.create_task(fleet.run(stop, drain_s=0.0))
    deadline = time.monotonic() + CONNECTS_WITHIN_S
    while fleet.snapshot().online < stations and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    linked = fleet.snapshot().online
    cpu_s, virtual = time.process_time(), fleet.clock.elapsed_s()
    await asyncio.sleep(seconds)
    cpu_s, virtual = time.process_time() - cpu_s, fleet.clock.elapsed_s() - virtual
    charging = fleet.snapshot().active
    gc.collect()
    after_kb = _rss_kb()
    stop.set()
    await running
    return {
        "stations": stations,
        "linked": linked,
        "charging": charging,
        "kb_per_station": (after_kb - before_kb) / stations,
        "stations_per_core": stations * virtual / cpu_s,
    }


class _TimedBoard(SimulatedBoard):
    """Notes when it was told to open."""

    opened_s = 0.0

    async def perform(self, action: Action) -> bool:
        if action == AllowPower(False):
            self.opened_s = time.perf_counter()
        return await super().perform(action)


async def latencies_ms() -> list[float]:
    """From the event that the vehicle has left C to the order to open, with many EVSEs on one loop."""
    boards = [_TimedBoard() for _ in range(EVSES)]
    settings = EvseSettings(has_socket=False, wake_up=WakeUp.NONE)
    controllers = [EvseController(Evse(settings, clock.monotonic()), board) for board in boards]
    tasks = [asyncio.create_task(controller.run()) for controller in controllers]
    await asyncio.sleep(0.1)
    found = []

    async def one(board: _TimedBoard, controller: EvseController) -> None:
        board.connect(Pilot.B)
        await controller.command(Authorise)
        for _ in range(ROUNDS):
            board.connect(Pilot.C)
            while controller.evse.state is not State.CHARGING:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.005)
            board.opened_s, left_s = 0.0, time.perf_counter()
            board.connect(Pilot.B)
            while not board.opened_s:  # noqa: ASYNC110
                await asyncio.sleep(0)
            found.append((board.opened_s - left_s) * 1000)

    await asyncio.gather(*(one(*pair) for pair in zip(boards, controllers, strict=True)))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found


async def figures(stations: int, seconds: float) -> dict[str, Any]:
    """All of them."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    csms = context.Process(target=_csms, args=(theirs,), daemon=True)
    csms.start()
    try:
        found = await fleet_figures(stations, seconds, ours.recv())
    finally:
        csms.terminate()
        csms.join()
    spread = quantiles(await latencies_ms(), n=100)
    return {**found, "contactor_p50_ms": spread[49], "contactor_p99_ms": spread[98], "evses": EVSES}


async def measure(stations: int, seconds: float) -> dict[str, Any]:
    """The figures, from a process of its own: what else was measured before is not in its memory."""
    arguments = [__file__, "--stations", str(stations), "--seconds", str(seconds)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    found: dict[str, Any] = json.loads(output)
    return found


def main() -> None:
    """From the command line."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))  # what is logged is not measured
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    print(json.dumps(asyncio.run(figures(options.stations, options.seconds))))


if __name__ == "__main__":
    main()
