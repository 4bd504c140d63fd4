"""How each database is copied while it is used, and brought back. Both are consistent: the state of one moment.

SQLite by its own backup in one read; PostgreSQL and MariaDB by their own programs, which must be installed.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from voltway.app.errors import Unusable

SQLITE_NAME = "voltway.db"


class Dialect(NamedTuple):
    """How one kind of database is copied to a file, and a file to an empty database."""

    file: str
    dump: Callable[[sa.URL, Path], None]
    load: Callable[[Path, sa.URL], None]


def _dump_sqlite(url: sa.URL, target: Path) -> None:
    """In one step: pages at a time, every commit beside it would begin it anew. Writers go on meanwhile (WAL)."""
    source = Path(url.database or "").absolute().as_uri()
    with (
        closing(sqlite3.connect(f"{source}?mode=ro", uri=True, timeout=60)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing, pages=-1)
        writing.execute("PRAGMA journal_mode=DELETE")
        (said,) = writing.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise Unusable(f"The database's copy is damaged ({said}): the database itself is. See: voltway doctor")


def _load_sqlite(dump: Path, url: sa.URL) -> None:
    target = Path(url.database or "")
    target.touch(mode=0o600)
    shutil.copyfile(dump, target)


def _dump_postgresql(url: sa.URL, target: Path) -> None:
    _run(["pg_dump", *_postgresql(url), "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], url)


def _load_postgresql(dump: Path, url: sa.URL) -> None:
    _run(
        [
            "pg_restore",
            *_postgresql(url),
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
            str(dump),
        ],
        url,
    )


def _dump_mariadb(url: sa.URL, target: Path) -> None:
    options = ["--single-transaction", "--skip-lock-tables", "--hex-blob", "--triggers", f"--result-file={target}"]
    _run(["mariadb-dump", *_mariadb(url), *options, url.database or ""], url)


def _load_mariadb(dump: Path, url: sa.URL) -> None:
    _run(["mariadb", *_mariadb(url), "--abort-source-on-error", url.database or ""], url, dump)


DIALECTS: Mapping[str, Dialect] = {
    "sqlite": Dialect(SQLITE_NAME, _dump_sqlite, _load_sqlite),
    "postgresql": Dialect("voltway.pgdump", _dump_postgresql, _load_postgresql),
    "mysql": Dialect("voltway.sql", _dump_mariadb, _load_mariadb),
}


def _postgresql(url: sa.URL) -> list[str]:
    given = {"host": url.host, "port": url.port, "username": url.username, "dbname": url.database}
    return [f"--{name}={value}" for name, value in given.items() if value] + ["--no-password"]


def _mariadb(url: sa.URL) -> list[str]:
    given = {"host": url.host, "port": url.port, "user": url.username}
    return ["--no-defaults", *(f"--{name}={value}" for name, value in given.items() if value)]


def _run(command: list[str], url: sa.URL, typed: Path | None = None) -> None:
    """Run a program of the database's; the password goes by the environment, where no list of processes shows it."""
    password = {"PGPASSWORD": url.password, "MYSQL_PWD": url.password} if url.password else {}
    with (typed or Path(os.devnull)).open("rb") as stdin:
        try:
            done = subprocess.run(command, stdin=stdin, capture_output=True, text=True, env=os.environ | password)
        except FileNotFoundError as error:
            raise Unusable(f"The program {command[0]} is not here. Install the database's client programs.") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Unusable(f"{command[0]} failed: {lines[0].rstrip('.')}.")
