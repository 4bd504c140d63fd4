"""`voltway doctor`: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from voltway.app import settings
from voltway.app.cli.check import is_answering
from voltway.app.cli.options import Config, DataDir, finish
from voltway.app.doctor.checks import Entry, examine, worst
from voltway.app.doctor.findings import Grade

FAILS_AT = {False: (Grade.ERROR,), True: (Grade.ERROR, Grade.WARNING)}


def doctor(
    data_dir: DataDir = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    is_strict: Annotated[bool, typer.Option("--strict", help="Let warnings end with exit code 1 as well.")] = False,
) -> None:
    """Examine this installation: database, disk, files, ports, certificates, mail, payments, people. Changes nothing.

    Exit code 1: something is wrong. Works beside a running server.
    """
    configuration = settings.read(settings.Flags(data_dir, config))
    http = configuration.http
    entries = finish(examine(configuration, is_running=is_answering(http.host, http.port)))
    print(_as_json(entries) if as_json else as_table(entries))  # noqa: T201 - this is the command line's voice
    if worst(entries) in FAILS_AT[is_strict]:
        raise typer.Exit(1)


def _as_json(entries: list[Entry]) -> str:
    found = [
        {"check": each.check, "grade": each.finding.grade, "says": each.finding.says, "remedy": each.finding.remedy}
        for each in entries
    ]
    return json.dumps({"worst": worst(entries), "findings": found}, indent=2)


def as_table(entries: list[Entry]) -> str:
    """A line for each finding; below one that needs something done, what."""
    width = max((len(entry.check) for entry in entries), default=0)
    lines = []
    for check, finding in entries:
        lines.append(f"{finding.grade.upper():<8} {check:<{width}}  {finding.says}")
        if finding.remedy:
            lines.append(f"{'':<8} {'':<{width}}  -> {finding.remedy}")
    counts = {grade: sum(entry.finding.grade is grade for entry in entries) for grade in Grade}
    told = ", ".join(f"{count} {grade}" for grade, count in counts.items() if count)
    return "\n".join([*lines, "", told])
