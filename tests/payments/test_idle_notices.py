"""Who pays in the app is told before staying costs something: once, in time, and only if the car has stopped charging."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from builders import NOON, ClientOf, MakeRuntime, eventually
from voltway.charging import tariffs
from voltway.charging.metered import Metered
from voltway.charging.pricing import Tariff
from voltway.kernel import clock
from voltway.modules.payments import idle_notices
from voltway.modules.payments.pushed_texts import TEXTS
from voltway.modules.payments.settings import PaymentsSettings
from voltway.modules.payments.tables import payments

from .shop import Shop, a_shop  # noqa: TID252  (tests are not installed)
from .test_charges import a_tariff, an_element  # noqa: TID252
from .test_ways_to_pay import an_account_of, begin, driver, top_up  # noqa: F401, TID252

LEAD = timedelta(minutes=10)
AFTER_30_MIN = a_tariff(an_element(tariffs.Dimension.PARKING_TIME, "6", 1800))
AT_ONCE = a_tariff(an_element(tariffs.Dimension.PARKING_TIME, "6"))
OCPI = {
    "currency": "EUR",
    "elements": [
        {"price_components": [{"type": "ENERGY", "price": 0.5, "step_size": 1}]},
        {
            "price_components": [{"type": "PARKING_TIME", "price": 6, "step_size": 60}],
            "restrictions": {"min_duration": 600},
        },
    ],
}


def a_row(tariff: Tariff) -> Any:
    return SimpleNamespace(tariff=msgspec.to_builtins(tariff), session_started_at=NOON)


def used(full_after_min: int | None) -> Metered:
    idle_from = None if full_after_min is None else NOON + timedelta(minutes=full_after_min)
    return Metered(started_at=NOON, known_until=NOON, meter_start_wh=0, energy_wh=1, idle_from=idle_from)


@pytest.mark.parametrize(
    ("tariff", "full_after_min", "now_min", "is_told"),
    [
        (AFTER_30_MIN, 5, 19, False),  # there is more time than is told before
        (AFTER_30_MIN, 5, 20, True),
        (AFTER_30_MIN, 25, 29, True),
        (AFTER_30_MIN, 25, 30, False),  # it costs already
        (AFTER_30_MIN, None, 25, False),  # it still charges
        (AFTER_30_MIN, 40, 40, False),  # full after the grace: there is no time before
        (AT_ONCE, 5, 5, False),
        (a_tariff(), 5, 25, False),
    ],
)
def test_it_is_told_between_the_notice_and_the_fee_to_who_no_longer_charges(
    tariff: Tariff, full_after_min: int | None, now_min: int, is_told: bool
) -> None:
    row, now = a_row(tariff), NOON + timedelta(minutes=now_min)
    begins_at = idle_notices.due_at(row, used(full_after_min), LEAD, now)
    assert (begins_at is not None) is is_told
    if is_told:
        assert begins_at == NOON + timedelta(minutes=30)
        assert idle_notices.may_be_near(row, LEAD, now), "or it would never be looked at"


def test_sessions_far_from_the_end_of_their_grace_are_not_asked_after() -> None:
    row = a_row(AFTER_30_MIN)
    assert not idle_notices.may_be_near(row, LEAD, NOON + timedelta(minutes=10))
    assert not idle_notices.may_be_near(row, LEAD, NOON + timedelta(minutes=40))
    assert not idle_notices.may_be_near(a_row(AT_ONCE), LEAD, NOON)


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_text_says_when_and_how_much_in_every_language(language: str) -> None:
    said = TEXTS[language]["idle"].body.format(amount="", minutes="7", price="0.10 EUR")
    assert "7" in said
    assert "0.10 EUR" in said


async def a_full_car(shop: Shop, driver: httpx.AsyncClient) -> tuple[str, int]:  # noqa: F811
    """A session whose fee begins ten minutes after its start, and whose car is full: the payer, the station's transaction."""
    tariff = await shop.network.post("/tariffs", name="With a fee", currency="EUR", ocpi=OCPI)
    path, targets = f"/tariffs/{tariff['id']}/assignments", {"targets": [{"kind": "operator"}]}
    assert (await shop.network.client.put(path, json=targets)).is_success
    await top_up(driver, 8000)
    begun = await begin(driver)
    assert begun.status_code == 201, begun.text
    payer = await an_account_of(shop, "en")
    token = await shop.ordered()
    start = {"connectorId": 1, "idTag": token, "meterStart": 0, "timestamp": clock.to_rfc3339(clock.now())}
    transaction = int((await shop.station.call("StartTransaction", start))["transactionId"])
    await eventually(lambda: shop.facts("PushWanted"))
    for status in ("Charging", "SuspendedEV"):
        told = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": clock.to_rfc3339(clock.now())}
        await shop.station.call("StatusNotification", told)

    async def is_full() -> bool:
        shown = (await driver.get(f"/me/payments/{begun.json()['payment_id']}/charge")).json()
        return bool(shown["idle"] is not None and shown["idle"]["begins_at"] is not None)

    await eventually(is_full)
    return payer, transaction


async def messages(shop: Shop) -> list[tuple[str, str, str]]:
    found = await shop.facts("PushWanted")
    return [(fact["account_id"], fact["title"], fact["text"]) for _, fact in found if "Staying" in fact["title"]]


async def test_payer_of_a_full_car_is_told_once_by_however_many(shop: Shop, driver: httpx.AsyncClient) -> None:  # noqa: F811
    payer, _ = await a_full_car(shop, driver)
    runtime = shop.network.runtime
    await asyncio.gather(*(idle_notices.warn(runtime) for _ in range(3)))
    await idle_notices.warn(runtime)
    ((account_id, title, text),) = await messages(shop)
    assert (account_id, title) == (payer, "Staying will cost you soon")
    assert "0.10 EUR per minute" in text
    assert "In 10 min" in text


async def test_nobody_is_told_of_a_session_that_is_over(
    make_runtime: MakeRuntime, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await a_shop(make_runtime, client_of, idle_notice_minutes=0)
    runtime = shop.network.runtime
    _, transaction = await a_full_car(shop, await client_of(runtime, "driver"))
    await idle_notices.warn(runtime)
    assert await messages(shop) == [], "with 0 minutes nothing is told"
    await shop.unplug(transaction, 5_000)
    await eventually(lambda: shop.facts("PaymentCaptured"))
    async with runtime.database.begin() as tx:  # as if it still waited for its price
        await tx.execute(sa.update(payments).values(owed_minor=None))
    monkeypatch.setitem(vars(runtime.settings(PaymentsSettings)), "idle_notice_minutes", 10)
    (row,) = [row for row in await idle_notices._running(runtime) if idle_notices.may_be_near(row, LEAD, clock.now())]
    assert row.idle_told_at is None
    await idle_notices.warn(runtime)
    assert await messages(shop) == []
    await shop.network.close()
