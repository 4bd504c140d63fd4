"""Certification cases of authorisation: 1.6 TC_023, TC_037, TC_061; 2.0.1 and 2.1 block C. Where versions say the same, one test
plays them all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog
from voltway.kernel import clock

from .access_network import (  # noqa: TID252  (tests are not installed)
    ALL,
    TWO,
    V16,
    V201,
    Platform,
    Station,
    a_event,
    begin,
    id_token,
    in_an_hour,
    just_now,
    online,
    verdict,
)


@pytest.fixture
async def network(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform]:
    settings = {"gateway": {"port": 0, "unknown_stations": "reject"}, "users": {"local_list_debounce_s": 0.1}}
    runtime = await make_runtime(*catalog.load(), settings=settings)
    platform = Platform(runtime, await client_of(runtime))
    yield platform
    await platform.close()


@pytest.mark.parametrize(("status", "word"), [("invalid", "Invalid"), ("expired", "Expired"), ("blocked", "Blocked")])
async def test_tc_023_1_2_3_start_charging_session_authorize_refused(network: Platform, status: str, word: str) -> None:
    _, station = await online(network, V16)
    await network.token("CARD", status=status)
    assert (await station.authorize("CARD"))["status"] == word
    assert verdict(await begin(station, "CARD"))["status"] == word
    session = await network.session()
    assert "not_authorized" in session["review"]


@TWO
@pytest.mark.parametrize(("status", "word"), [("invalid", "Invalid"), ("blocked", "Blocked"), ("expired", "Expired")])
async def test_tc_c_02_06_07_local_start_transaction_refused(
    network: Platform, protocol: str, status: str, word: str
) -> None:
    _, station = await online(network, protocol)
    await network.token("CARD", status=status)
    assert (await station.authorize("CARD"))["status"] == word
    assert verdict(await begin(station, "CARD"))["status"] == word
    assert (await station.authorize("NOBODY"))["status"] == "Invalid"


@TWO
async def test_tc_c_08_authorization_through_authorization_cache_accepted(network: Platform, protocol: str) -> None:
    _, station = await online(network, protocol)
    await network.token("CARD", expires_at=in_an_hour())
    told = verdict(await begin(station, "CARD"))  # the station authorised by its cache and asks with the start
    assert told["status"] == "Accepted"
    assert told["cacheExpiryDateTime"]


@TWO
async def test_tc_c_20_authorization_through_authorization_cache_invalid(network: Platform, protocol: str) -> None:
    _, station = await online(network, protocol)
    token = await network.token("CARD")
    assert (await station.authorize("CARD"))["status"] == "Accepted"
    await network.patch_token(token, status="invalid")
    assert verdict(await begin(station, "CARD"))["status"] == "Invalid"


@ALL
@pytest.mark.parametrize("word", ["Accepted", "Rejected"])
async def test_tc_061_and_tc_c_37_38_clear_authorization_data_in_authorization_cache(
    network: Platform, protocol: str, word: str
) -> None:
    record, station = await online(network, protocol)
    station.answers["ClearCache"] = {"status": word}
    command = await network.order(record, type="clear_cache")
    assert (command["state"], command["wire_status"]) == (word.lower(), word)


@ALL
async def test_tc_c_39_authorization_by_group_id(network: Platform, protocol: str) -> None:
    _, station = await online(network, protocol)
    await network.token("ONE", group="FAMILY")
    await network.token("TWO", group="FAMILY")
    started = verdict(await begin(station, "ONE"))
    shown = await station.authorize("TWO")
    told = [info["parentIdTag"] if station.is_16 else info["groupIdToken"]["idToken"] for info in (started, shown)]
    assert told == ["FAMILY", "FAMILY"]


@TWO
async def test_tc_c_40_authorization_by_group_id_with_local_list(network: Platform, protocol: str) -> None:
    listed = await list_of_two(network, protocol, "accepted")
    assert listed == {"ONE": ("Accepted", "FAMILY"), "TWO": ("Accepted", "FAMILY")}
    # The station lets the second of the group stop what the first has begun.
    session = await stop_with(network, "StopAuthorized", "Local", "ONE", "TWO")
    assert (session["state"], session["id_token"], session["review"]) == ("ended", "ONE", ["meter_missing"])


@TWO
async def test_tc_c_43_authorization_by_group_id_invalid_with_local_list(network: Platform, protocol: str) -> None:
    listed = await list_of_two(network, protocol, "invalid")
    assert listed == {"ONE": ("Accepted", "FAMILY"), "TWO": ("Invalid", "FAMILY")}
    assert (await network.stations[0].authorize("TWO"))["status"] == "Invalid"


async def list_of_two(network: Platform, protocol: str, status: str) -> dict[str, tuple[str, str]]:
    """Two tokens of a group, the second with this status; what the station's local list says of them."""
    record, station = await online(network, protocol)
    await network.token("ONE", group="FAMILY")
    await network.token("TWO", group="FAMILY", status=status)
    await network.keep_list(record)
    await eventually(lambda: len(station.list) == 2)
    return {key: (info["status"], info["groupIdToken"]["idToken"]) for key, info in station.list.items()}


async def stop_with(network: Platform, trigger: str, reason: str, starts: str, stops: str) -> dict[str, Any]:
    """A transaction that one token begins and another ends; its session."""
    (station,) = network.stations
    await begin(station, starts)
    stopped = a_event("Ended", trigger, 1, idToken=id_token(stops))
    stopped["transactionInfo"] |= {"stoppedReason": reason}
    assert verdict(await station.call("TransactionEvent", stopped))["status"] == "Accepted"
    return await network.session()


@TWO
async def test_tc_c_47_master_pass_with_a_display_stops_all_transactions(network: Platform, protocol: str) -> None:
    assert await stop_by_master_pass(network, protocol, (1, 2)) == {1: "ended", 2: "ended"}


@TWO
async def test_tc_c_48_master_pass_with_a_display_stops_the_chosen_transaction(
    network: Platform, protocol: str
) -> None:
    assert await stop_by_master_pass(network, protocol, (2,)) == {1: "active", 2: "ended"}


@TWO
async def test_tc_c_49_master_pass_without_a_display_stops_all_transactions(network: Platform, protocol: str) -> None:
    # C16.FR.02: with nothing to choose from, the station ends them all; to us it looks as if all had been chosen.
    assert await stop_by_master_pass(network, protocol, (1, 2)) == {1: "ended", 2: "ended"}
    stopped = [item for item in (await network.get("/sessions"))["items"] if item["stop_reason"] == "MasterPass"]
    assert {item["id_token"] for item in stopped} == {"CARD"}  # who began it, not who ended it


async def stop_by_master_pass(network: Platform, protocol: str, stopped: tuple[int, ...]) -> dict[int, str]:
    """Two transactions, of which the holder of the master pass stops these; the state of the session at each EVSE."""
    answer = await network.client.put("/access-settings", json={"master_group": "MASTER"})
    assert answer.json()["master_group"] == "MASTER"
    _, station = await online(network, protocol)
    await network.token("CARD")
    await network.token("PASS", group="MASTER")
    for evse in (1, 2):
        event = a_event("Started", "Authorized", 0, idToken=id_token("CARD")) | at_evse(evse)
        assert verdict(await station.call("TransactionEvent", event))["status"] == "Accepted"
    shown = await station.authorize("PASS")
    assert (shown["status"], shown["groupIdToken"]["idToken"]) == ("Accepted", "MASTER")
    for evse in stopped:
        event = a_event("Ended", "StopAuthorized", 1, idToken=id_token("PASS")) | at_evse(evse)
        event["transactionInfo"] |= {"stoppedReason": "MasterPass"}
        assert verdict(await station.call("TransactionEvent", event))["status"] == "Accepted"
    return {item["evse_number"]: item["state"] for item in (await network.get("/sessions"))["items"]}


def at_evse(number: int) -> dict[str, Any]:
    return {"evse": {"id": number, "connectorId": 1}, "transactionInfo": {"transactionId": f"tx-{number}"}}


@ALL
async def test_a_master_pass_starts_nothing(network: Platform, protocol: str) -> None:
    await network.client.put("/access-settings", json={"master_group": "MASTER"})
    _, station = await online(network, protocol)
    await network.token("PASS", group="MASTER")
    assert verdict(await begin(station, "PASS"))["status"] == "Invalid"


@ALL
async def test_a_token_bound_to_locations_charges_nowhere_else(network: Platform, protocol: str) -> None:
    here = await network.post("/locations", name="Here", time_zone="UTC")
    _, station = await online(network, protocol, location_id=here["id"])
    token = await network.token("CARD", location_ids=["00000000-0000-7000-8000-00000000abcd"])
    word = "Blocked" if protocol == V16 else "NotAtThisLocation"
    assert (await station.authorize("CARD"))["status"] == word
    await network.patch_token(token, location_ids=[here["id"]])
    assert (await station.authorize("CARD"))["status"] == "Accepted"
    assert verdict(await begin(station, "CARD"))["status"] == "Accepted"


@TWO
async def test_a_driver_is_told_in_her_language(network: Platform, protocol: str) -> None:
    _, station = await online(network, protocol)
    await network.token("CARD", language="de", message="Willkommen, Anna")
    told = await station.authorize("CARD")
    assert told["language1"] == "de"
    assert told["personalMessage"] == {"format": "UTF8", "language": "de", "content": "Willkommen, Anna"}


@ALL
async def test_sessions_of_a_token_that_is_blocked_are_stopped_where_the_operator_wants_it(
    network: Platform, protocol: str
) -> None:
    await network.client.put("/access-settings", json={"is_stopping_deauthorized": True})
    _, station = await online(network, protocol)
    token = await network.token("CARD")
    started = await begin(station, "CARD")
    await network.patch_token(token, status="blocked")
    action = "RemoteStopTransaction" if station.is_16 else "RequestStopTransaction"
    await eventually(lambda: station.told(action))
    assert station.told(action)[0]["transactionId"] == (started["transactionId"] if station.is_16 else "tx-1")


async def test_sessions_of_a_blocked_token_go_on_where_nothing_was_said(network: Platform) -> None:
    _, station = await online(network, V201)
    token = await network.token("CARD")
    await begin(station, "CARD")
    await network.patch_token(token, status="blocked")
    seen = verdict(await station.call("TransactionEvent", a_event("Updated", "Trigger", 1, idToken=id_token("CARD"))))
    assert seen["status"] == "Blocked"  # the station deauthorises
    assert not station.told("RequestStopTransaction")


async def test_tc_037_1_offline_start_transaction_valid_id_tag(network: Platform) -> None:
    _, station = await online(network, V16)
    await network.token("CARD")
    at = clock.to_rfc3339(clock.now() - timedelta(minutes=20))
    start = {"connectorId": 1, "idTag": "CARD", "meterStart": 100, "timestamp": at}
    answer = await station.call("StartTransaction", start)
    assert answer["idTagInfo"]["status"] == "Accepted"
    session = await network.session()
    assert (session["started_at"], session["state"], session["review"]) == (at, "active", [])


async def test_tc_037_3_offline_start_transaction_invalid_id_tag(network: Platform) -> None:
    _, station = await online(network, V16)
    answer = await station.call(
        "StartTransaction",
        {"connectorId": 1, "idTag": "NOBODY", "meterStart": 100, "timestamp": just_now()},
    )
    assert answer["idTagInfo"]["status"] == "Invalid"
    stop = {
        "transactionId": answer["transactionId"],
        "meterStop": 150,
        "timestamp": just_now(),
        "reason": "DeAuthorized",
    }
    await station.call("StopTransaction", stop)
    session = await network.session()
    assert (session["state"], session["stop_reason"]) == ("ended", "DeAuthorized")
    assert "not_authorized" in session["review"]


@TWO
async def test_a_session_that_began_offline_with_a_token_that_is_invalid_by_now_is_flagged(
    network: Platform, protocol: str
) -> None:
    _, station = await online(network, protocol)
    assert verdict(await begin(station, "NOBODY", offline=True))["status"] == "Invalid"
    assert "not_authorized" in (await network.session())["review"]


async def charge_on(station: Station, begun: dict[str, Any], energy_wh: int) -> None:
    """A transaction that began offline goes on, as MaxEnergyOnInvalidId lets it."""
    if station.is_16:
        sample = {"timestamp": just_now(), "sampledValue": [{"value": str(energy_wh)}]}
        values = {"connectorId": 1, "transactionId": begun["transactionId"], "meterValue": [sample]}
        await station.call("MeterValues", values)
        return
    event = a_event("Updated", "MeterValuePeriodic", energy_wh)
    event["meterValue"] = [{"timestamp": just_now(), "sampledValue": [{"value": energy_wh}]}]
    await station.call("TransactionEvent", event)


@ALL
@pytest.mark.parametrize("status", [None, "blocked", "expired", "invalid"])
async def test_a_queued_start_with_a_token_that_may_not_charge_is_stopped_where_the_operator_wants_it(
    network: Platform, protocol: str, status: str | None
) -> None:
    await network.client.put("/access-settings", json={"is_stopping_deauthorized": True})
    _, station = await online(network, protocol)
    if status is not None:
        await network.token("CARD", status=status)
    begun = await begin(station, "CARD", offline=True)
    assert verdict(begun)["status"] == {None: "Invalid"}.get(status, str(status).title())
    assert "transactionLimit" not in begun
    await charge_on(station, begun, 200)
    session = await network.session()
    assert (session["state"], "not_authorized" in session["review"]) == ("active", True)
    action = "RemoteStopTransaction" if station.is_16 else "RequestStopTransaction"
    await eventually(lambda: station.told(action))
    assert station.told(action)[0]["transactionId"] == (begun["transactionId"] if station.is_16 else "tx-1")


@ALL
async def test_e05_what_max_energy_on_invalid_id_lets_be_delivered_is_expected_and_no_more(
    network: Platform, protocol: str
) -> None:
    record, station = await online(network, protocol)
    if station.is_16:
        keys = [{"key": "MaxEnergyOnInvalidId", "readonly": False, "value": "500"}]
        station.answers["GetConfiguration"] = {"configurationKey": keys}
        await network.order(record, type="get_variables")
    else:
        place = {"component": {"name": "TxCtrlr"}, "variable": {"name": "MaxEnergyOnInvalidId"}}
        report = {"requestId": 1, "generatedAt": just_now(), "seqNo": 0}
        await station.call(
            "NotifyReport", report | {"reportData": [{**place, "variableAttribute": [{"value": "500"}]}]}
        )
    begun = await begin(station, "NOBODY", offline=True)
    assert verdict(begun)["status"] == "Invalid"
    for energy_wh, is_flagged in ((100, False), (600, False), (601, True)):
        await charge_on(station, begun, energy_wh)
        session = await network.session()
        assert (session["energy_wh"], "not_authorized" in session["review"]) == (energy_wh - 100, is_flagged)


@ALL
async def test_a_queued_start_that_the_station_deauthorises_by_itself_needs_no_order(
    network: Platform, protocol: str
) -> None:
    await network.client.put("/access-settings", json={"is_stopping_deauthorized": True})
    _, station = await online(network, protocol)
    begun = await begin(station, "NOBODY", offline=True)
    if station.is_16:
        stop = {"transactionId": begun["transactionId"], "meterStop": 100, "timestamp": just_now()}
        await station.call("StopTransaction", stop | {"reason": "DeAuthorized"})
    else:
        ended = a_event("Ended", "Deauthorized", 1)  # StopTxOnInvalidId
        ended["transactionInfo"] |= {"stoppedReason": "DeAuthorized"}
        await station.call("TransactionEvent", ended)
    await asyncio.sleep(3.5)
    assert not station.told("RemoteStopTransaction" if station.is_16 else "RequestStopTransaction")
    session = await network.session()
    assert (session["stop_reason"], "not_authorized" in session["review"]) == ("DeAuthorized", True)
