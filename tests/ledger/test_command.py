"""The migration's walls, and `voltway ledger verify`."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from ledger.world import priced
from voltway.app import schema
from voltway.app.cli import options
from voltway.app.cli.ledger import app
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.database import Database
from voltway.kernel.secrets import derive_key
from voltway.modules.ledger import rules
from voltway.modules.ledger.posting import Book
from voltway.modules.ledger.tables import entries, postings


async def post_some(database: Database, secret: bytes) -> None:
    async with database.begin() as tx:
        book = await Book.open(tx, DEFAULT_OPERATOR_ID, derive_key(secret, rules.SEAL_PURPOSE))
        await book.post([priced(), priced("s2")])


@pytest.mark.parametrize("table", [postings, entries], ids=str)
async def test_the_database_refuses_to_change_or_remove(table: sa.Table, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'voltway.db'}")
    await schema.upgrade(database)
    await post_some(database, b"x" * 32)
    for statement in (sa.update(table).values(operator_id="x"), sa.delete(table)):
        with pytest.raises(DBAPIError, match="never changed or removed"):
            async with database.begin() as tx:
                await tx.execute(statement)
    await database.close()


def test_the_command_names_the_first_posting_that_does_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "configure_logging", lambda *_: None)
    where = ["--data-dir", str(tmp_path / "data")]

    async def prepare() -> None:
        async with options.opened(tmp_path / "data", None) as installation:
            await post_some(installation.database, installation.secret)

    asyncio.run(prepare())
    whole = CliRunner().invoke(app, ["verify", *where])
    assert (whole.exit_code, whole.stdout.startswith("default: whole, 2 postings, the last hash is ")) == (0, True)
    assert whole.stdout.endswith("; no anchor file: nothing says that none is cut off\n")
    with closing(sqlite3.connect(tmp_path / "data" / "voltway.db")) as file:
        file.execute("DROP TRIGGER ledger_entries_stay_update")
        file.execute("UPDATE ledger_entries SET amount_minor = 1 WHERE number = 2")
        file.commit()
    broken = CliRunner().invoke(app, ["verify", "--operator", "default", *where])
    assert (broken.exit_code, broken.stdout) == (1, "default: BROKEN at posting 2: it is not as it was written\n")
