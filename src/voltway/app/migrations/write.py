"""Write the next revision from what differs between the tables in the code and the history: a draft to be read.

python -m voltway.app.migrations.write "sessions know their parking spot"
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command

from voltway.app import catalog, schema
from voltway.app.tables import installation
from voltway.kernel import housekeeping
from voltway.kernel.database import metadata

TABLES_BESIDE_MODULES = (installation, housekeeping.MANIFEST)
"""What must be imported, besides the modules, for all tables to be known."""


def write(message: str) -> Path:
    """The file of the new revision."""
    catalog.load()
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        if schema.revisions():
            schema.run_upgrade(connection)
        config = schema.alembic_config(connection)
        config.attributes["metadata"] = metadata
        number = f"{len(schema.revisions()) + 1:04d}"
        script = command.revision(config, message, autogenerate=True, rev_id=number)
    if script is None or isinstance(script, list):
        raise SystemExit("Alembic wrote no revision.")
    file = Path(script.path)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("    # ###")), encoding="utf-8")
    for arguments in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *arguments, str(file)], check=False)
    return file


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    print(write(sys.argv[1]))  # noqa: T201 - a tool of the command line
