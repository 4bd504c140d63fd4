"""From the card to the books: what a driver paid stands in the ledger, on the receipt and in the reports, and all of them agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from builders import eventually
from voltway.contracts.ledger import FindProviderMovements
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.modules.ledger import reconciling

from .shop import Shop  # noqa: TID252  (tests are not installed)


async def read(shop: Shop, path: str, **query: Any) -> Any:
    answer = await shop.network.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def a_paid_visit(shop: Shop, energy_wh: int) -> dict[str, Any]:
    await shop.begin()
    transaction = await shop.plug_in(await shop.ordered())
    await shop.unplug(transaction, energy_wh)
    return await shop.until(state="captured")


async def test_paid_visit_stands_alike_in_all_books(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = await a_paid_visit(shop, 10_000)
    session = await read(shop, f"/sessions/{visit['session_id']}")
    assert session["cost"] == {"minor": 600, "currency": "EUR"}

    async def is_posted() -> bool:
        entries = (await read(shop, "/ledger/entries"))["items"]
        return {"SessionPriced", "PaymentCaptured", "HoldReleased"} <= {each["kind"] for each in entries}

    await eventually(is_posted)
    (balance,) = await read(shop, "/ledger/trial-balance")
    assert (balance["currency"], balance["is_balanced"]) == ("EUR", True)
    accounts = {each["account"]: each for each in await read(shop, "/ledger/accounts")}
    assert all(account["pending"]["minor"] == 0 for account in accounts.values()), accounts  # nothing is held any more
    assert (await read(shop, "/ledger/verification"))["is_whole"]
    # Three hours later nothing differs, between sessions, ledger and provider.
    moved = await shop.network.runtime.ask(
        FindProviderMovements(
            operator_id=DEFAULT_OPERATOR_ID,
            since=clock.now() - timedelta(hours=1),
            until=clock.now() + timedelta(hours=1),
        )
    )
    assert [(each.kind, each.amount.minor) for each in moved.movements] == [("capture", 600)]
    later = clock.now() + timedelta(hours=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert await reconciling.reconcile(shop.network.runtime, DEFAULT_OPERATOR_ID) == []


async def test_receipt_has_the_lines_of_the_session(shop: Shop) -> None:
    entity = {
        "name": "Voltway Test GmbH",
        "address": {"street": "Ring 1", "postal_code": "10115", "city": "Berlin", "country": "DE"},
    }
    made = await shop.network.client.post("/legal-entities", json={**entity, "number_prefix": "R"})
    if made.status_code == 422:  # what it wants beside these
        raise AssertionError(made.text)
    visit = await a_paid_visit(shop, 10_000)

    async def receipts() -> list[Any]:
        found = (await read(shop, "/documents"))["items"]
        return [each for each in found if each["kind"] == "receipt"]

    await eventually(receipts)
    (receipt,) = await receipts()
    content = (await shop.network.client.get(f"/documents/{receipt['id']}/content")).json()
    (charge,) = content["charges"]
    assert charge["session_id"] == visit["session_id"]
    assert charge["cost"]["incl_vat"] == {"minor": 600, "currency": "EUR"}
    paper = await shop.network.client.get(f"/documents/{receipt['id']}/pdf")
    assert paper.content.startswith(b"%PDF-")


async def test_reports_count_what_was_paid(shop: Shop) -> None:
    await a_paid_visit(shop, 10_000)
    today = clock.now().date()
    about = {"since": (today - timedelta(days=2)).isoformat(), "until": (today + timedelta(days=2)).isoformat()}
    seen: dict[str, Any] = {}

    async def is_counted() -> bool:
        seen["revenue"] = await read(shop, "/reports/revenue", **about)
        seen["payments"] = await read(shop, "/reports/payments", **about)
        return "600" in str(seen["revenue"]) and "600" in str(seen["payments"])

    await eventually(is_counted)
