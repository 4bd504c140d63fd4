"""Certification cases of what a token may: prepaid (2.1 C_103, C_104), limits of a transaction (2.1 E_102 to E_111); hours and
connectors. A station that keeps no limits is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog

from .access_network import (  # noqa: TID252  (tests are not installed)
    ALL,
    TWO,
    V16,
    V21,
    V201,
    Platform,
    Station,
    a_event,
    begin,
    id_token,
    just_now,
    online,
    verdict,
)

TEN_EUROS = {"minor": 1000, "currency": "EUR"}


@pytest.fixture
async def network(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform]:
    settings = {"gateway": {"port": 0, "unknown_stations": "reject"}, "users": {"local_list_debounce_s": 0.1}}
    runtime = await make_runtime(*catalog.load(), settings=settings)
    platform = Platform(runtime, await client_of(runtime))
    yield platform
    await platform.close()


async def priced(network: Platform, per_kwh: str = "0.50") -> None:
    """A kilowatt-hour costs half a euro everywhere."""
    tariff = await network.post("/tariffs", name="All", currency="EUR", price_per_kwh=per_kwh)
    targets = [{"kind": "operator"}]
    answer = await network.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": targets})
    assert answer.status_code == 200, answer.text


def metered(energy_wh: int) -> list[dict[str, Any]]:
    return [{"timestamp": just_now(), "sampledValue": [{"value": energy_wh, "measurand": REGISTER}]}]


REGISTER = "Energy.Active.Import.Register"


def charging(kind: str, trigger: str, number: int, energy_wh: int | None = None, **fields: Any) -> dict[str, Any]:
    """An event of transaction tx-1, which charges, or what is given as `transactionInfo`."""
    said = a_event(kind, trigger, number, **({} if energy_wh is None else {"meterValue": metered(energy_wh)}))
    said["transactionInfo"] |= {"chargingState": "Charging", **fields.pop("transactionInfo", {})}
    return said | fields


async def started(station: Station, **fields: Any) -> dict[str, Any]:
    """The answer to the start of a transaction that charges."""
    return await station.call(
        "TransactionEvent", charging("Started", "Authorized", 0, 0, idToken=id_token("CARD"), **fields)
    )


async def limit_is_set(station: Station, number: int, limit: dict[str, Any]) -> dict[str, Any]:
    """The station confirms the limit that holds for it; our answer."""
    event = charging("Updated", "LimitSet", number, transactionInfo={"transactionLimit": limit})
    return await station.call("TransactionEvent", event)


async def shown(network: Platform) -> dict[str, Any]:
    session = await network.session()
    return await network.get(f"/sessions/{session['id']}/cost-details")


# ---- prepaid


async def test_tc_c_103_prepaid_card_success(network: Platform) -> None:
    await priced(network)
    token = await network.token("CARD", balance=TEN_EUROS)
    _, station = await online(network, V21)
    told = await station.authorize("CARD")
    assert told["status"] == "Accepted"
    expires_at = datetime.fromisoformat(told["cacheExpiryDateTime"])
    assert abs(expires_at - datetime.now(UTC)) < timedelta(seconds=30)  # C17.FR.01: it is not to be kept
    answer = await started(station)
    assert verdict(answer)["status"] == "Accepted"
    assert answer["transactionLimit"] == {"maxCost": 10.0}  # C17.FR.03
    answer = await limit_is_set(station, 1, {"maxCost": 10.0})
    assert "transactionLimit" not in answer
    ended = charging(
        "Ended", "CostLimitReached", 2, 20_000, transactionInfo={"stoppedReason": "ReqEnergyTransferRejected"}
    )
    assert (await station.call("TransactionEvent", ended))["totalCost"] == 10.0

    async def is_paid() -> bool:
        left = (await network.get(f"/id-tokens/{token['id']}"))["balance"]
        return bool(left == {"minor": 0, "currency": "EUR"})

    await eventually(is_paid)
    assert (await station.authorize("CARD"))["status"] == "NoCredit"
    details = await shown(network)
    assert (details["limit"]["cost"], details["limit_reached_at"]) == (TEN_EUROS, None)
    assert not station.told("RequestStopTransaction")  # the station has kept to it by itself


async def test_tc_c_104_prepaid_card_no_credit(network: Platform) -> None:
    await network.token("CARD", balance={"minor": 0, "currency": "EUR"})
    _, station = await online(network, V21)
    told = await station.authorize("CARD")
    assert (told["status"], "cacheExpiryDateTime" in told) == ("NoCredit", True)
    answer = await started(station)
    assert verdict(answer)["status"] == "NoCredit"
    assert "transactionLimit" not in answer
    assert "not_authorized" in (await network.session())["review"]


@pytest.mark.parametrize("protocol", [V16, V201])
async def test_a_session_that_has_used_up_its_credit_is_stopped_where_the_station_knows_no_limit(
    network: Platform, protocol: str
) -> None:
    await priced(network)
    await network.token("CARD", balance=TEN_EUROS)
    _, station = await online(network, protocol)
    order = "RemoteStopTransaction" if station.is_16 else "RequestStopTransaction"
    begun = await begin(station, "CARD")
    assert verdict(begun)["status"] == "Accepted"
    await meter(station, begun, 1, 100)
    await meter(station, begun, 2, 19_000)
    assert (await shown(network))["limit"]["cost"] == TEN_EUROS
    await meter(station, begun, 3, 20_200)
    await eventually(lambda: station.told(order))
    assert (await shown(network))["limit_reached_at"] is not None
    name = begun["transactionId"] if station.is_16 else "tx-1"
    assert station.told(order) == [{"transactionId": name}]


async def meter(station: Station, begun: dict[str, Any], number: int, energy_wh: int) -> None:
    """What the meter of a running transaction reads; it began at 100 Wh in 1.6."""
    if not station.is_16:
        await station.call("TransactionEvent", charging("Updated", "MeterValuePeriodic", number, energy_wh))
        return
    sample = {"timestamp": just_now(), "sampledValue": [{"value": str(energy_wh), "measurand": REGISTER}]}
    values = {"connectorId": 1, "transactionId": begun["transactionId"], "meterValue": [sample]}
    await station.call("MeterValues", values)


async def test_a_credit_is_spent_by_one_session_at_a_time(network: Platform) -> None:
    await network.token("CARD", balance=TEN_EUROS)
    _, station = await online(network, V21)
    assert verdict(await started(station))["status"] == "Accepted"
    other = charging("Started", "Authorized", 0, 0, idToken=id_token("CARD"), evse={"id": 2, "connectorId": 1})
    other["transactionInfo"]["transactionId"] = "tx-2"
    answer = await station.call("TransactionEvent", other)
    assert (verdict(answer)["status"], "transactionLimit" in answer) == ("ConcurrentTx", False)


async def test_a_credit_in_another_currency_limits_nothing_and_is_looked_at(network: Platform) -> None:
    await priced(network)
    await network.token("CARD", balance={"minor": 1000, "currency": "SEK"})
    _, station = await online(network, V21)
    assert "transactionLimit" not in await started(station)
    assert "limit_currency" in (await network.session())["review"]


# ---- limits


async def test_tc_e_102_platform_and_station_both_set_limits(network: Platform) -> None:
    await network.token("CARD", session_limit={"energy_wh": 20_000})
    _, station = await online(network, V21)
    own = {"transactionLimit": {"maxEnergy": 5000.0}}
    answer = await started(station, transactionInfo=own)
    assert answer["transactionLimit"] == {"maxEnergy": 20_000.0}
    assert "transactionLimit" not in await limit_is_set(station, 1, {"maxEnergy": 5000.0})
    details = await shown(network)
    assert (details["transaction_limit"], details["limit"]["energy_wh"]) == ({"maxEnergy": 5000.0}, 20_000)


async def test_tc_e_109_platform_sets_a_cost_limit(network: Platform) -> None:
    await priced(network)
    await network.token("CARD", session_limit={"cost": TEN_EUROS})
    _, station = await online(network, V21)
    answer = await started(station)
    assert (answer["transactionLimit"], answer["totalCost"]) == ({"maxCost": 10.0}, 0.0)
    answer = await limit_is_set(station, 1, {"maxCost": 10.0})
    assert ("transactionLimit" in answer, answer["totalCost"]) == (False, 0.0)


async def test_tc_e_110_platform_sets_an_energy_limit(network: Platform) -> None:
    await network.token("CARD", session_limit={"energy_wh": 7000})
    _, station = await online(network, V21)
    assert (await started(station))["transactionLimit"] == {"maxEnergy": 7000.0}
    assert "transactionLimit" not in await limit_is_set(station, 1, {"maxEnergy": 7000.0})
    # The station suspends at the limit: the driver may still have it raised, so it is not stopped.
    reached = charging("Updated", "EnergyLimitReached", 2, 7000, transactionInfo={"chargingState": "SuspendedEVSE"})
    await station.call("TransactionEvent", reached)
    await asyncio.sleep(3.5)
    assert not station.told("RequestStopTransaction")
    # One that goes on is.
    await station.call("TransactionEvent", charging("Updated", "MeterValuePeriodic", 3, 7100))
    await eventually(lambda: station.told("RequestStopTransaction"))


async def test_tc_e_111_platform_sets_a_time_limit(network: Platform) -> None:
    await network.token("CARD", session_limit={"duration_s": 3})
    _, station = await online(network, V21)
    assert (await started(station))["transactionLimit"] == {"maxTime": 3}
    assert "transactionLimit" not in await limit_is_set(station, 1, {"maxTime": 3})
    await eventually(lambda: station.told("RequestStopTransaction"))
    assert (await shown(network))["limit_reached_at"] is not None


async def test_a_limit_comes_with_the_token_and_not_again_with_the_one_that_stops(network: Platform) -> None:
    await network.token("CARD", session_limit={"energy_wh": 7000})
    _, station = await online(network, V21)
    first = await station.call("TransactionEvent", charging("Started", "CablePluggedIn", 0))
    shown_late = charging("Updated", "Authorized", 1, idToken=id_token("CARD"))
    second = await station.call("TransactionEvent", shown_late)
    again = await station.call("TransactionEvent", shown_late)
    stopped = charging("Ended", "StopAuthorized", 2, idToken=id_token("CARD"))
    third = await station.call("TransactionEvent", stopped)
    told = [answer.get("transactionLimit") for answer in (first, second, again, third)]
    assert told == [None, {"maxEnergy": 7000.0}, {"maxEnergy": 7000.0}, None]


# ---- hours and connectors


@ALL
async def test_a_token_charges_in_its_hours_only(network: Platform, protocol: str) -> None:
    _, station = await online(network, protocol)
    today = datetime.now(UTC).isoweekday()
    never = {"weekdays": [(today + 2) % 7 + 1], "begins": "00:00", "ends": "23:59"}
    token = await network.token("CARD", valid_hours={"time_zone": "UTC", "windows": [never]})
    word = "Blocked" if protocol == V16 else "NotAtThisTime"
    assert (await station.authorize("CARD"))["status"] == word
    always = {"begins": "00:00", "ends": "00:00"}
    await network.patch_token(token, valid_hours={"time_zone": "UTC", "windows": [always]})
    assert (await station.authorize("CARD"))["status"] == "Accepted"
    assert verdict(await begin(station, "CARD"))["status"] == "Accepted"


async def tell_connectors(station: Station, *types: str) -> None:
    """Each EVSE has one connector of these types."""
    parts = [
        {
            "component": {"name": "Connector", "evse": {"id": number, "connectorId": 1}},
            "variable": {"name": "ConnectorType"},
            "variableAttribute": [{"value": kind, "mutability": "ReadOnly"}],
        }
        for number, kind in enumerate(types, 1)
    ]
    report = {"requestId": 1, "seqNo": 0, "generatedAt": just_now(), "reportData": parts}
    await station.call("NotifyReport", report)


@TWO
async def test_a_token_charges_at_its_types_of_connectors_only(network: Platform, protocol: str) -> None:
    _, station = await online(network, protocol)
    token = await network.token("CARD", connector_types=["CCCS2"])
    assert "evseId" not in await station.authorize("CARD")  # nobody has said what there is
    await tell_connectors(station, "sType2", "cCCS2")
    told = await station.authorize("CARD")
    assert (told["status"], told["evseId"]) == ("Accepted", [2])
    assert verdict(await begin(station, "CARD"))["status"] == "NotAllowedTypeEVSE"  # at EVSE 1
    await network.patch_token(token, connector_types=["cCHAdeMO"])
    assert (await station.authorize("CARD"))["status"] == "NotAllowedTypeEVSE"


async def test_what_holds_only_now_is_in_no_local_list(network: Platform) -> None:
    record, station = await online(network, V201)
    await network.token("PREPAID", balance=TEN_EUROS)
    await network.token("HOURS", valid_hours={"time_zone": "UTC", "windows": [{"begins": "08:00", "ends": "18:00"}]})
    await network.token("CARD")
    await network.keep_list(record)
    await eventually(lambda: set(station.list) == {"CARD"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"balance": {"minor": -1, "currency": "EUR"}},
        {"balance": {"minor": 1, "currency": "euro"}},
        {"session_limit": {"energy_wh": 0}},
        {"valid_hours": {"time_zone": "Mars/Base", "windows": [{"begins": "08:00", "ends": "18:00"}]}},
        {"valid_hours": {"time_zone": "UTC", "windows": [{"begins": "8", "ends": "25:00"}]}},
        {"valid_hours": {"time_zone": "UTC", "windows": []}},
        {"connector_types": []},
    ],
)
async def test_terms_that_make_no_sense_are_refused(network: Platform, wrong: dict[str, Any]) -> None:
    answer = await network.client.post("/id-tokens", json={"value": "CARD", **wrong})
    assert answer.status_code == 422
