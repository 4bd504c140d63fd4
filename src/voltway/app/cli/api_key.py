"""`voltway api-key create`: a key for a program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voltway.app.cli.commands import STYLE
from voltway.app.cli.options import Config, DataDir, OperatorSlug, finish, opened
from voltway.app.cli.roles import BUILT_IN, role_named
from voltway.kernel import audit
from voltway.kernel.auth import DEFAULT_OPERATOR_SLUG, Role, create_api_key, find_operator
from voltway.kernel.auth.api_keys import prefix_of

app = typer.Typer(help="Make keys for programs that use the API.", **STYLE)


@app.callback()
def api_key() -> None:
    """Make keys for programs that use the API."""


@app.command()
def create(
    role: Annotated[str, typer.Option(help=f"What the key may do, one of: {', '.join(BUILT_IN)}.")],
    name: Annotated[str, typer.Option(help="What it is for, to know it again.")] = "command line",
    operator: OperatorSlug = DEFAULT_OPERATOR_SLUG,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Make an API key and print it, which happens only this once. Works while the server is running."""
    print(finish(_create(role_named(role), name, operator, data_dir, config)))  # noqa: T201


async def _create(role: Role, name: str, operator: str, data_dir: Path | None, config: Path | None) -> str:
    async with opened(data_dir, config) as installation, installation.database.begin() as tx:
        operator_id = await find_operator(tx, operator)
        key = await create_api_key(tx, role, name, operator_id, installation.secret)
        target, told = ("api_key", prefix_of(key)), {"name": name, "role": role}
        audit.note(tx, None, "api_key.made", target, operator_id=operator_id, by="command line", after=told)
        return key
