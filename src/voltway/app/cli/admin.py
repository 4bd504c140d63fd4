"""`voltway admin create`: an account for somebody who runs the network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from voltway.app.cli.commands import STYLE
from voltway.app.cli.options import Config, DataDir, OperatorSlug, finish, opened
from voltway.app.cli.roles import role_named
from voltway.kernel.auth import DEFAULT_OPERATOR_SLUG, Role, create_account, find_operator
from voltway.kernel.errors import StartUpError

app = typer.Typer(help="Make accounts of people who run the network.", **STYLE)


@app.callback()
def admin() -> None:
    """Make accounts of people who run the network."""


@app.command()
def create(
    email: Annotated[str, typer.Option(help="The address to log in with.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the standard input.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="The person's name; the e-mail address if not given.")] = None,
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(Role)}.")] = Role.OPERATOR_ADMIN,
    operator: OperatorSlug = DEFAULT_OPERATOR_SLUG,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Make an account, by default an operator's administrator. Works while the server is running."""
    chosen = role_named(role)
    password = _read_password(is_piped=password_stdin)
    finish(_create(email, password, name or email, chosen, operator, data_dir, config))
    print(f"{email} may log in now, as {chosen} of the operator {operator}.")  # noqa: T201


def _read_password(*, is_piped: bool) -> str:
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise StartUpError("There is no terminal to ask for the password: pipe it in with --password-stdin.")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


async def _create(
    email: str, password: str, name: str, role: Role, operator: str, data_dir: Path | None, config: Path | None
) -> None:
    async with opened(data_dir, config) as installation, installation.database.begin() as tx:
        await create_account(tx, email, password, name, role, await find_operator(tx, operator))
