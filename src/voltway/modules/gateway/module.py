"""The gateway: stations connect here, and speak to the platform through it.

Owns: the station port (WebSocket, OCPP-J 1.6, 2.0.1 and 2.1), the connection to an MQTT 5 broker with stations, the links of this process, the list of the processes that hold
links, the message log, what stations do other than their protocol says.

Answers: ExecuteCommand, CheckCommand, FindUnsayable, CallStation, TellMessages (for a station's timeline).
Asks: ListCredentials, FindCredential, AdmitStation (who may connect), NodesGone (whose links are gone), StationsSeen, FindLink
(finding.py: commands to stations of other processes), and
what its dialects ask. Gives reports to the group commit, ReportLink among them.
Notes (kernel/noticing.py) what looks wrong: refused handshakes, takeovers, broken, repeated and unasked messages (noticing.py, sampling.py).
Hears: CredentialChanged, LinkOpened, each in every process. Publishes: MessagesLogged, which is not durable.

A message's way in: transports/websocket.py (frames) -> link.py (calls) -> dialects/ (meaning) -> the group commit -> the same
way back. A connection's way in: server.py (the request; proxies.py: whose) or broker.py (a station behind a broker) ->
doorkeeper.py (whether now) -> admission.py (who) -> registry.py (the newest wins).
`gateway_of(runtime)` is what it keeps in memory; its `.port.port` the port that was bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from voltway.contracts.security import FindShownCertificates
from voltway.contracts.station_link import (
    CallOutcome,
    CallStation,
    CheckCommand,
    CommandOutcome,
    ExecuteCommand,
    FindUnsayable,
    MessagesLogged,
    ReportNotRecorded,
)
from voltway.contracts.timeline import TellMessages
from voltway.contracts.vocabulary import CommandState
from voltway.kernel.bus.asks import NobodyAnswers
from voltway.kernel.database import Tx
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway import commands, finding, telling
from voltway.modules.gateway.deviations import note_not_recorded
from voltway.modules.gateway.dialects import ocpp16, ocpp21, ocpp201
from voltway.modules.gateway.dialects.base import Dialect
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.modules.gateway.gateway import Gateway, Held, gateway_of
from voltway.modules.gateway.sampling import SAMPLE_S
from voltway.modules.gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from fastapi import APIRouter

DIALECTS = {dialect.protocol: dialect for dialect in (ocpp16.DIALECT, ocpp201.DIALECT, ocpp21.DIALECT)}


FORWARD_MARGIN_S = 5.0
"""Beyond a command's own time, where another process sends it."""
_TELL_URL = ("set_security_profile", "set_network_profile")


async def execute_command(runtime: Runtime, order: ExecuteCommand) -> CommandOutcome:
    """Send a command over the station's link, here or in the process that holds it."""
    found = await finding.find(runtime, gateway_of(runtime).registry, order.station_id)
    if found.node_id is not None:
        timeout_s = order.timeout_s + order.report_timeout_s + FORWARD_MARGIN_S
        try:
            return await runtime.ask(order, timeout_s=timeout_s, node_id=found.node_id)
        except NobodyAnswers:  # the process has gone, and its links with it
            return CommandOutcome(state=CommandState.OFFLINE)
    return await commands.execute(
        runtime, found.link, order.type, _with_url(runtime, order), order.timeout_s, order.report_timeout_s
    )


async def check_command(runtime: Runtime, order: CheckCommand) -> None:
    """Raise if a protocol cannot say a command."""
    dialect = gateway_of(runtime).dialects.get(order.protocol)
    commands.row_of(dialect, order.type).check(_with_url(runtime, order))


async def find_unsayable(runtime: Runtime, request: FindUnsayable) -> dict[str, str]:
    """Which commands a protocol has no word for, and why."""
    dialect = gateway_of(runtime).dialects.get(request.protocol)
    refused: dict[str, str] = {}
    for kind in request.types:
        try:
            commands.row_of(dialect, kind)
        except CommandNotSupported as problem:
            refused[kind] = problem.detail
    return refused


def _with_url(runtime: Runtime, order: ExecuteCommand | CheckCommand) -> Mapping[str, Any]:
    """The arguments with our own address where an order is to tell it and does not say it."""
    if order.type not in _TELL_URL or order.arguments.get("url"):
        return order.arguments
    return {**order.arguments, "url": runtime.settings(GatewaySettings).tls.url}


async def call_station(runtime: Runtime, call: CallStation) -> CallOutcome:
    """Send a raw call over the station's link, here or in the process that holds it."""
    found = await finding.find(runtime, gateway_of(runtime).registry, call.station_id)
    if found.node_id is not None:
        try:
            return await runtime.ask(call, timeout_s=call.timeout_s + FORWARD_MARGIN_S, node_id=found.node_id)
        except NobodyAnswers:
            return CallOutcome(outcome="offline")
    return await commands.call_raw(found.link, call.action, call.payload, call.timeout_s)


def routes() -> Sequence[APIRouter]:
    """The REST API; imported only where it is served."""
    from voltway.modules.gateway.api import router

    return (router,)


async def find_shown_certificates(runtime: Runtime, request: FindShownCertificates) -> tuple[str, ...]:
    """The certificates of the TLS port that were given to it."""
    material = gateway_of(runtime).tls
    return () if material is None else await asyncio.to_thread(material.given_certificates)


def job(
    name: str, every_s: float, work: Callable[[Gateway], Coroutine[Any, Any, None]], *, everywhere: bool = True
) -> Job:
    """A job on the gateway of the process: mostly it is about its own links."""

    async def run(runtime: Runtime) -> None:
        await work(gateway_of(runtime))

    return Job(name, every_s, run, everywhere=everywhere)


def manifest_of(dialects: Mapping[str, Dialect]) -> Manifest:
    """The module, speaking these dialects (by sub-protocol)."""

    async def start(runtime: Runtime) -> None:
        gateway = runtime.state(Held).gateway = Gateway(runtime, dialects)
        await gateway.start()

    async def stop(runtime: Runtime) -> None:
        gateway = runtime.state(Held).gateway
        if gateway is not None:  # a start that failed is stopped as well
            await gateway.stop()

    async def on_not_recorded(runtime: Runtime, tx: Tx, events: Sequence[ReportNotRecorded]) -> None:
        await note_not_recorded(tx, events)

    return Manifest(
        name="gateway",
        settings=GatewaySettings,
        answers={
            ExecuteCommand: execute_command,
            CheckCommand: check_command,
            FindUnsayable: find_unsayable,
            CallStation: call_station,
            FindShownCertificates: find_shown_certificates,
            TellMessages: telling.tell_messages,
        },
        listens={ReportNotRecorded: on_not_recorded},
        publishes=(MessagesLogged,),
        routes=routes,
        jobs=(
            job("ping", 1.0, Gateway.tick),
            job("lease", 10.0, Gateway.renew_lease),
            job("seen", 15.0, Gateway.say_seen),
            job("sample_links", SAMPLE_S, Gateway.sample_links),
            job("deviations", 5.0, Gateway.write_deviations),
            job("purge_log", 600.0, Gateway.purge_log, everywhere=False),
            job("certificates", 5.0, Gateway.reload_certificates),
        ),
        start=start,
        stop=stop,
    )


MANIFEST = manifest_of(DIALECTS)
