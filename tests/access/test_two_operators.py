"""Two operators on one installation, from the station's plug to the browser."""

from __future__ import annotations

from builders import ClientOf, MakeRuntime
from gateway.raw_station import RawStation
from voltway.app import catalog
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.gateway.gateway import gateway_of

PASSWORDS = {"default": "password-of-the-first", "acme": "password-of-the-second"}
BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}


async def test_two_operators_have_a_station_of_the_same_name(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    runtime = await make_runtime(*catalog.load(), settings={"gateway": {"port": 0, "unknown_stations": "reject"}})
    platform = await client_of(runtime, "platform_admin")
    acme_id = (await platform.post("/operators", json={"slug": "acme", "name": "Acme"})).json()["id"]
    clients = {
        "default": await client_of(runtime, operator_id=DEFAULT_OPERATOR_ID),
        "acme": await client_of(runtime, operator_id=acme_id),
    }
    for slug, client in clients.items():
        body = {"identity": "CS-1", "password": PASSWORDS[slug]}
        assert (await client.post("/charging-stations", json=body)).status_code == 201
    port = gateway_of(runtime).port.port
    refused = await RawStation.dial(port)
    answer = await refused.ask("/ocpp/acme/CS-1", protocols="ocpp1.6", password=PASSWORDS["default"])
    assert answer.status == 401  # the password of its namesake opens nothing
    await refused.hang_up()
    link = await RawStation.dial(port)
    answer = await link.ask("/ocpp/acme/CS-1", protocols="ocpp1.6", password=PASSWORDS["acme"])
    assert answer.status == 101, answer.raw
    booted = await link.exchange("1", "BootNotification", BOOT)
    assert booted[2]["status"] == "Accepted"
    online = {}
    for slug, client in clients.items():
        (station,) = (await client.get("/charging-stations")).json()["items"]
        online[slug] = (station["operator"], station["is_online"], station["vendor"])
    assert online == {"default": ("default", False, None), "acme": ("acme", True, "Acme")}
    acting = await platform.get("/charging-stations", headers={"x-operator": "acme"})
    assert [station["operator"] for station in acting.json()["items"]] == ["acme"]
    suspended = await platform.patch(f"/operators/{acme_id}", json={"is_suspended": True})
    assert suspended.status_code == 200
    assert (await clients["acme"].get("/charging-stations")).status_code == 401
    assert (await link.exchange("2", "Heartbeat", {}))[0] == 3  # its stations stay as they are
    await link.hang_up()
