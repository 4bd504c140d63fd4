"""The code that is printed on an EVSE: where it leads, what it costs there, and a guest's charge from the start to the receipt."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from builders import ClientOf, MakeRuntime, app_of, eventually
from voltway.charging.one_time_password import password_at
from voltway.contracts.payments import TOTP_LENGTH, TOTP_VALIDITY_S, shared_secret
from voltway.kernel import clock

from .shop import PRICE, Shop, a_shop  # noqa: TID252  (tests are not installed)

SITE = {"name": "Harbour", "address": "Quay 1", "city": "Hamburg", "time_zone": "Europe/Berlin", "is_published": True}


async def published(shop: Shop) -> str:
    """The station stands at a published place: the code of its EVSE."""
    location = await shop.network.post("/locations", **SITE, help_phone="+49 40 1")
    await shop.station.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    path = f"/charging-stations/{shop.record['id']}"
    answer = await shop.network.client.patch(path, json={"location_id": location["id"]})
    assert answer.status_code == 200, answer.text
    found: list[str] = []

    async def is_shown() -> bool:
        places = (await shop.guest.get("/public/locations")).json()["items"]
        found[:] = [evse["id"] for place in places for evse in place["evses"]]
        return bool(found)

    await eventually(is_shown)
    return found[0]


async def test_code_leads_to_the_true_evse_and_its_price_but_not_to_its_identity(shop: Shop) -> None:
    code = await published(shop)
    typed = f" {code.lower().replace('b', '8').replace('o', '0').replace('i', '1')} "
    answer = await shop.guest.get(f"/charging-codes/{typed}", params={"locale": "de"})
    assert answer.status_code == 200, answer.text
    offer = answer.json()
    assert (offer["point"]["code"], offer["point"]["place_name"], offer["point"]["evse_number"]) == (code, "Harbour", 1)
    assert offer["point"]["help_phone"] == "+49 40 1"
    assert offer["price"] == [f"{PRICE.replace('.', ',')} EUR je kWh"]
    assert offer["methods"] == ["card", "alipay", "voucher"]
    assert (offer["card"]["provider"], offer["hold"]["minor"], offer["is_code_fresh"]) == ("sandbox", 1500, None)
    assert "CS1" not in answer.text


@pytest.mark.parametrize("code", ["AAAABBBB-1", "CS1", "%20", "../../login", "AAAABBBB-99999", "x" * 41])
async def test_code_that_is_none_of_ours_says_so(shop: Shop, code: str) -> None:
    await published(shop)
    answer = await shop.guest.get(f"/charging-codes/{code}")
    assert answer.status_code in (404, 422), answer.text
    begun = await shop.begin(station_identity=None, evse_number=None, code=code[:40])
    assert begun.status_code == 404, begun.text
    assert await shop.booked() == []


async def test_number_of_an_evse_that_is_not_there_is_no_code(shop: Shop) -> None:
    code = await published(shop)
    assert (await shop.guest.get(f"/charging-codes/{code[:-1]}7")).status_code == 404


async def test_code_on_a_display_is_fresh_or_it_is_not(shop: Shop) -> None:
    code = await published(shop)
    secret = shared_secret(shop.network.runtime.secret, shop.record["id"])
    now = int(clock.now().timestamp() // TOTP_VALIDITY_S)

    async def is_fresh(interval: int) -> Any:
        password = password_at(secret, interval, TOTP_LENGTH)
        return (await shop.guest.get(f"/charging-codes/{code}", params={"password": password})).json()["is_code_fresh"]

    assert await is_fresh(now) is True
    assert await is_fresh(now - 5) is False


async def test_estimate_is_priced_as_a_session_would_be(shop: Shop) -> None:
    code = await published(shop)
    query = {"energy_wh": 20_000, "duration_s": 3600}
    estimate = (await shop.guest.get(f"/charging-codes/{code}/estimate", params=query)).json()
    assert estimate["total"] == {"minor": 1200, "currency": "EUR"}
    assert [(line["unit"], line["amount"]["minor"]) for line in estimate["lines"]] == [("kWh", 1200)]


async def test_place_is_named_once(shop: Shop) -> None:
    code = await published(shop)
    assert (await shop.begin(code=code)).status_code == 422
    assert (await shop.begin(station_identity=None, evse_number=1)).status_code == 422


async def test_address_in_the_qr_code_opens_the_app_there(shop: Shop) -> None:
    transport = httpx.ASGITransport(app_of(shop.network.runtime))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as pages:
        answer = await pages.get("/c/ABCDEFGH-1", params={"t": "a b"})
        assert (answer.status_code, answer.headers["location"]) == (307, "/app/#/c/ABCDEFGH-1?t=a+b")
        strange = await pages.get("/c/%2F%2Fevil.example")
        assert strange.headers.get("location", "/app/").startswith("/app/")


async def test_guest_sees_the_charge_from_the_hold_to_the_receipt(shop: Shop) -> None:
    code = await published(shop)
    begun = await shop.begin(station_identity=None, evse_number=None, code=code)
    assert begun.status_code == 201, begun.text

    async def charge() -> dict[str, Any]:
        path = f"/charging-starts/{shop.visit['payment_id']}/{shop.visit['key']}/charge"
        answer = await shop.guest.get(path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    token = await shop.ordered()
    await shop.until(start="accepted")
    seen = await charge()
    assert (seen["point"]["code"], seen["session"], seen["receipt"]) == (code, None, None)
    assert seen["plug_until"] > seen["at"]
    transaction = await shop.plug_in(token)
    await shop.sample(transaction, 10_000, 50_000)

    async def has_cost() -> bool:
        session = (await charge())["session"]
        return session is not None and session["cost"] is not None and session["cost"]["total"]["minor"] == 600

    await eventually(has_cost)
    seen = (await charge())["session"]
    assert (seen["state"], seen["energy_wh"], seen["power_w"], seen["is_cost_final"]) == (
        "active",
        10_000,
        50_000,
        False,
    )
    early = await shop.act("unlocking")
    assert (early.status_code, early.json()["type"]) == (409, "/problems/payment-not-in-state")
    await shop.unplug(transaction, 10_000)
    await shop.until(state="captured")

    async def has_receipt() -> bool:
        return (await charge())["receipt"] is not None

    await eventually(has_receipt)
    seen = await charge()
    assert seen["session"]["is_cost_final"] is True
    assert [(line["unit"], line["quantity"], line["amount"]["minor"]) for line in seen["session"]["cost"]["lines"]] == [
        ("kWh", "10", 600)
    ]
    assert "/r/" in seen["receipt"]["url"]
    shop.station.answers["UnlockConnector"] = {"status": "Unlocked"}
    assert (await shop.act("unlocking")).json() == {"is_let_go": True}
    assert len(shop.station.told("UnlockConnector")) == 1


async def test_hold_waits_for_another_try_and_goes_at_once_when_the_guest_gives_up(
    make_runtime: MakeRuntime, client_of: ClientOf
) -> None:
    shop = await a_shop(make_runtime, client_of, retry_s=60)
    code = await published(shop)
    shop.station.answers["RemoteStartTransaction"] = {"status": "Rejected"}
    await shop.begin(station_identity=None, evse_number=None, code=code)
    await shop.until(start="failed")
    path = f"/charging-starts/{shop.visit['payment_id']}/{shop.visit['key']}/charge"
    seen = (await shop.guest.get(path)).json()
    assert (seen["payment"]["reason"], seen["payment"]["state"]) == ("station_refused", "held")
    assert seen["retry_until"] > seen["at"]
    assert (await shop.act("cancellation")).status_code == 200
    await shop.until(state="released")
    assert (await shop.guest.get(path)).json()["retry_until"] is None
    await shop.network.close()


async def test_payment_that_is_sent_again_for_want_of_an_answer_begins_nothing_anew(shop: Shop) -> None:
    code = await published(shop)
    place: dict[str, Any] = {"station_identity": None, "evse_number": None, "code": code}
    fresh = await shop.begin(**place, is_sent_again=True)  # it had never come
    transaction = await shop.plug_in(await shop.ordered())
    await shop.unplug(transaction, 10_000)
    await shop.until(state="captured")
    again = await shop.begin(**place, is_sent_again=True)
    assert (again.json()["payment_id"], again.json()["state"]) == (fresh.json()["payment_id"], "captured")
    assert await shop.said() == [("PaymentHeld", 1500), ("PaymentCaptured", 600), ("HoldReleased", 900)]
    assert len(shop.station.told("RemoteStartTransaction")) == 1
