"""The only place that asks what time it is.

Everything else calls `now()` (an instant, UTC) or `monotonic()` (seconds that only grow, for time-outs and ages), so that
a test can hold the time still or move it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_now: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 - replaced as a whole by `frozen`
monotonic = time.monotonic


def now() -> datetime:
    """The present instant, aware, UTC."""
    return _now()


_last_ms = 0
_last = datetime.fromtimestamp(0, UTC)


def _this_ms() -> datetime:
    global _last_ms, _last
    ms = time.time_ns() // 1_000_000
    if ms != _last_ms:
        _last_ms, _last = ms, datetime.fromtimestamp(ms / 1000, UTC)
    return _last


_now_ms = _this_ms


def now_ms() -> datetime:
    """The present instant in whole milliseconds, which is what is stored and shown; one and the same object for all who ask
    within a millisecond, so that whatever is derived from it can be kept."""
    return _now_ms()


@contextmanager
def frozen(at: datetime) -> Iterator[Callable[[datetime], None]]:
    """Hold `now()` at an instant while the block runs; the value given moves it: `move(datetime)`."""
    global _now, _now_ms
    before, held = (_now, _now_ms), [at]
    _now = _now_ms = lambda: held[0]
    try:
        yield lambda to: held.__setitem__(0, to)
    finally:
        _now, _now_ms = before


def to_rfc3339(at: datetime) -> str:
    """An instant as RFC 3339 text with milliseconds and `Z`: 2026-01-31T12:00:00.000Z."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat("T", "milliseconds")[:-6] + "Z"  # without +00:00


def epoch_ms() -> int:
    """Milliseconds since 1970, from the machine's clock; for ids, which must not stand still in a test."""
    return time.time_ns() // 1_000_000
