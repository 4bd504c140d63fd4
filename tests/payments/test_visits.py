"""A visit that is paid for, at a real link: held, started, captured to the cent, the rest let go; and what goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.integrations.payments.port import Answer, Call
from voltway.modules.payments.providers.sandbox import Sandbox

from .shop import Shop, a_shop  # noqa: TID252  (tests are not installed)


def minor(amount: dict[str, Any]) -> int:
    assert amount["currency"] == "EUR"
    return int(amount["minor"])


async def test_card_is_held_the_car_charges_and_what_it_cost_is_captured(shop: Shop) -> None:
    offer = (await shop.guest.get("/charging-offers/CS1/1")).json()
    assert offer["methods"] == ["card", "alipay", "voucher"]
    assert offer["tariff"]["price_per_kwh"] == "0.60"
    begun = await shop.begin()
    assert begun.status_code == 201, begun.text
    assert (begun.json()["state"], minor(begun.json()["held"])) == ("held", 1500)
    token = await shop.ordered()
    assert len(token) == 20
    transaction = await shop.plug_in(token)
    await shop.unplug(transaction, 10_000)
    captured = await shop.until(state="captured")
    assert (minor(captured["captured"]), minor(captured["refunded"])) == (600, 0)
    assert await shop.said() == [("PaymentHeld", 1500), ("PaymentCaptured", 600), ("HoldReleased", 900)]
    fact = (await shop.facts("PaymentCaptured"))[0][1]
    assert (fact["session_id"], fact["provider"], fact["method"]) == (captured["session_id"], "sandbox", "card")
    assert await shop.booked() == [("hold", 1500, "done"), ("capture", 600, "done")]


@pytest.mark.parametrize(
    ("source", "reason"),
    [("card_declined", "declined"), ("card_insufficient_funds", "insufficient_funds"), ("x", "declined")],
)
async def test_card_that_is_declined_starts_nothing(shop: Shop, source: str, reason: str) -> None:
    begun = (await shop.begin(source)).json()
    assert (begun["state"], begun["reason"]) == ("failed", reason)
    assert await shop.said() == []
    assert shop.station.told("RemoteStartTransaction") == []


async def test_double_click_is_one_payment_and_one_order(shop: Shop) -> None:
    first, second = await shop.begin(), await shop.begin()
    assert first.json()["payment_id"] == second.json()["payment_id"]
    await shop.ordered()
    await shop.until(start="accepted")
    assert (await shop.begin()).json()["payment_id"] == first.json()["payment_id"]
    assert len(shop.station.told("RemoteStartTransaction")) == 1
    assert await shop.said() == [("PaymentHeld", 1500)]


async def test_another_guest_cannot_pay_for_an_evse_that_is_taken(shop: Shop) -> None:
    await shop.begin()
    await shop.ordered()
    answer = await shop.begin(key="the key of another guest")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/evse-busy")


async def test_hold_is_let_go_when_the_station_refuses(shop: Shop) -> None:
    shop.station.answers["RemoteStartTransaction"] = {"status": "Rejected"}
    await shop.begin()
    released = await shop.until(state="released")
    assert (released["start"], released["reason"]) == ("failed", "station_refused")
    assert await shop.said() == [("PaymentHeld", 1500), ("HoldReleased", 1500)]


async def test_hold_is_used_again_when_the_driver_tries_again(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    shop = await a_shop(make_runtime, client_of, retry_s=30)
    shop.station.answers["RemoteStartTransaction"] = {"status": "Rejected"}
    first = (await shop.begin()).json()
    await shop.until(start="failed")
    shop.station.answers["RemoteStartTransaction"] = {"status": "Accepted"}
    assert (await shop.begin()).json()["payment_id"] == first["payment_id"]
    transaction = await shop.plug_in(await shop.ordered(2))
    await shop.unplug(transaction, 5000)
    await shop.until(state="captured")
    assert await shop.said() == [("PaymentHeld", 1500), ("PaymentCaptured", 300), ("HoldReleased", 1200)]
    await shop.network.close()


async def test_session_without_energy_costs_nothing(shop: Shop) -> None:
    await shop.begin()
    transaction = await shop.plug_in(await shop.ordered(), 700)
    await shop.unplug(transaction, 700)
    await shop.until(state="released")
    assert await shop.said() == [("PaymentHeld", 1500), ("HoldReleased", 1500)]


async def test_driver_who_does_not_plug_in_gets_the_hold_back(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    shop = await a_shop(make_runtime, client_of, plug_s=1)
    await shop.begin()
    token = await shop.ordered()
    released = await shop.until(state="released")
    assert released["reason"] == "not_plugged_in"
    late = {"connectorId": 1, "idTag": token, "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
    assert (await shop.station.call("StartTransaction", late))["idTagInfo"]["status"] != "Accepted"
    await shop.network.close()


async def test_hold_stays_while_the_link_is_lost_and_is_captured_when_the_station_has_spoken(
    make_runtime: MakeRuntime, client_of: ClientOf
) -> None:
    shop = await a_shop(make_runtime, client_of, plug_s=1, quiet_s=20)
    await shop.begin()
    token = await shop.ordered()
    await shop.until(start="accepted")
    await shop.station.hang_up()

    async def has_looked() -> bool:
        row = await shop.row()
        return bool((row.start_due_at - row.changed_at).total_seconds() > 5)

    await eventually(has_looked)
    assert (await shop.shown())["state"] == "held"
    shop.station = await shop.network.connect("ocpp1.6", boots=False)
    transaction = await shop.plug_in(token)
    await shop.unplug(transaction, 20_000)
    await shop.until(state="captured")
    assert await shop.said() == [("PaymentHeld", 1500), ("PaymentCaptured", 1200), ("HoldReleased", 300)]
    await shop.network.close()


async def test_payer_confirms_on_the_page_of_the_bank(shop: Shop) -> None:
    begun = (await shop.begin("card_3ds")).json()
    assert (begun["state"], begun["is_pending"]) == ("holding", True)
    page = begun["action_url"].removeprefix("http://localhost/api/v1").rpartition("/api/v1")[2]
    assert "15.00 EUR" in (await shop.guest.get(page)).text
    told = await shop.act("confirmation")  # what the payer says counts for nothing
    assert told.json()["state"] == "holding"
    assert shop.station.told("RemoteStartTransaction") == []
    answer = await shop.guest.post(page, content="answer=yes")
    assert answer.status_code == 200, answer.text
    await shop.until(state="held")  # who asks the provider may be the job
    await shop.ordered()


async def test_payer_who_refuses_pays_nothing(shop: Shop) -> None:
    begun = (await shop.begin("card_3ds")).json()
    await shop.guest.post(f"/sandbox/{begun['payment_id']}", content="answer=no")
    await shop.until(state="failed", reason="not_confirmed")


async def test_capture_without_an_answer_is_asked_after_and_made_once(shop: Shop) -> None:
    await shop.begin("card_capture_timeout")
    transaction = await shop.plug_in(await shop.ordered())
    await shop.unplug(transaction, 10_000)
    await shop.until(state="captured")
    assert [one for one in await shop.booked() if one[0] == "capture"] == [("capture", 600, "done")]
    assert await shop.said() == [("PaymentHeld", 1500), ("PaymentCaptured", 600), ("HoldReleased", 900)]


async def test_hold_is_raised_while_the_car_charges(shop: Shop) -> None:
    await shop.begin()
    transaction = await shop.plug_in(await shop.ordered())
    await shop.sample(transaction, 20_000, 150_000)  # 12.00, and within 75 s 3.13 kWh more: 13.88
    await shop.sample(transaction, 23_000, 150_000)  # 13.80 + 1.88 > 15.00
    await eventually(lambda: _held(shop, 3000))
    assert shop.station.told("RemoteStopTransaction") == []
    await shop.unplug(transaction, 40_000)
    await shop.until(state="captured")
    held, raised, taken, rest = await shop.facts()
    assert (held[1]["step"], raised[1]["step"], raised[1]["hold_id"]) == (1, 2, held[1]["hold_id"])
    assert (taken[1]["amount"]["minor"], taken[0]) == (2400, "PaymentCaptured")
    assert rest[1]["amount"]["minor"] == raised[1]["amount"]["minor"] - 2400


async def _held(shop: Shop, least: int) -> bool:
    return minor((await shop.shown())["held"]) >= least


async def test_session_is_stopped_before_a_hold_that_cannot_be_raised_is_used_up(shop: Shop) -> None:
    await shop.begin("card_no_raise")
    transaction = await shop.plug_in(await shop.ordered())
    await shop.sample(transaction, 23_000, 150_000)
    await eventually(lambda: shop.station.told("RemoteStopTransaction"))
    await shop.unplug(transaction, 24_900)
    captured = await shop.until(state="captured")
    assert minor(captured["captured"]) == 1494  # less than was held: the margin was enough


async def test_method_that_cannot_hold_is_charged_and_the_rest_refunded(shop: Shop) -> None:
    begun = (await shop.begin(method="alipay", limit={"minor": 2000, "currency": "EUR"})).json()
    assert (begun["state"], minor(begun["captured"])) == ("captured", 2000)
    transaction = await shop.plug_in(await shop.ordered())
    await shop.unplug(transaction, 10_000)
    await eventually(lambda: _refunded(shop, 1400))
    assert await shop.said() == [("PaymentCaptured", 2000), ("PaymentRefunded", 1400)]


async def _refunded(shop: Shop, amount: int) -> bool:
    return minor((await shop.shown())["refunded"]) == amount


async def test_prices_and_limits_of_clients_count_for_nothing(shop: Shop) -> None:
    refused: tuple[dict[str, Any], ...] = (
        {"price_per_kwh": "0.01"},
        {"tariff": {}},
        {"limit": {"minor": 10**9, "currency": "EUR"}},
        {"limit": {"minor": -5, "currency": "EUR"}},
        {"limit": {"minor": 500, "currency": "USD"}},
    )
    for wrong in refused:
        assert (await shop.begin(**wrong)).status_code == 422, wrong
    assert (await shop.begin(key="short")).status_code == 422
    assert (await shop.begin(station_identity="CS-none")).status_code == 404
    assert await shop.booked() == []


async def test_guest_cancels_before_the_start(shop: Shop) -> None:
    await shop.begin("card_3ds")
    cancelled = await shop.act("cancellation")
    assert cancelled.json()["state"] == "failed", cancelled.text
    assert await shop.said() == []


async def test_guest_cancels_while_the_provider_is_asked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    is_asked, may_answer = asyncio.Event(), asyncio.Event()
    query = Sandbox.query

    async def slow(self: Sandbox, call: Call) -> Answer:
        is_asked.set()
        await may_answer.wait()
        return await query(self, call)

    monkeypatch.setattr(Sandbox, "query", slow)
    await shop.begin("card_3ds")
    await asyncio.wait_for(is_asked.wait(), 15)
    cancelled = asyncio.create_task(shop.act("cancellation"))
    await eventually(lambda: _is_given_up(shop))
    assert not cancelled.done()
    may_answer.set()
    assert (await cancelled).json()["state"] == "failed", (await cancelled).text
    assert await shop.said() == []


async def _is_given_up(shop: Shop) -> bool:
    return bool((await shop.shown())["reason"] == "cancelled")


async def test_one_address_cannot_try_many_cards(shop: Shop) -> None:
    found = [(await shop.begin("card_declined", key=f"a random key of card {n:03}")).status_code for n in range(15)]
    assert set(found) == {201, 429}
    assert found[-1] == 429


async def test_strangers_key_opens_no_payment(shop: Shop) -> None:
    await shop.begin()
    assert (await shop.guest.get(f"/charging-starts/{shop.visit['payment_id']}/{'0' * 32}")).status_code == 404
