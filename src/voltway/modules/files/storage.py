"""Files on the disk: written piece by piece beside their place, and moved there when they are whole."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.files.settings import FilesSettings

IMAGES, UPLOADS, VISITS = "images", "uploads", "visits"
_PIECE_BYTES = 256 * 1024


class TooLarge(Exception):
    """More bytes than there may be."""


class Received(NamedTuple):
    """A file that is whole, at a place of its own yet."""

    draft: Path
    size_bytes: int
    sha256: str
    md5: str

    def differs_from(self, announced: dict[str, str]) -> str | None:
        """The name of a checksum that was announced and is another."""
        own = {"sha256": self.sha256, "md5": self.md5}
        return next((name for name, value in announced.items() if own.get(name) != value), None)

    async def keep_as(self, place: Path) -> None:
        """Move it to where it stays."""
        await asyncio.to_thread(self.draft.replace, place)

    async def drop(self) -> None:
        """It was for nothing."""
        await asyncio.to_thread(self.draft.unlink, missing_ok=True)


def place_of(runtime: Runtime, part: str, file_id: str) -> Path:
    """Where a file is: named by an id of ours, never by what anybody calls it."""
    return root(runtime) / part / file_id


def root(runtime: Runtime) -> Path:
    """The folder of all files."""
    named = runtime.settings(FilesSettings).folder
    return Path(named) if named else (runtime.data_dir or Path()) / "files"


async def receive(chunks: AsyncIterable[bytes], runtime: Runtime, part: str, bytes_max: int) -> Received:
    """Write a body to the disk. Raises TooLarge; whatever is raised, nothing is left behind."""
    draft = place_of(runtime, part, f".{new_id()}")
    await asyncio.to_thread(draft.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
    file = await asyncio.to_thread(draft.open, "xb")
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    def write(piece: bytes) -> None:
        file.write(piece)
        sha256.update(piece)
        md5.update(piece)

    size, waiting = 0, bytearray()
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > bytes_max:
                raise TooLarge
            waiting += chunk
            if len(waiting) >= _PIECE_BYTES:
                await asyncio.to_thread(write, bytes(waiting))
                waiting.clear()
        write(bytes(waiting))
        await asyncio.to_thread(_settle, file)
    except BaseException:
        file.close()
        draft.unlink(missing_ok=True)
        raise
    return Received(draft, size, sha256.hexdigest(), md5.hexdigest())


async def receive_file(path: Path, runtime: Runtime, part: str) -> Received:
    """A file that lies on the disk already becomes a draft of this part; where it lay it is no more."""
    draft = place_of(runtime, part, f".{new_id()}")

    def take() -> Received:
        draft.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.replace(draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
            sha256 = hashlib.file_digest(file, "sha256")
            file.seek(0)
            md5 = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        return Received(draft, draft.stat().st_size, sha256.hexdigest(), md5.hexdigest())

    return await asyncio.to_thread(take)


async def remove(runtime: Runtime, part: str, file_id: str) -> None:
    """Remove a file."""
    await asyncio.to_thread(place_of(runtime, part, file_id).unlink, missing_ok=True)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
