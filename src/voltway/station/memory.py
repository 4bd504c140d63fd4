"""Small things that outlive a reboot, one file each: settings that the CSMS has changed, tokens, charging profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from voltway.station.queue.storage import write_atomically

log = structlog.get_logger()
T = TypeVar("T")


class FileMemory:
    """A folder with a JSON file for each name, written as a whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, name: str, value: object) -> None:
        """On the disk when it returns; a full disk keeps what was there before."""
        try:
            write_atomically(self._path(name), msgspec.json.encode(value))
        except OSError as error:
            log.error("station_memory.not_kept", name=name, reason=str(error))

    def load(self, name: str, kind: type[T]) -> T | None:
        """What was kept; None if there is nothing, or nothing that can be read."""
        try:
            return msgspec.json.decode(self._path(name).read_bytes(), type=kind)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            log.error("station_memory.unreadable", name=name, reason=str(error))
            return None

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
