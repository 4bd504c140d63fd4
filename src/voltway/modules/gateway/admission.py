"""Who may connect: the contract's table "Who may connect", and what a wrong password costs.

Decided from memory where the record fits. Where it does not, the database is asked once (a bounded number per second): a
station made or rotated through any node can connect at once. Failures are throttled, never successes.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
from collections.abc import Callable
from http import HTTPStatus
from typing import NamedTuple

import structlog

from voltway.contracts.security import TOKEN_PREFIX, RedeemToken, ReportSecurityEvent
from voltway.contracts.station_link import STATION_PASSWORD_PURPOSE, AdmitStation, StationCredential
from voltway.contracts.vocabulary import Registration
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_SLUG
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.errors import Problem, Unavailable
from voltway.kernel.ids import new_id
from voltway.kernel.noticing import Notices
from voltway.kernel.runtime import Runtime
from voltway.kernel.secrets import derive_key
from voltway.modules.gateway.credentials import NOBODY_TRUSTED, CredentialTable, Fit, fits
from voltway.modules.gateway.handshake import UNAUTHORIZED, Credentials, Refusal, Target, too_many
from voltway.modules.gateway.limits import KeyedBuckets, TokenBucket
from voltway.modules.gateway.noticing import Shown, note_refusal
from voltway.modules.gateway.peer import PLAIN, Peer, PeerCertificate, Trust
from voltway.modules.gateway.settings import GatewaySettings, UnknownStations

log = structlog.get_logger()

# RFC 6455 leaves the code open; OCPP-J 2.0.1 part 4, section 3.2: the handshake completes and the connection is closed.
NO_SUBPROTOCOL = (1002, "no sub-protocol in common")


_NOBODY = StationCredential(
    station_id="",
    operator_id="",
    operator_slug="",
    identity="",
    location_id=None,
    security_profile=1,
    secret_hash=None,
    registration=Registration.REJECTED,
)
"""The record of an identity that nobody has: nothing fits it."""


class Approach(NamedTuple):
    """A station that wants in, whatever way it comes."""

    target: Target
    credentials: Credentials | None
    subprotocols: tuple[str, ...]
    peer: Peer = PLAIN


class Welcome(NamedTuple):
    """The station may connect. `protocol` None: it offers no sub-protocol that we speak and is to be sent off."""

    credential: StationCredential | None
    protocol: str | None
    fit: Fit | None = None
    """How it has proved who it is."""


Verdict = Welcome | Refusal


class Admission:
    """The gatekeeper of one process."""

    def __init__(
        self,
        runtime: Runtime,
        table: CredentialTable,
        settings: GatewaySettings,
        protocols: frozenset[str],
        unknown_stations: UnknownStations,
    ) -> None:
        self._runtime = runtime
        self._table = table
        self._protocols = protocols
        self._unknown_stations = unknown_stations
        self.find_trust: Callable[[], Trust] = lambda: NOBODY_TRUSTED
        """What client certificates are held against; the TLS port sets it."""
        self._key = derive_key(runtime.secret, STATION_PASSWORD_PURPOSE)
        self._rereads = TokenBucket(settings.rereads_per_s, settings.rereads_per_s)
        self._admissions = TokenBucket(settings.admissions_per_s, 5 * settings.admissions_per_s)
        self._failures = (
            KeyedBuckets(1 / settings.failure_pause_s, settings.failures_burst),
            KeyedBuckets(1 / settings.prefix_failure_pause_s, settings.prefix_failures_burst),
            KeyedBuckets(settings.failures_per_s, 10 * settings.failures_per_s),
        )

    def judge(self, approach: Approach) -> Welcome | None:
        """The verdict by what is in memory; None: `judge_again`."""
        found = self._match(approach)
        return None if found is None else Welcome(found[0], self._choose(approach), found[1])

    async def judge_again(self, approach: Approach, address: str) -> Verdict:
        """The verdict after a look into the database."""
        keys = (approach.target.identity.casefold(), prefix_of(address), "all")
        failures = [keyed.of(key) for keyed, key in zip(self._failures, keys, strict=True)]
        wait_s = max(bucket.wait_s(clock.monotonic()) for bucket in failures)
        if wait_s > 0:
            self._note_refusal(approach, keys[1])
            return too_many(HTTPStatus.TOO_MANY_REQUESTS, wait_s)
        try:
            verdict = await self._look_up(approach)
        except Unavailable:
            return too_many(HTTPStatus.SERVICE_UNAVAILABLE, random.uniform(5, 30))
        except Problem as problem:  # no such operator, no such name: nobody we know
            log.info("station.not_admitted", identity=approach.target.identity, reason=str(problem))
            verdict = UNAUTHORIZED
        if verdict is UNAUTHORIZED:
            if (shown := approach.peer.certificate) is not None:  # A00.FR.407: it is to be noticed
                log.warning(
                    "client_certificate.refused",
                    identity=approach.target.identity,
                    common_name=shown.common_name,
                    serial_number=shown.serial_number,
                )
                await self._tell_of_certificate(approach, shown, address)
            for bucket in failures:
                bucket.take(clock.monotonic())
            self._note_refusal(approach, keys[1])
        return verdict

    async def _tell_of_certificate(self, approach: Approach, shown: PeerCertificate, address: str) -> None:
        """A certificate that is good and another station's: an event of the station that it was shown for (A00.FR.407, .427).

        Who has none of ours does not get here, and who has one is slowed like everybody who fails.
        """
        now = clock.now()
        for credential in self._table.find(approach.target):
            report = ReportSecurityEvent(
                operator_id=credential.operator_id,
                station_id=credential.station_id,
                station_identity=credential.identity,
                location_id=credential.location_id,
                protocol=self._choose(approach) or "",
                message_id=new_id(),
                received_at=now,
                occurred_at=now,
                type="InvalidChargingStationCertificate",
                tech_info=f"certificate {shown.serial_number} of {shown.common_name} shown from {address}"[:255],
            )
            if not self._runtime.commits.records(ReportSecurityEvent):
                return  # the module that keeps them is not loaded
            try:
                await self._runtime.commits.record(report)
            except Unavailable as problem:
                log.warning("client_certificate.not_told", error=str(problem))

    def _note_refusal(self, approach: Approach, prefix: str) -> None:
        """Tell of it, but when the answer has left: how long this takes depends on whether there is such a station."""
        shown = Shown(approach.target.identity, approach.credentials, approach.peer, prefix)
        known, trust, notices = self._table.find(approach.target), self.find_trust(), self._runtime.state(Notices)
        asyncio.get_running_loop().call_soon(note_refusal, notices, shown, known, self._key, trust)

    async def _look_up(self, approach: Approach) -> Verdict:
        target, protocol = approach.target, self._choose(approach)
        if not self._rereads.take(clock.monotonic()):
            return too_many(HTTPStatus.SERVICE_UNAVAILABLE, random.uniform(5, 30))
        await self._table.reread(target.identity)
        if not self._table.find(target):
            await self._redeem(approach)
        if not self._table.find(target) and self._unknown_stations != "reject":
            if protocol is None:
                return Welcome(None, None)  # nothing is stored of a station that we cannot talk to
            if not self._admissions.take(clock.monotonic()):
                return too_many(HTTPStatus.SERVICE_UNAVAILABLE, random.uniform(5, 30))
            registration = Registration.ACCEPTED if self._unknown_stations == "accept" else Registration.PENDING
            slug = target.operator_slug or DEFAULT_OPERATOR_SLUG
            await self._runtime.ask(
                AdmitStation(operator_slug=slug, identity=target.identity, registration=registration)
            )
            await self._table.reread(target.identity)
        found = self._match(approach)  # somebody may have made a record with a password meanwhile
        return UNAUTHORIZED if found is None else Welcome(found[0], protocol, found[1])

    async def _redeem(self, approach: Approach) -> None:
        """Make the record of a station that shows a registration token."""
        credentials, target = approach.credentials, approach.target
        if credentials is None or credentials.username.casefold() != target.identity.casefold():
            return
        token = credentials.password.decode(errors="replace")
        if not token.startswith(TOKEN_PREFIX):
            return
        redeem = RedeemToken(operator_slug=target.operator_slug, identity=target.identity, token=token)
        try:
            is_made = await self._runtime.ask(redeem)
        except NobodyAnswers:
            return
        if is_made:
            await self._table.reread(target.identity)

    def _match(self, approach: Approach) -> tuple[StationCredential, Fit] | None:
        """The one record that a station fits, and how; none also if it fits those of two operators."""
        trust = self.find_trust()
        matching = [
            (credential, fit)
            for credential in self._table.find(approach.target) or (_NOBODY,)  # whoever is named costs the same hashes
            if (
                fit := fits(credential, approach.target.identity, approach.credentials, self._key, approach.peer, trust)
            )
            and credential is not _NOBODY  # a broker vouches for whoever it lets in
        ]
        return matching[0] if len(matching) == 1 else None

    def _choose(self, approach: Approach) -> str | None:
        """The first of the station's sub-protocols that we speak."""
        return next((name for name in approach.subprotocols if name in self._protocols), None)


def prefix_of(address: str) -> str:
    """The network an address belongs to: /24 of IPv4, /48 of IPv6."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def is_loopback(host: str) -> bool:
    """Whether a port bound to this host is out of everybody else's reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
