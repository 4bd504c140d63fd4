"""The platform's sessions held against what the driver knows: every transaction, to the Wh."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

DIFFERENCES_SHOWN = 10
_SESSIONS = """SELECT station_identity, transaction_id, state, energy_wh
    FROM sessions_sessions JOIN sessions_progress ON session_id = sessions_sessions.id"""

Key = tuple[str, str]
"""(station, its transaction)"""
Outcome = tuple[str, int]
"""(state, energy in Wh)"""


def compare(ledger_file: Path, database_file: Path) -> dict[str, Any]:
    """Whether the sessions in the database are those of the ledger, no more and no less, and how they differ."""
    said, unanswered = _from_ledger(ledger_file)
    with closing(sqlite3.connect(f"file:{database_file}?mode=ro", uri=True)) as database:
        stored: dict[Key, Outcome] = {}
        for identity, transaction_id, state, energy_wh in database.execute(_SESSIONS):
            stored[identity, str(transaction_id)] = (state, energy_wh)
    differences = [
        f"{identity} {transaction_id}: driver {said.get((identity, transaction_id))}, "
        f"platform {stored.get((identity, transaction_id))}"
        for identity, transaction_id in sorted(said.keys() | stored.keys())
        if said.get((identity, transaction_id)) != stored.get((identity, transaction_id))
    ]
    return {
        "ledger_equal": not differences,
        "sessions_driver": len(said),
        "sessions_platform": len(stored),
        "energy_wh_driver": sum(energy_wh for _, energy_wh in said.values()),
        "energy_wh_platform": sum(energy_wh for _, energy_wh in stored.values()),
        "stations_with_unanswered_message": unanswered,
        "differences": len(differences),
        "differences_shown": differences[:DIFFERENCES_SHOWN],
    }


def _from_ledger(file: Path) -> tuple[dict[Key, Outcome], int]:
    said: dict[Key, Outcome] = {}
    unanswered = 0
    for identity, entry in json.loads(file.read_text()).items():
        unanswered += entry["unanswered"] is not None
        for charge in entry["charges"]:
            state = "active" if charge["meter_stop_wh"] is None else "ended"
            energy_wh = charge["register_wh"] - charge["meter_start_wh"]
            said[identity, charge["transaction_id"]] = (state, energy_wh)
    return said, unanswered
