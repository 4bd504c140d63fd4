"""`voltway run` behind a real Mosquitto with TLS and the files of `voltway mqtt-acl`: a charge from its boot to its price, and a
broker that dies in the middle of it."""

from __future__ import annotations

import csv
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from builders import eventually
from e2e.server_process import ServerProcess
from gateway.mqtt_broker import MOSQUITTO, Mosquitto, MqttStation
from gateway.test_tls import Maker, trusting

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="needs mosquitto")

IDENTITY = "MQTT-1"
BOOT = {"chargePointVendor": "ACME", "chargePointModel": "One"}
AT = "2026-03-01T12:{:02}:00Z"


class Site:
    """A server, its broker, an operator's client, and what the broker's files say of the station."""

    def __init__(self, server: ServerProcess, broker: Mosquitto, api: httpx.AsyncClient, tls: ssl.SSLContext) -> None:
        self.server, self.broker, self.api, self.tls = server, broker, api, tls
        self.stations: list[MqttStation] = []
        self.row: dict[str, str] = {}

    def write_files(self) -> None:
        """What `voltway mqtt-acl` writes, where Mosquitto reads it."""
        self.server.command("mqtt-acl", str(self.broker.folder))
        with (self.broker.folder / "stations.csv").open() as sheet:
            (self.row,) = csv.DictReader(sheet)

    async def station(self, connection: str) -> MqttStation:
        """The station, linked."""
        told = SimpleNamespace(
            operator_slug=self.row["operator"],
            identity=self.row["identity"],
            station_id=self.row["username_and_client_id"],
        )
        station = MqttStation(self.broker, told, tls=self.tls)  # type: ignore[arg-type]  # what it looks at
        self.stations.append(station)
        await station.connect(connection, password=self.row["password"])
        await station.said("open")
        return station

    async def session(self) -> dict[str, Any]:
        (session,) = (await self.api.get("/sessions")).json()["items"]
        return dict(session)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    maker = Maker(tmp_path)
    broker = Mosquitto(tmp_path / "broker", b"", maker.server())
    settings = {
        "VOLTWAY_GATEWAY__MQTT__URL": broker.url,
        "VOLTWAY_GATEWAY__MQTT__AUTHORITIES_FILE": str(maker.file),
        "VOLTWAY_GATEWAY__MQTT__IS_TLS_ONLY": "true",
        "VOLTWAY_GATEWAY__MQTT__RETRY_S_MAX": "0.2",
    }
    server = ServerProcess(tmp_path / "data", environment=settings)
    server.start()
    headers = {"Authorization": f"Bearer {server.make_key()}"}
    async with httpx.AsyncClient(base_url=server.api, headers=headers, trust_env=False, timeout=30) as api:
        made = Site(server, broker, api, trusting(maker))
        try:
            yield made
        finally:
            for station in made.stations:
                await station.leave()
            await broker.stop()
    assert server.stop() == 0
    assert '"level": "error"' not in server.log


def meter(transaction_id: int, minute: int, energy_wh: int) -> dict[str, Any]:
    value = {"timestamp": AT.format(minute), "sampledValue": [{"value": str(energy_wh)}]}
    return {"connectorId": 1, "transactionId": transaction_id, "meterValue": [value]}


async def test_a_charge_over_mqtt_survives_its_broker_and_is_priced(site: Site) -> None:
    tariff = {"name": "Plain", "currency": "EUR", "price_per_kwh": "0.50"}
    added = (await site.api.post("/tariffs", json=tariff)).json()
    everywhere = {"targets": [{"kind": "operator"}]}
    assert (await site.api.put(f"/tariffs/{added['id']}/assignments", json=everywhere)).status_code == 200
    assert (await site.api.post("/id-tokens", json={"value": "CARD"})).status_code == 201
    body = {"identity": IDENTITY, "security_profile": 2, "password": "a-password-of-a-station"}
    assert (await site.api.post("/charging-stations", json=body)).status_code == 201
    site.write_files()
    await site.broker.start()

    station = await site.station("c1")
    assert (await station.exchange("1", "BootNotification", BOOT))[2]["status"] == "Accepted"
    start = {"connectorId": 1, "idTag": "CARD", "meterStart": 1000, "timestamp": AT.format(0)}
    begun = (await station.exchange("2", "StartTransaction", start))[2]
    assert begun["idTagInfo"]["status"] == "Accepted"
    number = begun["transactionId"]
    assert (await station.exchange("3", "MeterValues", meter(number, 10, 3000)))[:2] == [3, "3"]

    await site.broker.stop()  # killed: it keeps nothing

    async def is_offline() -> bool:
        (shown,) = (await site.api.get("/charging-stations")).json()["items"]
        return not shown["is_online"]

    await eventually(is_offline)
    assert (await site.session())["energy_wh"] == 2000  # what was acknowledged is there
    await site.broker.start()

    again = await site.station("c2")
    assert (await again.exchange("4", "MeterValues", meter(number, 20, 5000)))[:2] == [3, "4"]
    stop = {"transactionId": number, "meterStop": 7000, "timestamp": AT.format(30), "reason": "Local"}
    # The answer to the stop may be what the broker has lost: the station says it again, and it counts once.
    for message_id in ("5", "6"):
        assert (await again.exchange(message_id, "StopTransaction", stop))[:2] == [3, message_id]

    async def is_priced() -> bool:
        return bool((await site.session())["is_cost_final"])

    await eventually(is_priced)
    session = await site.session()
    assert (session["state"], session["energy_wh"], session["review"]) == ("ended", 6000, [])
    assert session["cost"] == {"minor": 300, "currency": "EUR"}
    samples = (await site.api.get(f"/sessions/{session['id']}/samples")).json()["items"]
    assert sorted(sample["energy_wh"] for sample in samples if sample["energy_wh"] in (3000, 5000)) == [3000, 5000]
