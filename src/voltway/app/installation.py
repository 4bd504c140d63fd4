"""An installation: a data directory, a secret, a database that knows which secret is its own and whether it is a demo.

Opening one is the same for the server and for the command line beside it.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import ArgumentError

from voltway.app import schema
from voltway.app.errors import Unusable
from voltway.app.schema import Age
from voltway.app.settings import Configuration
from voltway.app.tables import installation
from voltway.kernel import bulk, clock
from voltway.kernel.database import Database
from voltway.kernel.errors import StartUpError
from voltway.kernel.secrets import derive_key

log = structlog.get_logger()

SECRET_BYTES = 32
NOT_A_URL = "The setting database.url is not a database URL. Example: postgresql://voltway:password@localhost/voltway"


@dataclass(frozen=True)
class Installation:
    """An open installation. Close its database in the end."""

    database: Database
    secret: bytes
    is_demo: bool
    is_new: bool
    """Whether the database was empty."""


async def open_installation(configuration: Configuration, *, is_demo: bool = False) -> Installation:
    """Open the installation that the settings name; make one where there is none.

    A new database gets its schema; so does an older one on SQLite. On a database server an older schema is left to `voltway
    migrate`, since other nodes may run on it. A newer one is worked on where its version says that this program
    can. Raises StartUpError or Unusable before anything is changed.
    """
    database = connect(configuration)
    try:
        found = await schema.look(database)
        schema.refuse_what_is_not_ours(found, database)
        if found.age is Age.OLDER and database.dialect != "sqlite":
            raise StartUpError(
                f"The database's schema is {found.revision}, this program needs {schema.revisions()[-1]}. "
                "Run: voltway migrate"
            )
        is_new = found.age is Age.NEW
        if is_new:
            make_private_files(database)
        if found.age is Age.AHEAD:
            log.warning("schema.ahead", revision=found.revision, known=schema.revisions()[-1])
        elif found.age is not Age.CURRENT:
            await schema.upgrade(database)
        return await _claim(configuration, database, is_demo=is_demo, is_new=is_new)
    except BaseException:
        await database.close()
        raise


def connect(configuration: Configuration) -> Database:
    """The database that the settings name; nothing is opened yet. Raises StartUpError if its URL is none."""
    settings = configuration.database
    file = sqlite_file(configuration)
    for folder in (configuration.data_dir, *([file.parent] if file else [])):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unusable(
                f"The folder {folder} cannot be made: {error.strerror}. Choose another --data-dir."
            ) from error
    try:
        return Database(
            configuration.database_url,
            pool_size=settings.pool_size,
            statement_timeout_s=settings.statement_timeout_s,
        )
    except (ArgumentError, ValueError) as error:
        raise StartUpError(NOT_A_URL) from error


def sqlite_file(configuration: Configuration) -> Path | None:
    """The database's file, if it is one. Raises StartUpError if the URL is none."""
    try:
        url = sa.make_url(configuration.database_url)
    except (ArgumentError, ValueError) as error:
        raise StartUpError(NOT_A_URL) from error
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def make_private_files(database: Database) -> None:
    """Make an SQLite file that only we can read, before anything is written to it; its journal files take after it."""
    if database.dialect == "sqlite" and database.url.database:
        try:
            os.close(os.open(database.url.database, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise Unusable(f"The database {database.url.database} cannot be made: {error.strerror}.") from error


async def _claim(configuration: Configuration, database: Database, *, is_demo: bool, is_new: bool) -> Installation:
    """Find out whose database this is; in a new one, write down that it is ours. Raises StartUpError."""
    async with database.read() as tx:
        row = (await tx.execute(sa.select(installation))).one_or_none()
    secret = read_secret(configuration.secret_file)
    if row is None:
        secret = secret or _make_secret(configuration.secret_file)
        first = {
            "id": 1,
            "is_demo": is_demo,
            "secret_fingerprint": fingerprint(secret),
            "created_at": clock.now(),
            "demo_seeded_at": None,
        }
        async with database.begin() as tx:
            await bulk.insert_if_absent(tx, installation, [first])
            row = (await tx.execute(sa.select(installation))).one()
    if is_demo and not row.is_demo:
        raise StartUpError(
            f"{configuration.data_dir} holds a real installation, which the demo network must not touch. "
            "Leave out --demo, or choose another --data-dir."
        )
    if secret is None or fingerprint(secret) != row.secret_fingerprint:
        problem = "is missing" if secret is None else "belongs to another database"
        raise StartUpError(
            f"The secret file {configuration.secret_file} {problem}. Put back the one that this database was set up with "
            "(VOLTWAY_SECRET_FILE names another place): without it no password or key can be checked."
        )
    return Installation(database, secret, bool(row.is_demo), is_new)


def fingerprint(secret: bytes) -> str:
    """By which a database knows the secret that belongs to it."""
    return derive_key(secret, "fingerprint").hex()


def read_secret(file: Path) -> bytes | None:
    try:
        secret = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unusable(f"The secret file {file} cannot be read: {error.strerror}.") from error
    if len(secret) < SECRET_BYTES:
        raise StartUpError(
            f"The secret file {file} holds {len(secret)} bytes, too few: it must be {SECRET_BYTES} random ones."
        )
    return secret


def _make_secret(file: Path) -> bytes:
    """A new secret, in a file that only we can read. Of two processes that make it at once, both get the first one's."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, secrets.token_bytes(SECRET_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return file.read_bytes()
    except OSError as error:
        raise Unusable(f"The secret file {file} cannot be written: {error.strerror}.") from error
