"""The gateway of one process: its parts, put together, started and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import cast

import msgspec
import structlog

from voltway.contracts.security import CertificateRevoked
from voltway.contracts.station_link import (
    BootReceipt,
    CredentialChanged,
    LinkOpened,
    ProveCredential,
    StationCredential,
)
from voltway.contracts.stations import StationsSeen
from voltway.kernel import clock
from voltway.kernel.bus.event import Event
from voltway.kernel.errors import StartUpError
from voltway.kernel.metrics import Metrics
from voltway.kernel.mqtt import Broker
from voltway.kernel.noticing import Notices
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway import commands, messages, nodes
from voltway.modules.gateway.admission import Admission, Welcome, is_loopback
from voltway.modules.gateway.broker import BrokerPort
from voltway.modules.gateway.context import LinkContext
from voltway.modules.gateway.credentials import CredentialTable, Fit
from voltway.modules.gateway.deviations import Deviations
from voltway.modules.gateway.dialects.base import Dialect
from voltway.modules.gateway.dialects.quirks import CORRECTIONS, Quirk
from voltway.modules.gateway.doorkeeper import Doorkeeper
from voltway.modules.gateway.link import Link
from voltway.modules.gateway.metrics import Counts, GatewayCollector
from voltway.modules.gateway.peer import Trust, plain_serial
from voltway.modules.gateway.registry import REPLACED, Registry
from voltway.modules.gateway.sampling import Sampler
from voltway.modules.gateway.server import CERTIFICATE, StationPort
from voltway.modules.gateway.settings import GatewaySettings, UnknownStations
from voltway.modules.gateway.tls import TlsMaterial
from voltway.wire.ocpp.rpc import Subprotocol, codec_for

log = structlog.get_logger()

CLOSES_AT_ONCE = 200
"""Links closed at a stop before the loop breathes."""


class Gateway:
    """What the module keeps in memory; `gateway_of(runtime)` finds it."""

    def __init__(self, runtime: Runtime, dialects: Mapping[str, Dialect]) -> None:
        self.runtime = runtime
        self.dialects = dialects
        self.settings = runtime.settings(GatewaySettings)
        self.counts = Counts()
        self.registry = Registry(runtime, self.settings.ping_interval_s, self._overtaken)
        self.credentials = CredentialTable(runtime, self._credentials_changed)
        self.log = (
            messages.MessageLog(
                runtime.database,
                self.counts,
                waiting_max=self.settings.log_waiting_max,
                frames_per_s=self.settings.log_frames_per_s,
                frames_burst=self.settings.log_frames_burst,
            )
            if self.settings.log_messages
            else None
        )
        self.deviations = Deviations()
        self._context = LinkContext(
            runtime,
            self.settings,
            self.counts,
            self.log,
            self.deviations,
            quirks_of(self.settings),
            on_open=self._opened,
            on_close=self.registry.remove,
            on_boot=self._booted,
        )
        admission = Admission(
            runtime, self.credentials, self.settings, frozenset(dialects), unknown_stations(self.settings)
        )
        self.tls = TlsMaterial(runtime, self.settings.tls) if self.settings.tls.port is not None else None
        if self.tls is not None:
            admission.find_trust = self._trust
        self.doorkeeper = Doorkeeper(self.settings, admission, self.registry, runtime.state(Notices))
        self.port = StationPort(self.settings, self.doorkeeper, self.counts, self._make_link)
        self.broker = (
            BrokerPort(self.settings, runtime.secret, self.doorkeeper, self.counts, self._make_link)
            if self.settings.mqtt.url
            else None
        )
        self._sampler = Sampler(runtime.state(Notices))
        self._collector = GatewayCollector(self.counts)
        self._following_up: set[Link] = set()
        self._undo = ExitStack()

    # ---- start and stop

    async def start(self) -> None:
        """Load what must be known, then open the port."""
        runtime = self.runtime
        if self.tls is not None:
            await self.tls.start()
        self._undo.callback(runtime.events.hear(self._hear, (CredentialChanged, LinkOpened, CertificateRevoked)))
        await nodes.enter(runtime, self.settings.lease_s)
        await self.credentials.start()
        if self.log is not None:
            self.log.start()
        runtime.commits.on_stall.append(self._stalled)
        self._undo.callback(runtime.commits.on_stall.remove, self._stalled)
        metrics = runtime.state(Metrics)
        metrics.registry.register(self._collector)
        self._undo.callback(metrics.registry.unregister, self._collector)
        metrics.links_online.set_function(lambda: len(self.registry))
        metrics.stations_known.set_function(lambda: len(self.credentials))
        await self.port.start(None if self.tls is None else self.tls.context)
        if self.broker is not None:
            self.broker.start()

    async def stop(self) -> None:
        """Let answers under way leave, then send all stations off: they come back to the next process (1012)."""
        await self.port.stop()
        deadline = clock.monotonic() + self.settings.drain_timeout_s
        while any(link.is_busy for link in self.registry) and clock.monotonic() < deadline:  # noqa: ASYNC110 - at a stop only
            await asyncio.sleep(0.01)
        links, renewed = tuple(self.registry), clock.monotonic()
        for index, link in enumerate(links):
            link.close(1012, "the server restarts")
            if self.settings.drain_spread_s > 0:
                await asyncio.sleep(self.settings.drain_spread_s / len(links))
                if clock.monotonic() - renewed > self.settings.lease_s / 3:  # the job that does it has ended
                    await nodes.renew(self.runtime, self.settings.lease_s)
                    renewed = clock.monotonic()
            elif index % CLOSES_AT_ONCE == CLOSES_AT_ONCE - 1:
                await asyncio.sleep(0)
        for task in tuple(self._context.tasks):
            task.cancel()
        await asyncio.gather(*self._context.tasks, return_exceptions=True)
        if self.broker is not None:
            await self.broker.stop()
        await self.credentials.stop()
        await self._say_seen()
        await self.deviations.write(self.runtime.database)
        if self.log is not None:
            await self.log.stop()
        self._undo.close()
        await nodes.leave(self.runtime)

    # ---- what comes round

    async def tick(self) -> None:
        """Once a second: pings."""
        self.registry.tick()

    async def reload_certificates(self) -> None:
        """Show new certificates when their files have changed."""
        if self.tls is not None:
            await self.tls.reload()

    async def renew_lease(self) -> None:
        """Say that this process lives. After a long sleep its stations count as offline: they are to connect again."""
        if not await nodes.renew(self.runtime, self.settings.lease_s):
            self.registry.close_all(1012, "the server slept")

    async def say_seen(self) -> None:
        """Tell which stations have been heard of."""
        await self._say_seen()

    async def write_deviations(self) -> None:
        """Store what stations have done other than their protocol says."""
        await self.deviations.write(self.runtime.database)

    async def sample_links(self) -> None:
        """Note what is unusual about what stations say."""
        self._sampler.sample(self.registry)

    async def purge_log(self) -> None:
        """Forget old messages."""
        await messages.purge(self.runtime.database, self.settings.log_retention_days)

    async def _say_seen(self) -> None:
        seen, self.registry.seen = self.registry.seen, {}
        if seen:
            try:
                await self.runtime.ask(StationsSeen(seen=seen))
            except Exception as error:
                self.registry.seen = {**seen, **self.registry.seen}
                log.warning("stations_seen.not_said", error=repr(error)[:300])

    # ---- links

    def _make_link(self, welcome: Welcome, address: str) -> Link:
        assert welcome.credential is not None
        assert welcome.protocol is not None
        dialect = self.dialects[welcome.protocol]
        codec = codec_for(cast(Subprotocol, welcome.protocol))
        credential = welcome.credential
        if welcome.fit is not None and welcome.fit.is_news(credential):
            self._context.spawn(self._prove(credential, welcome.fit))
            credential = msgspec.structs.replace(credential, security_profile=welcome.fit.security_profile)
        return Link(self._context, credential, dialect, codec, address)

    async def _prove(self, credential: StationCredential, fit: Fit) -> None:
        """Have it recorded that a station uses its new password or profile; if this is lost, its next connection says it."""
        is_other = fit.security_profile != credential.security_profile
        proof = ProveCredential(
            station_id=credential.station_id,
            secret_hash=fit.candidate_hash,
            security_profile=fit.security_profile if is_other else None,
        )
        try:
            await self.runtime.ask(proof)
            await self.credentials.reread(credential.identity)  # here at once, elsewhere with the event
        except Exception as error:
            log.warning("credential.not_proved", station_id=credential.station_id, error=repr(error)[:300])

    def _trust(self) -> Trust:
        assert self.tls is not None
        return self.tls.trust

    def _opened(self, link: Link) -> None:
        self.registry.add(link)
        if not link.credential.has_booted:
            asyncio.get_running_loop().call_later(self.settings.ask_boot_after_s, self._ask_who, link)

    def _overtaken(self, link: Link) -> None:
        self._context.spawn(self._insist(link))

    async def _insist(self, link: Link) -> None:
        """Another link of the station has a larger epoch. If the station answers on this one, that is only because the other
        process's clock is ahead of ours; else it has gone there."""
        if await link.probe(self.settings.probe_timeout_s):
            self.registry.insist(link)
        else:
            link.close(1008, REPLACED)

    def _ask_who(self, link: Link) -> None:
        """Ask a station that came here without a boot, and has never made one, who it is."""
        if not link.credential.has_booted:
            self._context.spawn(commands.ask_for_boot(self.runtime, link, self.settings.call_timeout_s))

    def _booted(self, link: Link, receipt: BootReceipt) -> None:
        self.credentials.learn(link.credential)
        if (
            link not in self._following_up and link.dialect.after_boot
        ):  # a boot loop is not answered by a loop of questions
            self._following_up.add(link)
            self._context.spawn(self._follow_up(link, receipt))

    async def _follow_up(self, link: Link, receipt: BootReceipt) -> None:
        try:
            await commands.follow_up_boot(self.runtime, link, receipt, self.settings.call_timeout_s)
        finally:
            self._following_up.discard(link)

    def _stalled(self) -> None:
        """Nothing can be stored: stations queue while they are offline, but burn their attempts on an open, silent link."""
        self.doorkeeper.closed_until = clock.monotonic() + self.settings.stall_pause_s
        self.registry.close_all(1013, "nothing can be stored at the moment")

    # ---- what happens elsewhere

    def _hear(self, event: Event) -> None:
        if isinstance(event, CredentialChanged):
            self.credentials.hear(event)
        elif isinstance(event, LinkOpened):
            self.registry.hear(event)
        elif isinstance(event, CertificateRevoked) and self.tls is not None:
            self.tls.revoke(event.serial_number)
            link = self.registry.find(event.station_id)
            if link is not None and link.memory.scratch.get(CERTIFICATE) == plain_serial(event.serial_number):
                link.close(1008, "the certificate was revoked")

    def _credentials_changed(self, found: Sequence[StationCredential], retired_ids: Sequence[str]) -> None:
        for link in self.registry.refresh(found, retired_ids):  # else it would hear of it at its next boot
            self._context.spawn(commands.ask_for_boot(self.runtime, link, self.settings.call_timeout_s))


class Held:
    """Where the runtime keeps the gateway, once it has been started."""

    gateway: Gateway | None = None


def gateway_of(runtime: Runtime) -> Gateway:
    """The gateway of this process."""
    gateway = runtime.state(Held).gateway
    if gateway is None:
        raise LookupError("The gateway has not been started.")
    return gateway


def quirks_of(settings: GatewaySettings) -> tuple[Quirk, ...]:
    """The makes whose deviations the settings name. Raises StartUpError for a correction that does not exist."""
    for quirk in settings.quirks:
        for name in quirk.corrections:
            if name not in CORRECTIONS:
                known = ", ".join(sorted(CORRECTIONS))
                raise StartUpError(f"gateway.quirks: there is no correction {name!r}. There are: {known}.")
    return tuple(Quirk(quirk.vendor, quirk.model, quirk.corrections) for quirk in settings.quirks)


def unknown_stations(settings: GatewaySettings) -> UnknownStations:
    """What happens to a station without a record. Raises StartUpError where anybody in the world would be accepted."""
    hosts = [settings.host, *([settings.tls.host] if settings.tls.port is not None else [])]
    if settings.mqtt.url:
        hosts.append(Broker.at(settings.mqtt.url, "gateway.mqtt.url").host)
    is_ours_alone = all(map(is_loopback, hosts)) and not settings.trusted_proxies  # behind a proxy is the world
    if settings.unknown_stations == "accept" and not is_ours_alone:
        raise StartUpError(
            f"unknown_stations=accept would let anybody in who reaches {hosts[-1]}: it is for loopback without proxies only. "
            "Set VOLTWAY_GATEWAY__UNKNOWN_STATIONS=pending or reject."
        )
    return settings.unknown_stations or ("pending" if is_ours_alone else "reject")
