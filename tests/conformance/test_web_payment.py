"""Certification cases 2.1 C_131 to C_133: paying on the web, by the QR code that a station shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog
from voltway.charging.one_time_password import password_at
from voltway.kernel import clock

from .access_network import V16, V21, Platform, Station, online  # noqa: TID252  (tests are not installed)

TEMPLATE = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}"


@pytest.fixture
async def network(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform]:
    runtime = await make_runtime(*catalog.load(), settings={"gateway": {"port": 0, "unknown_stations": "reject"}})
    platform = Platform(runtime, await client_of(runtime))
    yield platform
    await platform.close()


def written(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "setVariableResult": [
            {"attributeStatus": "Accepted", "component": one["component"], "variable": one["variable"]}
            for one in request["setVariableData"]
        ]
    }


async def showing(network: Platform) -> tuple[Station, dict[str, str]]:
    """A station that shows a QR code; what it was told for it."""
    record, station = await online(network, V21)
    station.answers |= {"SetVariables": written, "NotifyWebPaymentStarted": {}}
    command = await network.order(record, type="set_up_web_payment", url=TEMPLATE)
    assert (command["state"], command["effect"]) == ("accepted", "done"), command
    (told,) = station.told("SetVariables")
    assert {one["component"]["name"] for one in told["setVariableData"]} == {"WebPaymentsCtrlr"}
    values = {one["variable"]["name"]: one["attributeValue"] for one in told["setVariableData"]}
    assert (values["URLTemplate"], values["Enabled"]) == (TEMPLATE, "true")
    kept = await network.get(f"/commands/{command['id']}")
    assert values["SharedSecret"] not in str(kept)
    return station, values


def address(values: dict[str, str], *, late_s: int = 0, evse: str = "1", version: str = "v1", query: str = "") -> str:
    """The address that the station's code leads to, with its password of so long ago."""
    interval = int((clock.now().timestamp() - late_s) // int(values["ValidityTime"]))
    password = password_at(values["SharedSecret"], interval, int(values["Length"]))
    return f"/web-payments/CS1/{evse}/{password}/{version}{query}"


@pytest.fixture
async def driver(network: Platform, client_of: ClientOf) -> httpx.AsyncClient:
    """Somebody with a phone, who is nobody here."""
    return await client_of(network.runtime, None)


async def test_tc_c_131_the_code_of_a_station_leads_to_the_payment(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    tariff = await network.post("/tariffs", name="Ad hoc", currency="EUR", price_per_kwh="0.60")
    await network.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
    station, values = await showing(network)
    answer = await driver.get(address(values, query="?maxenergy=20000&maxtime=600&maxcost=12.50&other=1"))
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["station_identity"], found["evse_number"]) == ("CS1", 1)
    assert found["tariff"]["price_per_kwh"] == "0.60"
    assert (found["energy_wh_max"], found["duration_s_max"], found["cost_max"]) == (20_000, 600, "12.50")
    await eventually(lambda: station.told("NotifyWebPaymentStarted"))
    assert station.told("NotifyWebPaymentStarted") == [{"evseId": 1, "timeout": 120}]  # C25.FR.21
    assert (await driver.get(address(values, late_s=60))).status_code == 200  # the interval before


async def test_tc_c_132_an_address_without_its_parameters_leads_nowhere(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    station, values = await showing(network)
    whole = address(values)
    for wrong in (
        whole.replace("/CS1", ""),
        whole.replace("/CS1", "/"),
        whole.replace("/CS1", "/CS9"),
        whole.removesuffix("/v1"),
        whole.replace("/v1", "/v2"),
        whole.replace("/CS1/1/", "/CS1/one/"),
        whole.replace("/CS1/1/", "/CS1/0/"),
        whole + "?maxenergy=much",
        whole + "?maxcost=-1",
    ):
        answer = await driver.get(wrong)
        assert answer.status_code in (400, 401, 403, 404, 422), (wrong, answer.status_code)
    assert not station.told("NotifyWebPaymentStarted")


async def test_tc_c_133_an_address_with_a_password_that_is_not_valid_leads_nowhere(
    network: Platform, driver: httpx.AsyncClient
) -> None:
    station, values = await showing(network)
    for wrong in (address(values, late_s=600), address(values, late_s=-600), "/web-payments/CS1/1/aaaaaaaaaa/v1"):
        answer = await driver.get(wrong)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/web-payment-refused")
    nobody = await driver.get("/web-payments/NOBODY/1/aaaaaaaaaa/v1")
    assert nobody.json()["detail"] == answer.json()["detail"]
    other = await network.register("CS2")  # the password of another station
    assert (await driver.get(address(values).replace("/CS1/", f"/{other['identity']}/"))).status_code == 403
    assert not station.told("NotifyWebPaymentStarted")


async def test_a_valid_code_leads_on_to_the_page_of_the_payment_provider(
    make_runtime: MakeRuntime, client_of: ClientOf
) -> None:
    settings = {"gateway": {"port": 0}, "billing": {"web_payment_url": "https://psp.example/pay?shop=1"}}
    runtime = await make_runtime(*catalog.load(), settings=settings)
    network, driver = Platform(runtime, await client_of(runtime)), await client_of(runtime, None)
    _, values = await showing(network)
    answer = await driver.get(address(values, query="?maxtime=600&maxcost=12.50"))
    assert answer.status_code == 307
    wanted = "https://psp.example/pay?shop=1&station=CS1&evse=1&maxtime=600&maxcost=12.50&payment="
    assert answer.headers["location"].startswith(wanted)
    await network.close()


async def test_a_template_must_name_what_the_code_needs_and_an_older_station_has_no_code(network: Platform) -> None:
    record, _ = await online(network, V16)
    refused = await network.order(record, type="set_up_web_payment", url="https://pay.example/{totp}/{version}")
    assert refused["status_code"] == 422
    assert "chargingstationid" in str(refused["errors"])
    assert (await network.order(record, type="set_up_web_payment", url=TEMPLATE))["status_code"] == 409
