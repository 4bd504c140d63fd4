"""Which samples of a session that is over and paid for are still of use. Pure.

What stays: everything that a meter signed, everything that was measured for a reason (begin, end, an interruption, a trigger, a
clock-aligned interval), the first and the last, and of the periodic ones in each quarter of an hour the last, for the curve of
energy, and the one with the most power, for the peak. The registers that were billed stand in the session itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

BUCKET_S = 900
PERIODIC = "Sample.Periodic"


class Told(NamedTuple):
    """What of a sample decides."""

    id: int
    at: datetime
    context: str
    location: str
    power_w: float | None
    is_signed: bool


def surplus(samples: Iterable[Told]) -> list[int]:
    """The ids of the samples of one session that can go."""
    told = sorted(samples, key=lambda sample: (sample.at, sample.id))
    last: dict[tuple[str, int], Told] = {}
    most: dict[tuple[str, int], Told] = {}
    ends: dict[str, tuple[Told, Told]] = {}
    for sample in told:
        bucket = (sample.location, int(sample.at.timestamp()) // BUCKET_S)
        last[bucket] = sample
        if bucket not in most or (sample.power_w or 0.0) > (most[bucket].power_w or 0.0):
            most[bucket] = sample
        ends[sample.location] = (ends.get(sample.location, (sample, sample))[0], sample)
    kept = {sample.id for sample in (*last.values(), *most.values())}
    kept |= {sample.id for pair in ends.values() for sample in pair}
    return [
        sample.id for sample in told if sample.id not in kept and sample.context == PERIODIC and not sample.is_signed
    ]
