"""What a session takes from a prepaid token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from voltway.charging.pricing import Tariff, price
from voltway.contracts.billing import SessionPriced
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.runtime import Runtime
from voltway.modules.users import handlers
from voltway.modules.users.module import MANIFEST

ClientOf = Callable[..., Awaitable[httpx.AsyncClient]]
TARIFF = Tariff(
    tariff_id="t",
    version=1,
    name="All",
    currency="EUR",
    start_fee=Decimal(0),
    price_per_kwh=Decimal("0.50"),
    price_per_minute=Decimal(0),
    vat_percent=Decimal(20),
)


@pytest.fixture
async def runtime(make_runtime: Any) -> Runtime:
    made: Runtime = await make_runtime(MANIFEST)
    return made


@pytest.fixture
async def client(runtime: Runtime, client_of: ClientOf) -> httpx.AsyncClient:
    return await client_of(runtime)


def priced(token_id: str | None, session_id: str = "session-1", **changes: Any) -> SessionPriced:
    """A session of 10 kWh, which costs 6 euros incl. VAT."""
    values: dict[str, Any] = {
        "operator_id": DEFAULT_OPERATOR_ID,
        "at": clock.now(),
        "session_id": session_id,
        "station_id": "station-1",
        "cdr_id": "cdr-1",
        "cost": price(TARIFF, energy_wh=10_000, duration_s=0),
        "id_token_id": token_id,
    }
    return SessionPriced(**{**values, **changes})


async def hear(runtime: Runtime, *events: SessionPriced) -> None:
    async with runtime.database.begin() as tx:
        await handlers.on_session_priced(runtime, tx, events)


async def prepaid(client: httpx.AsyncClient, minor: int | None, currency: str = "EUR") -> str:
    balance = None if minor is None else {"minor": minor, "currency": currency}
    answer = await client.post("/id-tokens", json={"value": "CARD", "balance": balance})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def left(client: httpx.AsyncClient, token_id: str) -> int | None:
    balance = (await client.get(f"/id-tokens/{token_id}")).json()["balance"]
    return None if balance is None else int(balance["minor"])


async def test_each_session_takes_its_cost_once_however_often_its_price_is_told(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    token_id = await prepaid(client, 1000)
    await hear(runtime, priced(token_id), priced(token_id))
    assert await left(client, token_id) == 400
    await hear(runtime, priced(token_id))
    assert await left(client, token_id) == 400
    await hear(runtime, priced(token_id, "session-2"))
    assert await left(client, token_id) == -200  # what was charged is owed


async def test_a_session_in_another_currency_or_of_nobody_takes_nothing(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    token_id = await prepaid(client, 1000, "SEK")
    await hear(runtime, priced(token_id), priced(None, "session-2"), priced("nobody", "session-3"))
    assert await left(client, token_id) == 1000


async def test_another_operators_session_takes_nothing(
    runtime: Runtime, client: httpx.AsyncClient, stranger_id: str
) -> None:
    token_id = await prepaid(client, 1000)
    await hear(runtime, priced(token_id, operator_id=stranger_id))
    assert await left(client, token_id) == 1000


async def test_a_credit_that_was_debited_is_not_overwritten_by_who_has_read_it_before(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    token_id = await prepaid(client, 1000)
    read = await client.get(f"/id-tokens/{token_id}")
    await hear(runtime, priced(token_id))
    top_up = {"balance": {"minor": 2000, "currency": "EUR"}}
    late = await client.patch(f"/id-tokens/{token_id}", json=top_up, headers={"If-Match": read.headers["ETag"]})
    assert late.status_code == 412
    assert await left(client, token_id) == 400


async def test_a_token_that_is_not_prepaid_any_more_pays_as_others_do(
    runtime: Runtime, client: httpx.AsyncClient
) -> None:
    token_id = await prepaid(client, 1000)
    assert (await client.patch(f"/id-tokens/{token_id}", json={"balance": None})).status_code == 200
    await hear(runtime, priced(token_id))
    assert await left(client, token_id) is None
