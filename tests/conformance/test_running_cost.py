"""Cases of certification: the driver sees at the station what the charge costs so far (2.0.1 and 2.1, block I)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime

from .network21 import Platform21, Station, event, platform_21, session_of  # noqa: TID252  (tests are not installed)

V201, V21 = "ocpp2.0.1", "ocpp2.1"
TARIFF = {
    "name": "Day",
    "currency": "EUR",
    "start_fee": "1.00",
    "price_per_kwh": "0.50",
    "price_per_minute": "0",
    "vat_percent": "0",
}
SHOWS = {V201: ("TariffCostCtrlr", "Enabled", "Cost", "true"), V21: ("TariffCostCtrlr", "Currency", None, "EUR")}
"""What a station says that shows the cost which it is told: the same word means another thing in 2.1."""
COMPUTES = {V201: ("TariffCostCtrlr", "Enabled", "Cost", "false"), V21: ("TariffCostCtrlr", "Enabled", "Cost", "true")}


@pytest.fixture
async def platform(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform21]:
    settings = {"sessions": {"cost_update_interval_s": 1}}
    async with platform_21(make_runtime, client_of, settings) as made:
        tariff = await made.post("/tariffs", TARIFF)
        await made.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
        yield made


def metered(number: int, energy_wh: int, phase: str = "Updated") -> dict[str, Any]:
    at = f"2026-05-01T12:{number:02}:00.000Z"
    sample = {"value": energy_wh, "measurand": "Energy.Active.Import.Register"}
    return event(phase, number, timestamp=at, meterValue=[{"timestamp": at, "sampledValue": [sample]}])


async def hears_nothing(station: Station, seconds: float) -> bool:
    """Whether no call of ours comes for so long."""
    if station.link.orders:
        return False
    try:
        async with asyncio.timeout(seconds):
            await station.link.heard()
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize("protocol", [V201, V21])
async def test_tc_i_01_the_running_cost_is_told_while_it_changes(platform: Platform21, protocol: str) -> None:
    station = await platform.station(protocol=protocol)
    await station.tells_variables(SHOWS[protocol])
    await station.say("TransactionEvent", metered(0, 0, "Started"))
    told = await station.heard("CostUpdated", {})
    assert told == {"totalCost": 1.0, "transactionId": "T-1"}
    await station.say("TransactionEvent", metered(1, 3000))
    told = await station.heard("CostUpdated", {})
    assert told == {"totalCost": 2.5, "transactionId": "T-1"}
    # What nothing has been added to is not told again, and after the end nobody looks any more.
    await station.say("TransactionEvent", metered(2, 3000))
    assert await hears_nothing(station, 2.5)
    answer = await station.say("TransactionEvent", metered(3, 4000, "Ended"))
    assert answer["totalCost"] == 3.0
    assert await hears_nothing(station, 1.5)
    shown = (await platform.client.get(f"/sessions/{await session_of(platform)}")).json()
    assert shown["cost"] == {"minor": 300, "currency": "EUR"}


@pytest.mark.parametrize("says", [COMPUTES, {V201: None, V21: None}], ids=["does not show it", "has not said it"])
@pytest.mark.parametrize("protocol", [V201, V21])
async def test_a_station_that_does_not_show_what_it_is_told_is_told_nothing(
    platform: Platform21, protocol: str, says: dict[str, Any]
) -> None:
    station = await platform.station(protocol=protocol)
    if says[protocol] is not None:
        await station.tells_variables(says[protocol])
    await station.say("TransactionEvent", metered(0, 0, "Started"))
    await station.say("TransactionEvent", metered(1, 3000))
    assert await hears_nothing(station, 2.5)


async def test_between_two_updates_lies_the_interval(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    async with platform_21(make_runtime, client_of, {"sessions": {"cost_update_interval_s": 3}}) as platform:
        tariff = await platform.post("/tariffs", TARIFF)
        await platform.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
        station = await platform.station()
        await station.tells_variables(SHOWS[V21])
        await station.say("TransactionEvent", metered(0, 0, "Started"))
        await station.heard("CostUpdated", {})
        began = asyncio.get_running_loop().time()
        await station.say("TransactionEvent", metered(1, 1000))
        await station.say("TransactionEvent", metered(2, 2000))
        told = await station.heard("CostUpdated", {})
        assert told["totalCost"] == 2.0, "of what changed meanwhile the last is told"
        assert asyncio.get_running_loop().time() - began > 1.5


async def test_with_no_interval_nothing_is_told_by_itself(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    async with platform_21(make_runtime, client_of, {"sessions": {"cost_update_interval_s": 0}}) as platform:
        tariff = await platform.post("/tariffs", TARIFF)
        await platform.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
        station = await platform.station()
        await station.tells_variables(SHOWS[V21])
        await station.say("TransactionEvent", metered(0, 0, "Started"))
        assert await hears_nothing(station, 2.5)


@pytest.mark.parametrize("protocol", [V201, V21])
async def test_tc_i_02_the_total_cost_is_told_at_the_end(platform: Platform21, protocol: str) -> None:
    station = await platform.station(protocol=protocol)
    await station.say("TransactionEvent", metered(0, 0, "Started"))
    answer = await station.say("TransactionEvent", metered(1, 3000))
    assert ("totalCost" in answer) is (protocol == V21), "2.0.1 knows a total cost at the end only"
    answer = await station.say("TransactionEvent", metered(2, 7000, "Ended"))
    assert answer == {"totalCost": 4.5}
    shown = (await platform.client.get(f"/sessions/{await session_of(platform)}")).json()
    assert shown["cost"] == {"minor": 450, "currency": "EUR"}


@pytest.mark.parametrize("protocol", [V201, V21])
async def test_tc_i_02_what_is_free_costs_nothing_and_what_has_no_price_says_none(
    make_runtime: MakeRuntime, client_of: ClientOf, protocol: str
) -> None:
    async with platform_21(make_runtime, client_of, {}) as platform:
        without = await platform.station("CS-0", protocol)
        await without.say("TransactionEvent", metered(0, 0, "Started"))
        assert "totalCost" not in await without.say("TransactionEvent", metered(1, 7000, "Ended"))
        free = {**TARIFF, "start_fee": "0", "price_per_kwh": "0"}
        tariff = await platform.post("/tariffs", free)
        await platform.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
        station = await platform.station("CS-1", protocol)
        await station.say("TransactionEvent", metered(0, 0, "Started"))
        assert await station.say("TransactionEvent", metered(1, 7000, "Ended")) == {"totalCost": 0.0}
