"""The whole platform in this process, an operator's client, and a station of bytes on its station port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from builders import ClientOf, MakeRuntime
from gateway.raw_station import RawStation
from voltway.app.catalog import load
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import gateway_of

AT = "2026-05-01T12:00:00.000Z"
LATER = "2026-05-01T12:10:00.000Z"
TOKEN = {"idToken": "04A1B2C3", "type": "ISO14443"}
CURVE = {
    "priority": 1,
    "yUnit": "PctMaxW",
    "curveData": [{"x": 50.2, "y": 100.0}, {"x": 51.5, "y": 0.0}],
}
BOOT_2 = {"reason": "PowerUp", "chargingStation": {"model": "One", "vendorName": "Acme"}}


class Station:
    """A registered station on its link, and what the API shows of it."""

    def __init__(self, station_id: str, link: RawStation, client: httpx.AsyncClient, runtime: Runtime) -> None:
        self.id, self.link, self.client, self.runtime = station_id, link, client, runtime
        self._calls = 0

    async def say(self, action: str, payload: Any) -> Any:
        """Send a CALL; the payload of its CALLRESULT."""
        self._calls += 1
        heard = await self.link.exchange(f"s{self._calls}", action, payload)
        assert heard[0] == 3, heard
        return heard[2]

    def send(self, action: str, payload: Any) -> None:
        """Send a SEND, which nobody answers."""
        self._calls += 1
        self.link.say(json.dumps([6, f"s{self._calls}", action, payload]))

    async def get(self, path: str, **params: Any) -> Any:
        """What is under the station's address in the API."""
        answer = await self.client.get(f"/charging-stations/{self.id}/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def items(self, path: str, **params: Any) -> list[Any]:
        return list((await self.get(path, **params))["items"])

    def order(self, kind: str, **arguments: Any) -> asyncio.Task[httpx.Response]:
        """Give an order through the API and wait for its end beside what the test does."""
        body = {"type": kind, **arguments}
        path = f"/charging-stations/{self.id}/commands"
        return asyncio.create_task(self.client.post(path, params={"wait_s": 20}, json=body))

    async def heard(self, action: str, answer: Any) -> Any:
        """Our next call, which must be this one, answered; its payload."""
        heard = self.link.orders.pop(0) if self.link.orders else await self.link.heard()
        assert heard[:1] == [2], heard
        assert heard[2] == action, heard
        self.link.say(json.dumps([3, heard[1], answer]))
        return heard[3]

    async def ordered(self, kind: str, action: str, answer: Any, **arguments: Any) -> tuple[Any, Any]:
        """Give an order that becomes one call; its payload, and the command as it ended."""
        task = self.order(kind, **arguments)
        payload = await self.heard(action, answer)
        response = await task
        assert response.status_code == 200, response.text
        return payload, response.json()

    async def tells_variables(self, *variables: tuple[str, str, str | None, str]) -> None:
        """A NotifyReport: (component, variable, instance, value)."""
        data = []
        for component, variable, instance, value in variables:
            name = {"name": variable} | ({} if instance is None else {"instance": instance})
            attribute = [{"value": value}]
            data.append({"component": {"name": component}, "variable": name, "variableAttribute": attribute})
        report = {"requestId": 1, "generatedAt": "2026-05-01T12:00:00Z", "seqNo": 0, "reportData": data}
        await self.say("NotifyReport", report)


class Platform21:
    """The platform, and stations that come to it."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.runtime, self.client = runtime, client
        self.port = gateway_of(runtime).port.port
        self.links: list[RawStation] = []

    async def station(self, identity: str = "CS-21", protocol: str = "ocpp2.1", **more: Any) -> Station:
        """A station that is registered, linked and booted; what is asked of it after its boot is answered."""
        body = {"identity": identity, "security_profile": 1, "password": "a-password-of-a-station", **more}
        made = await self.client.post("/charging-stations", json=body)
        assert made.status_code == 201, made.text
        link = await RawStation.dial(self.port)
        self.links.append(link)
        answer = await link.ask(f"/ocpp/{identity}", protocols=protocol, password="a-password-of-a-station")
        assert answer.status == 101, answer.raw
        station = Station(made.json()["id"], link, self.client, self.runtime)
        if protocol == "ocpp1.6":
            await station.say("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
            await station.heard("GetConfiguration", {})
        else:
            await station.say("BootNotification", BOOT_2)
            await station.heard("GetBaseReport", {"status": "Accepted"})
        return station

    async def post(self, path: str, body: Any) -> Any:
        answer = await self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()


@asynccontextmanager
async def platform_21(
    make_runtime: MakeRuntime, client_of: ClientOf, settings: dict[str, Any]
) -> AsyncIterator[Platform21]:
    options = {"gateway": {"port": 0}, **settings}
    runtime = await make_runtime(*load(), settings=options)
    platform = Platform21(runtime, await client_of(runtime))
    try:
        yield platform
    finally:
        for link in platform.links:
            await link.hang_up()


# ---- what stations say


def event(phase: str, number: int, **fields: Any) -> dict[str, Any]:
    """A TransactionEvent of transaction T-1 on EVSE 1."""
    transaction = {"transactionId": "T-1", "chargingState": "Charging", **fields.pop("transactionInfo", {})}
    return {
        "eventType": phase,
        "timestamp": AT,
        "triggerReason": "Authorized",
        "seqNo": number,
        "transactionInfo": transaction,
        "evse": {"id": 1, "connectorId": 1},
        **fields,
    }


def open_stream(number: int, monitor: int = 7) -> dict[str, Any]:
    params = {"interval": 10, "values": 5}
    return {"constantStreamData": {"id": number, "variableMonitoringId": monitor, "params": params}}


def settlement(**changes: Any) -> dict[str, Any]:
    return {
        "pspRef": "PSP-1",
        "status": "Settled",
        "settlementAmount": 12.34,
        "settlementTime": LATER,
        "transactionId": "T-1",
        **changes,
    }


async def session_of(platform: Platform21) -> str:
    (session,) = (await platform.client.get("/sessions")).json()["items"]
    return str(session["id"])
