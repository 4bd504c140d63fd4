"""`voltway operator`: the operators of the installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from voltway.app.cli.commands import STYLE
from voltway.app.cli.options import Config, DataDir, finish, opened
from voltway.kernel import audit
from voltway.kernel.auth import create_operator, find_operator, operators
from voltway.kernel.auth.operators import suspend as set_suspended

app = typer.Typer(help="Add, list, suspend and resume operators.", **STYLE)

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="The operator's short name: a-z 0-9 -.")]


@app.callback()
def operator() -> None:
    """Add, list, suspend and resume operators."""


@app.command()
def create(
    slug: Slug,
    name: Annotated[str | None, typer.Option(help="Its full name; the slug if not given.")] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Add an operator. Its stations connect to /ocpp/SLUG/IDENTITY. Works while the server is running."""
    finish(_create(slug, name or slug, data_dir, config))
    print(f"The operator {slug} is there. Its first administrator: voltway admin create --operator {slug}")  # noqa: T201


@app.command("list")
def list_all(data_dir: DataDir = None, config: Config = None) -> None:
    """List the operators: slug, state, name."""
    for slug, name, suspended_at in finish(_list(data_dir, config)):
        print(f"{slug}\t{'active' if suspended_at is None else 'suspended'}\t{name}")  # noqa: T201


@app.command()
def suspend(slug: Slug, data_dir: DataDir = None, config: Config = None) -> None:
    """Let nobody of an operator in any more; its stations stay as they are. Holds within 5 seconds."""
    finish(_suspend(slug, True, data_dir, config))
    print(f"The operator {slug} is suspended.")  # noqa: T201


@app.command()
def resume(slug: Slug, data_dir: DataDir = None, config: Config = None) -> None:
    """Let the people and programs of a suspended operator in again."""
    finish(_suspend(slug, False, data_dir, config))
    print(f"The operator {slug} is active.")  # noqa: T201


async def _create(slug: str, name: str, data_dir: Path | None, config: Path | None) -> None:
    async with opened(data_dir, config) as installation, installation.database.begin() as tx:
        operator_id = await create_operator(tx, slug, name)
        after = {"slug": slug, "name": name}
        audit.note(tx, None, "operator.made", ("operator", operator_id), operator_id=operator_id, after=after)


async def _list(data_dir: Path | None, config: Path | None) -> list[tuple[str, str, object]]:
    async with opened(data_dir, config) as installation, installation.database.read() as tx:
        statement = sa.select(operators.c.slug, operators.c.name, operators.c.suspended_at).order_by(operators.c.slug)
        return [(row.slug, row.name, row.suspended_at) for row in (await tx.execute(statement)).all()]


async def _suspend(slug: str, is_suspended: bool, data_dir: Path | None, config: Path | None) -> None:
    async with opened(data_dir, config) as installation, installation.database.begin() as tx:
        operator_id = await find_operator(tx, slug)
        await set_suspended(tx, operator_id, is_suspended=is_suspended)
        action = "operator.suspended" if is_suspended else "operator.resumed"
        audit.note(tx, None, action, ("operator", operator_id), operator_id=operator_id)
