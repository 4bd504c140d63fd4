"""The file under the queue: room is taken from the disk ahead of what is written, so that a full disk is met by an answer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class Storage(Protocol):
    """Octets on a disk. Everything raises OSError if the disk refuses, and has then changed nothing but what is said."""

    def read(self) -> bytes:
        """All of it."""

    def write(self, at: int, octets: bytes) -> None:
        """Write in place, inside the room that there is; on the disk when it returns. A cut may leave any part of it."""

    def make_room(self, size: int) -> None:
        """Have room up to `size` octets, zeros as far as they are new."""

    @property
    def room(self) -> int:
        """How many octets may be written without asking for more room."""

    def replace(self, octets: bytes, size: int) -> None:
        """Have these octets, and zeros up to `size`, instead of all there was: either everything or nothing."""


class FileStorage:
    """One file. Raises OSError if it cannot be opened or made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        is_new = not path.exists()
        self._number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if is_new:
            sync_folder(path.parent)

    def read(self) -> bytes:
        """All of it."""
        return os.pread(self._number, self.room, 0)

    def write(self, at: int, octets: bytes) -> None:
        """In place, synced."""
        view = memoryview(octets)
        while view:
            done = os.pwrite(self._number, view, at)
            view, at = view[done:], at + done
        os.fdatasync(self._number)

    def make_room(self, size: int) -> None:
        """Real blocks, not a hole: what is written there later needs nothing from the disk."""
        have = self.room
        if size > have:
            _allocate(self._number, have, size - have)
            os.fsync(self._number)

    @property
    def room(self) -> int:
        """The file's size."""
        return os.fstat(self._number).st_size

    def replace(self, octets: bytes, size: int) -> None:
        """By a second file and a change of names."""
        beside = self._path.with_name(self._path.name + ".new")
        number = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _allocate(number, 0, size)
            os.pwrite(number, octets, 0)
            os.fsync(number)
            beside.replace(self._path)
        except BaseException:
            os.close(number)
            beside.unlink(missing_ok=True)
            raise
        sync_folder(self._path.parent)
        os.close(self._number)
        self._number = number

    def close(self) -> None:
        """Let the file go."""
        os.close(self._number)


def write_atomically(path: Path, octets: bytes) -> None:
    """A small file as a whole: either what was there or these octets, whenever power is cut."""
    beside = path.with_name(path.name + ".new")
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(number, octets)
        os.fsync(number)
    finally:
        os.close(number)
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _allocate(number: int, at: int, length: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(number, at, length)
    else:  # macOS, for development: zeros take their blocks as well
        os.pwrite(number, bytes(length), at)
