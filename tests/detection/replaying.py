"""Signals of a replay file, and what the engine says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.detection.checks import Verdict
from voltway.modules.detection.engine import Engine, Finding
from voltway.modules.detection.signals import Signal

FOLDER = Path(__file__).parent / "replays"
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
"""Second 0 of every replay."""
TICK = timedelta(seconds=10)


def cases(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """(rule, case) of all files: those that raise, or those that keep quiet."""
    return [(file.stem, case) for file in sorted(FOLDER.glob("*.json")) for case in json.loads(file.read_text())[kind]]


def signals_of(case: dict[str, Any]) -> list[Signal]:
    """A case's signals in the order of time."""
    return sorted((signal for entry in case["signals"] for signal in _signals(entry)), key=lambda each: each.at)


def _signals(entry: dict[str, Any]) -> Iterator[Signal]:
    for n in range(entry.get("times", 1)):
        station = entry.get("station", "").format(n=n) or None
        varied = {name: text.format(n=n) for name, text in entry.get("vary", {}).items()}
        yield Signal(
            at=MIDNIGHT + timedelta(seconds=entry["at"] + n * entry.get("every", 0)),
            operator_id=DEFAULT_OPERATOR_ID,
            kind=entry["kind"],
            station_id=f"id of {station}" if station else None,
            station_identity=station,
            location_id=entry.get("location"),
            count=entry.get("count", 1),
            facts=entry.get("facts", {}) | varied,
        )


def replay(engine: Engine, signals: list[Signal], until: datetime | None = None) -> list[Finding]:
    """What is found, but for recoveries. Time passes in steps between the signals, and on to `until`."""
    found: list[Finding] = []
    now = signals[0].at
    for signal in signals:
        while now < signal.at and engine.is_waiting:
            now = min(now + TICK, signal.at)
            found += engine.tick(now)
        now = signal.at
        found += engine.feed(signal)
    while until is not None and now < until:
        now = min(now + TICK, until)
        found += engine.tick(now)
    return [finding for finding in found if finding.verdict is not Verdict.RECOVERED]
