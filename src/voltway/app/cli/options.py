"""The options that commands share, and how a command gets at the installation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy.exc import DBAPIError

from voltway.app import settings
from voltway.app.errors import Unusable
from voltway.app.installation import Installation, open_installation
from voltway.app.schema import reason_of
from voltway.kernel.bus import outbox
from voltway.kernel.database import Tx, is_unavailable
from voltway.kernel.log import configure_logging

T = TypeVar("T")

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Where the database and the secret lie. [env: VOLTWAY_DATA_DIR; default: data]",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="The settings file. [env: VOLTWAY_CONFIG; default: voltway.toml here or in the data directory]",
    ),
]
OperatorSlug = Annotated[str, typer.Option("--operator", metavar="SLUG", help="Which operator.")]


@asynccontextmanager
async def opened(data_dir: Path | None, config: Path | None) -> AsyncIterator[Installation]:
    """The installation, open while the block runs; it works beside a running server."""
    installation = await open_installation(settings.read(settings.Flags(data_dir, config), modules=()))
    installation.database.before_commit = _publish
    try:
        yield installation
    finally:
        await installation.database.close()


async def _publish(tx: Tx) -> None:
    """What a command has done is told by the server that runs, or by the next one."""
    await outbox.store(tx, tx.events)


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end, with warnings only in the log. Raises Unusable if the database is in the way."""
    configure_logging("warning")
    try:
        return asyncio.run(work)
    except DBAPIError as error:
        if not is_unavailable(error):
            raise
        raise Unusable(f"The database does not take this now: {reason_of(error)}.") from error
