"""Drivers of the demo network who pay on the spot: guests by test cards on the page of an EVSE, and one regular who has an account
and pays from a wallet, which a test card fills.

The station starts by the payment's own token; whoever has paid comes with a car a little later. One card in ten is declined, as
it happens.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import structlog

from voltway.app.demo import network

GUESTS_FIRST_S, GUESTS_PAUSE_S = (20.0, 40.0), (40.0, 100.0)
REGULAR_FIRST_S, REGULAR_PAUSE_S = (5.0, 15.0), (60.0, 180.0)
GOOD_CARD, BAD_CARD = "card_ok", "card_declined"
CARDS = (GOOD_CARD,) * 9 + (BAD_CARD,)
LOW_MINOR, TOP_UP_MINOR = 80_00, 100_00
"""A wallet with less than this is filled by so much."""
LOOKS = 15
TIMEOUT_S = 20.0

log = structlog.get_logger()


async def pay(url: str, stop: asyncio.Event, rng: random.Random, stations: Sequence[network.ChargingStation]) -> None:
    """Let drivers come and pay until `stop` is set. `url`: where the API is."""
    base_url = f"{url}/api/v1"
    async with (
        httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT_S, trust_env=False) as guest,
        httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT_S, trust_env=False) as regular,
        asyncio.TaskGroup() as drivers,
    ):

        async def guest_comes() -> None:
            await _start(guest, "/charging-starts", rng, stations, method="card", source=rng.choice(CARDS))

        async def regular_comes() -> None:
            await _log_in(regular)
            if await _balance(regular) < LOW_MINOR:
                await _fill_wallet(regular, stop)
            await _start(regular, "/me/charging-starts", rng, stations, method="wallet")

        drivers.create_task(_come_again(guest_comes, stop, rng, GUESTS_FIRST_S, GUESTS_PAUSE_S))
        drivers.create_task(_come_again(regular_comes, stop, rng, REGULAR_FIRST_S, REGULAR_PAUSE_S))


async def _come_again(
    come: Callable[[], Awaitable[None]],
    stop: asyncio.Event,
    rng: random.Random,
    first_s: tuple[float, float],
    pause_s: tuple[float, float],
) -> None:
    while not await _is_over(stop, rng.uniform(*first_s)):
        first_s = pause_s
        try:
            await come()
        except httpx.HTTPError as error:
            log.info("demo.not_paid", error=str(error))


async def _log_in(client: httpx.AsyncClient) -> None:
    """Be the driver with an account. A session that still holds is kept."""
    if (await client.get("/me")).is_success:
        return
    body = {"email": network.DRIVER.email, "password": network.PASSWORD}
    answer = (await client.post("/login", json=body)).raise_for_status()
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]


async def _balance(client: httpx.AsyncClient) -> int:
    wallets = (await client.get("/me/wallets")).raise_for_status().json()["items"]
    return sum(wallet["balance"]["minor"] for wallet in wallets)


async def _fill_wallet(client: httpx.AsyncClient, stop: asyncio.Event) -> None:
    """Top up, and wait a little for the card's answer."""
    amount = {"minor": TOP_UP_MINOR, "currency": network.CURRENCY}
    body = {"amount": amount, "method": "card", "source": GOOD_CARD}
    (await client.post("/me/wallets/top-ups", json=body)).raise_for_status()
    for _ in range(LOOKS):
        if await _is_over(stop, 1.0) or await _balance(client) >= LOW_MINOR:
            return


async def _start(
    client: httpx.AsyncClient,
    path: str,
    rng: random.Random,
    stations: Sequence[network.ChargingStation],
    **payment: Any,
) -> None:
    station = rng.choice(stations)
    body = {"station_identity": station.identity, "evse_number": rng.randint(1, len(station.evses)), **payment}
    key = f"demo-{rng.getrandbits(96):024x}"
    answer = await client.post(path, json=body, headers={"Idempotency-Key": key})
    log.debug("demo.paid", status=answer.status_code, station=station.identity, method=payment["method"])


async def _is_over(stop: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
