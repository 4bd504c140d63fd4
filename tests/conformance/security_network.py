"""The whole platform with a station port for TLS, and stations that speak to it with real sockets and certificates."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from gateway.raw_station import CLOSE, PING, PONG, TEXT, RawStation
from voltway.contracts.station_link import StationCredential
from voltway.kernel.runtime import Runtime
from voltway.modules.gateway.gateway import gateway_of
from voltway.modules.gateway.handshake import Target

TIMEOUT_S = 30.0
PASSWORD = "sixteen-letters!"
BOOT_16 = {"chargePointVendor": "Acme", "chargePointModel": "One", "chargePointSerialNumber": "SN-1"}
BOOT_2 = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "One", "serialNumber": "SN-1"}}
Answer = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]


class Station:
    """A station that is linked; it answers our orders by a table, and keeps what it was told."""

    def __init__(self, raw: RawStation, protocol: str) -> None:
        self.raw, self.protocol = raw, protocol
        self.answers: dict[str, Answer] = dict(DEFAULTS)
        self.silent: set[str] = set()
        """Orders that it takes and does not answer."""
        self.orders: list[tuple[str, dict[str, Any]]] = []
        self.closed_with: int | None = None
        self.is_gone = asyncio.Event()
        self._number = 0
        self._replies: dict[str, asyncio.Future[Any]] = {}
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._listen())

    async def call(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Say something; the payload of the answer."""
        self._number += 1
        return await self.call_as(f"m{self._number}", action, payload)

    async def call_as(self, message_id: str, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        reply = self._replies[message_id] = asyncio.get_running_loop().create_future()
        self.raw.call(message_id, action, payload)
        async with asyncio.timeout(TIMEOUT_S):
            answer = await reply
        assert answer[0] == 3, answer
        return dict(answer[2])

    async def boot(self) -> dict[str, Any]:
        return await self.call("BootNotification", BOOT_16 if self.protocol == "ocpp1.6" else BOOT_2)

    async def told(self, action: str) -> dict[str, Any]:
        """The payload of the first order of this kind, now or soon."""
        async with asyncio.timeout(TIMEOUT_S), self._news:
            await self._news.wait_for(lambda: any(told == action for told, _ in self.orders))
        return next(payload for told, payload in self.orders if told == action)

    async def hang_up(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.raw.writer.transport.abort()

    async def _listen(self) -> None:
        try:
            while True:
                frame = await self._frame()
                if frame.opcode == TEXT:
                    await self._take(json.loads(frame.payload))
                elif frame.opcode == PING:
                    self.raw.send_frame(PONG, frame.payload)
                elif frame.opcode == CLOSE:
                    self.closed_with = frame.close_code
                    self.raw.send_frame(CLOSE, frame.payload)
                    break
        except (asyncio.IncompleteReadError, OSError, ssl.SSLError):
            pass
        self.is_gone.set()

    async def _frame(self) -> Any:
        while True:
            with contextlib.suppress(TimeoutError):
                return await self.raw.frame()

    async def _take(self, message: list[Any]) -> None:
        if message[0] != 2:
            self._replies.pop(message[1]).set_result(message)
            return
        _, message_id, action, payload = message
        if action not in self.silent:
            answer = self.answers[action]
            self.raw.say(json.dumps([3, message_id, answer(payload) if callable(answer) else answer]))
        async with self._news:
            self.orders.append((action, payload))
            self._news.notify_all()


DEFAULTS: dict[str, Answer] = {
    "GetConfiguration": {"configurationKey": []},
    "GetBaseReport": {"status": "NotSupported"},
    "ChangeConfiguration": {"status": "Accepted"},
    "SetVariables": lambda payload: {
        "setVariableResult": [
            {"attributeStatus": "Accepted", "component": one["component"], "variable": one["variable"]}
            for one in payload["setVariableData"]
        ]
    },
    "TriggerMessage": {"status": "Accepted"},
    "ExtendedTriggerMessage": {"status": "Accepted"},
    "CertificateSigned": {"status": "Accepted"},
    "InstallCertificate": {"status": "Accepted"},
    "DeleteCertificate": {"status": "Accepted"},
    "SetNetworkProfile": {"status": "Accepted"},
    "Reset": {"status": "Accepted"},
}


class Platform:
    """Everything in one process, and the words of a test."""

    def __init__(self, runtime: Runtime, client: httpx.AsyncClient, folder: Path) -> None:
        self.runtime, self.client, self.folder = runtime, client, folder
        self.gateway = gateway_of(runtime)
        self.stations: list[Station] = []
        self.raws: list[RawStation] = []

    # ---- records

    async def register(self, identity: str, **fields: Any) -> dict[str, Any]:
        answer = await self.client.post("/charging-stations", json={"identity": identity, **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def read(self, station: Mapping[str, Any]) -> dict[str, Any]:
        return dict((await self.client.get(f"/charging-stations/{station['id']}")).json())

    async def order(self, station: Mapping[str, Any], wait_s: float = 10, **order: Any) -> dict[str, Any]:
        answer = await self.client.post(
            f"/charging-stations/{station['id']}/commands", params={"wait_s": wait_s}, json=order
        )
        return {"status_code": answer.status_code, **answer.json()}

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        answer = await self.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def known(self, identity: str) -> StationCredential:
        """What the station port knows of a station by now."""
        (credential,) = self.gateway.credentials.find(Target(None, identity))
        return credential

    async def eventually(self, ask: Callable[[], Any], what: str) -> Any:
        """Until a coroutine gives something."""
        for _ in range(200):
            if found := await ask():
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"not in time: {what}")

    # ---- connections

    async def ask(
        self, identity: str, *, tls: ssl.SSLContext | None = None, protocol: str | None = "ocpp2.0.1", **said: Any
    ) -> tuple[RawStation, Any]:
        """A request for a WebSocket; the connection and the response."""
        port = self.gateway.port.port if tls is None else self.gateway.port.tls_port
        name = None if tls is None else "localhost"
        streams = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
        raw = RawStation(*streams)
        self.raws.append(raw)
        return raw, await raw.ask(f"/ocpp/{identity}", protocols=protocol, **said)

    async def connect(
        self, identity: str, *, tls: ssl.SSLContext | None = None, protocol: str = "ocpp2.0.1", **said: Any
    ) -> Station:
        """A station that is let in and has booted."""
        raw, response = await self.ask(identity, tls=tls, protocol=protocol, **said)
        assert response.status == 101, response.raw
        self.raws.remove(raw)
        station = Station(raw, protocol)
        self.stations.append(station)
        assert (await station.boot())["status"] == "Accepted"
        return station

    async def status_of(self, identity: str, **said: Any) -> int:
        """How a station is answered."""
        return int((await self.ask(identity, **said))[1].status)

    async def close(self) -> None:
        for station in self.stations:
            await station.hang_up()
        for raw in self.raws:
            raw.writer.transport.abort()
        await asyncio.sleep(0.05)  # the port hears of it before the loop ends

    # ---- certificates

    async def trusting(self, **options: Any) -> ssl.SSLContext:
        """A station's side of TLS: it trusts our root."""
        (authority, *_) = (await self.client.get("/certificate-authorities")).json()["items"]
        return client_context(authority["root_certificate"], **options)

    def store(self, name: str, *contents: str | bytes) -> str:
        """A file with this in it."""
        file = self.folder / name
        file.write_bytes(b"".join(part.encode() if isinstance(part, str) else part for part in contents))
        return str(file)

    async def certified(self, station: Station, identity: str, **fields: Any) -> ssl.SSLContext:
        """Let a station ask for its certificate; a context with the one that it gets."""
        key = ec.generate_private_key(ec.SECP256R1())
        answer = await station.call("SignCertificate", {"csr": request_for(key, identity), **fields})
        assert answer["status"] == "Accepted"
        signed = await station.told("CertificateSigned")
        chain = self.store(f"{identity}.pem", signed["certificateChain"], key_pem(key))
        return await self.trusting(chain=chain)


def client_context(
    root: str, *, chain: str | None = None, cipher: str | None = None, version: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=root)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if cipher is not None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(cipher)
    if chain is not None:
        context.load_cert_chain(chain)
    return context


def request_for(key: Any, common_name: str, organization: str = "default") -> str:
    """A certificate signing request in PEM."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: Any) -> bytes:
    return bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


async def connected(platform: Platform, protocol: str, **fields: Any) -> tuple[dict[str, Any], Station]:
    """A station with a password, online without TLS."""
    record = await platform.register("CS1", password=PASSWORD, **fields)
    return record, await platform.connect("CS1", protocol=protocol, password=PASSWORD)


async def state_of(platform: Platform, record: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The station's newest certificate, once it is so."""

    async def ask() -> dict[str, Any] | None:
        items = await platform.items("/certificates", station_id=record["id"])
        return items[0] if items and items[0]["state"] == wanted else None

    return dict(await platform.eventually(ask, f"certificate {wanted}"))
