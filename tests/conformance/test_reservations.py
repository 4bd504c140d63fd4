"""Certification cases of reservations: 1.6 TC_046 to TC_053; 2.0.1 and 2.1 block H."""

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
    V21,
    V201,
    Platform,
    Station,
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


def reserving(**fields: Any) -> dict[str, Any]:
    return {"type": "reserve_now", "evse_number": 1, "id_token": "CARD", "expires_at": in_an_hour(), **fields}


async def test_tc_046_reservation_of_a_connector_transaction(network: Platform) -> None:
    await reserve_and_charge(network, V16)


@TWO
async def test_tc_h_01_reserve_a_specific_evse(network: Platform, protocol: str) -> None:
    await reserve_and_charge(network, protocol)


async def reserve_and_charge(network: Platform, protocol: str) -> None:
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


async def test_tc_048_1_reservation_of_a_connector_faulted(network: Platform) -> None:
    await reserve_in_vain(network, V16, "Faulted")


async def test_tc_048_2_reservation_of_a_connector_occupied(network: Platform) -> None:
    await reserve_in_vain(network, V16, "Occupied")


async def test_tc_048_3_reservation_of_a_connector_unavailable(network: Platform) -> None:
    await reserve_in_vain(network, V16, "Unavailable")


async def test_tc_048_4_reservation_of_a_connector_rejected(network: Platform) -> None:
    await reserve_in_vain(network, V16, "Rejected")


@pytest.mark.parametrize("word", ["Faulted", "Occupied", "Unavailable", "Rejected"])
@TWO
async def test_a_reservation_that_is_refused_says_why(network: Platform, protocol: str, word: str) -> None:
    await reserve_in_vain(network, protocol, word)


async def reserve_in_vain(network: Platform, protocol: str, word: str) -> None:
    record, station = await online(network, protocol)
    station.answers["ReserveNow"] = {"status": word}
    command = await network.order(record, **reserving())
    assert (command["state"], command["wire_status"]) == ("rejected", word)
    reservation = await network.reservation()
    assert (reservation["state"], reservation["wire_status"]) == ("rejected", word)


async def test_tc_049_reservation_of_a_charge_point_transaction(network: Platform) -> None:
    await reserve_anywhere_and_charge(network, V16)


@TWO
async def test_tc_h_14_reserve_an_unspecified_evse(network: Platform, protocol: str) -> None:
    await reserve_anywhere_and_charge(network, protocol)


async def reserve_anywhere_and_charge(network: Platform, protocol: str) -> None:
    record, station = await online(network, protocol)
    command = await network.order(record, **{**reserving(), "evse_number": None})
    assert command["state"] == "accepted"
    (told,) = station.told("ReserveNow")
    assert told["connectorId"] == 0 if station.is_16 else "evseId" not in told
    assert (await network.reservation())["evse_number"] is None
    await begin(station, "CARD", reservation=1)
    await eventually(lambda: state_is(network, "used"))


async def test_tc_051_cancel_reservation(network: Platform) -> None:
    await reserve_and_cancel(network, V16)


@TWO
async def test_tc_h_17_cancel_reservation_of_an_evse(network: Platform, protocol: str) -> None:
    await reserve_and_cancel(network, protocol)


async def reserve_and_cancel(network: Platform, protocol: str) -> None:
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


async def test_tc_053_use_a_reserved_connector_with_parent_id_tag(network: Platform) -> None:
    await reserve_and_charge_with_the_group(network, V16)


@TWO
async def test_tc_h_19_use_a_reserved_evse_with_group_id(network: Platform, protocol: str) -> None:
    await reserve_and_charge_with_the_group(network, protocol)


async def reserve_and_charge_with_the_group(network: Platform, protocol: str) -> None:
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


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_tc_h_07_a_reservation_of_an_evse_that_is_not_used_has_expired(network: Platform, protocol: str) -> None:
    await reserve_until_the_station_says(network, protocol, "Expired", 1)


@TWO
async def test_tc_h_08_a_reservation_anywhere_that_is_not_used_has_expired(network: Platform, protocol: str) -> None:
    await reserve_until_the_station_says(network, protocol, "Expired", None)


@TWO
async def test_tc_h_20_a_station_that_is_faulted_removes_the_reservation(network: Platform, protocol: str) -> None:
    await reserve_until_the_station_says(network, protocol, "Removed", 1)


async def reserve_until_the_station_says(network: Platform, protocol: str, said: str, evse_number: int | None) -> None:
    """A reservation that is accepted and that the station itself ends."""
    record, station = await online(network, protocol)
    await network.order(record, **reserving(evse_number=evse_number))
    assert (await network.reservation())["state"] == "accepted"
    if said == "Removed":
        fault = {"timestamp": just_now(), "connectorStatus": "Faulted", "evseId": 1, "connectorId": 1}
        await station.call("StatusNotification", fault)
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
    starts_at = clock.now() + timedelta(minutes=10)
    body = {"station_id": record["id"], "evse_number": 1, "id_token": "CARD", "expires_at": in_an_hour()}
    reservation = await network.post("/reservations", **body, starts_at=clock.to_rfc3339(starts_at))
    assert (reservation["state"], reservation["starts_at"]) == ("pending", clock.to_rfc3339(starts_at))
    with clock.frozen(starts_at - timedelta(seconds=1)):
        await asyncio.sleep(1.2)  # the job that sends them has come round
        assert await state_is(network, "pending")
    assert not station.told("ReserveNow")
    with clock.frozen(starts_at):
        await eventually(lambda: state_is(network, "accepted"))


async def away(network: Platform, protocol: str) -> dict[str, Any]:
    """A station that was here, and is offline."""
    record = await network.register()
    await (await network.connect(protocol)).hang_up()

    async def is_offline() -> bool:
        return not (await network.get(f"/charging-stations/{record['id']}"))["is_online"]

    await eventually(is_offline)
    return record


async def test_a_reservation_for_later_at_a_station_that_is_away_is_told_when_it_is_back(network: Platform) -> None:
    record = await away(network, V16)
    starts_at = clock.to_rfc3339(clock.now() + timedelta(seconds=5))
    body = {"station_id": record["id"], "evse_number": 1, "id_token": "CARD", "expires_at": in_an_hour()}
    assert (await network.post("/reservations", **body, starts_at=starts_at))["state"] == "pending"
    await asyncio.sleep(6.5)  # its time has come, and nobody was there
    assert (await network.reservation())["state"] == "pending"
    station = await network.connect(V16, boots=False)
    await eventually(lambda: state_is(network, "accepted"))
    assert len(station.told("ReserveNow")) == 1


async def test_a_reservation_for_now_at_a_station_that_is_away_ends_at_once(network: Platform) -> None:
    record = await away(network, V16)
    body = {"station_id": record["id"], "evse_number": 1, "id_token": "CARD", "expires_at": in_an_hour()}
    made = await network.post("/reservations", **body)
    assert made["state"] == "offline"
    station = await network.connect(V16, boots=False)
    await network.order(record, type="clear_cache")
    assert not station.told("ReserveNow")
    assert (await network.client.delete(f"/reservations/{made['id']}")).status_code == 409


@ALL
async def test_an_order_to_reserve_at_a_station_that_is_away_ends_at_once_and_is_not_said_later(
    network: Platform, protocol: str
) -> None:
    record = await away(network, protocol)
    assert (await network.order(record, **reserving()))["state"] == "offline"
    await eventually(lambda: state_is(network, "offline"))
    station = await network.connect(protocol, boots=False)
    await network.order(record, type="clear_cache")
    assert not station.told("ReserveNow")
    assert (await network.reservation())["state"] == "offline"


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
