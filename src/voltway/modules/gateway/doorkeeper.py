"""What every way in asks before it makes a link: who the station is, whether all come at once, what becomes of its old link."""

from __future__ import annotations

import random
from http import HTTPStatus
from typing import NamedTuple

import structlog

from voltway.kernel import clock
from voltway.modules.gateway.admission import Admission, Approach, Welcome
from voltway.modules.gateway.handshake import Refusal, too_many
from voltway.modules.gateway.limits import KeyedBuckets, TokenBucket
from voltway.modules.gateway.link import Link
from voltway.modules.gateway.registry import Registry
from voltway.modules.gateway.settings import GatewaySettings

log = structlog.get_logger()

STILL_HERE = (1008, "another connection of this station is alive")


class StillHere(NamedTuple):
    """The station's old link answers, and the new one cannot prove that it is the same station."""

    protocol: str


Decision = Welcome | Refusal | StillHere


class Doorkeeper:
    """Admission, and the rules for a station that is linked already; the same for every way in."""

    def __init__(self, settings: GatewaySettings, admission: Admission, registry: Registry) -> None:
        self._admission = admission
        self._registry = registry
        self._probe_timeout_s = settings.probe_timeout_s
        self.closed_until = 0.0
        """Until then (monotonic) nobody is let in: nothing can be stored."""
        self._arrivals = TokenBucket(settings.connections_per_s, settings.connections_burst)
        self._takeovers = KeyedBuckets(1 / settings.takeover_pause_s, settings.takeovers_burst)

    def is_too_much(self) -> bool:
        """Whether one more station would be too much now."""
        now = clock.monotonic()
        return now < self.closed_until or not self._arrivals.take(now)

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
                return StillHere(verdict.protocol)
        return verdict

    def find_old(self, welcome: Welcome) -> Link | None:
        """The link that the station has now."""
        return self._registry.find(welcome.credential.station_id) if welcome.credential is not None else None

    def is_taken_over_too_often(self, welcome: Welcome) -> bool:
        """Whether two fight for one identity: each would close the other's link, again and again."""
        if welcome.credential is None or self.find_old(welcome) is None:
            return False
        return not self._takeovers.of(welcome.credential.station_id).take(clock.monotonic())

    def _must_wait(self, welcome: Welcome) -> bool:
        """Whether the old link is to be asked first: a station without password cannot prove that it is the same."""
        is_open_to_all = welcome.credential is not None and welcome.credential.security_profile == 0
        return is_open_to_all and self.find_old(welcome) is not None


def come_later() -> Refusal:
    """Not now; not all at once either."""
    return too_many(HTTPStatus.SERVICE_UNAVAILABLE, random.uniform(5, 30))
