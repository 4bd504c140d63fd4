"""`voltway migrate`: bring the database's schema to the one that this program knows."""

from __future__ import annotations

from voltway.app import schema, settings
from voltway.app.cli.options import Config, DataDir, finish
from voltway.app.installation import connect, make_private_files
from voltway.app.schema import Age


def migrate(data_dir: DataDir = None, config: Config = None) -> None:
    """Bring the database's schema to the one that this program knows."""
    print(finish(_migrate(settings.read(settings.Flags(data_dir, config), modules=()))))  # noqa: T201


async def _migrate(configuration: settings.Configuration) -> str:
    database = connect(configuration)
    try:
        found = await schema.look(database)
        schema.refuse_what_is_not_ours(found, database)
        if found.age is Age.CURRENT:
            return f"The schema is {found.revision}, which is the present one."
        if found.age is Age.AHEAD:
            return (
                f"The schema is {found.revision}, newer than this program, which can work with it: nothing was changed."
            )
        if found.age is Age.NEW:
            make_private_files(database)
        await schema.upgrade(database)
        return f"The schema is {schema.revisions()[-1]} now; it was {found.revision or 'empty'}."
    finally:
        await database.close()
