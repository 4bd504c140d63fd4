"""`voltway admin`: an account for somebody who runs the network, and help for who has lost their second factor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from voltway.app.cli.commands import STYLE
from voltway.app.cli.options import Config, DataDir, OperatorSlug, finish, opened
from voltway.app.cli.roles import BUILT_IN, role_named
from voltway.app.settings import Flags, read
from voltway.kernel import audit
from voltway.kernel.auth import DEFAULT_OPERATOR_SLUG, Role, accounts, create_account, find_operator
from voltway.kernel.auth.errors import AccountNotFound
from voltway.kernel.bus.events import Events
from voltway.kernel.errors import StartUpError
from voltway.modules.accounts import service

app = typer.Typer(help="Make accounts of people who run the network, and help who cannot log in.", **STYLE)


@app.callback()
def admin() -> None:
    """Make accounts of people who run the network, and help who cannot log in."""


@app.command()
def create(
    email: Annotated[str, typer.Option(help="The address to log in with.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the standard input.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="The person's name; the e-mail address if not given.")] = None,
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(BUILT_IN)}.")] = Role.OPERATOR_ADMIN,
    operator: OperatorSlug = DEFAULT_OPERATOR_SLUG,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Make an account, by default an operator's administrator. Works while the server is running."""
    chosen = role_named(role)
    password = _read_password(is_piped=password_stdin)
    finish(_create(email, password, name or email, chosen, operator, data_dir, config))
    print(f"{email} may log in now, as {chosen} of the operator {operator}.")  # noqa: T201


@app.command("reset-mfa")
def reset_mfa(
    email: Annotated[str, typer.Option(help="Whose second factors are to go.")],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Take all second factors of an account whose owner has lost them; the log-ins end, the password stays. The owner is told by
    mail, and the audit log keeps it. Works while the server is running."""
    finish(_reset_mfa(email, data_dir, config))
    print(f"{email} logs in by password alone now. All log-ins have ended.")  # noqa: T201


async def _reset_mfa(email: str, data_dir: Path | None, config: Path | None) -> None:
    configuration = read(Flags(data_dir, config), modules=())
    async with opened(data_dir, config) as installation:
        Events(installation.database)  # what is published here is stored with the commit, and told by the server
        async with installation.database.begin() as tx:
            account = await accounts.find_by_email(tx, email)
            if account is None:
                raise AccountNotFound(f"There is no account {email}.")
            url = configuration.http.public_url or f"http://localhost:{configuration.http.port}"
            await service.reset_factors(tx, account, url.rstrip("/"))


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
        operator_id = await find_operator(tx, operator)
        account_id = await create_account(tx, email, password, name, role, operator_id)
        told = {"email": email, "name": name, "role": role}
        audit.note(
            tx, None, "account.made", ("account", account_id), operator_id=operator_id, by="command line", after=told
        )
