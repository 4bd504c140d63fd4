"""Cards that are kept: added, chosen, removed and forgotten; they pay for visits, fees and wallets, with nobody there if need be."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from builders import ClientOf, eventually
from voltway.charging.pricing import Cost, CostLine
from voltway.contracts.accounts import AccountErased, FindPersonalCards
from voltway.contracts.bookings import BookingFeeCharged, BookingFeeWaived
from voltway.integrations.payments.port import OutcomeUnknown
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.bus.event import Event
from voltway.kernel.money import Money
from voltway.modules.payments import cards
from voltway.modules.payments.errors import TooManyCards
from voltway.modules.payments.providers.sandbox import Sandbox
from voltway.modules.payments.tables import cards as cards_table
from voltway.modules.payments.tables import customers, payments, removals, sandbox, sandbox_cards

from .shop import Shop  # noqa: TID252  (tests are not installed)
from .test_ways_to_pay import balance, begin, charge, eur, top_up  # noqa: TID252


@pytest.fixture
async def driver(shop: Shop, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(shop.network.runtime, "driver")


async def add(driver: httpx.AsyncClient, source: str = "card_ok", **changes: Any) -> dict[str, Any]:
    answer = await driver.post("/me/cards", json={"source": source, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def listed(driver: httpx.AsyncClient) -> list[tuple[str, bool]]:
    items = (await driver.get("/me/cards")).json()["items"]
    return [(one["last_four"], one["is_default"]) for one in items]


async def confirm(driver: httpx.AsyncClient, action_url: str, answer: str = "yes") -> None:
    path = "/sandbox/" + action_url.split("/sandbox/")[1]
    assert "No real money moves" in (await driver.get(path)).text
    assert "Thank you" in (await driver.post(path, content=f"answer={answer}")).text


async def rows(shop: Shop, table: sa.Table) -> list[Any]:
    async with shop.network.runtime.database.read() as tx:
        return list((await tx.execute(sa.select(table))).all())


async def me(shop: Shop) -> str:
    return str((await rows(shop, customers))[0].account_id)


async def say(shop: Shop, *events: Event) -> None:
    async with shop.network.runtime.database.begin() as tx:
        tx.publish(*events)
    await eventually(lambda: not any(shop.network.runtime.events.backlogs().values()))


def a_fee(payer_id: str, kind: Any = BookingFeeCharged, location_id: str = "location-1") -> Any:
    net, vat, gross = Money(420, "EUR"), Money(80, "EUR"), Money(500, "EUR")
    line = CostLine(
        description="No show",
        quantity=Decimal(1),
        unit="session",
        unit_price=Decimal("4.20"),
        vat_percent=Decimal(19),
        amount=net,
    )
    cost = Cost(lines=(line,), excl_vat=net, vat=vat, incl_vat=gross, unrounded_incl_vat=gross.to_decimal())
    return kind(
        operator_id=DEFAULT_OPERATOR_ID,
        at=clock.now(),
        fee_id="fee-1",
        booking_id="booking-1",
        location_id=location_id,
        cost=cost,
        reason="no_show",
        payer_id=payer_id,
    )


async def fee_in(shop: Shop, state: str) -> Any:
    found: list[Any] = []

    async def is_there() -> bool:
        found[:] = [row for row in await rows(shop, payments) if row.id == "fee-1" and row.state == state]
        return bool(found)

    await eventually(is_there)
    return found[0]


# ---- keeping


async def test_card_is_kept_with_its_face_and_the_first_is_the_default(shop: Shop, driver: httpx.AsyncClient) -> None:
    first = await add(driver)
    assert first["state"] == "kept"
    assert (first["brand"], first["last_four"], first["exp_month"], first["exp_year"]) == ("visa", "4242", 12, 2040)
    second = await add(driver, "card_no_raise")
    assert await listed(driver) == [("4242", True), ("8431", False)]
    chosen = await driver.put(f"/me/cards/{second['id']}/default")
    assert (chosen.status_code, chosen.json()["is_default"]) == (200, True)
    assert await listed(driver) == [("8431", True), ("4242", False)]
    assert (await driver.get("/me/cards")).json()["form"]["test_cards"][0] == "card_ok"
    assert [row.source for row in await rows(shop, cards_table)] == [None, None]


async def test_bank_that_wants_the_payer_is_asked_before_a_card_is_kept(shop: Shop, driver: httpx.AsyncClient) -> None:
    added = await add(driver, "card_3ds", return_url="https://drive.example.org/app/#/me")
    assert (added["state"], added["brand"]) == ("adding", None)
    assert (await driver.put(f"/me/cards/{added['id']}/default")).status_code == 404
    early = (await driver.post(f"/me/cards/{added['id']}/confirmation")).json()
    assert early["state"] == "adding"
    await confirm(driver, added["action_url"])
    kept = (await driver.post(f"/me/cards/{added['id']}/confirmation")).json()
    assert (kept["state"], kept["last_four"], kept["action_url"], kept["is_default"]) == ("kept", "3155", None, True)


async def test_card_that_is_declined_refused_or_not_confirmed_in_time_is_not_kept(
    shop: Shop, driver: httpx.AsyncClient
) -> None:
    declined = await add(driver, "card_declined")
    assert (declined["state"], declined["reason"]) == ("failed", "declined")
    refused = await add(driver, "card_3ds")
    await confirm(driver, refused["action_url"], "no")
    asked = await driver.post(f"/me/cards/{refused['id']}/confirmation")
    assert (asked.json()["state"], asked.json()["reason"]) == ("failed", "not_confirmed")
    late = await add(driver, "card_3ds")
    async with shop.network.runtime.database.begin() as tx:
        long_ago = clock.now() - timedelta(hours=1)
        await tx.execute(sa.update(cards_table).values(created_at=long_ago))
    await cards.look(shop.network.runtime, late["id"])
    asked = await driver.post(f"/me/cards/{late['id']}/confirmation")
    assert (asked.json()["state"], asked.json()["reason"]) == ("failed", "not_confirmed")
    assert await listed(driver) == []
    async with shop.network.runtime.database.begin() as tx:
        await cards.forget_failed(tx, clock.now() + timedelta(days=2))
    assert await rows(shop, cards_table) == []


async def test_answer_that_was_lost_is_asked_for_and_the_card_is_kept_once(
    shop: Shop, driver: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_card = Sandbox.keep_card

    async def lost(self: Sandbox, *args: Any) -> Any:
        await keep_card(self, *args)
        raise OutcomeUnknown("lost on the way")

    monkeypatch.setattr(Sandbox, "keep_card", lost)
    added = await add(driver)
    assert added["state"] == "adding"
    monkeypatch.undo()
    assert (await driver.post(f"/me/cards/{added['id']}/confirmation")).json()["state"] == "kept"
    assert len(await rows(shop, sandbox_cards)) == 1


async def test_an_account_keeps_so_many_cards_and_no_more(shop: Shop, driver: httpx.AsyncClient) -> None:
    runtime = shop.network.runtime
    first = await add(driver)
    (customer,) = await rows(shop, customers)
    async with runtime.database.begin() as tx:
        with pytest.raises(TooManyCards):
            await cards.add(tx, customer, "card_ok", None, 1)
    assert (await driver.delete(f"/me/cards/{first['id']}")).status_code == 204
    async with runtime.database.begin() as tx:
        await cards.add(tx, customer, "card_ok", None, 1)


async def test_cards_are_tried_only_so_often_from_one_address(shop: Shop, driver: httpx.AsyncClient) -> None:
    tried = [await driver.post("/me/cards", json={"source": "card_declined"}) for _ in range(7)]
    assert [answer.status_code for answer in tried] == [201] * 6 + [429]


async def test_cards_are_their_owners_alone(shop: Shop, driver: httpx.AsyncClient, client_of: ClientOf) -> None:
    card = await add(driver)
    other = await client_of(shop.network.runtime, "driver")
    assert await listed(other) == []
    for answer in (
        await other.put(f"/me/cards/{card['id']}/default"),
        await other.delete(f"/me/cards/{card['id']}"),
        await other.post(f"/me/cards/{card['id']}/confirmation"),
    ):
        assert answer.json()["type"] == "/problems/card-not-found"
    stolen = await begin(other, "card", card_id=card["id"])
    assert stolen.status_code == 422
    (row,) = await rows(shop, cards_table)
    source = f"{row.customer}/{row.reference}"  # whoever has learned what the provider calls it has no use of that
    assert (await begin(other, "card", source=source)).status_code == 422
    assert (await shop.begin(source)).status_code == 422
    assert (await shop.begin(None, card_id=card["id"])).status_code == 422
    amount = {"amount": eur(2000), "method": "card"}
    for named in ({"source": source}, {"card_id": card["id"]}):
        assert (await other.post("/me/wallets/top-ups", json={**amount, **named})).status_code == 422
        wish = {**named, "below_minor": 1, "amount_minor": 1, "month_max_minor": 1}
        answer = await other.put("/me/wallets/auto-top-up", json={"currency": "EUR", "auto_top_up": wish})
        assert answer.status_code == 422
    assert await shop.booked() == []


# ---- removing


async def test_removed_card_goes_at_the_provider_too_as_soon_as_that_answers(
    shop: Shop, driver: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, other = await add(driver), await add(driver, "card_no_raise")

    async def silent(*_: Any) -> None:
        raise OutcomeUnknown("no answer")

    monkeypatch.setattr(Sandbox, "remove_card", silent)
    assert (await driver.delete(f"/me/cards/{card['id']}")).status_code == 204
    assert await listed(driver) == [("8431", True)]

    async def is_tried() -> bool:
        return any(row.tries > 0 for row in await rows(shop, removals))

    await eventually(is_tried)
    assert len(await rows(shop, sandbox_cards)) == 2
    monkeypatch.undo()

    async def is_gone() -> bool:
        return [row.id for row in await rows(shop, sandbox_cards)] == [other["id"]] and not await rows(shop, removals)

    await eventually(is_gone)


async def test_card_that_is_removed_before_its_bank_said_yes_is_never_kept(
    shop: Shop, driver: httpx.AsyncClient
) -> None:
    added = await add(driver, "card_3ds")
    assert (await driver.delete(f"/me/cards/{added['id']}")).status_code == 204

    async def is_dropped() -> bool:
        return [row.outcome for row in await rows(shop, sandbox_cards)] == ["declined"]

    await eventually(is_dropped)
    assert await listed(driver) == []


async def test_who_is_erased_leaves_no_card_here_or_at_the_provider(shop: Shop, driver: httpx.AsyncClient) -> None:
    runtime = shop.network.runtime
    card = await add(driver)
    begun = (await begin(driver, "card", card_id=card["id"])).json()
    about: dict[str, Any] = {"operator_id": DEFAULT_OPERATOR_ID, "account_id": await me(shop)}
    (copied,) = await runtime.ask(FindPersonalCards(**about))
    assert (copied["id"], copied["brand"], copied["last_four"]) == (card["id"], "visa", "4242")
    json.dumps(copied)
    assert await runtime.ask(FindPersonalCards(**{**about, "account_id": "somebody-else"})) == []
    await say(shop, AccountErased(at=clock.now(), id_tokens=(), **about))

    async def is_forgotten() -> bool:
        left = [row for table in (cards_table, customers, sandbox_cards, removals) for row in await rows(shop, table)]
        return not left

    await eventually(is_forgotten)
    (paid,) = await rows(shop, payments)
    assert (paid.id, paid.payer_id, paid.source) == (begun["payment_id"], None, None)


# ---- paying


async def test_kept_card_holds_and_pays_for_a_visit(shop: Shop, driver: httpx.AsyncClient) -> None:
    card = await add(driver)
    begun = (await begin(driver, "card", card_id=card["id"])).json()
    assert (begun["state"], begun["held"]["minor"]) == ("held", 1500)
    assert (await driver.delete(f"/me/cards/{card['id']}")).status_code == 204  # what was begun goes on
    done = await charge(shop, begun, 10_000, driver, "/me/payments/{}")
    assert done["captured"]["minor"] == 600
    assert await shop.said() == [("PaymentHeld", 1500), ("PaymentCaptured", 600), ("HoldReleased", 900)]


async def test_bank_that_wants_the_payer_at_the_start_is_confirmed_as_with_any_card(
    shop: Shop, driver: httpx.AsyncClient
) -> None:
    added = await add(driver, "card_3ds")
    await confirm(driver, added["action_url"])
    begun = (await begin(driver, "card", card_id=added["id"])).json()
    assert begun["state"] == "holding"
    await confirm(driver, begun["action_url"])
    now = (await driver.post(f"/me/payments/{begun['payment_id']}/confirmation")).json()
    assert (now["state"], now["held"]["minor"]) == ("held", 1500)


async def test_card_that_is_gone_holds_nothing(shop: Shop, driver: httpx.AsyncClient) -> None:
    card = await add(driver)
    await driver.delete(f"/me/cards/{card['id']}")
    assert (await begin(driver, "card", card_id=card["id"])).status_code == 422
    both = await begin(driver, "card", card_id=card["id"], source="card_ok")
    assert both.status_code == 422


async def test_fee_is_taken_from_the_default_card_where_the_wallet_is_short_and_given_back(
    shop: Shop, driver: httpx.AsyncClient
) -> None:
    await top_up(driver, 400)
    other = await add(driver)
    assert other["is_default"]
    place = await shop.network.post("/locations", name="Harbour Quay", country="DE")
    payer = await me(shop)
    fee, waiver = (a_fee(payer, kind, place["id"]) for kind in (BookingFeeCharged, BookingFeeWaived))
    await say(shop, fee, fee)
    taken = await fee_in(shop, "captured")
    assert (taken.provider, taken.captured_minor, await balance(driver)) == ("sandbox", 500, (400, 0))
    await top_up(driver, 1000)
    await say(shop, fee)  # told again, when the wallet would do
    assert [fact["amount"]["minor"] for _, fact in await shop.facts("PaymentCaptured")] == [400, 500, 1000]
    await eventually(lambda: _is_settled(shop))
    await say(shop, waiver)

    async def is_back() -> bool:
        return bool((await fee_in(shop, "captured")).refunded_minor == 500)

    await eventually(is_back)
    await eventually(lambda: _is_settled(shop))


async def _is_settled(shop: Shop) -> bool:
    """Whether the books balance, and nobody owes anything."""
    client = shop.network.client
    balances = (await client.get("/ledger/trial-balance")).json()
    accounts = (await client.get("/ledger/accounts")).json()
    owed = [one["balance"]["minor"] for one in accounts if one["account"] == "receivable"]
    return [one["is_balanced"] for one in balances] == [True] and owed == [0]


async def test_fee_is_taken_from_a_wallet_that_has_enough(shop: Shop, driver: httpx.AsyncClient) -> None:
    await top_up(driver, 2000)
    await add(driver)
    await say(shop, a_fee(await me(shop)))
    taken = await fee_in(shop, "captured")
    assert (taken.provider, await balance(driver)) == ("wallet", (1500, 0))


@pytest.mark.parametrize(
    ("card", "reason"),
    [("card_insufficient_funds", "insufficient_funds"), ("card_3ds", "authentication_required")],
)
async def test_fee_that_the_card_declines_stays_owed_and_is_not_tried_again(
    shop: Shop, driver: httpx.AsyncClient, card: str, reason: str
) -> None:
    added = await add(driver, card)
    if added["action_url"] is not None:
        await confirm(driver, added["action_url"])
    payer = await me(shop)
    await say(shop, a_fee(payer))
    failed = await fee_in(shop, "failed")
    assert (failed.reason, failed.captured_minor, failed.owed_minor) == (reason, 0, 500)
    await say(shop, a_fee(payer))
    assert [(row.kind, row.outcome) for row in await rows(shop, sandbox)] == [("hold", "declined")]
    assert await shop.said() == []
    (shown,) = (await driver.get("/me/payments")).json()["items"]
    assert (shown["state"], shown["reason"]) == ("failed", reason)


async def test_fee_without_wallet_and_card_takes_nothing(shop: Shop, driver: httpx.AsyncClient) -> None:
    card = await add(driver)
    payer = await me(shop)
    await driver.delete(f"/me/cards/{card['id']}")
    await say(shop, a_fee(payer))
    assert await rows(shop, payments) == []


async def test_fee_whose_capture_has_no_answer_is_asked_after_and_taken_once(
    shop: Shop, driver: httpx.AsyncClient
) -> None:
    await add(driver, "card_capture_timeout")
    await say(shop, a_fee(await me(shop)))
    taken = await fee_in(shop, "captured")
    assert taken.captured_minor == 500
    booked = await shop.booked()
    assert booked == [("hold", 500, "done"), ("capture", 500, "done")]


async def test_wallet_fills_itself_from_a_kept_card_until_that_is_removed(
    shop: Shop, driver: httpx.AsyncClient
) -> None:
    card = await add(driver)
    filled = await driver.post(
        "/me/wallets/top-ups", json={"amount": eur(2000), "method": "card", "card_id": card["id"]}
    )
    assert (filled.status_code, filled.json()["state"], await balance(driver)) == (201, "captured", (2000, 0))
    wish = {"card_id": card["id"], "below_minor": 1000, "amount_minor": 1500, "month_max_minor": 4000}
    answer = await driver.put("/me/wallets/auto-top-up", json={"currency": "EUR", "auto_top_up": wish})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["auto_top_up"]["card_id"], answer.json()["auto_top_up"]["source"]) == (card["id"], None)
    assert (await begin(driver)).status_code == 201  # holds 15: 5 are left

    async def is_filled() -> bool:
        return await balance(driver) == (3500, 1500)

    await eventually(is_filled)
    assert [row.is_payer_away for row in await rows(shop, payments) if row.limit_minor == 1500] == [True]
    await driver.delete(f"/me/cards/{card['id']}")
    (wallet,) = (await driver.get("/me/wallets")).json()["items"]
    assert wallet["auto_top_up"] is None
