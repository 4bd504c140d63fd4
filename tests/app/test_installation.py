"""Opening an installation: what is made, what is brought up to date, what is left to a person."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from voltway.app import schema
from voltway.app.installation import Installation, open_installation
from voltway.app.schema import Age
from voltway.app.settings import Configuration, Flags, read
from voltway.kernel.database import Database
from voltway.kernel.errors import StartUpError


def configuration(database: Database, data_dir: Path) -> Configuration:
    environment = {"VOLTWAY_DATABASE__URL": database.url.render_as_string(hide_password=False)}
    return read(Flags(data_dir), (), environment)


async def opened(database: Database, data_dir: Path, *, is_demo: bool = False) -> Installation:
    installation = await open_installation(configuration(database, data_dir), is_demo=is_demo)
    await installation.database.close()
    return installation


def stop_half_way(connection: sa.Connection) -> None:
    command.upgrade(schema.alembic_config(connection), schema.revisions()[2])


async def make_older(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "run_upgrade", stop_half_way)
        await schema.upgrade(database)
    assert (await schema.look(database)).age is Age.OLDER


@pytest.mark.mariadb
async def test_empty_database_becomes_an_installation_once(blank: Database, tmp_path: Path) -> None:
    first = await opened(blank, tmp_path / "data")
    second = await opened(blank, tmp_path / "data")
    assert (first.is_new, second.is_new) == (True, False)
    assert first.secret == second.secret
    assert (await schema.look(blank)).age is Age.CURRENT


@pytest.mark.mariadb
async def test_second_node_needs_the_secret_of_the_first(blank: Database, tmp_path: Path) -> None:
    first = await opened(blank, tmp_path / "one")
    with pytest.raises(StartUpError, match="two/secret is missing"):
        await opened(blank, tmp_path / "two")
    (tmp_path / "two" / "secret").write_bytes(first.secret)
    assert (await opened(blank, tmp_path / "two")).secret == first.secret


async def test_older_schema_catches_up_in_a_file_and_waits_on_a_server(
    blank: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_older(blank, monkeypatch)
    if blank.dialect == "sqlite":
        await opened(blank, tmp_path / "data")
        assert (await schema.look(blank)).age is Age.CURRENT
    else:  # other nodes may run on it
        with pytest.raises(StartUpError, match="Run: voltway migrate"):
            await opened(blank, tmp_path / "data")
        assert (await schema.look(blank)).age is Age.OLDER


async def test_demo_database_stays_one_and_a_real_one_never_becomes_one(blank: Database, tmp_path: Path) -> None:
    assert (await opened(blank, tmp_path / "demo", is_demo=True)).is_demo
    assert (await opened(blank, tmp_path / "demo")).is_demo
    real = Database(f"sqlite:///{tmp_path / 'real.db'}")
    assert not (await opened(real, tmp_path / "real")).is_demo
    with pytest.raises(StartUpError, match="holds a real installation"):
        await opened(real, tmp_path / "real", is_demo=True)
    await real.close()
