"""The manifest of a backup: what is in it, byte for byte, and what it was taken from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

import msgspec

from voltway.app.errors import Unusable

FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1024 * 1024


class File(msgspec.Struct, frozen=True):
    """One file of a backup; `path` is relative to the backup, with slashes."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is. `schema` is the database's revision, `secret_fingerprint` says which secret belongs to it."""

    format: int = FORMAT
    voltway: str
    taken_at: datetime
    dialect: str
    schema: str
    secret_fingerprint: str
    files: tuple[File, ...]


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, as the last file of a backup."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    file = folder / MANIFEST
    file.touch(mode=0o600)
    file.write_bytes(content)


def read(folder: Path) -> Manifest:
    """The manifest of a backup. Raises Unusable if this is none, or one of a later program."""
    try:
        content = (folder / MANIFEST).read_bytes()
        said = msgspec.json.decode(content, type=dict[str, object]).get("format")
        if said != FORMAT:
            raise Unusable(
                f"The backup {folder} has the format {said}; this program knows {FORMAT}. Restore it with a newer one."
            )
        return msgspec.json.decode(content, type=Manifest)
    except OSError as error:
        raise Unusable(f"{folder} is no backup: its {MANIFEST} cannot be read ({error.strerror}).") from error
    except msgspec.MsgspecError as error:
        raise Unusable(f"{folder} is no backup: its {MANIFEST} is not one of ours.") from error


def verify(folder: Path) -> Manifest:
    """The manifest of a backup of which every byte is as it was. Raises Unusable with the first that is not."""
    manifest = read(folder)
    for file in manifest.files:
        _refuse_a_way_out(folder, file.path)
        place = folder / file.path
        if not place.is_file() or place.is_symlink():
            raise Unusable(f"The backup {folder} is not whole: {file.path} is missing.")
        if place.stat().st_size != file.size or digest_of(place) != file.sha256:
            raise Unusable(f"The backup {folder} is damaged: {file.path} is not as it was.")
    known = {MANIFEST, *(file.path for file in manifest.files)}
    for name, _ in walk(folder):
        if name not in known:
            raise Unusable(f"The backup {folder} holds {name}, which is not in its manifest.")
    return manifest


def _refuse_a_way_out(folder: Path, name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise Unusable(f"The backup {folder} names a file outside itself: {name}.")


def describe(folder: Path) -> tuple[File, ...]:
    """Every file in a folder, by its path."""
    return tuple(File(name, file.stat().st_size, digest_of(file)) for name, file in walk(folder))


def walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files in a folder and below, with their paths in it, in order."""
    for file in sorted(folder.rglob("*")):
        if not file.is_dir():
            yield file.relative_to(folder).as_posix(), file


def digest_of(file: Path) -> str:
    """SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
