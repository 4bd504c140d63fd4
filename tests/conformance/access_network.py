"""The whole platform in one process, and stations that speak to it over real sockets and answer its orders by a table."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.raw_station import CLOSE, PING, PONG, TEXT, RawStation
from voltway.kernel import clock
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import gateway_of

TIMEOUT_S = 30.0
PASSWORD = "sixteen-letters!"
BOOT_16 = {"chargePointVendor": "Acme", "chargePointModel": "One"}
BOOT_2 = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One"}}
Answer = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]
DEFAULTS: dict[str, Answer] = {
    "GetConfiguration": {"configurationKey": []},
    "GetBaseReport": {"status": "NotSupported"},
    "ReserveNow": {"status": "Accepted"},
    "CancelReservation": {"status": "Accepted"},
    "ClearCache": {"status": "Accepted"},
    "RemoteStopTransaction": {"status": "Accepted"},
    "RequestStopTransaction": {"status": "Accepted"},
}


class Station:
    """A station that is linked; its local list behaves as the specifications say."""

    def __init__(self, raw: RawStation, protocol: str) -> None:
        self.raw, self.protocol = raw, protocol
        self.answers: dict[str, Answer] = {
            **DEFAULTS,
            "GetLocalListVersion": lambda payload: {self._version_name: self.list_version},
            "SendLocalList": self._take_list,
        }
        self.orders: list[tuple[str, dict[str, Any]]] = []
        self.list_version = 0
        self.list: dict[str, Any] = {}
        self._number = 0
        self._replies: dict[str, asyncio.Future[Any]] = {}
        self._task = asyncio.create_task(self._listen())

    @property
    def is_16(self) -> bool:
        return self.protocol == "ocpp1.6"

    @property
    def _version_name(self) -> str:
        return "listVersion" if self.is_16 else "versionNumber"

    async def call(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Say something; the payload of the answer."""
        self._number += 1
        message_id = f"m{self._number}"
        reply = self._replies[message_id] = asyncio.get_running_loop().create_future()
        self.raw.call(message_id, action, payload)
        async with asyncio.timeout(TIMEOUT_S):
            answer = await reply
        assert answer[0] == 3, answer
        return dict(answer[2])

    async def authorize(self, token: str, **fields: Any) -> dict[str, Any]:
        """Show a token; the verdict."""
        if self.is_16:
            return dict((await self.call("Authorize", {"idTag": token}))["idTagInfo"])
        return dict((await self.call("Authorize", {"idToken": id_token(token), **fields}))["idTokenInfo"])

    def told(self, action: str) -> list[dict[str, Any]]:
        """The payloads of the orders of this kind, oldest first."""
        return [payload for told, payload in self.orders if told == action]

    async def hang_up(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.raw.writer.transport.abort()

    def _take_list(self, payload: dict[str, Any]) -> Mapping[str, Any]:
        version, is_full = payload[self._version_name], payload["updateType"] == "Full"
        if not is_full and version <= self.list_version:
            return {"status": "VersionMismatch"}
        if is_full:
            self.list = {}
        for entry in payload.get("localAuthorizationList", []):
            key = entry["idTag"] if self.is_16 else entry["idToken"]["idToken"]
            info = entry.get("idTagInfo" if self.is_16 else "idTokenInfo")
            if info is None:
                self.list.pop(key, None)
            else:
                self.list[key] = info
        self.list_version = version
        return {"status": "Accepted"}

    async def _listen(self) -> None:
        try:
            while True:
                try:
                    frame = await self.raw.frame()
                except TimeoutError:
                    continue
                if frame.opcode == TEXT:
                    self._take(json.loads(frame.payload))
                elif frame.opcode == PING:
                    self.raw.send_frame(PONG, frame.payload)
                elif frame.opcode == CLOSE:
                    break
        except (asyncio.IncompleteReadError, OSError):
            pass

    def _take(self, message: list[Any]) -> None:
        if message[0] != 2:
            self._replies.pop(message[1]).set_result(message)
            return
        _, message_id, action, payload = message
        answer = self.answers[action]
        said = answer(payload) if callable(answer) else answer
        self.raw.say(json.dumps([4, message_id, said["error"], "", {}] if "error" in said else [3, message_id, said]))
        self.orders.append((action, payload))


class Platform:
    """Everything in one process, and the words of a test."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.runtime, self.client = runtime, client
        self.stations: list[Station] = []

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def token(self, value: str, **fields: Any) -> dict[str, Any]:
        return await self.post("/id-tokens", value=value, **fields)

    async def patch_token(self, token: Mapping[str, Any], **fields: Any) -> None:
        answer = await self.client.patch(f"/id-tokens/{token['id']}", json=fields)
        assert answer.status_code == 200, answer.text

    async def register(self, identity: str = "CS1", **fields: Any) -> dict[str, Any]:
        return await self.post("/charging-stations", identity=identity, password=PASSWORD, **fields)

    async def connect(self, protocol: str, identity: str = "CS1", *, boots: bool = True) -> Station:
        """A station that is let in and has booted."""
        raw = await RawStation.dial(gateway_of(self.runtime).port.port)
        response = await raw.ask(f"/ocpp/{identity}", protocols=protocol, password=PASSWORD)
        assert response.status == 101, response.raw
        station = Station(raw, protocol)
        self.stations.append(station)
        if boots:
            answer = await station.call("BootNotification", BOOT_16 if station.is_16 else BOOT_2)
            assert answer["status"] == "Accepted"
        return station

    async def order(self, record: Mapping[str, Any], wait_s: float = 10, **order: Any) -> dict[str, Any]:
        """Send a command; its record, and the status of the HTTP answer."""
        path = f"/charging-stations/{record['id']}/commands"
        answer = await self.client.post(path, params={"wait_s": wait_s}, json=order)
        return {"status_code": answer.status_code, **answer.json()}

    async def local_list(self, record: Mapping[str, Any]) -> dict[str, Any]:
        return await self.get(f"/charging-stations/{record['id']}/local-list")

    async def keep_list(self, record: Mapping[str, Any], mode: str = "all", **fields: Any) -> None:
        path = f"/charging-stations/{record['id']}/local-list"
        answer = await self.client.put(path, json={"mode": mode, **fields})
        assert answer.status_code == 200, answer.text

    async def reservation(self) -> dict[str, Any]:
        """The newest reservation."""
        return dict((await self.get("/reservations"))["items"][0])

    async def session(self) -> dict[str, Any]:
        """The newest session."""
        return dict((await self.get("/sessions"))["items"][0])

    async def close(self) -> None:
        for station in self.stations:
            await station.hang_up()
        await asyncio.sleep(0.05)


def id_token(value: str, kind: str = "ISO14443") -> dict[str, Any]:
    return {"idToken": value, "type": kind}


V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
TWO = pytest.mark.parametrize("protocol", [V201, V21])
ALL = pytest.mark.parametrize("protocol", [V16, V201, V21])


async def online(network: Platform, protocol: str, **fields: Any) -> tuple[dict[str, Any], Station]:
    record = await network.register(**fields)
    return record, await network.connect(protocol)


def in_an_hour(hours: float = 1) -> str:
    return clock.to_rfc3339(clock.now() + timedelta(hours=hours))


def just_now() -> str:
    return clock.to_rfc3339(clock.now())


async def begin(
    station: Station, token: str, reservation: int | None = None, *, offline: bool = False
) -> dict[str, Any]:
    """A transaction begins at EVSE 1; the answer."""
    if station.is_16:
        start = {"connectorId": 1, "idTag": token, "meterStart": 100, "timestamp": just_now()}
        return await station.call("StartTransaction", start | ({"reservationId": reservation} if reservation else {}))
    event = a_event("Started", "Authorized", 0, idToken=id_token(token), offline=offline)
    return await station.call("TransactionEvent", event | ({"reservationId": reservation} if reservation else {}))


def a_event(kind: str, trigger: str, number: int, **fields: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": just_now(),
        "triggerReason": trigger,
        "seqNo": number,
        "transactionInfo": {"transactionId": "tx-1"},
        "evse": {"id": 1, "connectorId": 1},
        **fields,
    }


def verdict(answer: dict[str, Any]) -> dict[str, Any]:
    return dict(answer.get("idTagInfo") or answer["idTokenInfo"])
