"""Bringing a backup back: the files, the database, and what must follow so that nothing is handed out twice."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from voltway.app import catalog, schema
from voltway.app.backup import contents
from voltway.app.backup.contents import Manifest
from voltway.app.backup.dumping import DIALECTS
from voltway.app.backup.taking import AUDIT, DATABASE, SECRET, folders_of
from voltway.app.errors import Unusable
from voltway.app.installation import connect, open_installation, sqlite_file
from voltway.app.schema import Age
from voltway.app.settings import Configuration
from voltway.kernel import audit, clock, housekeeping
from voltway.kernel.auth import operators
from voltway.kernel.bus import outbox
from voltway.kernel.errors import StartUpError
from voltway.kernel.restoring import Restored


async def restore(configuration: Configuration, backup: Path, *, may_overwrite: bool = False) -> Manifest:
    """Bring a backup back to where the settings say; the manifest. No server may run. Raises Unusable or StartUpError before
    anything is changed.

    What is there stays unless `may_overwrite`, and then it is moved aside, never deleted. A database on a server must be empty.
    """
    manifest = contents.verify(backup)
    await _refuse(configuration, manifest)
    _make_room(configuration, may_overwrite=may_overwrite)
    database = connect(configuration)
    await database.close()
    dialect = DIALECTS[manifest.dialect]
    dialect.load(backup / DATABASE / dialect.file, database.url)
    for name, folder in folders_of(configuration).items():
        if (backup / name).is_dir():
            _bring(backup / name, folder)
    configuration.secret_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _bring_file(backup / SECRET, configuration.secret_file)
    await settle(configuration, manifest.taken_at)
    return manifest


async def _refuse(configuration: Configuration, manifest: Manifest) -> None:
    if manifest.schema not in schema.revisions():
        raise StartUpError(
            f"The backup was taken by a newer Voltway (schema {manifest.schema}, {manifest.voltway}); this program knows "
            f"{schema.revisions()[-1]}. Restore it with that version; nothing was changed."
        )
    database = connect(configuration)
    try:
        if database.dialect != manifest.dialect:
            raise StartUpError(
                f"The backup is of {_called(manifest.dialect)}, and database.url names {_called(database.dialect)}: "
                "name a database of the same kind."
            )
        if database.dialect != "sqlite" and (await schema.look(database)).age is not Age.NEW:
            raise Unusable(
                f"The database {schema.address_of(database)} is not empty. Make an empty one and name it in database.url; "
                "the old one stays for you to look at."
            )
    finally:
        await database.close()


def _called(dialect: str) -> str:
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MariaDB"}.get(dialect, dialect)


def _make_room(configuration: Configuration, *, may_overwrite: bool) -> None:
    """Move aside what is there. Raises Unusable if that is not allowed."""
    file = sqlite_file(configuration)
    database = [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))] if file else []
    there = [
        path for path in (*database, configuration.secret_file, *folders_of(configuration).values()) if _holds(path)
    ]
    if there and not may_overwrite:
        raise Unusable(f"There is an installation already: {there[0]}. With --force it is moved aside first.")
    mark = f"before-restore-{clock.now():%Y%m%dT%H%M%SZ}"
    for path in there:
        path.rename(path.with_name(f"{path.name}.{mark}"))


def _holds(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(path.iterdir()))


def _bring(source: Path, target: Path) -> None:
    for name, file in contents.walk(source):
        (target / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _bring_file(file, target / name)


def _bring_file(source: Path, target: Path) -> None:
    """Into a file that only we can read; it is on the disk afterwards."""
    target.touch(mode=0o600)
    shutil.copyfile(source, target)
    with target.open("rb") as stream:
        os.fsync(stream.fileno())


async def settle(configuration: Configuration, taken_at: datetime) -> None:
    """What must follow when the database has come back from an earlier moment, in one transaction; also after a recovery by
    the database's own means. A schema that is older is brought up to date first."""
    if taken_at > clock.now():
        raise StartUpError(f"{taken_at:%Y-%m-%dT%H:%M:%SZ} is not in the past: say from when the data is.")
    database = connect(configuration)
    try:
        found = await schema.look(database)
        schema.refuse_what_is_not_ours(found, database)
        if found.age is Age.OLDER:
            await schema.upgrade(database)
    finally:
        await database.close()
    installation = await open_installation(configuration)
    restored = Restored(taken_at, clock.now())
    try:
        async with installation.database.begin() as tx:
            for manifest in (housekeeping.MANIFEST, *catalog.load()):
                if manifest.restored is not None:
                    await manifest.restored(tx, restored)
            for (operator_id,) in (await tx.execute(sa.select(operators.c.id))).all():
                told = {"taken_at": taken_at.isoformat(), "restored_at": restored.restored_at.isoformat()}
                target = ("installation", "1")
                audit.note(
                    tx, None, "installation.restored", target, operator_id=operator_id, by="command line", after=told
                )
            await outbox.store(tx, tx.events)
    finally:
        await installation.database.close()


def set_anchors_aside(configuration: Configuration) -> None:
    """The ends of audit chains that this machine has seen are later than a database that was recovered by its own means. They
    are kept beside, as proof of what is missing now."""
    folder = folders_of(configuration)[AUDIT]
    if _holds(folder):
        folder.rename(folder.with_name(f"{folder.name}.before-restore-{clock.now():%Y%m%dT%H%M%SZ}"))
