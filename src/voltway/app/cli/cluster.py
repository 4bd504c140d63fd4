"""`voltway cluster`: several processes of one installation on one machine, with no containers."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from voltway.app import settings
from voltway.app.catalog import MODULES
from voltway.app.cli.options import Config, DataDir
from voltway.app.installation import connect, open_installation
from voltway.app.process import listen
from voltway.app.settings import address_flag
from voltway.app.supervisor import Plan, Supervisor
from voltway.kernel.errors import StartUpError
from voltway.kernel.log import configure_logging


def cluster(
    gateways: Annotated[int, typer.Option(min=1, max=64, help="Processes that stations connect to.")] = 2,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes with the API and all other work.")] = 1,
    data_dir: DataDir = None,
    config: Config = None,
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where the console and the API are served.")
    ] = None,
    ocpp: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where stations connect, to any gateway.")
    ] = None,
) -> None:
    """Start several processes that share the work; Ctrl-C ends all, SIGHUP restarts them one after the other."""
    given = address_flag("--http", "http", http) | address_flag("--ocpp", "gateway", ocpp)
    configuration = settings.read(settings.Flags(data_dir, config, given), MODULES)
    if connect(configuration).dialect == "sqlite":
        raise StartUpError(
            "Several processes need a database server, and this is SQLite. Set VOLTWAY_DATABASE__URL, for example to "
            "postgresql://voltway:password@localhost/voltway; one process is: voltway run"
        )
    configure_logging(configuration.log.level, configuration.log.format)
    listen(configuration.http).close()  # before anything is started: the port belongs to nobody else
    asyncio.run(_prepare(configuration))
    plan = Plan.of(configuration, gateways=gateways, workers=workers)
    asyncio.run(Supervisor(plan).run())


async def _prepare(configuration: settings.Configuration) -> None:
    """Make the schema and the secret once, rather than by all processes at once. Raises StartUpError."""
    installation = await open_installation(configuration)
    await installation.database.close()
