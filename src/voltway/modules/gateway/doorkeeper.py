"""What every way in asks before it makes a link: who the station is, whether all come at once, what becomes of its old link."""

from __future__ import annotations

import random
from http import HTTPStatus
from typing import NamedTuple

import structlog

from voltway.kernel import clock
from voltway.kernel.noticing import Notices
from voltway.modules.gateway.admission import Admission, Approach, Welcome, prefix_of
from voltway.modules.gateway.handshake import Refusal, too_many
from voltway.modules.gateway.limits import KeyedBuckets, TokenBucket
from voltway.modules.gateway.link import Link
from voltway.modules.gateway.noticing import note_of
from voltway.modules.gateway.registry import Registry
from voltway.modules.gateway.settings import GatewaySettings

log = structlog.get_logger()

STATIONS_WATCHED_MAX = 100_000
"""Stations whose comings are remembered; beyond it those that came longest ago are forgotten."""
STILL_HERE = (1008, "another connection of this station is alive")


class StillHere(NamedTuple):
    """The station's old link answers, and the new one cannot prove that it is the same station."""

    protocol: str


Decision = Welcome | Refusal | StillHere


class Doorkeeper:
    """Admission, and the rules for a station that is linked already; the same for every way in."""

    def __init__(self, settings: GatewaySettings, admission: Admission, registry: Registry, notices: Notices) -> None:
        self._admission = admission
        self._registry = registry
        self._notices = notices
        self._probe_timeout_s = settings.probe_timeout_s
        self.closed_until = 0.0
        """Until then (monotonic) nobody is let in: nothing can be stored."""
        self._arrivals = TokenBucket(settings.connections_per_s, settings.connections_burst)
        self._networks = KeyedBuckets(settings.prefix_connections_per_s, settings.prefix_connections_burst)
        self._comings = KeyedBuckets(
            1 / settings.station_connection_pause_s, settings.station_connections_burst, STATIONS_WATCHED_MAX
        )
        self._takeovers = KeyedBuckets(1 / settings.takeover_pause_s, settings.takeovers_burst)

    def is_too_much(self) -> bool:
        """Whether one more station would be too much now."""
        now = clock.monotonic()
        return now < self.closed_until or not self._arrivals.take(now)

    def is_too_much_from(self, address: str) -> bool:
        """Whether one more connection from this network would be too much now: the storm of one leaves room for the others."""
        return not self._networks.of(prefix_of(address)).take(clock.monotonic())

    def judge(self, approach: Approach) -> Welcome | None:
        """The decision where memory has it; None: `judge_again`."""
        verdict = self._admission.judge(approach)
        return None if verdict is None or self._must_wait(verdict) else verdict

    async def judge_again(self, approach: Approach, address: str) -> Decision:
        """The decision after a look into the database, and after the old link was asked whether it lives."""
        try:
            verdict = self._admission.judge(approach) or await self._admission.judge_again(approach, address)
        except Exception as error:
            log.warning("handshake.undecided", error=repr(error)[:300])
            return come_later()
        if isinstance(verdict, Welcome) and verdict.protocol is not None and self._must_wait(verdict):
            old = self.find_old(verdict)
            if old is not None and await old.probe(self._probe_timeout_s):
                note_of(
                    self._notices, old.credential, "link.duplicate", address=address, old_address=old.remote_address
                )
                return StillHere(verdict.protocol)
        return verdict

    def find_old(self, welcome: Welcome) -> Link | None:
        """The link that the station has now."""
        return self._registry.find(welcome.credential.station_id) if welcome.credential is not None else None

    def comes_too_often(self, welcome: Welcome) -> bool:
        """Whether a station that has proved who it is connects again and again: it flaps, or two fight for one identity, and each
        would close the other's link for ever. Whoever cannot prove it does not count: nobody keeps a station out in its name."""
        if welcome.credential is None:
            return False
        station_id, now = welcome.credential.station_id, clock.monotonic()
        if not self._comings.of(station_id).take(now):
            return True
        if self.find_old(welcome) is None or self._takeovers.of(station_id).take(now):
            return False
        note_of(self._notices, welcome.credential, "link.takeover", is_refused=True)
        return True

    def _must_wait(self, welcome: Welcome) -> bool:
        """Whether the old link is to be asked first: a station without password cannot prove that it is the same."""
        is_open_to_all = welcome.credential is not None and welcome.credential.security_profile == 0
        return is_open_to_all and self.find_old(welcome) is not None


def come_later() -> Refusal:
    """Not now; not all at once either."""
    return too_many(HTTPStatus.SERVICE_UNAVAILABLE, random.uniform(5, 30))
