"""A disk in memory whose power can be cut at any octet, and whose room can run out."""

from __future__ import annotations

import errno


class PowerCut(Exception):
    """Everything that was not on the disk is gone."""


class CutStorage:
    """Counts steps: each octet that is written, each sync, each change of names is one. At step `cut_at` the power is gone."""

    def __init__(self, octets: bytes = b"", cut_at: int | None = None, disk_bytes: int = 1 << 30) -> None:
        self.octets = bytearray(octets)
        self.steps = 0
        self.disk_bytes = disk_bytes
        self._cut_at = cut_at

    def _pass(self, steps: int) -> int:
        """How many of so many steps are done before the power is gone."""
        done = steps if self._cut_at is None else min(steps, self._cut_at - self.steps)
        self.steps += done
        return done

    def _step(self) -> None:
        if not self._pass(1):
            raise PowerCut

    def read(self) -> bytes:
        return bytes(self.octets)

    def write(self, at: int, octets: bytes) -> None:
        assert at + len(octets) <= len(self.octets), "a write outside the room that was made"
        done = self._pass(len(octets))
        self.octets[at : at + done] = octets[:done]
        self._step()

    def make_room(self, size: int) -> None:
        if size > self.disk_bytes:
            raise OSError(errno.ENOSPC, "no space left")
        self._step()
        self.octets.extend(bytes(size - len(self.octets)))

    @property
    def room(self) -> int:
        return len(self.octets)

    def replace(self, octets: bytes, size: int) -> None:
        if size + len(self.octets) > self.disk_bytes:
            raise OSError(errno.ENOSPC, "no space left")
        self._pass(len(octets))
        self._step()
        self.octets = bytearray(octets.ljust(size, b"\0"))
        self._step()
