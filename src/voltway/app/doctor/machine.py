"""Checks of the machine: room, a disk that keeps what it is told, enough files for the stations."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from voltway.app.doctor.findings import Finding, Patient, error, ok, warning
from voltway.app.installation import sqlite_file
from voltway.kernel import clock

ROOM_BYTES = 2 * 1024**3
ROOM_BYTES_MIN = 200 * 1024**2
FSYNC_TRIES = 9
FSYNC_S = 0.05
FILES_OWN = 200
"""Files that a process has open besides its stations."""
FILES = 20_000
FILES_MIN = 2_000

NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs"}
VOLATILE = {"tmpfs", "ramfs"}


def folders(patient: Patient) -> list[Path]:
    """Where we keep things."""
    file = sqlite_file(patient.configuration)
    found = [patient.configuration.data_dir, *([file.parent] if file else [])]
    return [folder for folder in dict.fromkeys(each.absolute() for each in found) if folder.is_dir()]


async def has_room(patient: Patient) -> AsyncIterator[Finding]:
    """Whether there is room on the disk: when it is full nothing is acknowledged any more."""
    for folder in folders(patient):
        yield judge_room(folder, shutil.disk_usage(folder).free)


def judge_room(folder: Path, free_bytes: int) -> Finding:
    """What so much free room means."""
    free = f"{free_bytes / 1024**3:.1f} GiB free in {folder}"
    if free_bytes < ROOM_BYTES_MIN:
        return error(f"Only {free}.", "Make room now: without it no message of a station can be acknowledged.")
    if free_bytes < ROOM_BYTES:
        return warning(f"Only {free}.", "Make room, or move the data directory to a larger disk.")
    return ok(free)


async def keeps_what_it_is_told(patient: Patient) -> AsyncIterator[Finding]:
    """Whether files go to a disk, and how long that takes: every acknowledgement waits for it."""
    for folder in folders(patient):
        kind = file_system_of(folder, Path("/proc/mounts"))
        for finding in judge_file_system(folder, kind, is_sqlite=sqlite_file(patient.configuration) is not None):
            yield finding
        try:
            yield judge_fsync(fsync_times(folder))
        except OSError as problem:
            yield error(
                f"{folder} cannot be written: {problem.strerror}.", "Give it to the user that runs Voltway: chown"
            )


def file_system_of(folder: Path, mounts: Path) -> str:
    """The kind of file system that a folder is on; empty where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    points = {fields[1]: fields[2] for fields in (line.split() for line in lines) if len(fields) > 2}
    above = [point for point in points if folder.is_relative_to(point)]
    return points[max(above, key=len)] if above else ""


def judge_file_system(folder: Path, kind: str, *, is_sqlite: bool) -> list[Finding]:
    """What a file system of this kind means for us."""
    if kind in VOLATILE:
        return [error(f"{folder} is in memory ({kind}): all is lost at a restart.", "Choose a --data-dir on a disk.")]
    if kind in NETWORK and is_sqlite:
        return [
            error(
                f"{folder} is on the network ({kind}), where SQLite's locks do not hold.",
                "Use a local disk, or a database server.",
            )
        ]
    return []


def fsync_times(folder: Path) -> list[float]:
    """How long it took to bring 4 kB to the disk, several times; seconds. The file is gone afterwards. Raises OSError."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(FSYNC_TRIES):
            began = clock.monotonic()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            times.append(clock.monotonic() - began)
    return times


def judge_fsync(times: Sequence[float]) -> Finding:
    """What such times mean for the stations, which wait so long at least."""
    typical = statistics.median(times)
    says = f"fsync takes {typical * 1000:.1f} ms"
    if typical > FSYNC_S:
        return warning(f"{says}: every acknowledgement waits for it.", "Use an SSD with power-loss protection.")
    return ok(says)


async def has_files(patient: Patient) -> AsyncIterator[Finding]:
    """Whether a process may have as many files open as there are stations."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield judge_files(soft)


def judge_files(limit: int) -> Finding:
    """What a limit of open files means; -1 is none."""
    if limit in (-1, resource.RLIM_INFINITY):
        return ok("no limit of open files")
    stations = max(0, limit - FILES_OWN)
    remedy = "Raise it: LimitNOFILE= in the systemd unit, or `ulimit -n`."
    if limit < FILES_MIN:
        return warning(
            f"{limit} open files: {stations} stations at most, and pages of the console beside them.", remedy
        )
    return (
        ok(f"{limit} open files, enough for {stations} stations")
        if limit >= FILES
        else warning(f"{limit} open files: {stations} stations at most for each process.", remedy)
    )
