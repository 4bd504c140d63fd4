"""What Great Britain asks of a private charge point: off-peak by default, and a random delay before each change of the load. Pure.

Source: The Electric Vehicles (Smart Charge Points) Regulations 2021, regulations 10 and 11: peak hours are 8 to 11 and 16 to 22 on
weekdays; the delay is up to 600 s (up to 1,800 s where the operator sets it), drawn anew each time, and the user may override both.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime

DELAY_S = 600
CURRENT_A_MIN = 6.0
_PEAK_HOURS = ((8, 11), (16, 22))


def is_peak(shown: datetime) -> bool:
    """Whether the clock on the wall shows an hour at which nothing is to flow by default."""
    return shown.weekday() < 5 and any(begin <= shown.hour < end for begin, end in _PEAK_HOURS)


@dataclass
class LoadShaper:
    """What may flow, by what is allowed: nothing at peak hours, and a beginning or an end of the load only after its delay.

    A limit that goes down, or up from one that flows, is taken at once: only on and off are load of the grid's kind. `override`
    is the user's wish to charge now; it holds until the vehicle is gone.
    """

    delay_s_max: int = DELAY_S
    rng: random.Random = field(default_factory=random.Random)
    is_overridden: bool = False
    _flows: bool = False
    _due_s: float | None = None

    def shape(self, allowed_a: float, shown: datetime, now_s: float) -> float:
        """The current that is offered now; `shown` is the local time, `now_s` a clock that only grows."""
        if self.is_overridden:
            self._flows, self._due_s = allowed_a >= CURRENT_A_MIN, None
            return allowed_a
        wanted = allowed_a >= CURRENT_A_MIN and not is_peak(shown)
        if allowed_a < CURRENT_A_MIN:
            # The CSMS, a fault or the cable allows nothing: that is not ours to put off.
            self._flows, self._due_s = False, None
            return allowed_a
        if wanted is self._flows:
            self._due_s = None
        elif self._due_s is None:
            self._due_s = now_s + self.rng.uniform(0, self.delay_s_max)
        if self._due_s is not None and now_s >= self._due_s:
            self._flows, self._due_s = wanted, None
        return allowed_a if self._flows else 0.0

    def unplugged(self) -> None:
        """The next vehicle is charged by the defaults again."""
        self.is_overridden, self._flows, self._due_s = False, False, None
