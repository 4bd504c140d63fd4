"""Certification cases of local authorisation lists: 1.6 TC_042, TC_043; 2.0.1 and 2.1 block D."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog

from .access_network import (  # noqa: TID252  (tests are not installed)
    ALL,
    TWO,
    V16,
    V201,
    Platform,
    in_an_hour,
    online,
)


@pytest.fixture
async def network(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform]:
    settings = {"gateway": {"port": 0, "unknown_stations": "reject"}, "users": {"local_list_debounce_s": 0.1}}
    runtime = await make_runtime(*catalog.load(), settings=settings)
    platform = Platform(runtime, await client_of(runtime))
    yield platform
    await platform.close()


async def test_tc_042_1_get_local_list_version_not_supported(network: Platform) -> None:
    record, station = await online(network, V16)
    station.list_version = -1
    command = await network.order(record, type="get_local_list_version")
    assert (command["state"], command["result"]) == ("accepted", {"version": -1, "is_supported": False})


async def test_tc_042_2_get_local_list_version_empty(network: Platform) -> None:
    await ask_empty_list(network, V16)


@TWO
async def test_tc_d_09_get_local_list_version_no_list_available(network: Platform, protocol: str) -> None:
    await ask_empty_list(network, protocol)


async def ask_empty_list(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    command = await network.order(record, type="get_local_list_version")
    assert (command["state"], command["result"]) == ("accepted", {"version": 0, "is_supported": True})
    assert (await network.local_list(record))["count"] == 0
    assert station.told("GetLocalListVersion") == [{}]


@TWO
async def test_tc_d_08_get_local_list_version_success(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    station.list_version = 7
    assert (await network.order(record, type="get_local_list_version"))["result"]["version"] == 7
    known = await network.local_list(record)
    assert (known["version"], known["count"]) == (7, None)  # somebody else's list


async def test_tc_043_1_send_local_authorization_list_not_supported(network: Platform) -> None:
    record, station = await online(network, V16)
    station.answers["SendLocalList"] = {"status": "NotSupported"}
    command = await network.order(record, type="send_local_list", mode="full", entries=[{"id_token": "CARD"}])
    assert (command["state"], command["wire_status"]) == ("rejected", "NotSupported")


@ALL
async def test_tc_043_3_send_local_authorization_list_failed(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    station.answers["SendLocalList"] = {"status": "Failed"}
    command = await network.order(record, type="send_local_list", mode="full", entries=[{"id_token": "CARD"}])
    assert (command["state"], command["wire_status"]) == ("rejected", "Failed")
    known = await network.local_list(record)
    assert (known["version"], known["wire_status"]) == (0, "Failed")


async def test_tc_043_4_send_local_authorization_list_full(network: Platform) -> None:
    await send_full_list(network, V16)


@TWO
async def test_tc_d_01_send_local_authorization_list_full(network: Platform, protocol: str) -> None:
    await send_full_list(network, protocol)


async def send_full_list(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    entries = [
        {"id_token": "ONE", "group": "FAMILY", "expires_at": in_an_hour()},
        {"id_token": "TWO", "status": "blocked"},
    ]
    command = await network.order(record, type="send_local_list", mode="full", entries=entries)
    assert (command["state"], command["effect"]) == ("accepted", "done")
    (told,) = station.told("SendLocalList")
    assert told["updateType"] == "Full"
    assert {key: info["status"] for key, info in station.list.items()} == {"ONE": "Accepted", "TWO": "Blocked"}
    known = await network.local_list(record)
    assert (known["version"], known["count"], known["mode"]) == (station.list_version, 2, "off")


@TWO
async def test_tc_d_02_send_local_authorization_list_differential_update(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await network.order(record, type="send_local_list", mode="full", entries=[{"id_token": "ONE"}, {"id_token": "TWO"}])
    entries = [{"id_token": "TWO", "status": "blocked"}, {"id_token": "THREE"}]
    command = await network.order(record, type="send_local_list", mode="differential", entries=entries)
    assert (command["state"], command["effect"]) == ("accepted", "done")
    told = station.told("SendLocalList")[-1]
    assert (told["updateType"], told["versionNumber"], len(told["localAuthorizationList"])) == ("Differential", 2, 2)
    statuses = {key: info["status"] for key, info in station.list.items()}
    assert statuses == {"ONE": "Accepted", "TWO": "Blocked", "THREE": "Accepted"}
    known = await network.local_list(record)
    assert (known["version"], known["count"]) == (2, 3)


@TWO
async def test_tc_d_03_send_local_authorization_list_differential_remove(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await network.order(record, type="send_local_list", mode="full", entries=[{"id_token": "ONE"}, {"id_token": "TWO"}])
    entries = [{"id_token": "TWO", "remove": True}]
    command = await network.order(record, type="send_local_list", mode="differential", entries=entries)
    assert command["state"] == "accepted"
    (removed,) = station.told("SendLocalList")[-1]["localAuthorizationList"]
    assert removed == {"idToken": {"idToken": "TWO", "type": "ISO14443"}}  # D01.FR.16: without idTokenInfo
    assert set(station.list) == {"ONE"}
    known = await network.local_list(record)
    assert (known["version"], known["count"]) == (2, 1)


async def test_tc_043_5_send_local_authorization_list_differential(network: Platform) -> None:
    record, station = await online(network, V16)
    await network.order(record, type="send_local_list", mode="full", entries=[{"id_token": "ONE"}, {"id_token": "TWO"}])
    entries = [{"id_token": "TWO", "remove": True}, {"id_token": "THREE"}]
    command = await network.order(record, type="send_local_list", mode="differential", entries=entries)
    assert command["state"] == "accepted"
    assert [told["updateType"] for told in station.told("SendLocalList")] == ["Full", "Differential"]
    assert set(station.list) == {"ONE", "THREE"}
    known = await network.local_list(record)
    assert (known["version"], known["count"]) == (2, 2)


@ALL
async def test_tc_d_04_send_local_authorization_list_full_with_empty_list(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await network.order(record, type="send_local_list", mode="full", entries=[{"id_token": "ONE"}])
    command = await network.order(record, type="send_local_list", mode="full", entries=[])
    assert command["state"] == "accepted"
    assert "localAuthorizationList" not in station.told("SendLocalList")[-1]
    assert station.list == {}
    assert (await network.local_list(record))["count"] == 0


@ALL
async def test_a_list_is_kept_in_step_with_only_what_changes(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    one, two = await network.token("ONE"), await network.token("TWO")
    await network.keep_list(record)
    await eventually(lambda: set(station.list) == {"ONE", "TWO"})
    await network.patch_token(one, status="blocked")
    await network.client.delete(f"/id-tokens/{two['id']}")
    await network.token("THREE")
    await eventually(lambda: set(station.list) == {"ONE", "THREE"} and station.list["ONE"]["status"] == "Blocked")
    first, *rest = station.told("SendLocalList")
    assert first["updateType"] == "Full" or len(first["localAuthorizationList"]) == 2
    assert {told["updateType"] for told in rest} == {"Differential"}
    sent = [entry for told in rest for entry in told["localAuthorizationList"]]
    assert len(sent) == 3

    async def is_in_step() -> bool:
        known = await network.local_list(record)
        return (known["state"], known["version"], known["count"]) == ("in_step", station.list_version, 2)

    await eventually(is_in_step)


@ALL
async def test_a_list_that_is_another_than_we_thought_is_sent_in_full(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await network.token("ONE")
    await network.keep_list(record)
    await eventually(lambda: set(station.list) == {"ONE"})
    station.list_version, station.list = 90, {"STRANGER": {"status": "Accepted"}}
    await network.token("TWO")
    await eventually(lambda: set(station.list) == {"ONE", "TWO"})
    assert station.told("SendLocalList")[-1]["updateType"] == "Full"
    assert station.list_version > 90


async def test_version_mismatch_is_followed_by_the_full_list(network: Platform) -> None:
    record, station = await online(network, V201)
    token = await network.token("ONE")
    await network.keep_list(record)
    await eventually(lambda: station.list)
    await network.keep_list(record, "selected", id_token_ids=[token["id"]])
    station.list_version = 50
    await network.patch_token(token, status="blocked")
    await network.order(record, type="send_local_list", mode="differential")
    await eventually(lambda: station.list["ONE"]["status"] == "Blocked")
    assert station.told("SendLocalList")[-1]["updateType"] == "Full"
    assert station.list_version > 50


async def test_a_station_that_was_away_gets_what_changed_when_it_is_back(network: Platform) -> None:
    record, station = await online(network, V201)
    await network.token("ONE")
    await network.keep_list(record)
    await eventually(lambda: set(station.list) == {"ONE"})
    await station.hang_up()

    async def is_offline() -> bool:
        return not (await network.get(f"/charging-stations/{record['id']}"))["is_online"]

    await eventually(is_offline)
    await network.token("TWO")

    async def is_put_off() -> bool:
        return (await network.local_list(record))["state"] == "pending"

    await eventually(is_put_off)
    again = await network.connect(V201, boots=False)
    again.list_version, again.list = station.list_version, dict(station.list)
    await eventually(lambda: set(again.list) == {"ONE", "TWO"})
    assert again.told("SendLocalList")[0]["updateType"] == "Differential"


async def test_a_long_list_goes_in_parts(network: Platform) -> None:
    record = await network.register()
    station = await network.connect(V16, boots=False)
    station.answers["GetConfiguration"] = {
        "configurationKey": [{"key": "SendLocalListMaxLength", "readonly": True, "value": "2"}]
    }
    await station.call("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})

    async def is_known() -> bool:
        return bool((await network.get(f"/charging-stations/{record['id']}/variables"))["items"])

    await eventually(is_known)
    entries = [{"id_token": f"CARD{number}"} for number in range(5)]
    command = await network.order(record, type="send_local_list", mode="full", entries=entries)
    assert [(part["update"], part["version"], part["count"]) for part in command["result"]["parts"]] == [
        ("full", 1, 2),
        ("differential", 2, 2),
        ("differential", 3, 1),
    ]
    assert len(station.list) == 5
    assert (await network.local_list(record))["version"] == 3


async def test_a_part_that_fails_leaves_the_list_unknown(network: Platform) -> None:
    record, station = await online(network, V16)
    await network.order(record, type="send_local_list", mode="full", entries=[{"id_token": "ONE"}])
    station.answers["SendLocalList"] = {"status": "VersionMismatch"}
    command = await network.order(record, type="send_local_list", mode="differential", entries=[{"id_token": "TWO"}])
    assert command["wire_status"] == "VersionMismatch"
    assert (await network.local_list(record))["count"] is None


async def test_what_a_version_cannot_say_is_refused_where_it_was_asked_for(network: Platform) -> None:
    record, _ = await online(network, V16)
    long = {"id_token": "A" * 21}
    assert (await network.order(record, type="send_local_list", mode="full", entries=[long]))["status_code"] == 422
    assert (await network.order(record, type="send_local_list", mode="sync", entries=[]))["status_code"] == 422


@TWO
async def test_tc_n_46_a_customer_whose_data_was_cleared_leaves_the_list(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await network.token("ONE")
    await network.token("TWO")
    await network.keep_list(record)
    await eventually(lambda: set(station.list) == {"ONE", "TWO"})
    version = station.list_version
    station.answers["CustomerInformation"] = {"status": "Accepted"}
    clear = {"type": "customer_information", "report": False, "clear": True, "id_token": "one"}
    assert (await network.order(record, **clear))["effect"] == "done"
    await eventually(lambda: set(station.list) == {"TWO"})
    told = station.told("SendLocalList")[-1]
    assert (told["updateType"], told["versionNumber"]) == ("Differential", version + 1)
    (removed,) = told["localAuthorizationList"]
    assert (removed["idToken"]["idToken"], "idTokenInfo" in removed) == ("ONE", False)

    async def is_known() -> bool:  # its answer is recorded a moment after it
        known = await network.local_list(record)
        return (known["left_out"], known["count"]) == (["one"], 1)

    await eventually(is_known)
    # It stays away while others come, until somebody says anew which tokens belong.
    await network.token("THREE")
    await eventually(lambda: set(station.list) == {"TWO", "THREE"})
    await network.keep_list(record)
    await eventually(lambda: set(station.list) == {"ONE", "TWO", "THREE"})


@TWO
async def test_tc_n_46_a_list_that_was_sent_by_hand_loses_the_customer_too(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    entries = [{"id_token": "ONE"}, {"id_token": "TWO"}]
    await network.order(record, type="send_local_list", mode="full", entries=entries)
    station.answers["CustomerInformation"] = {"status": "Accepted"}
    clear = {"type": "customer_information", "report": False, "clear": True}
    await network.order(record, **clear, id_token="STRANGER")
    await network.order(record, **clear, id_token="TWO")
    await eventually(lambda: set(station.list) == {"ONE"})

    async def is_known() -> bool:
        known = await network.local_list(record)
        return (known["mode"], known["count"]) == ("off", 1)

    await eventually(is_known)
    assert len(station.told("SendLocalList")) == 2, "nothing is sent for a token that was not there"


async def test_data_that_a_station_did_not_clear_changes_no_list(network: Platform) -> None:
    record, station = await online(network, V201)
    await network.order(record, type="send_local_list", mode="full", entries=[{"id_token": "ONE"}])
    for word, clear in (("Rejected", True), ("Accepted", False)):
        station.answers["CustomerInformation"] = {"status": word}
        await network.order(
            record, wait_s=1, type="customer_information", report=not clear, clear=clear, id_token="ONE"
        )
        assert (await network.local_list(record))["left_out"] == []
