"""The table of commands, and how each of them ends: a mistake is one line on the standard error stream, and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from voltway.app.errors import exit_code_of
from voltway.kernel.errors import Problem, StartUpError

COMMANDS: Mapping[str, str] = {
    "run": "voltway.app.cli.run:run",
    "cluster": "voltway.app.cli.cluster:cluster",
    "check": "voltway.app.cli.check:check",
    "doctor": "voltway.app.cli.doctor:doctor",
    "backup": "voltway.app.cli.backup:backup",
    "restore": "voltway.app.cli.backup:restore",
    "settle-restore": "voltway.app.cli.backup:settle_restore",
    "migrate": "voltway.app.cli.migrate:migrate",
    "admin": "voltway.app.cli.admin:app",
    "operator": "voltway.app.cli.operator:app",
    "api-key": "voltway.app.cli.api_key:app",
    "audit": "voltway.app.cli.audit:app",
    "ledger": "voltway.app.cli.ledger:app",
    "mqtt-acl": "voltway.app.cli.mqtt_acl:mqtt_acl",
    "tariff": "voltway.app.cli.tariff:tariff",
    "openapi": "voltway.app.cli.openapi:openapi",
    "station": "voltway.station.cli:app",
    "simulate": "voltway.station.simulator.cli:simulate",
    "conformance": "voltway.station.conformance.cli:conformance",
}
"""What each command is: a function, or an application of Typer with commands of its own."""

EXTRA_OF = {"station": "station", "simulate": "station", "conformance": "station"}
"""The extra that a command needs; the others need `cloud`."""

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
STYLE: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}


class Commands(TyperGroup):
    """A group that imports a command when somebody asks for it."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        place = COMMANDS.get(cmd_name)
        return None if place is None else _load(cmd_name, place)


def _load(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("voltway"):
            raise
        extra = EXTRA_OF.get(name, "cloud")
        raise StartUpError(
            f"`voltway {name}` needs the package {error.name}. Install the extra: pip install 'voltway[{extra}]'"
        ) from error
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(**STYLE)
        found.command(name)(function)
    command = typer.main.get_command(found)
    command.name = name
    return command


app = typer.Typer(cls=Commands, **STYLE)


@app.callback()
def voltway() -> None:
    """The software of an EV charging network.

    Settings come from flags, then the environment (VOLTWAY_DATABASE__URL and so on), then voltway.toml.
    """


def main() -> NoReturn:
    """The entry point `voltway`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command; its exit code: 1 when something is in the way, 2 when it was said wrongly."""
    try:
        code = app(arguments or ["--help"], prog_name="voltway", standalone_mode=False)
    except TyperException as error:
        context = getattr(error, "ctx", None)
        about = context.command_path if context is not None else "voltway"
        return say(f"{error.format_message().rstrip('.')}. See: {about} --help", 2)
    except StartUpError as error:
        return say(str(error), exit_code_of(error))
    except Problem as problem:
        return say(problem.detail, 1)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def say(line: str, code: int) -> int:
    """Write one line to the standard error stream; gives the exit code back."""
    print(f"voltway: {line}", file=sys.stderr)  # noqa: T201 - this is the command line's voice
    return code
