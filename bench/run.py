#!/usr/bin/env python3
"""What Voltway does with a CPU-second, next to a plain CSMS on the same machine in the same minutes: `make bench`.

Prints a table and a JSON document, and keeps the document in bench/out/. Ends with 1 if a target is missed. Ratios between the
two servers are what counts: absolute figures say more about the machine. Takes about four minutes, --quick less than one.

  messages   500 stations that each wait for their answer (closed loop), rounds of the two servers in turn. Messages answered
             by the server's CPU seconds (its whole process tree), counted until every backlog has drained; then the sessions
             and their energy in the database must equal the driver's ledger.
  memory     growth of the resident memory from no station to thousands that have booted and are silent, per station
  start      from the start of `voltway run` to the first BootNotification answered, on the database of a round before
  handshakes stations with passwords: handshakes and refusals by the server's CPU seconds; all of them back after all links broke
  access     people who log in with their password, eight at once
  money      sessions priced and facts posted to the ledger in a second, and the slowest report of a month on PostgreSQL, if it answers
  stations   the station's own side: memory of a simulated station with its link, how many one core carries, event to contactor
  REST       the station port's p99 at 300 messages/s with 100 REST requests/s beside it, against without
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import access
import handshakes
import measures
import money
import stations as station_side
from measures import FULL, QUICK

OUT = Path(__file__).resolve().parent / "out"
PARTS = ("messages", "memory", "start", "handshakes", "rest", "access", "money", "stations")

MSGS_PER_CPU_S_RATIO_MIN = 20
P99_RATIO_MAX = 0.1
KB_PER_STATION_MAX = 40
SIMULATED_KB_MAX = 100
START_S_MAX = 3
REST_P99_RATIO_MAX = 2
MONTH_REPORT_S_MAX = 2


class Row(NamedTuple):
    """A line of the table; `is_met` None: a figure without a target."""

    name: str
    figure: str
    target: str = ""
    is_met: bool | None = None


def rows_of_messages(found: dict[str, Any]) -> list[Row]:
    ours, plain = found["voltway"], found["plain"]
    ledgers = [each for each in found["rounds"]["voltway"] if not each["ledger_equal"]]
    sessions = sum(each["sessions_platform"] for each in found["rounds"]["voltway"])
    energy_wh = sum(each["energy_wh_platform"] for each in found["rounds"]["voltway"])
    ratio = ours["msgs_per_cpu_s"] / plain["msgs_per_cpu_s"]
    p99_ratio = ours["p99_ms"] / plain["p99_ms"]
    errors = ours["errors"] + plain["errors"]
    return [
        Row("messages per CPU-second, plain CSMS", f"{plain['msgs_per_cpu_s']:,.0f}"),
        Row("messages per CPU-second, Voltway", f"{ours['msgs_per_cpu_s']:,.0f}"),
        Row(
            "  ratio",
            f"{ratio:.1f} x",
            f">= {MSGS_PER_CPU_S_RATIO_MIN} x",
            ratio >= MSGS_PER_CPU_S_RATIO_MIN,
        ),
        Row("messages per second, plain CSMS", f"{plain['msgs_per_s']:,.0f}"),
        Row("messages per second, Voltway", f"{ours['msgs_per_s']:,.0f}"),
        Row("p50 / p99, plain CSMS", f"{plain['p50_ms']:,.0f} / {plain['p99_ms']:,.0f} ms"),
        Row("p50 / p99, Voltway", f"{ours['p50_ms']:,.1f} / {ours['p99_ms']:,.1f} ms"),
        Row("  ratio of p99", f"{p99_ratio:.3f} x", f"< {P99_RATIO_MAX} x", p99_ratio < P99_RATIO_MAX),
        Row("errors in both", f"{errors}", "0", errors == 0),
        Row(
            "sessions and energy equal the ledger",
            f"{sessions:,} sessions, {energy_wh:,} Wh" if not ledgers else "they differ",
            "to the Wh",
            not ledgers,
        ),
    ]


def rows_of_memory(found: dict[str, Any]) -> list[Row]:
    figure, per_station = found["stations"], found["kb_per_station"]
    is_met = per_station < KB_PER_STATION_MAX and not found["errors"]
    return [
        Row(f"memory per idle station ({figure:,})", f"{per_station:.1f} kB", f"< {KB_PER_STATION_MAX} kB", is_met),
        Row("  without stations, with them", f"{found['rss_mb_without']:.0f} MB, {found['rss_mb_with']:.0f} MB"),
    ]


def rows_of_start(found: dict[str, Any]) -> list[Row]:
    slowest = max(found["seconds"])
    figure = f"{', '.join(f'{each:.2f}' for each in found['seconds'])} s"
    return [Row("start to first boot answered", figure, f"< {START_S_MAX} s", slowest < START_S_MAX)]


def rows_of_handshakes(found: dict[str, Any]) -> list[Row]:
    accepted, refused, storm = found["accepted"], found["refused"], found["storm"]
    let_in = accepted["statuses"].get("101", 0)
    others = sum(accepted["statuses"].values()) - let_in
    held_off = sum(number for status, number in storm["statuses"].items() if status != "101")
    all_back = "never" if storm["all_back_s"] is None else f"{storm['all_back_s']:.1f} s"
    return [
        Row("handshakes with a password per second", f"{accepted['per_s']:,.0f}"),
        Row("handshakes per CPU-second", f"{accepted['per_cpu_s']:,.0f}"),
        Row("  p50 / p99", f"{accepted['p50_ms']:.1f} / {accepted['p99_ms']:.1f} ms"),
        Row("  not let in", f"{others}", "0", others == 0),
        Row("wrong passwords refused per CPU-second", f"{refused['per_cpu_s']:,.0f}"),
        Row(
            "  let in with a wrong password",
            f"{refused['statuses'].get('101', 0)}",
            "0",
            refused["statuses"].get("101", 0) == 0,
        ),
        Row(f"storm of {found['stations']:,} stations: all back", all_back),
        Row("  told to come later, CPU seconds", f"{held_off:,}, {storm['cpu_s']:.1f} s"),
        Row("  left outside", f"{storm['left_outside']}", "0", storm["left_outside"] == 0),
    ]


def rows_of_rest(found: dict[str, Any]) -> list[Row]:
    ratio = found["ratio"]
    return [
        Row("p99 at 300 msgs/s, alone", f"{found['p99_ms_without']:.1f} ms"),
        Row("p99 at 300 msgs/s, 100 REST requests/s beside", f"{found['p99_ms_with']:.1f} ms"),
        Row("  ratio", f"{ratio:.2f} x", f"<= {REST_P99_RATIO_MAX} x", ratio <= REST_P99_RATIO_MAX),
        Row("REST p50 / p99", f"{found['rest_p50_ms']:.1f} / {found['rest_p99_ms']:.1f} ms"),
        Row("REST requests not answered with 200", f"{found['rest_not_ok']}", "0", found["rest_not_ok"] == 0),
    ]


def rows_of_access(found: dict[str, Any]) -> list[Row]:
    others = {status: number for status, number in found["statuses"].items() if status not in (200, 429)}
    told_to_wait = found["statuses"].get(429, 0)
    return [
        Row(f"log-ins by password per second, {found['clients']} at once", f"{found['log_ins_per_s']:.1f}"),
        Row("  told to come later", f"{told_to_wait}"),
        Row("  neither", f"{sum(others.values())}", "0", not others),
    ]


def rows_of_money(found: dict[str, Any]) -> list[Row]:
    rows = [
        Row(f"sessions priced per second ({found['readings']} readings each)", f"{found['priced_per_s']:,.0f}"),
        Row("ledger: facts posted per second", f"{found['postings_per_s']:,}"),
        Row("ledger: facts verified per second", f"{found['verified_per_s']:,}"),
    ]
    reports = found["reports"]
    if reports is None:
        return [*rows, Row("reports of a month", "no PostgreSQL here")]
    slowest = max(report["slowest_s"] for name, report in reports.items() if name.startswith("month_"))
    name = f"slowest report of a month among {reports['sessions']:,} sessions"
    return [*rows, Row(name, f"{slowest:.2f} s", f"< {MONTH_REPORT_S_MAX} s", slowest < MONTH_REPORT_S_MAX)]


def rows_of_stations(found: dict[str, Any]) -> list[Row]:
    kb, linked = found["kb_per_station"], found["linked"] == found["stations"]
    return [
        Row(
            f"memory per simulated station ({found['stations']:,}, {found['charging']:,} cars)",
            f"{kb:.1f} kB",
            f"< {SIMULATED_KB_MAX} kB",
            kb < SIMULATED_KB_MAX and linked,
        ),
        Row("simulated stations per core, all charging, by CPU", f"{found['stations_per_core']:,.0f}"),
        Row(
            f"event to contactor in the controller, {found['evses']} EVSEs, p50 / p99",
            f"{found['contactor_p50_ms']:.2f} / {found['contactor_p99_ms']:.2f} ms",
        ),
    ]


ROWS = {
    "messages": rows_of_messages,
    "memory": rows_of_memory,
    "start": rows_of_start,
    "handshakes": rows_of_handshakes,
    "rest": rows_of_rest,
    "access": rows_of_access,
    "stations": rows_of_stations,
    "money": rows_of_money,
}


def table(rows: list[Row]) -> str:
    verdicts = {None: "", True: "met", False: "MISSED"}
    name_width, figure_width, target_width = (max(len(str(row[column])) for row in rows) for column in range(3))
    return "\n".join(
        f"{row.name:<{name_width}}  {row.figure:>{figure_width}}  {row.target:>{target_width}}  {verdicts[row.is_met]}"
        for row in rows
    )


async def measure(parts: list[str], size: measures.Size, folder: Path) -> dict[str, Any]:
    """Everything that was asked for. Start and REST use the database of the first round of messages."""
    found: dict[str, Any] = {}
    data_dir = folder / "voltway-0" / "data"
    if {"messages", "start", "rest"} & set(parts):
        _say("messages: the two servers in turn")
        found["messages"] = await measures.throughput(folder, size)
    if "start" in parts:
        _say("start")
        found["start"] = await measures.start_time(data_dir, size)
    if "memory" in parts:
        _say("memory")
        place = folder / "memory"
        place.mkdir()
        found["memory"] = await measures.idle_memory(place, size)
    if "handshakes" in parts:
        _say("handshakes")
        place = folder / "handshakes"
        place.mkdir()
        found["handshakes"] = await handshakes.measure(
            place, stations=size.handshake_stations, duration_s=size.duration_s
        )
    if "access" in parts:
        _say("log-ins")
        place = folder / "access"
        place.mkdir()
        found["access"] = await access.measure(place, clients=8, seconds=size.duration_s)
    if "money" in parts:
        _say("money")
        place = folder / "money"
        place.mkdir()
        found["money"] = await money.measure(
            place, seconds=size.duration_s / 2, facts=size.facts, sessions=size.reported_sessions
        )
    if "stations" in parts:
        _say("the station's side")
        found["stations"] = await station_side.measure(size.simulated_stations, size.duration_s)
    if "rest" in parts:
        _say("REST beside the stations")
        found["rest"] = await measures.beside_rest(data_dir, size)
    return found


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text} …", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpus": os.cpu_count(),
        "load_average": [round(each, 2) for each in os.getloadavg()],
        "python": platform.python_version(),
        "system": platform.platform(),
        "voltway": version("voltway"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part (repeatable)")
    parser.add_argument("--folder", type=Path, help="for the databases; a temporary one if not given")
    options = parser.parse_args()
    parts, size = options.only or list(PARTS), QUICK if options.quick else FULL
    OUT.mkdir(exist_ok=True)
    before = machine()
    with tempfile.TemporaryDirectory(prefix="voltway-bench-", dir=options.folder) as folder:
        found = asyncio.run(measure(parts, size, Path(folder)))
    rows = [row for part in PARTS if part in found for row in ROWS[part](found[part])]
    missed = [row.name.strip() for row in rows if row.is_met is False]
    document = {"machine": before, "missed": missed, **found}
    file = OUT / f"bench-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.json"
    file.write_text(json.dumps(document, indent=1))
    print(json.dumps(document))
    print(f"\n{table(rows)}\n\n{file}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
