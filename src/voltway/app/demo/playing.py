"""Bring the demo network to life: simulated stations and drivers, in the server's own process, on the true clock."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

from voltway.app.demo import history, network, paying, seeding
from voltway.app.process import Process
from voltway.app.settings import Configuration
from voltway.kernel.outbound import OutboundSettings
from voltway.kernel.request import is_loopback
from voltway.modules.gateway.settings import GatewaySettings
from voltway.modules.notify.settings import NotifySettings
from voltway.modules.payments.settings import PaymentsSettings
from voltway.station.ocpp.vocabulary import ConnectorSpec, EvseSpec, IdToken, StationSpec
from voltway.station.simulator.fleet import Fleet
from voltway.station.simulator.scenarios import SCENARIOS

PAST_SEED = 4711  # the same past for everybody
SAMPLE_INTERVAL_S = 15
LEAVING_S = 2.0


LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


def for_demo(configuration: Configuration) -> Configuration:
    """The same configuration, with unknown stations accepted, webhooks to this machine allowed and test cards taken, unless the
    settings say otherwise or strangers can connect."""
    gateway, outbound = configuration.section(GatewaySettings), configuration.section(OutboundSettings)
    sections = dict(configuration.sections)
    if gateway.unknown_stations is None and is_loopback(gateway.host):
        sections["gateway"] = gateway.model_copy(update={"unknown_stations": "accept"})
    if ("outbound", "networks") not in configuration.given and is_loopback(configuration.http.host):
        sections["outbound"] = outbound.model_copy(update={"networks": LOOPBACK, "station_networks": LOOPBACK})
        notify = configuration.section(NotifySettings)
        sections["notify"] = notify.model_copy(update={"webhooks_over_http": True})
    payments = configuration.section(PaymentsSettings)
    if ("payments", "providers") not in configuration.given and is_loopback(configuration.http.host):
        sections["payments"] = payments.model_copy(update={"providers": ("sandbox", *payments.providers)})
    return replace(configuration, sections=sections)


@asynccontextmanager
async def playing(process: Process) -> AsyncIterator[None]:
    """Make the network in a new database, then let drivers come and go while the block runs."""
    installation = process.installation
    if not await seeding.is_seeded(installation.database):
        await seeding.add_log_ins(installation.database)
        key = await seeding.make_key(installation.database, installation.secret)
        api = seeding.Api(_reachable(process.http_address), key)
        await asyncio.to_thread(
            seeding.fill, api, lambda identity: seeding.station_password(installation.secret, identity)
        )
        await history.relive(process.runtime, random.Random(PAST_SEED))
        await seeding.mark_seeded(installation.database)
    stop = asyncio.Event()
    host, port = _reachable(process.http_address)
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    tasks = (
        asyncio.create_task(_fleet(process).run(stop, drain_s=LEAVING_S), name="demo-fleet"),
        asyncio.create_task(paying.pay(url, stop, random.Random(), network.STATIONS), name="demo-guests"),
    )
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


def _fleet(process: Process) -> Fleet:
    if process.station_address is None:
        raise ValueError("The demo network needs the gateway.")
    host, port = _reachable(process.station_address)
    return Fleet(
        [_spec(station, process.installation.secret) for station in network.STATIONS],
        f"ws://{f'[{host}]' if ':' in host else host}:{port}/ocpp",
        SCENARIOS["demo"],
        random.Random(),
        tokens=[IdToken(value) for value in network.TOKENS],
    )


def _spec(station: network.ChargingStation, secret: bytes) -> StationSpec:
    return StationSpec(
        identity=station.identity,
        protocol=station.protocol,
        model=station.model,
        serial_number=f"VW-{station.identity}",
        password=seeding.station_password(secret, station.identity),
        evses=tuple(
            EvseSpec(evse.power_w_max, evse.phases, (ConnectorSpec(evse.connector_type),)) for evse in station.evses
        ),
        sample_interval_s=SAMPLE_INTERVAL_S,
    )


def _reachable(address: tuple[str, int]) -> tuple[str, int]:
    """The address at which this machine reaches a port that listens on all of its addresses."""
    host, port = address
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port
