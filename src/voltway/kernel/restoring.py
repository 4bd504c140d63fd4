"""What must follow when the database is an older one than stations, people and machines remember: after a restore.

What was handed out since the backup is out there and not here. So nothing is handed out a second time (numbers are skipped),
nothing that was still running is taken for what it was, and nobody stays logged in. A module says what that means for its own
tables with `Manifest.restored`; all of it is one transaction, and the server starts only afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

POSITIONS_SKIPPED = 100_000_000
"""More events than anybody publishes between a backup and its restore: who remembers positions never meets one again."""


@dataclass(frozen=True)
class Restored:
    """A restore: from when the data is, and when it came back."""

    taken_at: datetime
    restored_at: datetime
