"""What is paid on the web starts the transaction, limits it, and is settled with it; or it is cancelled, with the reason
(OCPP 2.1 C25, E16)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog

from .access_network import V21, Platform, Station, a_event, just_now  # noqa: TID252  (tests are not installed)
from .test_web_payment import address, showing  # noqa: TID252

SECRET = "a secret of the payment provider"
BILLING = {"web_payment_secret": SECRET, "web_payment_plug_s": 60}


@dataclass
class Shop:
    """A station that shows a code, the driver who has scanned it, and the provider who is paid."""

    network: Platform
    station: Station
    driver: httpx.AsyncClient
    payment_id: str

    async def pay(self, secret: str = SECRET, **changes: Any) -> httpx.Response:
        body = json.dumps({"psp_reference": "PSP-1", "amount": "20.00", "currency": "EUR", **changes}).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Voltway-Signature": signature, "Content-Type": "application/json"}
        return await self.driver.post(f"/web-payments/{self.payment_id}/paid", content=body, headers=headers)

    async def shown(self) -> dict[str, Any]:
        answer = await self.driver.get(f"/web-payments/{self.payment_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def until(self, state: str) -> dict[str, Any]:
        async def is_there() -> bool:
            return bool((await self.shown())["state"] == state)

        await eventually(is_there)
        return await self.shown()

    async def ordered(self) -> dict[str, Any]:
        """The order to start."""
        await eventually(lambda: self.station.told("RequestStartTransaction"))
        (order,) = self.station.told("RequestStartTransaction")
        return order


async def a_shop(
    make_runtime: MakeRuntime, client_of: ClientOf, query: str = "?maxenergy=20000", **billing: Any
) -> Shop:
    settings = {"gateway": {"port": 0, "unknown_stations": "reject"}, "billing": BILLING | billing}
    runtime = await make_runtime(*catalog.load(), settings=settings)
    network, driver = Platform(runtime, await client_of(runtime)), await client_of(runtime, None)
    tariff = await network.post("/tariffs", name="Ad hoc", currency="EUR", price_per_kwh="0.60")
    await network.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
    station, values = await showing(network)
    station.answers["RequestStartTransaction"] = {"status": "Accepted"}
    opened = await driver.get(address(values, query=query))
    assert opened.status_code == 200, opened.text
    again = await driver.get(address(values, query=query))
    assert again.json()["payment_id"] == opened.json()["payment_id"]
    return Shop(network, station, driver, opened.json()["payment_id"])


@pytest.fixture
async def shop(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Shop]:
    made = await a_shop(make_runtime, client_of)
    yield made
    await made.network.close()


def meter(energy_wh: int, context: str) -> dict[str, Any]:
    value = {"value": energy_wh, "context": context, "measurand": "Energy.Active.Import.Register"}
    return {"meterValue": [{"timestamp": just_now(), "sampledValue": [value]}]}


async def test_c25_what_is_paid_starts_limits_and_settles_the_transaction(shop: Shop) -> None:
    assert (await shop.shown())["state"] == "open"
    paid = await shop.pay()
    assert (paid.status_code, paid.json()["state"]) == (200, "paid"), paid.text
    order = await shop.ordered()
    assert (order["evseId"], order["idToken"]["type"]) == (1, "DirectPayment")
    await shop.until("starting")
    begun = await shop.station.call(
        "TransactionEvent",
        a_event("Started", "RemoteStart", 0, idToken=order["idToken"], **meter(0, "Transaction.Begin")),
    )
    assert begun["idTokenInfo"]["status"] == "Accepted"
    assert begun["transactionLimit"] == {"maxCost": 20.0, "maxEnergy": 20000}
    session = await shop.network.session()
    assert (await shop.until("started"))["session_id"] == session["id"]
    end = a_event("Ended", "RemoteStop", 1, **meter(10_000, "Transaction.End"))
    await shop.station.call("TransactionEvent", end)
    await shop.until("settled")
    (settlement,) = (await shop.network.get("/settlements"))["items"]
    assert (settlement["psp_reference"], settlement["session_id"], settlement["status"]) == (
        "PSP-1",
        session["id"],
        "Settled",
    )
    assert settlement["amount"] == {"minor": 600, "currency": "EUR"} or settlement["amount_text"] == "6.00"


async def test_a_payment_that_is_told_again_starts_nothing_twice(shop: Shop) -> None:
    await shop.pay()
    await shop.ordered()
    await shop.until("starting")
    assert (await shop.pay()).json()["state"] == "starting"
    assert (await shop.pay(psp_reference="PSP-2")).status_code == 409
    assert len(shop.station.told("RequestStartTransaction")) == 1


async def test_only_the_provider_says_that_a_payment_is_made(shop: Shop) -> None:
    assert (await shop.pay("another secret of nobody")).status_code == 403
    unsigned = {"psp_reference": "PSP-1", "amount": "20.00", "currency": "EUR"}
    assert (await shop.driver.post(f"/web-payments/{shop.payment_id}/paid", json=unsigned)).status_code == 403
    for wrong in ({"amount": "0"}, {"amount": "-1"}, {"currency": "euro"}, {"psp_reference": ""}):
        assert (await shop.pay(**wrong)).status_code == 422, wrong
    assert (await shop.driver.get("/web-payments/unknown")).status_code == 404
    shop.payment_id, known = "unknown", shop.payment_id
    assert (await shop.pay()).status_code == 404
    shop.payment_id = known
    assert (await shop.shown())["state"] == "open"


async def test_a_station_that_refuses_has_the_payment_cancelled_and_its_token_opens_nothing(shop: Shop) -> None:
    shop.station.answers["RequestStartTransaction"] = {"status": "Rejected"}
    await shop.pay()
    order = await shop.ordered()
    assert (await shop.until("cancelled"))["reason"] == "station_refused"
    started = a_event("Started", "RemoteStart", 0, idToken=order["idToken"])
    assert (await shop.station.call("TransactionEvent", started))["idTokenInfo"]["status"] == "Invalid"


async def test_a_station_that_is_offline_has_the_payment_cancelled(shop: Shop) -> None:
    await shop.station.hang_up()

    async def is_gone() -> bool:
        (station,) = (await shop.network.get("/charging-stations"))["items"]
        return not station["is_online"]

    await eventually(is_gone)
    await shop.pay()
    assert (await shop.until("cancelled"))["reason"] == "station_offline"


async def test_nobody_plugs_in_and_the_payment_is_cancelled(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    shop = await a_shop(make_runtime, client_of, web_payment_plug_s=1)
    await shop.pay()
    await shop.ordered()
    assert (await shop.until("cancelled"))["reason"] == "not_plugged_in"
    await shop.network.close()


async def test_the_token_of_a_payment_opens_no_other_station(shop: Shop) -> None:
    await shop.pay()
    order = await shop.ordered()
    await shop.network.register("CS2")
    other = await shop.network.connect(V21, "CS2")
    answer = await other.call("Authorize", {"idToken": order["idToken"]})
    assert answer["idTokenInfo"]["status"] == "Invalid"
