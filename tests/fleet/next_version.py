"""The server as its next version may be: `python next_version.py HISTORY run …`, with HISTORY a folder for its migrations.

What it has that the present one does not know: a column, filled by the database, in tables that everything goes through, and a table
of its own; a field in every event that is stored and in all that processes ask and answer each other; after each event
another one of a kind that is new.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from voltway.app import schema
from voltway.app.cli import main
from voltway.kernel import clock
from voltway.kernel.bus import outbox
from voltway.kernel.bus.event import Event
from voltway.kernel.bus.events import Events
from voltway.kernel.processes import wire

TOUCHED = (
    "sessions_sessions",
    "sessions_inbox",
    "sessions_progress",
    "stations_stations",
    "billing_cdrs",
    "kernel_outbox",
)
REVISION = """
import sqlalchemy as sa
from alembic import op

revision = {number!r}
down_revision = {before!r}
{more}

def upgrade():
    for table in {touched!r}:
        op.add_column(table, sa.Column("next_note", sa.String(10), nullable=True, server_default="next"))
    op.create_table("next_things", sa.Column("id", sa.Integer, primary_key=True))
"""


class NextThing(Event):
    """What the present version has never heard of."""

    what: str


def write_history(folder: Path, more: str = "") -> None:
    """The present history and one revision; `more`: what else that says."""
    before = schema.revisions()[-1]
    number = f"{int(before) + 1:04d}"
    shutil.copytree(schema.VERSIONS.parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = REVISION.format(number=number, before=before, touched=TOUCHED, more=more)
    (folder / "versions" / f"{number}_next.py").write_text(text)


def use_history(folder: Path) -> None:
    """Know the migrations of this folder."""
    config = schema.alembic_config

    def from_folder(connection: sa.Connection) -> Any:
        found = config(connection)
        found.set_main_option("script_location", str(folder))
        return found

    schema.alembic_config = from_folder
    schema.VERSIONS = folder / "versions"
    schema.revisions.cache_clear()


def say_more() -> None:
    """In events, and between processes."""
    to_json, encode, store = outbox.to_json, wire._encode, Events._store

    def json_of(value: Any) -> str:
        return json.dumps({**json.loads(to_json(value)), "next_field": {"is": ["new"]}})

    def bytes_of(value: Any) -> bytes:
        built = msgspec.msgpack.decode(encode(value))
        return encode({**built, "next_field": "new"} if isinstance(built, dict) and built else value)

    async def store_more(self: Events, tx: Any) -> None:
        if any(event.durable for event in tx.events):
            tx.events.append(NextThing(operator_id=tx.events[0].operator_id, at=clock.now(), what="new"))
        await store(self, tx)

    outbox.to_json, wire._encode, Events._store = json_of, bytes_of, store_more  # type: ignore[method-assign]


if __name__ == "__main__":
    _, history, *arguments = sys.argv
    use_history(Path(history))
    say_more()
    sys.argv = ["voltway", *arguments]
    main()
