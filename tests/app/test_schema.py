"""The history leads to exactly the tables of the code, on every database; what is not ours is left alone."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from builders import another
from voltway.app import schema
from voltway.app.errors import Unusable
from voltway.app.schema import Age
from voltway.kernel.auth import DEFAULT_OPERATOR_SLUG, find_operator
from voltway.kernel.bus import outbox
from voltway.kernel.database import Database, metadata
from voltway.kernel.errors import StartUpError


def differences(connection: sa.Connection) -> list[object]:
    options = {"compare_type": differs, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def differs(_context: object, _column: object, _ours: object, theirs: object, wanted: object) -> bool | None:
    """None: as Alembic finds. MariaDB makes TINYBLOB of BLOB(40), and so on: any size of it is one kind."""
    return False if isinstance(theirs, sa.types._Binary) and isinstance(wanted, sa.types._Binary) else None


@pytest.mark.mariadb
async def test_history_leads_to_the_tables_of_the_code(blank: Database) -> None:
    await schema.upgrade(blank)
    async with blank.read() as tx:
        assert await tx.connection.run_sync(differences) == []
        assert await find_operator(tx, DEFAULT_OPERATOR_SLUG)
    assert await outbox.head_position(blank) == 0
    assert (await schema.look(blank)).age is Age.CURRENT


@pytest.mark.mariadb
async def test_nodes_that_start_together_upgrade_once(blank: Database) -> None:
    others = [another(blank) for _ in range(3)]
    await asyncio.gather(*(schema.upgrade(each) for each in (blank, *others)))
    for each in others:
        assert (await schema.look(each)).age is Age.CURRENT
        await each.close()


@pytest.mark.mariadb
async def test_text_keeps_case_accents_and_spaces_apart(blank: Database) -> None:
    await schema.upgrade(blank)
    operators = metadata.tables["kernel_operators"]
    slugs = ["a", "A", "á", "a "]
    async with blank.begin() as tx:
        for number, slug in enumerate(slugs):
            await tx.execute(sa.insert(operators).values(id=str(number), slug=slug, name="é🚗"))
        assert [await find_operator(tx, slug) for slug in slugs] == ["0", "1", "2", "3"]


@pytest.mark.mariadb
async def test_age_follows_the_stamp(blank: Database) -> None:
    assert (await schema.look(blank)).age is Age.NEW
    await schema.upgrade(blank)
    for stamp, age in (("0001", Age.OLDER), ("9999", Age.NEWER), ("ae1027a6acf", Age.FOREIGN)):
        async with blank.begin() as tx:
            await tx.execute(sa.text("UPDATE alembic_version SET version_num = :stamp"), {"stamp": stamp})
        assert await schema.look(blank) == schema.Found(age, stamp)


@pytest.mark.mariadb
async def test_tables_of_another_program_are_not_ours(blank: Database) -> None:
    async with blank.begin() as tx:
        await tx.execute(sa.text("CREATE TABLE shopping (item INTEGER)"))
    found = await schema.look(blank)
    assert found.age is Age.FOREIGN
    with pytest.raises(StartUpError, match="holds tables of another program"):
        schema.refuse_what_is_not_ours(found, blank)


def test_history_is_one_line_in_the_order_of_the_files() -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        script = ScriptDirectory.from_config(schema.alembic_config(connection))
    in_order = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    assert tuple(in_order) == schema.revisions()
    assert [int(number) for number in in_order] == list(range(1, len(in_order) + 1))


async def test_looking_changes_not_a_byte(tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE shopping (item INTEGER)")
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    database = Database(f"sqlite:///{file}")
    assert (await schema.look(database)).age is Age.FOREIGN
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert os.listdir(tmp_path) == ["other.sqlite"]
    await database.close()


async def test_upgrade_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "history"
    shutil.copytree(schema.VERSIONS.parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    bad = f"revision = '{len(schema.revisions()) + 1:04d}'\ndown_revision = '{schema.revisions()[-1]}'\n"
    (folder / "versions" / "9999_bad.py").write_text(bad + "def upgrade():\n    raise RuntimeError('half way')\n")
    config = schema.alembic_config

    def from_folder(connection: sa.Connection):  # type: ignore[no-untyped-def]
        found = config(connection)
        found.set_main_option("script_location", str(folder))
        return found

    monkeypatch.setattr(schema, "alembic_config", from_folder)
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with pytest.raises(RuntimeError, match="half way"):
        await schema.upgrade(database)
    assert (await schema.look(database)).age is Age.NEW
    await database.close()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not a database at all, but long enough", "is not an SQLite database"),
        (b"SQLite format 3\0junk", "cannot be read"),
    ],
)
async def test_file_that_is_no_database_is_told(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "voltway.db"
    file.write_bytes(content)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(Unusable, match=says):
        await schema.look(database)
    assert file.read_bytes() == content
    await database.close()


async def test_server_that_does_not_answer_is_told_without_the_password() -> None:
    for url in ("postgresql://ada:secret@127.0.0.1:1/x", "mariadb://ada:secret@127.0.0.1:1/x"):
        database = Database(url)
        with pytest.raises(Unusable) as refused:
            await schema.look(database)
        await database.close()
        said = str(refused.value)
        assert "://ada:***@127.0.0.1:1/x cannot be used" in said
        assert "secret" not in said
        assert "\n" not in said
