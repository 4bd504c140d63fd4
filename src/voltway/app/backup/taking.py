"""Taking a backup beside a running server.

The order makes the parts fit. First the ends of the audit chains: the database may only be further than they say. Then the
database. Then the files: one that the database names is there already, and what came in since is more than it names.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from voltway.app import schema
from voltway.app.backup import contents
from voltway.app.backup.contents import Manifest
from voltway.app.backup.dumping import DIALECTS
from voltway.app.errors import Unusable
from voltway.app.installation import connect, fingerprint, read_secret, sqlite_file
from voltway.app.schema import Age
from voltway.app.settings import Configuration
from voltway.app.version import VERSION
from voltway.kernel import clock
from voltway.modules.files.settings import FilesSettings
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.security.settings import SecuritySettings

DATABASE, SECRET, AUDIT = "database", "secret", "audit"
UNFINISHED = ".part"


def folders_of(configuration: Configuration) -> dict[str, Path]:
    """The folders with files of an installation, by their names in a backup; each may lie elsewhere by a setting."""
    named = {
        AUDIT: "",
        "files": configuration.section(FilesSettings).folder,
        "pki": configuration.section(SecuritySettings).pki_dir,
        "mail": configuration.section(NotifySettings).mail_dir,
    }
    return {name: Path(folder) if folder else configuration.data_dir / name for name, folder in named.items()}


async def take(configuration: Configuration, place: Path) -> tuple[Path, Manifest]:
    """Make a backup in a new folder below `place`; the folder and its manifest. Raises Unusable.

    The folder gets its name when it is whole and on the disk.
    """
    file = sqlite_file(configuration)
    if file is not None and not file.exists():
        raise Unusable(f"There is no database at {file}: nothing to back up.")
    database = connect(configuration)
    try:
        found = await schema.look(database)
    finally:
        await database.close()
    secret = read_secret(configuration.secret_file)
    if found.age in (Age.NEW, Age.FOREIGN) or found.revision is None or secret is None:
        raise Unusable("There is no installation here to back up: its database or its secret is missing.")
    taken_at = clock.now()
    target = place / f"voltway-{taken_at:%Y%m%dT%H%M%SZ}"
    unfinished = target.with_name(target.name + UNFINISHED)
    if target.exists():
        raise Unusable(f"There is a backup {target} already.")
    try:
        unfinished.mkdir(mode=0o700, parents=True)
        folders = folders_of(configuration)
        _copy(folders.pop(AUDIT), unfinished / AUDIT)
        dialect = DIALECTS[database.dialect]
        (unfinished / DATABASE).mkdir(mode=0o700)
        dialect.dump(database.url, unfinished / DATABASE / dialect.file)
        for name, folder in folders.items():
            _copy(folder, unfinished / name)
        shutil.copyfile(configuration.secret_file, unfinished / SECRET)
        for name, one in contents.walk(unfinished):
            one.chmod(0o600)
            _to_disk(unfinished / name)
        manifest = Manifest(
            voltway=VERSION,
            taken_at=taken_at,
            dialect=database.dialect,
            schema=found.revision,
            secret_fingerprint=fingerprint(secret),
            files=contents.describe(unfinished),
        )
        contents.write(unfinished, manifest)
        _to_disk(unfinished / contents.MANIFEST)
        _to_disk(unfinished)
        unfinished.rename(target)
        _to_disk(place)
    except OSError as error:
        raise Unusable(f"The backup {unfinished} cannot be written: {error.strerror}.") from error
    return target, manifest


def _copy(source: Path, target: Path) -> None:
    """A folder's files. One that goes away meanwhile was on its way out; unfinished ones are nobody's yet."""
    if not source.is_dir():
        return
    for name, file in contents.walk(source):
        if file.suffix == UNFINISHED or file.is_symlink():
            continue
        to = target / name
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copy2(file, to)
        except FileNotFoundError:
            continue


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
