"""Checks of our own files: can they be written, and who can read the secrets?"""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import sqlalchemy as sa

from voltway.app.doctor.findings import Finding, Patient, error, note, ok, warning
from voltway.app.installation import fingerprint, read_secret, sqlite_file
from voltway.app.settings import Configuration
from voltway.app.tables import installation
from voltway.kernel.errors import StartUpError
from voltway.kernel.settings import SECRET_WORDS
from voltway.modules.security.settings import SecuritySettings

KEY_MARK = b"PRIVATE KEY-----"
OTHERS = stat.S_IRWXG | stat.S_IRWXO


async def data_dir_is_ours(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the data directory can be written, by us alone."""
    folder = patient.configuration.data_dir
    if not folder.exists():
        yield note(f"{folder} is made at the first start.")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield error(f"{folder} cannot be written by this user.", f"chown -R $(id -un) {folder}")
    elif folder.stat().st_mode & OTHERS:
        yield warning(f"{folder} is open to other users.", f"chmod 700 {folder}")
    else:
        yield ok(str(folder))


async def secret_fits(patient: Patient) -> AsyncIterator[Finding]:
    """Whether the installation's secret is there, and is the one that the database was set up with."""
    file = patient.configuration.secret_file
    expected = await _fingerprint_in(patient)
    try:
        secret = read_secret(file)
    except StartUpError as problem:
        yield error(str(problem), "Put the right file back, from the backup.")
        return
    if secret is None and expected is None:
        yield note(f"{file} is made at the first start.")
    elif secret is None:
        yield error(
            f"The secret file {file} is missing.", "Put it back, from the backup: no password holds without it."
        )
    elif expected is not None and fingerprint(secret) != expected:
        yield error(
            f"The secret file {file} belongs to another database.", "Put back the one that belongs to this one."
        )
    else:
        yield ok(str(file))


async def _fingerprint_in(patient: Patient) -> str | None:
    if patient.database is None or not patient.has_rows:
        return None
    async with patient.database.read() as tx:
        return (await tx.execute(sa.select(installation.c.secret_fingerprint))).scalar_one_or_none()


async def secrets_are_private(patient: Patient) -> AsyncIterator[Finding]:
    """Whether nobody else on this machine can read what is secret."""
    files = [file for file in dict.fromkeys(secret_files(patient.configuration)) if file.is_file()]
    readable = [file for file in files if is_open(file)]
    for file in readable:
        yield error(f"Other users may read {file}, which holds secrets.", f"chmod 600 {file}")
    if files and not readable:
        yield ok(f"{len(files)} files with secrets are readable by their owner alone")


def is_open(file: Path) -> bool:
    """Whether others may read a file. Of one that is not ours a group's right is how it was handed to us (Kubernetes)."""
    found = file.stat()
    others = OTHERS if found.st_uid == os.geteuid() else stat.S_IRWXO
    return bool(found.st_mode & others)


def secret_files(configuration: Configuration) -> Iterator[Path]:
    """Every file of ours that holds a secret."""
    yield configuration.secret_file
    database = sqlite_file(configuration)
    if database is not None:
        yield from (database, database.with_name(f"{database.name}-wal"))
    if configuration.file is not None and any(
        given.source == str(configuration.file) and any(word in path[-1] for word in SECRET_WORDS)
        for path, given in configuration.given.items()
    ):
        yield configuration.file
    for given in configuration.given.values():
        if given.written.lower().endswith(("_key_file", "_password_file", "_secret_file", "__url_file")):
            yield Path(str(given.value))
    named = configuration.section(SecuritySettings).pki_dir
    for file in sorted((Path(named) if named else configuration.data_dir / "pki").rglob("*.pem")):
        if KEY_MARK in file.read_bytes():
            yield file
