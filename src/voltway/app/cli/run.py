"""`voltway run`: the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
import uvloop

from voltway.app import settings
from voltway.app.catalog import MODULES
from voltway.app.cli.announcement import announcement
from voltway.app.cli.options import Config, DataDir
from voltway.app.process import Process, running, until_signalled
from voltway.app.settings import Configuration, address_flag
from voltway.kernel.errors import StartUpError
from voltway.kernel.log import configure_logging


def run(
    modules: Annotated[
        list[str] | None, typer.Argument(metavar="[MODULE]...", help=f"Only these modules, of: {', '.join(MODULES)}.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where the console and the API are served.")
    ] = None,
    ocpp: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where stations connect; 0.0.0.0:9000 lets real ones in.")
    ] = None,
    ocpps: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Where stations connect over TLS; without a certificate set, one of our own is made.",
        ),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Run a demo network in a database of its own.")] = False,
) -> None:
    """Start Voltway; Ctrl-C ends it."""
    if demo and modules:
        raise StartUpError("The demo network needs all modules: leave out --demo, or the list of modules.")
    chosen = tuple(modules or MODULES)
    given = address_flag("--http", "http", http) | address_flag("--ocpp", "gateway", ocpp)
    given |= address_flag("--ocpps", "gateway.tls", ocpps)
    configuration = settings.read(
        settings.Flags(data_dir, config, given, settings.DEMO_DATA_DIR if demo else settings.DATA_DIR), chosen
    )
    if demo:
        from voltway.app.demo.playing import for_demo  # the simulator is only loaded where it plays

        configuration = for_demo(configuration)
    configure_logging(configuration.log.level, configuration.log.format)
    uvloop.run(_serve(configuration, chosen, is_demo=demo))


async def _serve(configuration: Configuration, modules: tuple[str, ...], *, is_demo: bool) -> None:
    async with running(configuration, modules, is_demo=is_demo) as process, _network(process, is_playing=is_demo):
        print(await announcement(process), flush=True)  # noqa: T201
        await until_signalled()


@asynccontextmanager
async def _network(process: Process, *, is_playing: bool) -> AsyncIterator[None]:
    """The demo network while the block runs, or nothing."""
    if not is_playing:
        yield
        return
    from voltway.app.demo.playing import playing

    async with playing(process):
        yield
