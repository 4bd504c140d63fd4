"""`voltway simulate`: a fleet of simulated stations on the command line."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
import uvloop
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from voltway.kernel.clock import to_rfc3339
from voltway.station.ocpp.dialects import DIALECTS
from voltway.station.ocpp.vocabulary import GUEST_TOKEN, IdToken
from voltway.station.simulator.fleet import CannotConnect, Fleet, Snapshot
from voltway.station.simulator.ledger import Difference, PlatformSession, compare, of_this_run
from voltway.station.simulator.makes import MAKES, build_specs
from voltway.station.simulator.platform import PlatformUnreachable, fetch_sessions
from voltway.station.simulator.quirks import QUIRKS
from voltway.station.simulator.report import document
from voltway.station.simulator.scenarios import SCENARIOS

EXIT_DIFFERENT = 1
EXIT_WRONG_USE = 2
PAINT_S = 0.5
PLAIN_LINE_S = 5.0
DIFFERENCES_SHOWN_MAX = 50
# The platform may correct a station's clock, or keep seconds only.
SINCE_MARGIN = timedelta(minutes=1)


def simulate(
    url: Annotated[str, typer.Option(help="The CSMS without the identity, such as ws://localhost:9000/ocpp.")],
    stations: Annotated[int, typer.Option(min=1, max=10_000, help="How many stations.")] = 10,
    protocol: Annotated[
        str | None, typer.Option(help="ocpp1.6, ocpp2.0.1 or ocpp2.1; all in turn if not given.")
    ] = None,
    scenario: Annotated[str, typer.Option(help=f"One of: {', '.join(SCENARIOS)}.")] = "steady",
    speed: Annotated[float, typer.Option(min=0.01, max=3600, help="Virtual seconds in one true second.")] = 1.0,
    duration: Annotated[float | None, typer.Option(min=0.1, help="End after so many true seconds.")] = None,
    sessions: Annotated[int | None, typer.Option(min=1, help="End when so many cars came to each EVSE.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed draws the same drivers.")] = None,
    password: Annotated[str | None, typer.Option(help="HTTP Basic password of every station.")] = None,
    make: Annotated[
        list[str] | None, typer.Option(help=f"Which makes; may be given again: {', '.join(MAKES)}.")
    ] = None,
    quirk: Annotated[
        list[str] | None, typer.Option(help=f"What all stations do wrong; may be given again: {', '.join(QUIRKS)}.")
    ] = None,
    id_template: Annotated[str, typer.Option(help="Identities; {n} is the station's number.")] = "SIM-{n:05d}",
    id_token: Annotated[
        list[str] | None, typer.Option(help=f"What drivers present; may be given again.  [default: {GUEST_TOKEN}]")
    ] = None,
    api: Annotated[str | None, typer.Option(help="The platform's REST address: compare with it at the end.")] = None,
    api_key: Annotated[str | None, typer.Option(envvar="VOLTWAY_API_KEY", help="The key for --api.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write each station's own ledger, and the comparison, to this file as JSON.")
    ] = None,
    data_dir: Annotated[str | None, typer.Option(hidden=True, help="Not needed; every command takes it.")] = None,
) -> None:
    """Run simulated charging stations against a CSMS, and compare their ledger with the platform's at the end.

    Exit code 1: the ledgers differ. Exit code 2: the server cannot be reached, or an option is wrong.
    """
    console = Console()
    wrong = _wrong_use(url, protocol, scenario, id_template, stations, api, api_key)
    wrong = wrong or _wrong_names(make or (), quirk or ()) or _wrong_file(report)
    if wrong:
        console.print(f"voltway simulate: {wrong}", style="red", soft_wrap=True, highlight=False, markup=False)
        raise typer.Exit(EXIT_WRONG_USE)
    drawn_seed = seed if seed is not None else int.from_bytes(os.urandom(4), "big")
    rng = random.Random(drawn_seed)
    makes = make or SCENARIOS[scenario].makes
    try:
        specs = build_specs(stations, protocol, id_template, password, rng, makes, quirk or ())
    except ValueError as error:
        console.print(f"voltway simulate: {error}", style="red", soft_wrap=True, highlight=False, markup=False)
        raise typer.Exit(EXIT_WRONG_USE) from error
    tokens = [IdToken(value) for value in id_token or [GUEST_TOKEN]]
    console.print(f"{len(specs)} stations, scenario {scenario}, speed {speed:g}, seed {drawn_seed}: {url}")

    async def main() -> int:
        fleet = Fleet(specs, url, SCENARIOS[scenario], rng, tokens=tokens, speed=speed, visits_max=sessions)
        try:
            await _run(fleet, duration, console)
        except CannotConnect as error:
            console.print(f"voltway simulate: {error}", style="red", soft_wrap=True, highlight=False, markup=False)
            return EXIT_WRONG_USE
        _conclude(fleet, console)
        found = await _compare(fleet, api, api_key, console)
        if report is not None:
            run = {"url": url, "scenario": scenario, "seed": drawn_seed, "speed": speed}
            run |= {"began_at": to_rfc3339(fleet.began_at), "ended_at": to_rfc3339(fleet.clock.now())}
            undelivered = fleet.snapshot().undelivered
            text = document(run, specs, fleet.ledger, undelivered, found.platform, found.differences)
            report.write_text(json.dumps(text, indent=1) + "\n")
            console.print(f"Report: {report}", soft_wrap=True, highlight=False, markup=False)
        return found.code

    code = uvloop.run(main())
    if code:
        raise typer.Exit(code)


def _wrong_use(
    url: str, protocol: str | None, scenario: str, id_template: str, stations: int, api: str | None, key: str | None
) -> str | None:
    """What is wrong with the options, in one line, if anything is."""
    if not url.startswith(("ws://", "wss://")):
        return f"--url must begin with ws:// or wss://, not {url}"
    if protocol is not None and protocol not in DIALECTS:
        return f"--protocol {protocol} is unknown: choose from {', '.join(DIALECTS)}"
    if scenario not in SCENARIOS:
        return f"--scenario {scenario} is unknown: choose from {', '.join(SCENARIOS)}"
    try:
        first, last = id_template.format(n=1), id_template.format(n=2)
    except (KeyError, IndexError, ValueError):
        return f"--id-template {id_template} is no template: write the number as {{n}} or {{n:05d}}"
    if stations > 1 and first == last:
        return f"--id-template {id_template} gives every station the same identity: write {{n}} into it"
    if api is not None and not key:
        return "--api needs --api-key, or VOLTWAY_API_KEY in the environment"
    return None


def _wrong_names(makes: Sequence[str], quirks: Sequence[str]) -> str | None:
    for option, names, known in (("--make", makes, MAKES), ("--quirk", quirks, QUIRKS)):
        if unknown := [name for name in names if name not in known]:
            return f"{option} {unknown[0]} is unknown: choose from {', '.join(known)}"
    return None


def _wrong_file(report: Path | None) -> str | None:
    """Better at the beginning than after hours."""
    if report is not None and not (
        report.parent.is_dir() and os.access(report.parent, os.W_OK) and not report.is_dir()
    ):
        return f"--report {report} cannot be written: its folder must be there, and must let us write"
    return None


class _Found(NamedTuple):
    """What came of the comparison; `platform` None: it was not asked, or did not answer."""

    code: int
    platform: list[PlatformSession] | None = None
    differences: list[Difference] = []  # noqa: RUF012  (nobody changes it)


async def _run(fleet: Fleet, duration_s: float | None, console: Console) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if duration_s is not None:
        loop.call_later(duration_s, stop.set)
    progress = loop.create_task(_show(fleet, stop, console))
    try:
        await fleet.run(stop, is_failing_fast=True)
    finally:
        progress.cancel()
        await asyncio.gather(progress, return_exceptions=True)


async def _show(fleet: Fleet, stop: asyncio.Event, console: Console) -> None:
    """A table that repaints itself on a terminal, a line now and then elsewhere."""
    if not console.is_terminal:
        while True:
            await asyncio.sleep(PLAIN_LINE_S)
            console.print(_line(fleet.snapshot()), soft_wrap=True, highlight=False)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            hint = "leaving, delivering what is queued …" if stop.is_set() else "Ctrl-C ends it"
            live.update(Group(_table(fleet.snapshot()), hint), refresh=True)
            await asyncio.sleep(PAINT_S)


def _rows(now: Snapshot) -> tuple[tuple[str, str], ...]:
    return (
        ("online", f"{now.online}/{now.stations}"),
        ("not accepted", str(now.waiting)),
        ("charging", str(now.active)),
        ("done", str(now.done)),
        ("messages", str(now.messages)),
        ("queued", str(now.undelivered)),
        ("energy", f"{now.energy_wh / 1000:.1f} kWh"),
        ("errors", str(now.errors)),
    )


def _line(now: Snapshot, is_final: bool = False) -> str:
    rows = _rows(now)[2:] if is_final else _rows(now)  # at the end nobody is there
    return "  ".join(f"{name} {value}" for name, value in rows)


def _table(now: Snapshot) -> Table:
    rows = _rows(now)
    table = Table(*(name for name, _ in rows))
    table.add_row(*(value for _, value in rows))
    return table


def _conclude(fleet: Fleet, console: Console) -> None:
    """What is worth knowing after the end, beside the figures."""
    counters = fleet.counters
    console.print(_line(fleet.snapshot(), is_final=True), soft_wrap=True, highlight=False)
    for name, count in sorted(counters.refusals.items()):
        console.print(f"  {count} × {name}", highlight=False, markup=False)
    if counters.connect_failure is not None:
        console.print(f"  {counters.connect_failures} × {counters.connect_failure}", highlight=False, markup=False)
    if counters.denials:
        hint = "" if fleet.ledger.entries else ": does the platform know their token (--id-token)?"
        console.print(f"  {counters.denials} drivers were refused{hint}", highlight=False, markup=False)


async def _compare(fleet: Fleet, api: str | None, key: str | None, console: Console) -> _Found:
    if api is None or not key:
        console.print("The platform's sessions were not compared: give --api and --api-key for that.")
        return _Found(0)
    try:
        lasted = fleet.clock.now() - fleet.began_at
        found = await fetch_sessions(api, key, fleet.began_at - SINCE_MARGIN - lasted)
    except PlatformUnreachable as error:
        console.print(f"voltway simulate: {error}", style="red", soft_wrap=True, highlight=False, markup=False)
        return _Found(EXIT_WRONG_USE)
    platform = of_this_run(fleet.ledger, found, fleet.began_at - SINCE_MARGIN)
    identities = frozenset(station.spec.identity.casefold() for station in fleet.stations)
    differences = compare(fleet.ledger, platform, identities)
    if not differences:
        wh = fleet.ledger.energy_wh
        console.print(f"Ledger and platform agree: {len(fleet.ledger.entries)} sessions, {wh} Wh.", style="green")
        return _Found(0, platform)
    _show_differences(differences, console)
    return _Found(EXIT_DIFFERENT, platform, differences)


def _show_differences(differences: list[Difference], console: Console) -> None:
    table = Table("station", "transaction", "field", "ledger", "platform", title="Ledger and platform differ")
    for one in differences[:DIFFERENCES_SHOWN_MAX]:
        table.add_row(one.station_identity, one.transaction_id, one.field, one.ledger, one.platform)
    console.print(table)
    hidden = len(differences) - DIFFERENCES_SHOWN_MAX
    console.print(f"{len(differences)} differences" + (f", {hidden} of them not shown" if hidden > 0 else ""))
