"""The gateway: stations connect here, and speak to the platform through it.

Owns: the station port (WebSocket, OCPP-J 1.6, 2.0.1 and 2.1), the connection to an MQTT 5 broker with stations, the links of this process, the list of the processes that hold
links, the message log, what stations do other than their protocol says.

Answers: ExecuteCommand, CheckCommand, CallStation.
Asks: ListCredentials, FindCredential, AdmitStation (who may connect), NodesGone (whose links are gone), StationsSeen, and
what its dialects ask. Gives reports to the group commit, ReportLink among them.
Hears: CredentialChanged, LinkOpened, each in every process. Publishes: MessagesLogged, which is not durable.

A message's way in: transports/websocket.py (frames) -> link.py (calls) -> dialects/ (meaning) -> the group commit -> the same
way back. A connection's way in: server.py (the request; proxies.py: whose) or broker.py (a station behind a broker) ->
doorkeeper.py (whether now) -> admission.py (who) -> registry.py (the newest wins).
`gateway_of(runtime)` is what it keeps in memory; its `.port.port` the port that was bound.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from voltway.contracts.station_link import (
    CallOutcome,
    CallStation,
    CheckCommand,
    CommandOutcome,
    ExecuteCommand,
    MessagesLogged,
)
from voltway.kernel.module import Job, Manifest
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway import commands
from voltway.modules.gateway.dialects import ocpp16, ocpp21, ocpp201
from voltway.modules.gateway.dialects.base import Dialect
from voltway.modules.gateway.gateway import Gateway, Held, gateway_of
from voltway.modules.gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from fastapi import APIRouter

DIALECTS = {dialect.protocol: dialect for dialect in (ocpp16.DIALECT, ocpp201.DIALECT, ocpp21.DIALECT)}


_TELL_URL = ("set_security_profile", "set_network_profile")


async def execute_command(runtime: Runtime, order: ExecuteCommand) -> CommandOutcome:
    """Send a command over the station's link."""
    link = gateway_of(runtime).registry.find(order.station_id)
    return await commands.execute(
        runtime, link, order.type, _with_url(runtime, order), order.timeout_s, order.report_timeout_s
    )


async def check_command(runtime: Runtime, order: CheckCommand) -> None:
    """Raise if a protocol cannot say a command."""
    dialect = gateway_of(runtime).dialects.get(order.protocol)
    commands.row_of(dialect, order.type).check(_with_url(runtime, order))


def _with_url(runtime: Runtime, order: ExecuteCommand | CheckCommand) -> Mapping[str, Any]:
    """The arguments with our own address where an order is to tell it and does not say it."""
    if order.type not in _TELL_URL or order.arguments.get("url"):
        return order.arguments
    return {**order.arguments, "url": runtime.settings(GatewaySettings).tls.url}


async def call_station(runtime: Runtime, call: CallStation) -> CallOutcome:
    """Send a raw call."""
    link = gateway_of(runtime).registry.find(call.station_id)
    return await commands.call_raw(link, call.action, call.payload, call.timeout_s)


def routes() -> Sequence[APIRouter]:
    """The REST API; imported only where it is served."""
    from voltway.modules.gateway.api import router

    return (router,)


def job(name: str, every_s: float, work: Callable[[Gateway], Coroutine[Any, Any, None]]) -> Job:
    """A job on the gateway of the process."""

    async def run(runtime: Runtime) -> None:
        await work(gateway_of(runtime))

    return Job(name, every_s, run)


def manifest_of(dialects: Mapping[str, Dialect]) -> Manifest:
    """The module, speaking these dialects (by sub-protocol)."""

    async def start(runtime: Runtime) -> None:
        gateway = runtime.state(Held).gateway = Gateway(runtime, dialects)
        await gateway.start()

    async def stop(runtime: Runtime) -> None:
        gateway = runtime.state(Held).gateway
        if gateway is not None:  # a start that failed is stopped as well
            await gateway.stop()

    return Manifest(
        name="gateway",
        settings=GatewaySettings,
        answers={ExecuteCommand: execute_command, CheckCommand: check_command, CallStation: call_station},
        publishes=(MessagesLogged,),
        routes=routes,
        jobs=(
            job("ping", 1.0, Gateway.tick),
            job("lease", 10.0, Gateway.renew_lease),
            job("seen", 15.0, Gateway.say_seen),
            job("deviations", 5.0, Gateway.write_deviations),
            job("purge_log", 600.0, Gateway.purge_log),
            job("certificates", 5.0, Gateway.reload_certificates),
        ),
        start=start,
        stop=stop,
    )


MANIFEST = manifest_of(DIALECTS)
