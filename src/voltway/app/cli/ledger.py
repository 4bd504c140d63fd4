"""`voltway ledger verify`: the ledger beside a running server, or without one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from voltway.app import settings
from voltway.app.cli.commands import STYLE
from voltway.app.cli.options import Config, DataDir, finish, opened
from voltway.kernel.auth import find_operator, operators
from voltway.kernel.secrets import derive_key
from voltway.modules.ledger import rules, verifying
from voltway.modules.ledger.verifying import Verdict

app = typer.Typer(help="Verify the ledger.", **STYLE)

Only = Annotated[
    str | None, typer.Option("--operator", metavar="SLUG", help="Which operator; all of them if not given.")
]


@app.callback()
def ledger() -> None:
    """Verify the ledger."""


@app.command()
def verify(operator: Only = None, data_dir: DataDir = None, config: Config = None) -> None:
    """Read the whole ledger and say whether somebody has changed, removed, put in or cut off a posting.

    Exit code 1: the first number at which the ledger does not hold is printed. Where it ended each day is in the audit log, and in a file in the data
    directory.
    """
    verdicts = finish(_verify(operator, data_dir, config))
    for slug, verdict in verdicts.items():
        print(_says(slug, verdict))  # noqa: T201 - this is the command line's voice
    if any(verdict.broken for verdict in verdicts.values()):
        raise typer.Exit(1)


async def _verify(operator: str | None, data_dir: Path | None, config: Path | None) -> dict[str, Verdict]:
    folder = settings.read(settings.Flags(data_dir, config), modules=()).data_dir
    async with opened(data_dir, config) as installation:
        wanted = sa.select(operators.c.slug, operators.c.id).order_by(operators.c.slug)
        async with installation.database.read() as tx:
            if operator is not None:
                wanted = wanted.where(operators.c.id == await find_operator(tx, operator))
            found = (await tx.execute(wanted)).all()
        key = derive_key(installation.secret, rules.SEAL_PURPOSE)
        return {slug: await verifying.verify(installation.database, folder, id_, key) for slug, id_ in found}


def _says(slug: str, verdict: Verdict) -> str:
    if verdict.broken is not None:
        return f"{slug}: BROKEN at posting {verdict.broken.number}: {verdict.broken.says}"
    seen = (
        "" if verdict.is_anchored or not verdict.end.number else "; no anchor file: nothing says that none is cut off"
    )
    return f"{slug}: whole, {verdict.end.number} postings, the last hash is {verdict.end.hash}{seen}"
