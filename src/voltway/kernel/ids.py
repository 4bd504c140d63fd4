"""Our ids: UUIDv7 text (RFC 9562, section 5.7), so that they sort by the time they were made."""

from __future__ import annotations

import os
from datetime import datetime

from voltway.kernel import clock

_last_ms = 0
_sequence = 0


def new_id() -> str:
    """A new id, 36 characters, larger than every id this process made before."""
    global _last_ms, _sequence
    now_ms = clock.epoch_ms()
    if now_ms > _last_ms:
        _last_ms, _sequence = now_ms, os.urandom(1)[0]
    else:  # the same millisecond, or a clock that went back: count on, so that order holds
        _sequence += 1
        if _sequence > 0xFFF:
            _last_ms, _sequence = _last_ms + 1, 0
    tail = os.urandom(8).hex()
    stamp = f"{_last_ms:012x}"
    variant = "89ab"[int(tail[0], 16) & 3]
    return f"{stamp[:8]}-{stamp[8:]}-7{_sequence:03x}-{variant}{tail[1:4]}-{tail[4:]}"


def first_id_at(at: datetime) -> str:
    """What every id is larger than that was made at this instant or later, and no earlier one."""
    stamp = f"{max(int(at.timestamp() * 1000), 0):012x}"
    return f"{stamp[:8]}-{stamp[8:]}"
