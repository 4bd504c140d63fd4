"""`voltway mqtt-acl`: Mosquitto's files of who may say what."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from voltway.app import settings
from voltway.app.cli.options import Config, DataDir, finish, opened
from voltway.app.errors import Unusable
from voltway.modules.gateway.mqtt_access import write_access_sheet, write_acl, write_passwords
from voltway.modules.gateway.settings import GatewaySettings
from voltway.modules.stations.store import stations

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that gets acl, passwd and stations.csv.")]


def mqtt_acl(folder: Folder, data_dir: DataDir = None, config: Config = None) -> None:
    """Write Mosquitto's acl and passwd for all stations, and stations.csv: what is to be set at each of them.

    Run it again when stations or their passwords have changed, and have Mosquitto read the files again (SIGHUP). Mosquitto needs
    `use_username_as_clientid true`. stations.csv holds passwords: it is for whoever sets the stations up, not for the broker.
    """
    texts = finish(_describe(data_dir, config))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            print(_replace(folder / name, text))  # noqa: T201 - this is the command line's voice
    except OSError as error:
        raise Unusable(f"The files cannot be written to {folder}: {error.strerror}. Choose another folder.") from error


async def _describe(data_dir: Path | None, config: Path | None) -> dict[str, str]:
    """The files' names and texts."""
    mqtt = settings.read(settings.Flags(data_dir, config), modules=("gateway",)).section(GatewaySettings).mqtt
    async with opened(data_dir, config) as installation, installation.database.read() as tx:
        credentials = await stations.credentials(tx)
    return {
        "acl": write_acl(mqtt, credentials),
        "passwd": write_passwords(mqtt, credentials, installation.secret),
        "stations.csv": write_access_sheet(mqtt, credentials, installation.secret),
    }


def _replace(file: Path, text: str) -> Path:
    """A file with new contents, at once whole and for its owner's eyes only."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    fresh.replace(file)
    return file
