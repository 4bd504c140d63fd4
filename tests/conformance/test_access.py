"""Certification cases of authorisation, local lists and reservations. 1.6: TC_023, TC_037, TC_042, TC_043, TC_046 to TC_053,
TC_061; 2.0.1: blocks C, D and H. Where versions say the same, one test plays them all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.app import catalog
from voltway.kernel import clock

from .access_network import Platform, Station, id_token  # noqa: TID252  (tests are not installed)

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
TWO = pytest.mark.parametrize("protocol", [V201, V21])
ALL = pytest.mark.parametrize("protocol", [V16, V201, V21])


@pytest.fixture
async def network(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform]:
    settings = {"gateway": {"port": 0, "unknown_stations": "reject"}, "users": {"local_list_debounce_s": 0.1}}
    runtime = await make_runtime(*catalog.load(), settings=settings)
    platform = Platform(runtime, await client_of(runtime))
    yield platform
    await platform.close()


async def online(network: Platform, protocol: str, **fields: Any) -> tuple[dict[str, Any], Station]:
    record = await network.register(**fields)
    return record, await network.connect(protocol)


def in_an_hour(hours: float = 1) -> str:
    return clock.to_rfc3339(clock.now() + timedelta(hours=hours))


def just_now() -> str:
    return clock.to_rfc3339(clock.now())


async def begin(
    station: Station, token: str, reservation: int | None = None, *, offline: bool = False
) -> dict[str, Any]:
    """A transaction begins at EVSE 1; the answer."""
    if station.is_16:
        start = {"connectorId": 1, "idTag": token, "meterStart": 100, "timestamp": just_now()}
        return await station.call("StartTransaction", start | ({"reservationId": reservation} if reservation else {}))
    event = a_event("Started", "Authorized", 0, idToken=id_token(token), offline=offline)
    return await station.call("TransactionEvent", event | ({"reservationId": reservation} if reservation else {}))


def a_event(kind: str, trigger: str, number: int, **fields: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": just_now(),
        "triggerReason": trigger,
        "seqNo": number,
        "transactionInfo": {"transactionId": "tx-1"},
        "evse": {"id": 1, "connectorId": 1},
        **fields,
    }


def verdict(answer: dict[str, Any]) -> dict[str, Any]:
    return dict(answer.get("idTagInfo") or answer["idTokenInfo"])


# ---- authorisation


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
async def test_tc_c_40_43_authorization_by_group_id_with_local_list(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await network.token("ONE", group="FAMILY")
    await network.token("TWO", group="FAMILY", status="invalid")
    await network.keep_list(record)
    await eventually(lambda: len(station.list) == 2)
    assert {key: (info["status"], info["groupIdToken"]["idToken"]) for key, info in station.list.items()} == {
        "ONE": ("Accepted", "FAMILY"),
        "TWO": ("Invalid", "FAMILY"),
    }


@TWO
async def test_tc_c_47_48_49_stop_transaction_with_a_master_pass(network: Platform, protocol: str) -> None:
    answer = await network.client.put("/access-settings", json={"master_group": "MASTER"})
    assert answer.json()["master_group"] == "MASTER"
    _, station = await online(network, protocol)
    await network.token("CARD")
    await network.token("PASS", group="MASTER")
    await begin(station, "CARD")
    shown = await station.authorize("PASS")
    assert (shown["status"], shown["groupIdToken"]["idToken"]) == ("Accepted", "MASTER")
    stopped = a_event("Ended", "StopAuthorized", 1, idToken=id_token("PASS"))
    stopped["transactionInfo"] |= {"stoppedReason": "MasterPass"}
    assert verdict(await station.call("TransactionEvent", stopped))["status"] == "Accepted"
    session = await network.session()
    assert (session["state"], session["stop_reason"], session["id_token"]) == ("ended", "MasterPass", "CARD")


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


# ---- local lists


async def test_tc_042_1_get_local_list_version_not_supported(network: Platform) -> None:
    record, station = await online(network, V16)
    station.list_version = -1
    command = await network.order(record, type="get_local_list_version")
    assert (command["state"], command["result"]) == ("accepted", {"version": -1, "is_supported": False})


@ALL
async def test_tc_042_2_and_tc_d_09_get_local_list_version_empty(network: Platform, protocol: str) -> None:
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


@ALL
async def test_tc_043_4_and_tc_d_01_send_local_authorization_list_full(network: Platform, protocol: str) -> None:
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


@ALL
async def test_tc_043_5_and_tc_d_02_03_send_local_authorization_list_differential(
    network: Platform, protocol: str
) -> None:
    record, station = await online(network, protocol)
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


# ---- reservations


def reserving(**fields: Any) -> dict[str, Any]:
    return {"type": "reserve_now", "evse_number": 1, "id_token": "CARD", "expires_at": in_an_hour(), **fields}


@ALL
async def test_tc_046_and_tc_h_01_reservation_of_a_connector_transaction(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await network.token("CARD")
    command = await network.order(record, **reserving())
    assert (command["state"], command["wire_status"]) == ("accepted", "Accepted")
    (told,) = station.told("ReserveNow")
    if station.is_16:
        assert (told["connectorId"], told["idTag"], told["reservationId"]) == (1, "CARD", 1)
    else:
        assert (told["evseId"], told["idToken"], told["id"]) == (1, id_token("CARD"), 1)
    assert (await network.reservation())["state"] == "accepted"
    status = {"connectorId": 1, "timestamp": just_now()} | (
        {"status": "Reserved", "errorCode": "NoError"}
        if station.is_16
        else {"connectorStatus": "Reserved", "evseId": 1}
    )
    await station.call("StatusNotification", status)
    await eventually(lambda: state_is(network, "active"))
    await begin(station, "CARD", reservation=1)
    await eventually(lambda: state_is(network, "used"))
    reservation, session = await network.reservation(), await network.session()
    assert (reservation["number"], reservation["session_id"]) == (1, session["id"])


async def state_is(network: Platform, state: str) -> bool:
    return bool((await network.reservation())["state"] == state)


async def test_tc_047_reservation_of_a_connector_expire(network: Platform) -> None:
    record, _ = await online(network, V16)
    expires_at = clock.to_rfc3339(clock.now() + timedelta(seconds=1.5))
    assert (await network.order(record, **reserving(expires_at=expires_at)))["state"] == "accepted"
    await eventually(lambda: state_is(network, "expired"))


@pytest.mark.parametrize("word", ["Faulted", "Occupied", "Unavailable", "Rejected"])
@ALL
async def test_tc_048_1_2_3_4_reservation_refused(network: Platform, protocol: str, word: str) -> None:
    record, station = await online(network, protocol)
    station.answers["ReserveNow"] = {"status": word}
    command = await network.order(record, **reserving())
    assert (command["state"], command["wire_status"]) == ("rejected", word)
    reservation = await network.reservation()
    assert (reservation["state"], reservation["wire_status"]) == ("rejected", word)


@ALL
async def test_tc_049_and_tc_h_14_reservation_of_a_charge_point_transaction(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    command = await network.order(record, **{**reserving(), "evse_number": None})
    assert command["state"] == "accepted"
    (told,) = station.told("ReserveNow")
    assert told["connectorId"] == 0 if station.is_16 else "evseId" not in told
    assert (await network.reservation())["evse_number"] is None
    await begin(station, "CARD", reservation=1)
    await eventually(lambda: state_is(network, "used"))


@ALL
async def test_tc_051_and_tc_h_17_cancel_reservation(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await network.order(record, **reserving())
    reservation = await network.reservation()
    answer = await network.client.delete(f"/reservations/{reservation['id']}")
    assert answer.status_code == 204, answer.text
    assert station.told("CancelReservation") == [{"reservationId": 1}]
    assert (await network.reservation())["state"] == "cancelled"
    assert (await network.client.delete(f"/reservations/{reservation['id']}")).status_code == 409


@ALL
async def test_tc_052_cancel_reservation_rejected(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await network.order(record, **reserving())
    station.answers["CancelReservation"] = {"status": "Rejected"}
    command = await network.order(record, type="cancel_reservation", reservation_number=1)
    assert (command["state"], command["wire_status"]) == ("rejected", "Rejected")
    reservation = await network.reservation()
    assert (reservation["state"], reservation["wire_status"]) == ("accepted", "Rejected")
    assert (await network.client.delete(f"/reservations/{reservation['id']}")).status_code == 409


@ALL
async def test_tc_053_and_tc_h_19_use_a_reserved_connector_with_the_group(network: Platform, protocol: str) -> None:
    _, station = await online(network, protocol)
    await network.token("CARD", group="FAMILY")
    await network.token("OTHER", group="FAMILY")
    reservation = await network.post(
        "/reservations", station_identity="CS1", evse_number=1, id_token="CARD", expires_at=in_an_hour()
    )
    assert (reservation["state"], reservation["group"]) == ("accepted", "FAMILY")
    (told,) = station.told("ReserveNow")
    assert (told["parentIdTag"] if station.is_16 else told["groupIdToken"]["idToken"]) == "FAMILY"
    assert verdict(await begin(station, "OTHER", reservation=1))["status"] == "Accepted"
    await eventually(lambda: state_is(network, "used"))
    assert (await network.session())["id_token"] == "OTHER"


@TWO
@pytest.mark.parametrize("said", ["Expired", "Removed"])
async def test_tc_h_07_08_20_reservation_ended_by_the_station(network: Platform, protocol: str, said: str) -> None:
    record, station = await online(network, protocol)
    await network.order(record, **reserving())
    answer = await station.call("ReservationStatusUpdate", {"reservationId": 1, "reservationUpdateStatus": said})
    assert answer == {}
    reservation = await network.reservation()
    assert (reservation["state"], reservation["wire_status"]) == (
        "expired" if said == "Expired" else "cancelled",
        said,
    )


async def test_a_reservation_that_was_used_for_nothing_is_expired(network: Platform) -> None:
    record, station = await online(network, V21)
    await network.order(record, **reserving())
    await begin(station, "CARD", reservation=1)
    await eventually(lambda: state_is(network, "used"))
    update = {"reservationId": 1, "reservationUpdateStatus": "NoTransaction"}
    await station.call("ReservationStatusUpdate", update)
    assert (await network.reservation())["state"] == "expired"


@TWO
async def test_tc_h_15_reserve_a_connector_with_a_specific_type(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    command = await network.order(record, **{**reserving(connector_type="cCCS2"), "evse_number": None})
    assert command["state"] == "accepted"
    (told,) = station.told("ReserveNow")
    assert told["connectorType"] == "cCCS2"
    assert "evseId" not in told


async def test_a_connector_type_is_nothing_that_1_6_can_reserve(network: Platform) -> None:
    record, _ = await online(network, V16)
    command = await network.order(record, **reserving(connector_type="cCCS2"))
    assert (command["status_code"], command["type"]) == (409, "/problems/command-not-supported")
    assert (await network.get("/reservations"))["items"] == []


@TWO
async def test_tc_h_22_reserve_a_specific_evse_configured_to_reject(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    station.answers["ReserveNow"] = {"status": "Rejected"}
    assert (await network.order(record, **reserving()))["state"] == "rejected"
    await tell_variable(station, "ReservationCtrlr", "Enabled", "false")
    refused = await network.order(record, **reserving())
    assert refused["status_code"] == 409
    assert "ReservationCtrlr.Enabled" in refused["detail"]
    assert len(station.told("ReserveNow")) == 1


@TWO
async def test_a_station_that_reserves_no_evse_of_its_choice_is_not_asked_to(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    await tell_variable(station, "ReservationCtrlr", "NonEvseSpecific", "false")
    body = {"station_id": record["id"], "id_token": "CARD", "expires_at": in_an_hour()}
    answer = await network.client.post("/reservations", json=body)
    assert answer.status_code == 409
    assert "NonEvseSpecific" in answer.json()["detail"]
    assert (await network.get("/reservations"))["items"] == []
    assert (await network.post("/reservations", **body, evse_number=1))["state"] == "accepted"


async def tell_variable(station: Station, component: str, variable: str, value: str) -> None:
    part = {
        "component": {"name": component},
        "variable": {"name": variable},
        "variableAttribute": [{"value": value, "mutability": "ReadOnly"}],
    }
    report = {"requestId": 1, "seqNo": 0, "generatedAt": just_now(), "reportData": [part]}
    await station.call("NotifyReport", report)


async def test_a_reservation_for_later_is_sent_when_its_time_comes(network: Platform) -> None:
    record, station = await online(network, V201)
    starts_at = clock.to_rfc3339(clock.now() + timedelta(seconds=2))
    body = {"station_id": record["id"], "evse_number": 1, "id_token": "CARD", "expires_at": in_an_hour()}
    reservation = await network.post("/reservations", **body, starts_at=starts_at)
    assert (reservation["state"], reservation["starts_at"]) == ("pending", starts_at)
    assert not station.told("ReserveNow")
    await eventually(lambda: state_is(network, "accepted"))
    assert clock.to_rfc3339(clock.now()) >= starts_at


async def test_a_reservation_at_a_station_that_is_away_is_told_when_it_is_back(network: Platform) -> None:
    record = await network.register()
    await (await network.connect(V16)).hang_up()

    async def is_offline() -> bool:
        return not (await network.get(f"/charging-stations/{record['id']}"))["is_online"]

    await eventually(is_offline)
    body = {"station_id": record["id"], "evse_number": 1, "id_token": "CARD", "expires_at": in_an_hour()}
    assert (await network.post("/reservations", **body))["state"] == "pending"
    station = await network.connect(V16, boots=False)
    await eventually(lambda: state_is(network, "accepted"))
    assert len(station.told("ReserveNow")) == 1


async def test_a_reservation_that_no_station_was_told_of_is_cancelled_here(network: Platform) -> None:
    record, station = await online(network, V201)
    body = {"station_id": record["id"], "evse_number": 1, "id_token": "CARD", "expires_at": in_an_hour(3)}
    reservation = await network.post("/reservations", **body, starts_at=in_an_hour(2))
    assert (await network.client.delete(f"/reservations/{reservation['id']}")).status_code == 204
    assert (await network.reservation())["state"] == "cancelled"
    assert not station.told("CancelReservation")


async def test_numbers_count_from_one_for_each_station(network: Platform) -> None:
    first, _ = await online(network, V201)
    second = await network.register("CS2")
    await network.connect(V16, "CS2")
    for record in (first, first, second):
        assert (await network.order(record, **reserving()))["state"] == "accepted"
    items = (await network.get("/reservations"))["items"]
    assert [(item["station_identity"], item["number"]) for item in items] == [("CS2", 1), ("CS1", 2), ("CS1", 1)]


async def test_a_number_of_another_station_moves_nothing(network: Platform) -> None:
    record, _ = await online(network, V201)
    await network.register("CS2")
    other = await network.connect(V201, "CS2")
    await network.order(record, **reserving())
    await other.call("ReservationStatusUpdate", {"reservationId": 1, "reservationUpdateStatus": "Removed"})
    await begin(other, "CARD", reservation=1)
    assert (await network.reservation())["state"] == "accepted"
