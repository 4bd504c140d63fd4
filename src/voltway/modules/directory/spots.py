"""Where something is that somebody names: a town that the platform knows, or what a geocoder says, if there is one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog

from voltway.integrations.geocoding import GEOCODERS, GeocoderFailed, Query, Spot, look_for
from voltway.kernel import clock
from voltway.kernel.http.settings import HttpSettings
from voltway.kernel.runtime import Runtime
from voltway.modules.directory import gazetteer
from voltway.modules.directory.gazetteer import Gazetteer
from voltway.modules.directory.settings import DirectorySettings

log = structlog.get_logger()
KEPT_MAX = 5_000
ASKED_MIN = 3
"""Shorter texts are not worth a question."""


class Geography:
    """What this process knows: the towns, once somebody has asked for one, and what the geocoder has said (Runtime.state)."""

    def __init__(self) -> None:
        self._towns: asyncio.Task[Gazetteer] | None = None
        self.answers: OrderedDict[Query, tuple[float, list[Spot]]] = OrderedDict()
        """With the time (monotonic clock) until which they are kept; the one used longest ago first."""
        self.free_at = 0.0
        """When the geocoder may be asked next (monotonic clock)."""

    async def towns(self) -> Gazetteer:
        """The towns; reading them is left to a thread."""
        if self._towns is None or (self._towns.done() and self._towns.exception() is not None):
            self._towns = asyncio.create_task(asyncio.to_thread(gazetteer.shipped))
        return await asyncio.shield(self._towns)


async def ask_geocoder(runtime: Runtime, query: Query, *, is_typed: bool) -> list[Spot]:
    """What the geocoder says, or has said; nothing if there is none, it may not be asked now, or it fails."""
    settings, known = runtime.settings(DirectorySettings), runtime.state(Geography)
    if not settings.geocoder or len(query.text) < ASKED_MIN:
        return []
    if not (is_typed or GEOCODERS[settings.geocoder].can_complete):
        return []
    # About a kilometre: enough to prefer what is near, and people who are near each other share an answer.
    near = None if query.near is None else (round(query.near[0], 2), round(query.near[1], 2))
    query = query._replace(text=" ".join(query.text.casefold().split()), near=near)
    now = clock.monotonic()
    until, kept = known.answers.get(query, (now, []))
    if until > now:
        known.answers.move_to_end(query)
        return kept
    if known.free_at > now:
        return []
    known.free_at = now + 1 / settings.geocoder_per_s
    agent = f"Voltway {runtime.settings(HttpSettings).public_url}".strip()
    try:
        found = await look_for(
            settings.geocoder, settings.geocoder_url, query, timeout_s=settings.geocoder_timeout_s, user_agent=agent
        )
    except GeocoderFailed as error:
        log.warning("geocoder.failed", reason=str(error))
        return []
    known.answers[query] = (now + settings.geocoder_kept_s, found)
    while len(known.answers) > KEPT_MAX:
        known.answers.popitem(last=False)
    return found
