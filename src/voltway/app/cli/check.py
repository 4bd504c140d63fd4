"""`voltway check`: would this start? Settings, database, schema, secret and ports, looked at without changing anything."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import typer

from voltway.app import installation, schema, settings
from voltway.app.cli.options import Config, DataDir
from voltway.app.errors import Unusable
from voltway.app.process import bind
from voltway.app.schema import Age
from voltway.app.settings import Configuration
from voltway.kernel.errors import StartUpError
from voltway.kernel.settings import shown
from voltway.modules.gateway.settings import GatewaySettings


class Finding(NamedTuple):
    """One line of the report."""

    subject: str
    is_good: bool
    says: str


def check(data_dir: DataDir = None, config: Config = None) -> None:
    """Say whether the server would start: settings, database, schema and ports. Changes nothing.

    Exit code 1: something is in the way. Exit code 2: a setting is wrong.
    """
    configuration = settings.read(settings.Flags(data_dir, config))
    findings = list(report(configuration))
    for finding in findings:
        print(f"{'ok ' if finding.is_good else 'NO '} {finding.subject:<9} {finding.says}")  # noqa: T201
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(1)


def report(configuration: Configuration) -> Iterator[Finding]:
    """What there is to say, subject by subject."""
    gateway = configuration.section(GatewaySettings)
    http = configuration.http
    yield Finding("settings", True, f"from {configuration.file}" if configuration.file else "no settings file")
    for given in configuration.given.values():
        yield Finding("settings", True, f"{given.written}{shown(given)} (set in {given.source})")
    yield _finding("database", lambda: _database(configuration))
    yield _finding("secret", lambda: _secret(configuration.secret_file))
    is_running = is_answering(http.host, http.port)
    for subject, host, port, flag in (
        ("http", http.host, http.port, "--http"),
        ("ocpp", gateway.host, gateway.port, "--ocpp"),
    ):
        if is_running:
            yield Finding(subject, True, f"{host}:{port}, a server is running")
        else:
            yield _finding(subject, lambda host=host, port=port, flag=flag: _port(host, port, flag))  # type: ignore[misc]


def _finding(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, look())
    except StartUpError as error:
        return Finding(subject, False, str(error))


def _database(configuration: Configuration) -> str:
    file = installation.sqlite_file(configuration)
    if file is not None and not file.exists():
        return f"{file} is made at the first start"
    return asyncio.run(_look(configuration))


async def _look(configuration: Configuration) -> str:
    database = installation.connect(configuration)
    try:
        found = await schema.look(database)
    finally:
        await database.close()
    schema.refuse_what_is_not_ours(found, database)
    where = schema.address_of(database)
    if found.age is Age.OLDER and database.dialect != "sqlite":
        raise Unusable(f"{where} has schema {found.revision}, {schema.revisions()[-1]} is needed. Run: voltway migrate")
    return f"{where}, schema {found.revision or 'none yet'} ({found.age.value})"


def _secret(file: Path) -> str:
    secret = installation.read_secret(file)
    return f"{file} is made at the first start" if secret is None else str(file)


def is_answering(host: str, port: int) -> bool:
    """Whether a server of ours has the REST port already."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    named = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    try:
        with opener.open(f"http://{named}:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError, urllib.error.HTTPError):
        return False


def _port(host: str, port: int, flag: str) -> str:
    bind(host, port, flag=flag).close()
    return f"{host}:{port} is free"
