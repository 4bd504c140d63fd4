"""Stations that come by FTP or SFTP. A visit is a folder: it holds the firmware that the order is about, or takes the file
that it asks for, and nothing else.

Who visits is who holds an address: its name is the station's identity, its password the token of the order. A visit ends with
its connection, and its folder with it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from voltway.contracts.files import JobKind
from voltway.kernel import clock
from voltway.kernel.ids import new_id
from voltway.kernel.runtime import Runtime
from voltway.modules.files import preparing, rules, storage, store
from voltway.modules.files.keeping import keep_upload
from voltway.modules.files.settings import FilesSettings

log = structlog.get_logger()

FORGOTTEN_AFTER_S = 86_400.0


@dataclass(eq=False)
class Visit:
    """A station that may do one thing here."""

    job: Any
    folder: Path
    may_bring: bool
    """A file; else it may fetch what is in the folder."""
    bytes_max: int

    def is_room_at(self, path: Path | str) -> bool:
        """Whether a file of this place may be brought: directly in the folder, under a plain name. Stations write into the
        folders that they are used to, so that any other name is taken for its last part by who asks."""
        return self.may_bring and Path(path).parent == self.folder


async def begin(runtime: Runtime, name: str, password: str) -> Visit | None:
    """Let a station in; None where the address is none of ours, or does not hold (any more)."""
    async with runtime.database.read() as tx:
        job = await store.find_job_by_token(tx, preparing.hash_of(password))
        if job is None or job.station_identity.casefold() != name.casefold() or job.expires_at <= clock.now():
            return None
        is_log = job.kind == JobKind.LOG
        if is_log and not rules.may_bring(job.file_id, job.outcome):
            return None
        if not is_log and not rules.may_fetch(job.status, job.outcome):
            return None
        image = None if is_log else await store.get_image(tx, job.operator_id, job.image_id)
    folder = storage.place_of(runtime, storage.VISITS, new_id())
    await asyncio.to_thread(_furnish, runtime, folder, image)
    log.info("visit.began", station_id=job.station_id, job_id=job.id)
    return Visit(job, folder, is_log, runtime.settings(FilesSettings).upload_bytes_max)


def _furnish(runtime: Runtime, folder: Path, image: Any) -> None:
    folder.mkdir(mode=0o700, parents=True)
    if image is None:
        return
    source, place = storage.place_of(runtime, storage.IMAGES, image.id), folder / rules.plain_name(image.file_name)
    try:
        os.link(source, place)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, place)


async def keep(runtime: Runtime, visit: Visit, path: Path) -> bool:
    """Keep a file that has come whole; whether it is the job's now, on the disk and in the database."""
    received = await storage.receive_file(path, runtime, storage.UPLOADS)
    name = rules.plain_name(visit.job.file_name, path.name)
    visit.may_bring = False
    return await keep_upload(runtime, visit.job, received, name)


async def end(visit: Visit) -> None:
    """Clear up after a station: what it has not finished was for nothing."""
    await asyncio.to_thread(shutil.rmtree, visit.folder, ignore_errors=True)


async def forget_old(runtime: Runtime) -> None:
    """A job: clear up after visits that nobody could clear up after, since their process ended."""
    before = clock.now().timestamp() - FORGOTTEN_AFTER_S

    def clear() -> None:
        folder = storage.root(runtime) / storage.VISITS
        for left in folder.iterdir() if folder.exists() else ():
            if left.stat().st_mtime < before:
                shutil.rmtree(left, ignore_errors=True)

    await asyncio.to_thread(clear)
