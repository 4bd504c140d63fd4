"""`voltway backup`, `voltway restore` and `voltway settle-restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from voltway.app import settings
from voltway.app.backup import contents, restoring, taking
from voltway.app.cli.check import is_answering
from voltway.app.cli.options import Config, DataDir, finish
from voltway.app.errors import Unusable
from voltway.app.settings import Configuration
from voltway.kernel.errors import StartUpError

BACKUPS = "backups"


def backup(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Where the backup's folder is made; default: backups.")
    ] = None,
    verify: Annotated[
        Path | None, typer.Option("--verify", metavar="BACKUP", help="Only see whether this backup is whole.")
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Back up the database, the files, the keys and the secret, beside a running server. Prints the backup's folder.

    The folder holds every secret of the installation: keep it as safe as the installation itself.
    """
    if verify is not None:
        manifest = contents.verify(verify)
        print(f"{verify} is whole: {len(manifest.files)} files of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC.")  # noqa: T201
        return
    configuration = settings.read(settings.Flags(data_dir, config))
    folder, _ = finish(taking.take(configuration, to or Path(BACKUPS)))
    print(folder)  # noqa: T201


def restore(
    backup: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder that `voltway backup` has made.")],
    force: Annotated[
        bool,
        typer.Option("--force", help="Move aside what is there. A database on a server must be empty all the same."),
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Bring a backup back, to where the settings say. Stop the server first."""
    configuration = settings.read(settings.Flags(data_dir, config))
    _refuse_beside_a_server(configuration)
    manifest = finish(restoring.restore(configuration, backup, may_overwrite=force))
    print(f"Restored as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC. Everybody must log in again.")  # noqa: T201


def settle_restore(
    at: Annotated[
        str, typer.Option("--at", metavar="TIME", help="From when the data is, such as 2026-05-01T12:00:00Z.")
    ],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """After the database was recovered by its own means (PITR): do what must follow, before the server starts. Once."""
    configuration = settings.read(settings.Flags(data_dir, config))
    _refuse_beside_a_server(configuration)
    try:
        taken_at = datetime.fromisoformat(at)
    except ValueError as error:
        raise StartUpError(f"--at {at} is no time. Write it so: --at 2026-05-01T12:00:00Z") from error
    taken_at = taken_at.replace(tzinfo=UTC) if taken_at.tzinfo is None else taken_at.astimezone(UTC)
    finish(restoring.settle(configuration, taken_at))
    restoring.set_anchors_aside(configuration)
    print("Settled. Everybody must log in again; the server may start.")  # noqa: T201


def _refuse_beside_a_server(configuration: Configuration) -> None:
    http = configuration.http
    if http.port and is_answering(http.host, http.port):
        raise Unusable(f"A server is running at {http.host}:{http.port}. Stop every server of this installation first.")
