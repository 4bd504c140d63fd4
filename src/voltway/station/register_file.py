"""A register of energy that only grows and survives a power cut at any moment: two slots on disk, written in turn.

Each slot is one short line with its own check, written in place and synced. A cut while one is written leaves the other, so what
is read back is the last value or the one before it, never a broken one and never less than what was said before the last write.
"""

from __future__ import annotations

import os
from pathlib import Path
from zlib import crc32

SLOT = 64


class RegisterBroken(Exception):
    """Neither slot of a register's file can be read: what it said is not known, and must not be guessed."""


class RegisterFile:
    """The two slots. Every `write` is on the disk when it returns. `beside` is one more number that is kept in step with it."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file. Raises RegisterBroken for one without a whole slot, OSError if the disk refuses."""
        is_new = not path.exists()
        self._number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if is_new:
                # Both slots at once: a disk that is full later has no say in it.
                os.pwrite(self._number, _line(0, 0, 0) * 2, 0)
                os.fdatasync(self._number)
                _sync_folder(path.parent)
            slots = [_parsed(os.pread(self._number, SLOT, at * SLOT)) for at in range(2)]
            found = [slot for slot in slots if slot is not None]
            # A first write that was cut leaves less than one slot, and a register that never said anything.
            if not found and os.fstat(self._number).st_size >= SLOT:
                raise RegisterBroken(f"neither slot of {path} can be read")
        except BaseException:
            os.close(self._number)
            raise
        self._turn, self.value, self.beside = max(found, default=(0, 0, 0))

    def write(self, value: int, beside: int = 0) -> None:
        """Keep both. Raises ValueError for a value that is less than the last."""
        if value < self.value:
            raise ValueError(f"a register does not fall: {value} after {self.value}")
        turn = self._turn + 1
        os.pwrite(self._number, _line(turn, value, beside), (turn - 1) % 2 * SLOT)
        os.fdatasync(self._number)
        self._turn, self.value, self.beside = turn, value, beside

    def close(self) -> None:
        """Let the file go."""
        os.close(self._number)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _line(turn: int, value: int, beside: int) -> bytes:
    text = f"{turn} {value} {beside}"
    return f"{text} {crc32(text.encode()):08x}".ljust(SLOT - 1).encode() + b"\n"


def _parsed(octets: bytes) -> tuple[int, int, int] | None:
    text, _, check = octets.decode("ascii", "replace").rstrip().rpartition(" ")
    if len(octets) != SLOT or f"{crc32(text.encode()):08x}" != check:
        return None
    turn, value, beside = map(int, text.split())
    return turn, value, beside
