"""`voltway audit verify` and `voltway audit export`: the audit log beside a running server, or without one."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
import typer

from voltway.app import settings
from voltway.app.cli.commands import STYLE
from voltway.app.cli.options import Config, DataDir, OperatorSlug, finish, opened
from voltway.app.errors import nearest
from voltway.app.installation import Installation
from voltway.kernel import audit as log
from voltway.kernel.auth import DEFAULT_OPERATOR_SLUG, find_operator, operators
from voltway.kernel.errors import StartUpError
from voltway.kernel.secrets import derive_key
from voltway.modules.audit import exporting, rules, store, verifying
from voltway.modules.audit.exporting import Form
from voltway.modules.audit.verifying import Verdict

app = typer.Typer(help="Verify and export the audit log.", **STYLE)

Only = Annotated[
    str | None, typer.Option("--operator", metavar="SLUG", help="Which operator; all of them if not given.")
]


@app.callback()
def audit() -> None:
    """Verify and export the audit log."""


@app.command()
def verify(operator: Only = None, data_dir: DataDir = None, config: Config = None) -> None:
    """Read the whole audit log and say whether somebody has changed, removed, put in, moved or cut off an entry.

    Exit code 1: the first number at which the log does not hold is printed. Note the last hash elsewhere now and then: it proves
    later that nothing before it was written anew, even by who has the secret.
    """
    verdicts = finish(_verify(operator, data_dir, config))
    for slug, verdict in verdicts.items():
        print(_says(slug, verdict))  # noqa: T201 - this is the command line's voice
    if any(verdict.broken for verdict in verdicts.values()):
        raise typer.Exit(1)


@app.command()
def export(
    form: Annotated[str, typer.Option("--form", help=f"One of: {', '.join(Form)}.")] = Form.JSONL,
    operator: OperatorSlug = DEFAULT_OPERATOR_SLUG,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Write an operator's audit log to the standard output, the oldest entry first. That it was done is in the log as well."""
    if form not in set(Form):
        raise StartUpError(f"There is no form {form}; did you mean {nearest(form, Form)}?")
    finish(_export(Form(form), operator, data_dir, config))


async def _verify(operator: str | None, data_dir: Path | None, config: Path | None) -> dict[str, Verdict]:
    async with _opened(data_dir, config) as (installation, folder):
        wanted = sa.select(operators.c.slug, operators.c.id).order_by(operators.c.slug)
        async with installation.database.read() as tx:
            if operator is not None:
                wanted = wanted.where(operators.c.id == await find_operator(tx, operator))
            found = (await tx.execute(wanted)).all()
        key = derive_key(installation.secret, rules.SEAL_PURPOSE)
        return {slug: await verifying.verify(installation.database, folder, id_, key) for slug, id_ in found}


async def _export(form: Form, operator: str, data_dir: Path | None, config: Path | None) -> None:
    async with _opened(data_dir, config) as (installation, _):
        async with installation.database.begin() as tx:
            operator_id = await find_operator(tx, operator)
            head = await store.head_of(tx, operator_id)
            told = {"form": form, "until": head.number}
            target = ("audit_log", operator_id)
            log.note(tx, None, "audit_log.exported", target, operator_id=operator_id, by="command line", after=told)
        async for piece in exporting.export(installation.database, operator_id, form, until=head.number):
            sys.stdout.write(piece)
        sys.stdout.flush()


@asynccontextmanager
async def _opened(data_dir: Path | None, config: Path | None) -> AsyncIterator[tuple[Installation, Path]]:
    """The installation and its data directory."""
    folder = settings.read(settings.Flags(data_dir, config), modules=()).data_dir
    async with opened(data_dir, config) as installation:
        yield installation, folder


def _says(slug: str, verdict: Verdict) -> str:
    if verdict.broken is not None:
        return f"{slug}: BROKEN at entry {verdict.broken.number}: {verdict.broken.says}"
    seen = (
        "" if verdict.is_anchored or not verdict.end.number else "; no anchor file: nothing says that none is cut off"
    )
    return f"{slug}: whole, {verdict.end.number} entries, the last hash is {verdict.end.hash}{seen}"
