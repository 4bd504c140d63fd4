"""`voltway station`: run the controller of a charging station, or check its configuration."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from voltway.kernel.errors import StartUpError
from voltway.station.config import read_config
from voltway.station.hardware.ports import HardwareLost
from voltway.station.program import StationProgram
from voltway.station.register_file import RegisterBroken

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)

Config = Annotated[Path, typer.Option(help="The station's configuration, a TOML file.")]
DataDir = Annotated[str | None, typer.Option(hidden=True, help="Not needed; every command takes it.")]


@app.callback()
def station() -> None:
    """The controller of a charging station (AC)."""


@app.command()
def run(config: Config = Path("station.toml"), data_dir: DataDir = None) -> None:
    """Run the station until Ctrl-C or SIGTERM. Exit code 2: the configuration is wrong, or hardware is not there."""

    async def work() -> None:
        program = asyncio.ensure_future(StationProgram(settings).run())
        loop = asyncio.get_running_loop()
        for number in (
            signal.SIGINT,
            signal.SIGTERM,
        ):  # a service manager, or a shell in the background, sends no Ctrl-C
            loop.add_signal_handler(number, program.cancel)
        with suppress(asyncio.CancelledError):
            await program

    settings = read_config(config)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(work())
    except (ExceptionGroup, HardwareLost, RegisterBroken, OSError) as error:
        cause = _first(error)
        if not isinstance(cause, HardwareLost | RegisterBroken | OSError):
            raise
        raise StartUpError(str(cause)) from error


def _first(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


@app.command()
def check(config: Config = Path("station.toml"), data_dir: DataDir = None) -> None:
    """Say whether the configuration is right, and what it amounts to."""
    settings = read_config(config)
    typer.echo(f"{config} is right: {len(settings.evses)} EVSE, data in {settings.data_dir}")
