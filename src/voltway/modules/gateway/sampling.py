"""Looking at the links now and then: how much they say, how much of it is faulty, how their clocks go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import median

from voltway.kernel.noticing import Notices
from voltway.modules.gateway.link import Link
from voltway.modules.gateway.noticing import note_of

SAMPLE_S = 60.0
RATE_MIN = 60
"""Fewer messages in a minute are never many."""
PEERS_MIN = 10
"""With fewer stations of a model nobody can say what is usual."""
MULTIPLE_MIN = 3.0
"""A station is told of from here on; the rule has a threshold of its own."""
OFFSET_MIN_S, OFFSET_STEP_S = 5.0, 20.0
"""A clock is told of when it is further off than this, and again when that has changed by a step."""
OFFSETS_KEPT = 50_000


class Sampler:
    """Looks at the links of this process once a minute, and notes what is unusual."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices
        self._offsets: dict[str, float] = {}
        """What was last told of the clocks that are off."""

    def sample(self, links: Iterable[Link]) -> None:
        """Note what is unusual since the last time."""
        rates: dict[tuple[str | None, str | None], list[tuple[int, Link]]] = defaultdict(list)
        for link in links:
            credential = link.credential
            rates[credential.vendor, credential.model].append((link.take_rate(), link))
            faulty, total = link.take_faults()
            if faulty:
                note_of(self._notices, credential, "messages.faulty", faulty=faulty, total=total)
            self._look_at_clock(link)
        for (vendor, _), peers in rates.items():
            if vendor is not None and len(peers) >= PEERS_MIN:
                self._compare(peers)

    def _compare(self, peers: list[tuple[int, Link]]) -> None:
        usual = max(median(rate for rate, _ in peers), 1.0)
        for rate, link in peers:
            if rate > RATE_MIN and rate > MULTIPLE_MIN * usual:
                multiple = round(rate / usual, 1)
                note_of(self._notices, link.credential, "messages.many", per_minute=rate, multiple=multiple)

    def _look_at_clock(self, link: Link) -> None:
        offset = link.memory.clock_offset_s
        if offset is None:
            return
        station_id, offset = link.credential.station_id, abs(offset)
        told = self._offsets.get(station_id)
        if offset <= OFFSET_MIN_S:
            if told is not None:
                del self._offsets[station_id]
                note_of(self._notices, link.credential, "clock.offset", offset_s=round(offset))
        elif (told is None or abs(offset - told) > OFFSET_STEP_S) and len(self._offsets) < OFFSETS_KEPT:
            self._offsets[station_id] = offset
            note_of(self._notices, link.credential, "clock.offset", offset_s=round(offset))
