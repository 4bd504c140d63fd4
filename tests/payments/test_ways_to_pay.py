"""Wallets, credit lines, vouchers and terminals pay for visits; credits and refunds go back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import NOON, ClientOf, MakeRuntime, eventually
from voltway.charging.pricing import Cost
from voltway.contracts.accounts import AccountErased, FindPersonalPayments, FindPersonalWallets
from voltway.contracts.billing import SessionCredited, SessionPriced
from voltway.contracts.sessions import SessionEnded
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID, create_account
from voltway.kernel.auth.tables import accounts, api_keys
from voltway.kernel.money import Money
from voltway.modules.payments import handlers, wallets
from voltway.modules.payments.tables import payments as payments_table
from voltway.modules.payments.tables import wallets as wallets_table

from .shop import Shop, a_shop  # noqa: TID252  (tests are not installed)


@pytest.fixture
async def driver(shop: Shop, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(shop.network.runtime, "driver")


def eur(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "EUR"}


async def begin(driver: httpx.AsyncClient, method: str = "wallet", **changes: Any) -> httpx.Response:
    body = {"station_identity": "CS1", "evse_number": 1, "method": method, **changes}
    return await driver.post("/me/charging-starts", json=body)


async def top_up(driver: httpx.AsyncClient, minor: int, **changes: Any) -> dict[str, Any]:
    body = {"amount": eur(minor), "method": "card", "source": "card_ok", **changes}
    answer = await driver.post("/me/wallets/top-ups", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def balance(driver: httpx.AsyncClient) -> tuple[int, int]:
    (wallet,) = (await driver.get("/me/wallets")).json()["items"]
    return wallet["balance"]["minor"], wallet["held"]["minor"]


async def charge(
    shop: Shop, begun: dict[str, Any], energy_wh: int, client: httpx.AsyncClient, path: str
) -> dict[str, Any]:
    """The rest of a visit; the payment as it is in the end."""
    token = await shop.ordered()
    started = await shop.station.call(
        "StartTransaction",
        {"connectorId": 1, "idTag": token, "meterStart": 0, "timestamp": clock.to_rfc3339(clock.now())},
    )
    assert started["idTagInfo"]["status"] == "Accepted"
    await shop.unplug(int(started["transactionId"]), energy_wh)
    seen: dict[str, Any] = {}

    async def is_captured() -> bool:
        seen.update((await client.get(path.format(begun.get("payment_id")))).json())
        return bool(seen["state"] == "captured")

    await eventually(is_captured)
    return seen


async def test_wallet_is_filled_by_a_card_and_pays_for_a_visit(shop: Shop, driver: httpx.AsyncClient) -> None:
    filled = await top_up(driver, 2000)
    assert (filled["state"], await balance(driver)) == ("captured", (2000, 0))
    assert [fact["amount"]["minor"] for _, fact in await shop.facts("WalletToppedUp")] == [2000]
    begun = (await begin(driver)).json()
    assert (begun["state"], await balance(driver)) == ("held", (2000, 1500))
    await charge(shop, begun, 10_000, driver, "/me/payments/{}")
    assert await balance(driver) == (1400, 0)
    wallet_facts = [
        (name, fact["amount"]["minor"]) for name, fact in await shop.facts() if fact["provider"] == "wallet"
    ]
    assert wallet_facts == [("PaymentHeld", 1500), ("PaymentCaptured", 600), ("HoldReleased", 900)]


async def test_the_operator_sees_wallets_but_not_by_what_they_are_filled(
    shop: Shop, driver: httpx.AsyncClient, client_of: ClientOf
) -> None:
    await top_up(driver, 2000)
    finance = await client_of(shop.network.runtime, "finance")
    (wallet,) = (await finance.get("/wallets")).json()["items"]
    assert (wallet["balance"], wallet["held"], wallet["is_filled_by_itself"]) == (eur(2000), eur(0), False)
    assert "auto_top_up" not in wallet
    of_them = {"account_id": wallet["account_id"]}
    assert (await finance.get("/wallets", params=of_them)).json()["items"] == [wallet]
    assert (await finance.get("/wallets", params={"account_id": "nobody"})).json()["items"] == []


async def an_account_of(shop: Shop, locale: str) -> str:
    """Make the one who has paid so far somebody with an account; their id."""
    async with shop.network.runtime.database.begin() as tx:
        payer = str((await tx.execute(sa.select(payments_table.c.payer_id).distinct())).scalar_one())
        made = await create_account(tx, "dora@example.org", None, "Dora", "driver", DEFAULT_OPERATOR_ID, locale=locale)
        await tx.execute(sa.update(accounts).where(accounts.c.id == made).values(id=payer))
    return payer


async def test_payer_with_an_account_has_it_told_on_their_devices(shop: Shop, driver: httpx.AsyncClient) -> None:
    await top_up(driver, 2000)
    begun = (await begin(driver)).json()
    payer = await an_account_of(shop, "de-AT")
    await charge(shop, begun, 10_000, driver, "/me/payments/{}")
    told = [(fact["account_id"], fact["title"], fact["text"]) for _, fact in await shop.facts("PushWanted")]
    assert told == [
        (payer, "Die Ladung hat begonnen", "Ihr Auto wird geladen."),
        (payer, "Die Ladung ist beendet", "Sie hat 6.00 EUR gekostet."),
    ]


async def test_payer_is_told_of_a_start_that_the_station_refuses(shop: Shop, driver: httpx.AsyncClient) -> None:
    shop.station.answers["RemoteStartTransaction"] = {"status": "Rejected"}
    await top_up(driver, 2000)
    payer = await an_account_of(shop, "en")
    await begin(driver)
    await eventually(lambda: shop.facts("PushWanted"))
    [(_, told)] = await shop.facts("PushWanted")
    assert (told["account_id"], told["title"]) == (payer, "Charging has not started")


@pytest.mark.parametrize(("energy_wh", "text"), [(0, "No energy has flowed"), (5_000, "It costs nothing.")])
async def test_payer_is_told_rightly_why_nothing_is_taken(
    shop: Shop, driver: httpx.AsyncClient, energy_wh: int, text: str
) -> None:
    await top_up(driver, 2000)
    begun = (await begin(driver)).json()
    now, runtime = clock.now(), shop.network.runtime
    ended = SessionEnded(
        operator_id=DEFAULT_OPERATOR_ID,
        at=now,
        session_id="s-1",
        station_id="station-1",
        station_identity="CS1",
        location_id=None,
        evse_number=1,
        id_token=None,
        started_at=now,
        ended_at=now,
        energy_wh=energy_wh,
        tariff=None,
    )
    await an_account_of(shop, "en")
    async with runtime.database.begin() as tx:
        is_it = payments_table.c.id == begun["payment_id"]
        await tx.execute(sa.update(payments_table).where(is_it).values(session_id="s-1"))
        await handlers.on_session_ended(runtime, tx, [ended])
    [(_, told)] = await shop.facts("PushWanted")
    assert text in told["text"]


async def test_who_goes_takes_a_copy_and_their_payments_are_nobodys(shop: Shop, driver: httpx.AsyncClient) -> None:
    await top_up(driver, 2000)
    begun = (await begin(driver)).json()
    runtime = shop.network.runtime
    async with runtime.database.read() as tx:
        me = (await tx.execute(sa.select(payments_table.c.payer_id).distinct())).scalar_one()
    about = {"operator_id": DEFAULT_OPERATOR_ID, "account_id": me}
    paid = await runtime.ask(FindPersonalPayments(**about))
    visit, filling = paid
    assert (visit["id"], visit["purpose"], visit["held_minor"]) == (begun["payment_id"], "charge", 1500)
    assert (filling["purpose"], filling["captured_minor"]) == ("top_up", 2000)
    (purse,) = await runtime.ask(FindPersonalWallets(**about))
    assert (purse["balance_minor"], purse["held_minor"], purse["currency"]) == (2000, 1500, "EUR")
    json.dumps([paid, purse])
    others = {**about, "account_id": "somebody-else"}
    assert await runtime.ask(FindPersonalPayments(**others)) == await runtime.ask(FindPersonalWallets(**others)) == []
    async with runtime.database.begin() as tx:
        tx.publish(AccountErased(at=clock.now(), id_tokens=(), **about))
    await eventually(lambda: not any(runtime.events.backlogs().values()))
    assert await runtime.ask(FindPersonalPayments(**about)) == []


async def test_wallet_with_too_little_starts_nothing(shop: Shop, driver: httpx.AsyncClient) -> None:
    await top_up(driver, 1000)
    begun = (await begin(driver)).json()
    assert (begun["state"], begun["reason"]) == ("failed", "insufficient_funds")
    assert await balance(driver) == (1000, 0)
    assert shop.station.told("RemoteStartTransaction") == []
    some = (await begin(driver, limit=eur(900))).json()  # the driver may charge for less
    assert (some["state"], await balance(driver)) == ("held", (1000, 900))


async def test_top_ups_have_limits_and_a_declined_one_adds_nothing(shop: Shop, driver: httpx.AsyncClient) -> None:
    declined = await top_up(driver, 2000, source="card_declined")
    assert (declined["state"], await balance(driver)) == ("failed", (0, 0))
    too_much = {"amount": eur(30_000), "method": "card", "source": "card_ok"}
    assert (await driver.post("/me/wallets/top-ups", json=too_much)).status_code == 422
    for _ in range(4):
        await top_up(driver, 25_000)
    full = {"amount": eur(100), "method": "card", "source": "card_ok"}
    assert (await driver.post("/me/wallets/top-ups", json=full)).json()["type"] == "/problems/top-up-refused"


async def test_wallet_that_is_low_fills_itself_up_to_its_cap(shop: Shop, driver: httpx.AsyncClient) -> None:
    await top_up(driver, 2000)
    wish = {"source": "card_ok", "below_minor": 1000, "amount_minor": 1500, "month_max_minor": 4000}
    answer = await driver.put("/me/wallets/auto-top-up", json={"currency": "EUR", "auto_top_up": wish})
    assert answer.status_code == 200, answer.text
    begun = (await begin(driver)).json()

    async def is_filled() -> bool:
        return await balance(driver) == (3500, 1500)

    await eventually(is_filled)
    await charge(shop, begun, 50_000, driver, "/me/payments/{}")  # 15.00: all that was held
    assert [fact["amount"]["minor"] for _, fact in await shop.facts("WalletToppedUp")] == [2000, 1500]
    await begin(driver)  # 5.00 are left free: below, but 20.00 + 15.00 + 15.00 is more than the month allows
    await asyncio.sleep(2)
    assert (await balance(driver))[0] == 2000


async def test_wallet_never_falls_below_nothing_however_many_draw_on_it(shop: Shop, driver: httpx.AsyncClient) -> None:
    await top_up(driver, 2000)
    for identity in ("CS2", "CS3", "CS4"):
        await shop.network.register(identity)
    begun = await asyncio.gather(*(begin(driver, station_identity=f"CS{n}") for n in (1, 2, 3, 4)))
    assert sorted(one.json()["state"] for one in begun) == ["failed", "failed", "failed", "held"]
    assert (await balance(driver))[0] == 2000


async def test_fleet_pays_by_invoice_within_its_credit(shop: Shop, driver: httpx.AsyncClient) -> None:
    assert (await begin(driver, "invoice")).status_code == 422
    async with shop.network.runtime.database.read() as tx:
        statement = sa.select(api_keys.c.id).where(api_keys.c.name == "test driver")
        me = (await tx.execute(statement)).scalar_one()
    line = await shop.network.post("/credit-lines", name="Fleet", credit_limit=eur(2000), members={me: "4711"})
    begun = (await begin(driver, "invoice")).json()
    assert begun["state"] == "held"
    await charge(shop, begun, 20_000, driver, "/me/payments/{}")
    (found,) = (await shop.network.get("/credit-lines"))["items"]
    assert (found["open"], found["held"]) == (eur(1200), eur(0))
    (_, taken) = (await shop.facts("PaymentCaptured"))[0]
    assert (taken["credit_line_id"], taken["cost_center"], taken["amount"]["minor"]) == (line["id"], "4711", 1200)
    refused = (await begin(driver, "invoice", limit=eur(900))).json()
    assert (refused["state"], refused["reason"]) == ("failed", "insufficient_funds")
    paid = await shop.network.client.post(f"/credit-lines/{line['id']}/payments", json={"amount": eur(1200)})
    assert paid.json()["open"] == eur(0)
    assert (await begin(driver, "invoice", limit=eur(900))).json()["state"] == "held"


async def test_voucher_pays_until_it_is_used_up(shop: Shop) -> None:
    made = await shop.network.post("/vouchers", amount=eur(1600))
    begun = (await shop.begin(made["code"].lower(), method="voucher", limit=eur(1600))).json()
    assert begun["state"] == "held"
    transaction = await shop.plug_in(await shop.ordered())
    await shop.unplug(transaction, 20_000)
    await shop.until(state="captured")
    (found,) = (await shop.network.get("/vouchers"))["items"]
    assert (found["used"], found["held"]) == (eur(1200), eur(0))
    assert made["code"] not in str(found)
    assert (await shop.begin(made["code"], method="voucher", limit=eur(500))).json()["state"] == "failed"
    assert (await shop.begin("NO-SUCH-CODE", method="voucher")).status_code == 422
    await shop.network.client.delete(f"/vouchers/{made['id']}")
    assert (await shop.begin(made["code"], method="voucher", limit=eur(100))).status_code == 422


async def test_terminal_has_authorised_and_is_told_what_to_take(shop: Shop) -> None:
    client = shop.network.client
    body = {"station_identity": "CS1", "evse_number": 1, "psp_reference": "T-1", "authorized": eur(5000)}
    begun = await client.post("/terminal-payments", json=body)
    assert (begun.status_code, begun.json()["state"]) == (201, "held"), begun.text
    payment_id = begun.json()["payment_id"]
    assert (await client.post("/terminal-payments", json=body)).json()["payment_id"] == payment_id
    started = await shop.station.call(
        "StartTransaction",
        {
            "connectorId": 1,
            "idTag": await shop.ordered(),
            "meterStart": 0,
            "timestamp": clock.to_rfc3339(clock.now()),
        },
    )
    await shop.unplug(int(started["transactionId"]), 10_000)

    async def orders() -> list[dict[str, Any]]:
        return list((await client.get("/terminal-orders")).json()["items"])

    await eventually(orders)
    (order,) = await orders()
    assert (order["kind"], order["amount"], order["psp_reference"]) == ("capture", eur(600), "T-1")
    told = await shop.facts("TerminalOrderMade")
    assert {fact["order_id"] for _, fact in told} == {order["order_id"]}
    assert (await client.get(f"/payments/{payment_id}")).json()["state"] == "capturing"
    path = f"/terminal-orders/{order['order_id']}/confirmation"
    for _ in range(2):
        assert (await client.post(path, json={"outcome": "done"})).status_code == 200
    assert (await client.post(path, json={"outcome": "declined"})).status_code == 409
    payment = (await client.get(f"/payments/{payment_id}")).json()
    assert (payment["state"], payment["captured"]) == ("captured", eur(600))
    assert await orders() == []
    assert await shop.said() == [("PaymentHeld", 5000), ("PaymentCaptured", 600), ("HoldReleased", 4400)]


# ---- what goes back


async def a_captured_visit(shop: Shop) -> dict[str, Any]:
    await shop.begin()
    transaction = await shop.plug_in(await shop.ordered())
    await shop.unplug(transaction, 10_000)
    await shop.until(state="captured")
    return dict((await shop.network.client.get(f"/payments/{shop.visit['payment_id']}")).json())


async def test_operator_gives_money_back_once_and_never_more_than_was_taken(shop: Shop) -> None:
    payment = await a_captured_visit(shop)
    path, client = f"/payments/{payment['id']}/refunds", shop.network.client
    body, key = {"amount": eur(200), "reason": "goodwill"}, {"Idempotency-Key": "r-1"}
    first, again = await client.post(path, json=body, headers=key), await client.post(path, json=body, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert (await client.post(path, json={**body, "amount": eur(401)})).status_code == 422
    assert (await client.post(path, json={**body, "amount": {"minor": 1, "currency": "USD"}})).status_code == 422
    await eventually(lambda: _refunded(shop, 200))
    assert [one for one in await shop.said() if one[0] == "PaymentRefunded"] == [("PaymentRefunded", 200)]
    shown = (await client.get(f"/payments/{payment['id']}")).json()
    assert [call["kind"] for call in shown["calls"]] == ["hold", "capture", "refund"]


async def _refunded(shop: Shop, minor: int) -> bool:
    return bool((await shop.shown())["refunded"]["minor"] == minor)


async def publish(shop: Shop, *events: Any) -> None:
    async with shop.network.runtime.database.begin() as tx:
        tx.publish(*events)


def priced(payment: dict[str, Any], minor: int, **changes: Any) -> SessionPriced:
    money = Money(minor, "EUR")
    cost = Cost(lines=(), excl_vat=money, vat=Money(0, "EUR"), incl_vat=money, unrounded_incl_vat=money.to_decimal())
    common = {"operator_id": DEFAULT_OPERATOR_ID, "at": NOON, "session_id": payment["session_id"]}
    return SessionPriced(**common, station_id=payment["station_id"], cost=cost, **changes)


def credited(payment: dict[str, Any], cdr_id: str | None = None) -> SessionCredited:
    return SessionCredited(
        operator_id=DEFAULT_OPERATOR_ID,
        at=NOON,
        session_id=payment["session_id"],
        station_id=payment["station_id"],
        cdr_id=cdr_id or payment["cdr_id"],
        credit_id="c-1",
        amount=Money(600, "EUR"),
        excl_vat=Money(600, "EUR"),
        reason="wrong meter",
    )


async def test_session_that_is_credited_gives_all_back_once(shop: Shop) -> None:
    payment = await a_captured_visit(shop)
    await publish(shop, credited(payment), credited(payment))
    await eventually(lambda: _refunded(shop, 600))
    (_, fact) = (await shop.facts("PaymentRefunded"))[-1]
    assert fact["cdr_id"] == payment["cdr_id"]


async def test_credit_of_another_cdr_gives_nothing_back(shop: Shop) -> None:
    payment = await a_captured_visit(shop)
    await publish(shop, credited(payment, "another CDR"))
    await asyncio.sleep(1.5)
    assert await _refunded(shop, 0)
    assert (await shop.row()).owed_minor == 600


async def test_corrected_cdr_moves_only_the_difference(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    shop = await a_shop(make_runtime, client_of, credit_wait_s=3)
    payment = await a_captured_visit(shop)
    await publish(shop, credited(payment))
    await publish(shop, priced(payment, 450, cdr_id="cdr-2", replaces_cdr_id=payment["cdr_id"]))
    await eventually(lambda: _refunded(shop, 150))
    assert [one for one in await shop.said() if one[0] == "PaymentRefunded"] == [("PaymentRefunded", 150)]
    await shop.network.close()


async def test_cdr_that_is_told_again_takes_nothing_again(shop: Shop) -> None:
    payment = await a_captured_visit(shop)
    await publish(shop, priced(payment, 600, cdr_id=payment["cdr_id"]), priced(payment, 900, cdr_id="another"))
    await asyncio.sleep(1.5)
    assert await shop.booked() == [("hold", 1500, "done"), ("capture", 600, "done")]


async def test_database_itself_refuses_a_wallet_below_nothing(shop: Shop) -> None:
    async with shop.network.runtime.database.begin() as tx:
        wallet = await wallets.of_account(tx, DEFAULT_OPERATOR_ID, "somebody", "EUR")
    below = sa.update(wallets_table).where(wallets_table.c.id == wallet.id).values(balance_minor=-1)
    async with shop.network.runtime.database.begin() as tx:
        with pytest.raises(sa.exc.IntegrityError):
            await tx.execute(below)
