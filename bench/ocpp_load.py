#!/usr/bin/env python3
"""A load driver for any CSMS that speaks OCPP-J: many stations, a mix of messages, latencies, and a ledger of what was charged.

Each station connects, boots once before the measurement, then sends messages of the mix, one CALL in flight at a time; calls
of the server are answered. Prints one JSON object. With --ledger it also writes what it knows of every transaction, only what
the CSMS has acknowledged, so that the CSMS's sessions can be compared with it to the Wh.

  ocpp_load.py --url ws://127.0.0.1:9000/ocpp --stations 200 --duration 10 \\
               --mix heartbeat:1,status:1,meter:4,transaction:2 --closed-loop --ledger ledger.json
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import os
import random
import resource
import ssl
import sys
import time
from array import array
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import picows
import uvloop

from load_station import KINDS, Station, Stats
from process_tree import Used, used_by

SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}
LEAD_S = 0.05
"""Between the last boot and the first message."""
_TEXT, _CLOSE, _CONTINUATION = picows.WSMsgType.TEXT, picows.WSMsgType.CLOSE, picows.WSMsgType.CONTINUATION


class Connection(picows.WSListener):
    """A station's WebSocket."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._parts: list[bytes] = []

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._station.send = lambda raw: transport.send(_TEXT, raw)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        kind = frame.msg_type
        if kind is _CLOSE:
            self._station.lost(f"close {frame.get_close_code()} {frame.get_close_message()!r}")
            transport.disconnect()
        elif kind is _TEXT or kind is _CONTINUATION:
            raw = frame.get_payload_as_bytes()
            if self._parts or not frame.fin:
                self._parts.append(raw)
                if not frame.fin:
                    return
                raw = b"".join(self._parts)
                self._parts.clear()
            self._station.received(raw)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self._station.lost("connection lost")


async def connect(options: argparse.Namespace, station: Station) -> Callable[[], object]:
    """Connect a station; what closes it again."""
    url = f"{options.url.rstrip('/')}/{options.path_template.format(id=station.identity)}"
    headers = {"Sec-WebSocket-Protocol": SUBPROTOCOLS[options.version]}
    if options.password is not None:
        user = options.user_template.format(id=station.identity)
        login = f"{user}:{options.password.format(id=station.identity)}"
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    tls = None
    if url.startswith("wss:"):
        tls = ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    more: dict[str, Any] = {}
    if options.src:
        more["local_addr"] = (options.src[hash(station.identity) % len(options.src)], 0)
    transport, _ = await picows.ws_connect(
        lambda: Connection(station),
        url,
        ssl_context=tls,
        extra_headers=headers,
        websocket_handshake_timeout=options.timeout,
        read_buffer_init_size=2048,
        **more,
    )

    def close() -> None:
        transport.send_close(picows.WSCloseCode.OK)
        asyncio.get_running_loop().call_later(0.5, transport.disconnect)

    return close


class Worker:
    """The stations of one process of the driver."""

    def __init__(self, options: argparse.Namespace, number: int) -> None:
        self._options = options
        self._number = number
        self._stats = Stats()
        indexes = range(options.first + number, options.first + options.stations, options.processes)
        self._stations = [Station(options, self._stats, index) for index in indexes]
        self._ready: list[Station] = []
        self._closers: list[Callable[[], object]] = []
        self._gate = asyncio.Semaphore(options.connect_concurrency)

    async def run(self, barrier: Any) -> dict[str, Any]:
        """Connect, wait for the other processes, measure, wait for the last answers, disconnect."""
        began = time.perf_counter()
        await asyncio.gather(*(self._connect(station) for station in self._stations))
        connected_after_s = time.perf_counter() - began
        loop, stats, options = asyncio.get_running_loop(), self._stats, self._options
        await loop.run_in_executor(None, barrier.wait)
        sent_before = stats.sent
        begin = time.perf_counter() + LEAD_S
        stats.t_start = begin + options.warmup
        stats.t_end = stats.t_start + options.duration
        for station in self._ready:
            if not station.is_closed:
                station.start(begin)
        marks = await loop.run_in_executor(None, self._take_marks)
        await self._last_answers()
        stats.is_ending = True
        ledger = {station.identity: station.ledger() for station in self._stations}
        for close in self._closers:
            close()
        await asyncio.sleep(0.7)
        return self._result(sent_before, connected_after_s, marks, ledger)

    async def _connect(self, station: Station) -> None:
        stats, timeout_s = self._stats, self._options.timeout
        async with self._gate:
            began = time.perf_counter()
            try:
                self._closers.append(await asyncio.wait_for(connect(self._options, station), timeout_s))
            except Exception as error:
                stats.note_error(f"connect:{type(error).__name__}", f"{station.identity}: {error!r}")
                return
            stats.connects.append((time.perf_counter() - began) * 1e3)
            if not self._options.no_boot:
                station.boot_done = asyncio.get_running_loop().create_future()
                began = time.perf_counter()
                station.call("boot")
                try:
                    await asyncio.wait_for(station.boot_done, timeout_s)
                    stats.boot_times.append((time.perf_counter() - began) * 1e3)
                except TimeoutError:
                    stats.note_error("timeout:boot", station.identity)
                    return
                finally:
                    station.boot_done = None
            self._ready.append(station)

    def _take_marks(self) -> list[tuple[float, Used]]:
        """CPU of this process and of the server at the start and at the end. In a thread: a loop with many sockets ready runs
        its timers late."""
        marks = []
        for moment in (self._stats.t_start, self._stats.t_end):
            time.sleep(max(0, moment - time.perf_counter()))
            own = resource.getrusage(resource.RUSAGE_SELF)
            server = used_by(self._options.server_pid) if self._number == 0 else Used(0, 0)
            marks.append((own.ru_utime + own.ru_stime, server))
        return marks

    async def _last_answers(self) -> None:
        """Wait for the answers that are under way."""
        deadline = time.perf_counter() + self._options.timeout
        while any(station.is_waiting for station in self._ready) and time.perf_counter() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        late = sum(station.is_waiting for station in self._ready)
        if late:
            self._stats.errors["timeout"] += late

    def _result(
        self, sent_before: int, connected_after_s: float, marks: list[tuple[float, Used]], ledger: dict[str, Any]
    ) -> dict[str, Any]:
        stats = self._stats
        (own_before, server_before), (own_after, server_after) = marks
        return {
            "numbers": Counter(
                ok=stats.ok,
                answered=stats.answered,
                sent=stats.sent - sent_before,
                connected=len(self._closers),
                unanswered=sum(station.is_waiting for station in self._ready),
            ),
            "counters": {
                "error_kinds": stats.errors,
                "actions": stats.actions,
                "boot_status": stats.boots,
                "id_tag_status": stats.tags,
                "server_calls": stats.server_calls,
            },
            "times": {
                "latency_ms": stats.latencies,
                "latency_due_ms": stats.latencies_due,
                "connect_ms": stats.connects,
                "boot_ms": stats.boot_times,
            },
            "error_samples": stats.error_samples,
            "connected_after_s": connected_after_s,
            "client_cpu_s": own_after - own_before,
            "server": (server_before, server_after),
            "ledger": ledger,
        }


def run_worker(options: argparse.Namespace, number: int, barrier: Any, results: Any) -> None:
    """One process of the driver."""
    hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard_limit, hard_limit))
    if options.cpus:
        os.sched_setaffinity(0, [options.cpus[number % len(options.cpus)]])
    try:
        results.put(uvloop.run(Worker(options, number).run(barrier)))
    except BaseException as error:
        results.put({"fatal": repr(error)})
        raise


def percentiles(values: array[float]) -> dict[str, float] | None:
    """In ms; None without values."""
    ordered = sorted(values)
    if not ordered:
        return None
    found = {f"p{q}": ordered[min(len(ordered) - 1, len(ordered) * q // 100)] for q in (50, 90, 99)}
    found |= {"max": ordered[-1], "mean": sum(ordered) / len(ordered)}
    return {name: round(value, 3) for name, value in found.items()}


def report(options: argparse.Namespace, results: list[dict[str, Any]]) -> dict[str, Any]:
    """What all processes have found, put together."""
    numbers = sum((result["numbers"] for result in results), Counter[str]())
    counters = {
        name: dict(sum((result["counters"][name] for result in results), Counter[str]()))
        for name in results[0]["counters"]
    }
    times = {
        name: percentiles(sum((result["times"][name] for result in results), array("d")))
        for name in results[0]["times"]
    }
    answered, duration_s = numbers["answered"], options.duration
    found = {
        "label": options.label,
        "url": options.url,
        "version": options.version,
        "mode": "closed-loop" if options.closed_loop else f"rate {options.rate:g}/s",
        "mix": options.mix,
        "stations": options.stations,
        "connected": numbers["connected"],
        "duration_s": duration_s,
        "sent": numbers["sent"],
        "ok": numbers["ok"],
        "answered": answered,
        "unanswered_at_end": numbers["unanswered"],
        "errors": sum(counters["error_kinds"].values()),
        "msgs_per_s": round(numbers["ok"] / duration_s, 1),
        "connect_s": round(max(result["connected_after_s"] for result in results), 3),
        "client_cpu_cores": round(sum(result["client_cpu_s"] for result in results) / duration_s, 3),
        **times,
        **counters,
        "error_samples": [sample for result in results for sample in result["error_samples"]][:5],
    }
    if options.server_pid:
        before, after = next(result["server"] for result in results if result["server"][1].cpu_s)
        cpu_s = after.cpu_s - before.cpu_s
        found |= {
            "server_cpu_s_at_start": round(before.cpu_s, 3),
            "server_cpu_cores": round(cpu_s / duration_s, 3),
            "server_rss_mb": round(after.rss_kb / 1024, 1),
            "msgs_per_server_cpu_s": round(numbers["ok"] / cpu_s, 1) if cpu_s else None,
        }
    return found


def main() -> None:
    options = parse()
    context = multiprocessing.get_context("fork")
    barrier, queue = context.Barrier(options.processes), context.SimpleQueue()
    workers = [
        context.Process(target=run_worker, args=(options, number, barrier, queue))
        for number in range(options.processes)
    ]
    for worker in workers:
        worker.start()
    results = [queue.get() for _ in workers]
    for worker in workers:
        worker.join(10)
    if any("fatal" in result for result in results):
        print(json.dumps([result.get("fatal") for result in results]))
        sys.exit(2)
    if options.ledger:
        ledger = {identity: entry for result in results for identity, entry in result["ledger"].items()}
        options.ledger.write_text(json.dumps(ledger))
    print(json.dumps(report(options, results)))


def parse() -> argparse.Namespace:
    """The command line, with what follows from it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--url", required=True)
    add("--path-template", default="{id}")
    add("--version", default="1.6", choices=sorted(SUBPROTOCOLS))
    add("--stations", type=int, default=100)
    add("--first", type=int, default=0, help="index of the first station")
    add("--id-template", default="LOAD-{i:05d}")
    add("--duration", type=float, default=10)
    add("--warmup", type=float, default=1)
    add(
        "--mix",
        default="heartbeat:1,status:1,meter:4,transaction:2",
        help=f"{', '.join(KINDS)}, each with an optional :weight",
    )
    add("--password", help="HTTP Basic password ({id} allowed)")
    add("--user-template", default="{id}")
    add("--id-tag", default="TAG0001")
    add("--ignore-tag-status", action="store_true", help="go on with a transaction whose tag was not accepted")
    add("--tx-updates", type=int, default=8, help="meter updates per transaction")
    add("--closed-loop", action="store_true", help="the next message follows the answer (the default without --rate)")
    add("--think", type=float, default=0.0, help="closed loop: pause between an answer and the next message")
    add("--rate", type=float, help="msgs/s of all stations; latency_due_ms counts from when a message was due")
    add("--processes", type=int, default=1)
    add("--cpus", default="", help="comma list: pin the driver's processes")
    add("--connect-concurrency", type=int, default=50)
    add("--timeout", type=float, default=30)
    add("--no-boot", action="store_true")
    add("--src", default="", help="comma list of source addresses")
    add("--server-pid", default="", help="comma list: report CPU and memory of these processes and their children")
    add("--seed", type=int, default=1)
    add("--label")
    add("--ledger", type=Path, metavar="FILE", help="write what was acknowledged of each transaction")
    options = parser.parse_args()
    options.closed_loop = not options.rate
    options.interval = options.stations / options.rate if options.rate else 0.0
    options.cpus = [int(cpu) for cpu in options.cpus.split(",") if cpu]
    options.src = [address for address in options.src.split(",") if address]
    options.server_pid = [int(pid) for pid in options.server_pid.split(",") if pid]
    kinds, weights = [], []
    for part in options.mix.split(","):
        kind, _, weight = part.partition(":")
        if kind not in KINDS:
            parser.error(f"unknown kind {kind}")
        kinds.append(kind)
        weights.append(float(weight or 1))
    options.sequence = random.Random(options.seed).choices(kinds, weights, k=1024)
    options.run = f"{os.urandom(4).hex()}-"
    return options


if __name__ == "__main__":
    main()
