"""The history leads to exactly the tables of the code, on every database; what is not ours is left alone."""

from __future__ import annotations

import ast
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

from builders import another, eventually
from voltway.app import schema
from voltway.app.errors import Unusable
from voltway.app.schema import Age
from voltway.app.tables import reach
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, DEFAULT_OPERATOR_SLUG, find_operator
from voltway.kernel.bus import outbox
from voltway.kernel.database import Database, metadata
from voltway.kernel.errors import StartUpError
from voltway.modules.audit.tables import entries


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
    newest = schema.revisions()[-1]
    for stamp, since, age in (
        ("0001", newest, Age.OLDER),
        ("9999", newest, Age.AHEAD),
        ("9999", "9998", Age.NEWER),
        ("ae1027a6acf", newest, Age.FOREIGN),
    ):
        async with blank.begin() as tx:
            await tx.execute(sa.text("UPDATE alembic_version SET version_num = :stamp"), {"stamp": stamp})
            await tx.execute(sa.update(reach).values(since=since))
        assert await schema.look(blank) == schema.Found(age, stamp)


ADDS = frozenset({"create_table", "create_index", "add_column"})
"""What a revision may do that older programs are to go on with."""


def test_revision_that_keeps_older_programs_only_adds_what_they_need_not_know() -> None:
    for file in sorted(schema.VERSIONS.glob("[0-9]*.py")):
        assert narrowing(file.read_text(encoding="utf-8")) == [], file.name


def narrowing(source: str) -> list[str]:
    """What a revision does that older programs would stumble over, if it says that it keeps them."""
    tree, found = ast.parse(source), []
    if "keeps_older = True" not in {ast.unparse(statement) for statement in tree.body}:
        return []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if ast.unparse(node.func.value) not in ("op", "batch_op") or node.func.attr in ("f", "batch_alter_table"):
            continue
        said = ast.unparse(node)
        is_filled = node.func.attr != "add_column" or "nullable=True" in said or "server_default" in said
        if node.func.attr not in ADDS or "unique=True" in said or not is_filled:
            found.append(said)
    return found


def test_revision_that_is_no_mere_addition_is_found_out() -> None:
    begin = "keeps_older = True\ndef upgrade():\n    "
    assert narrowing(begin + 'op.add_column("a", sa.Column("b", sa.Integer(), nullable=True))') == []
    for does in (
        'op.add_column("a", sa.Column("b", sa.Integer(), nullable=False))',
        'op.drop_column("a", "b")',
        'op.create_index("i", "a", ["b"], unique=True)',
        'batch_op.alter_column("b", nullable=False)',
        'op.execute("UPDATE a SET b = 1")',
    ):
        assert len(narrowing(begin + does)) == 1, does
        assert narrowing(does) == []


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


def add_a_column(connection: sa.Connection) -> None:
    """A revision that wants a table for itself."""
    connection.execute(sa.text("ALTER TABLE sessions_sessions ADD COLUMN another INTEGER"))


async def test_upgrade_that_has_to_wait_for_a_table_holds_up_nobody_behind_it(
    blank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blank.dialect != "postgresql":
        pytest.skip("elsewhere nobody works beside an upgrade")
    await schema.upgrade(blank)
    monkeypatch.setattr(schema, "run_upgrade", add_a_column)
    reads = sa.text("SELECT count(*) FROM sessions_sessions")
    here = "(SELECT oid FROM pg_database WHERE datname = current_database())"
    waits = sa.text(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND database = {here}")
    at_work = another(blank)
    async with at_work.begin() as tx:
        await tx.execute(reads)  # and has the table until its end
        upgrading = asyncio.create_task(schema.upgrade(blank))

        async def is_waiting() -> bool:
            async with blank.read() as looking:
                return bool((await looking.execute(waits)).scalar_one())

        await eventually(is_waiting, 60)
        async with asyncio.timeout(60), blank.read() as behind:
            await behind.execute(reads)
        assert not upgrading.done()
    await upgrading
    await at_work.close()
    async with blank.read() as tx:
        assert (await tx.execute(sa.text("SELECT count(another) FROM sessions_sessions"))).scalar_one() == 0


async def test_upgrade_that_never_gets_its_table_says_what_to_do(
    blank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blank.dialect != "postgresql":
        pytest.skip("elsewhere nobody works beside an upgrade")
    await schema.upgrade(blank)
    monkeypatch.setattr(schema, "run_upgrade", add_a_column)
    monkeypatch.setattr(schema, "TRIES", 2)
    at_work = another(blank)
    async with at_work.begin() as tx:
        await tx.execute(sa.text("SELECT count(*) FROM sessions_sessions"))
        with pytest.raises(Unusable, match="in use all the time: nothing was changed"):
            await schema.upgrade(blank)
    await at_work.close()


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


@pytest.mark.mariadb
async def test_every_database_refuses_to_change_or_remove_an_entry(blank: Database) -> None:
    await schema.upgrade(blank)
    texts = {column.name: "x" for column in entries.c if isinstance(column.type, sa.String)}
    row = texts | {"operator_id": DEFAULT_OPERATOR_ID, "number": 1, "at": clock.now()}
    async with blank.begin() as tx:
        await tx.execute(sa.insert(entries).values(**row))
    for statement in (sa.update(entries).values(action="y"), sa.delete(entries)):
        with pytest.raises(sa.exc.DBAPIError, match="never changed or removed"):
            async with blank.begin() as tx:
                await tx.execute(statement)
    async with blank.read() as tx:
        assert (await tx.execute(sa.select(entries.c.action))).scalars().all() == ["x"]
