"""Where chains were seen to end, in files outside the database: what is cut off the end of a chain is missed.

The files of all chains lie in `audit/` in the data directory, one for each chain and machine. A file only moves along the chain
that it was on: if the row that it names is gone or another one, it stays as it is, for a verification to find.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec

from voltway.kernel.chains import NOTHING, End, seal_of

HashAt = Callable[[str, int], Awaitable[str | None]]
"""The hash of a row of an operator's chain; None if there is none."""


class _Anchor(msgspec.Struct):
    """What a file holds."""

    number: int
    hash: str
    seal: str


def folder(data_dir: Path) -> Path:
    """Where the files lie."""
    return data_dir / "audit"


def read(data_dir: Path | None, name: str) -> End | None:
    """Where a chain was seen to end; None if nothing has been written. A file that cannot be read is an end that is none."""
    if data_dir is None:
        return None
    try:
        found = msgspec.json.decode((folder(data_dir) / f"{name}.json").read_bytes(), type=_Anchor)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        return NOTHING
    return End(found.number, found.hash, found.seal)


async def move(
    data_dir: Path, ends: Mapping[str, End], hash_at: HashAt, key: bytes, name_of: Callable[[str], str]
) -> dict[str, int]:
    """Bring the files to where chains end, by operator. Those whose file stays where it is come back, each with the number of the
    row that is gone or another one."""
    broken: dict[str, int] = {}
    for operator_id, end in ends.items():
        before = read(data_dir, name_of(operator_id))
        if before is not None and before.number >= end.number:
            continue
        if before is not None and await hash_at(operator_id, before.number) != before.hash:
            broken[operator_id] = before.number
            continue
        sealed = end._replace(seal=seal_of(key, operator_id, end.number, end.hash))
        await asyncio.to_thread(_write, folder(data_dir), name_of(operator_id), sealed)
    return broken


def _write(place: Path, name: str, end: End) -> None:
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place / f".{name}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(end._asdict()))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(place / f"{name}.json")
