"""`voltway conformance`: play certification cases against a CSMS."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from voltway.station.conformance.case import PROTOCOLS
from voltway.station.conformance.operators import Driver, Nobody, Person, VoltwayDriver
from voltway.station.conformance.running import FAIL, NOT_APPLICABLE, PASS, Verdict, choose, play_case

EXIT_FAILED = 1
EXIT_WRONG_USE = 2
_STYLES = {PASS: "green", FAIL: "bold red", NOT_APPLICABLE: "dim"}


def conformance(
    url: Annotated[str, typer.Option(help="The CSMS without the identity, such as ws://localhost:9000/ocpp.")],
    protocol: Annotated[
        list[str] | None, typer.Option(help="ocpp1.6, ocpp2.0.1 or ocpp2.1; may be given again; all if not given.")
    ] = None,
    case: Annotated[list[str] | None, typer.Option(help="A case by its id; may be given again.")] = None,
    api: Annotated[str | None, typer.Option(help="A Voltway's REST address: lets it give orders.")] = None,
    api_key: Annotated[str | None, typer.Option(envvar="VOLTWAY_API_KEY", help="The key for --api.")] = None,
    ask: Annotated[bool, typer.Option(help="Ask a person to do what the CSMS must be told.")] = False,
    identity: Annotated[str, typer.Option(help="Without --api: the station's identity at the CSMS.")] = "CONFORMANCE",
    password: Annotated[str | None, typer.Option(help="Without --api: its HTTP Basic password.")] = None,
    token: Annotated[
        list[str] | None, typer.Option(help="Without --api: a known token, such as accepted=04AB or blocked=04AC.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write verdicts and wire logs here.")] = None,
    show_wire: Annotated[bool, typer.Option("--wire", help="Print the wire log of each case that failed.")] = False,
    data_dir: Annotated[str | None, typer.Option(hidden=True, help="Not needed; every command takes it.")] = None,
) -> None:
    """Play scripted stations against a CSMS, case by case, and say of each: pass, fail or not applicable.

    Exit code 1: a case failed. Exit code 2: an option is wrong.
    """
    console = Console()
    tokens = dict(pair.split("=", 1) for pair in token or () if "=" in pair)
    chosen = choose(protocol or PROTOCOLS, case or ())
    wrong = None
    if not url.startswith(("ws://", "wss://")):
        wrong = f"--url must begin with ws:// or wss://, not {url}"
    elif unknown := [name for name in protocol or () if name not in PROTOCOLS]:
        wrong = f"--protocol {unknown[0]} is unknown: choose from {', '.join(PROTOCOLS)}"
    elif not chosen:
        wrong = f"no case is called {', '.join(case or ())} in these protocols"
    elif api and not api_key:
        wrong = "--api needs --api-key"
    elif api and not api.startswith(("http://", "https://")):
        wrong = f"--api must begin with http:// or https://, not {api}"
    elif len(tokens) != len(token or ()):
        wrong = "--token is written STATUS=VALUE, each status once"
    if wrong:
        console.print(f"voltway conformance: {wrong}", style="red", soft_wrap=True, highlight=False, markup=False)
        raise typer.Exit(EXIT_WRONG_USE)
    driver: Driver
    if api and api_key:
        driver = VoltwayDriver(api, api_key)
    elif ask:
        driver = Person(identity, password, tokens, lambda text: console.print(text, style="bold yellow", markup=False))
    else:
        driver = Nobody(identity, password, tokens)

    async def main() -> list[Verdict]:
        return [await play_case(one, spoken, url, driver) for one, spoken in chosen]

    verdicts = uvloop.run(main()) if not ask else asyncio.run(main())
    console.print(_table(verdicts))
    if show_wire:
        for verdict in verdicts:
            if verdict.outcome == FAIL:
                console.print(f"\n{verdict.case.case_id} ({verdict.protocol})", style="bold", markup=False)
                for line in verdict.wire:
                    console.print(line, soft_wrap=True, highlight=False, markup=False)
    counts = {outcome: sum(verdict.outcome == outcome for verdict in verdicts) for outcome in _STYLES}
    console.print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    if json_file is not None:
        json_file.write_text(json.dumps([verdict.document() for verdict in verdicts], indent=1) + "\n")
    if counts[FAIL]:
        raise typer.Exit(EXIT_FAILED)


def _table(verdicts: list[Verdict]) -> Table:
    table = Table("case", "protocol", "verdict", "title", "why")
    for verdict in verdicts:
        outcome = f"[{_STYLES[verdict.outcome]}]{verdict.outcome}[/]"
        why = verdict.why.replace("[", r"\[")
        table.add_row(verdict.case.case_id, verdict.protocol, outcome, verdict.case.title, why)
    return table
