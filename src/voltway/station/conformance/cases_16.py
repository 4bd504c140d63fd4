"""The cases of OCPP 1.6 that we have scripted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from voltway.station.conformance.case import V16, Book, CaseFailed, expect
from voltway.station.conformance.play import Play
from voltway.station.conformance.scripted import Refused, ScriptedStation

BOOK = Book(V16)
case = BOOK.case
UNKNOWN_TRANSACTION = 987_654_321


async def status(play: Play, station: ScriptedStation, word: str, connector: int = 1, code: str = "NoError") -> None:
    await station.call(
        "StatusNotification",
        {"connectorId": connector, "errorCode": code, "status": word, "timestamp": play.now()},
    )


async def authorize(station: ScriptedStation, token: str, verdict: str) -> None:
    await station.call("Authorize", {"idTag": token}, idTagInfo__status=verdict)


async def start(
    play: Play, station: ScriptedStation, token: str, verdict: Any = "Accepted", ago: timedelta = timedelta()
) -> int:
    request = {"connectorId": 1, "idTag": token, "meterStart": 1000, "timestamp": play.now(-ago)}
    answer = await station.call("StartTransaction", request, idTagInfo__status=verdict)
    return int(answer["transactionId"])


async def stop(
    play: Play,
    station: ScriptedStation,
    number: int,
    reason: str = "Local",
    token: str | None = None,
    ago: timedelta = timedelta(),
) -> None:
    request = {"transactionId": number, "meterStop": 4500, "timestamp": play.now(-ago), "reason": reason}
    await station.call("StopTransaction", request | ({"idTag": token} if token else {}))


async def charge(play: Play, station: ScriptedStation, token: str) -> int:
    """A car charges at connector 1."""
    number = await start(play, station, token)
    await status(play, station, "Charging")
    return number


async def finish(play: Play, station: ScriptedStation, number: int, reason: str = "Local") -> None:
    """It stops, the car leaves, and the CSMS has the whole session."""
    await stop(play, station, number, reason)
    await status(play, station, "Finishing")
    await status(play, station, "Available")
    await play.shows_session(
        station, number, state="ended", stop_reason=reason, energy_wh=3500, meter_start_wh=1000, meter_stop_wh=4500
    )


# ---- boot


@case("TC_001", "Cold boot")
async def cold_boot(play: Play) -> None:
    station = await play.station(is_booted=False)
    answer = await station.call("BootNotification", play.boot_payload(), status="Accepted")
    if answer["interval"] <= 0:
        raise CaseFailed(f"BootNotification: the interval is {answer['interval']} s")
    for connector in (0, 1, 2):
        await status(play, station, "Available", connector)
    await station.call("Heartbeat")
    await play.shows_station(station, is_online=True, registration="accepted", vendor="Voltway")
    await play.shows_connector(station, status="Available", wire_status="Available")


@case("TC_032_1", "Power failure, the station stops its transactions after the boot")
async def power_failure(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    number = await charge(play, station, token)
    await station.disconnect()
    await station.connect()
    await play.boot(station)
    await stop(play, station, number, "PowerLoss")
    await status(play, station, "Available")
    await play.shows_session(station, number, state="ended", stop_reason="PowerLoss", energy_wh=3500)


# ---- charging


@case("TC_003", "Charging, plug first")
async def plug_first(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    await status(play, station, "Preparing")
    await play.shows_connector(station, status="Occupied", wire_status="Preparing")
    await authorize(station, token, "Accepted")
    number = await charge(play, station, token)
    await play.shows_session(station, number, state="active", evse_number=1)
    await play.shows_connector(station, status="Occupied", wire_status="Charging")
    await finish(play, station, number)


@case("TC_004_1", "Charging, identification first")
async def identification_first(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    await authorize(station, token, "Accepted")
    await status(play, station, "Preparing")
    await finish(play, station, await charge(play, station, token))


@case("TC_004_2", "Identification first, nobody plugs in")
async def nobody_plugs_in(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    await authorize(station, token, "Accepted")
    await status(play, station, "Preparing")
    await status(play, station, "Available")
    await play.shows_connector(station, status="Available")


@case("TC_005_1", "The cable is pulled on the car's side")
async def pulled_at_the_car(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    number = await charge(play, station, token)
    await status(play, station, "SuspendedEV")
    await play.shows_session(station, number, charging_state="SuspendedEV")
    await play.shows_connector(station, status="Occupied", evse_charging_state="SuspendedEV")
    await finish(play, station, number, "EVDisconnected")


@case("TC_007", "Charging with a token from the cache")
async def cached_token(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    await status(play, station, "Preparing")
    await finish(play, station, await charge(play, station, token))


def _refused_start(word: str) -> Any:
    async def refused(play: Play) -> None:
        station, token = await play.station(), await play.driver.token(word)
        await status(play, station, "Preparing")
        await authorize(station, token, {"unknown": "Invalid"}.get(word, word.title()))
        await status(play, station, "Available")

    return refused


case("TC_023_1", "Start with a token that nobody knows")(_refused_start("unknown"))
case("TC_023_2", "Start with a token that has expired")(_refused_start("expired"))
case("TC_023_3", "Start with a token that is blocked")(_refused_start("blocked"))


@case("TC_024", "The connector does not lock")
async def lock_failure(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    await status(play, station, "Preparing")
    await authorize(station, token, "Accepted")
    await status(play, station, "Faulted", code="ConnectorLockFailure")
    await play.shows_connector(station, status="Faulted", error_code="ConnectorLockFailure")


# ---- charging on order


@case("TC_010", "Remote start, cable first")
async def remote_start_cable_first(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    await status(play, station, "Preparing")
    station.answers["RemoteStartTransaction"] = {"status": "Accepted"}
    order = await play.order(station, "start_transaction", id_token=token, evse_number=1)
    await station.expect_call("RemoteStartTransaction", idTag=token, connectorId=1)
    await order.ends(state="accepted", wire_status="Accepted")
    await authorize(station, token, "Accepted")
    await finish(play, station, await charge(play, station, token), "Local")


@case("TC_011_1", "Remote start, then the cable")
async def remote_start_first(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    station.answers["RemoteStartTransaction"] = {"status": "Accepted"}
    order = await play.order(station, "start_transaction", id_token=token, evse_number=1)
    await station.expect_call("RemoteStartTransaction", idTag=token)
    await order.ends(state="accepted")
    await status(play, station, "Preparing")
    await finish(play, station, await charge(play, station, token))


@case("TC_011_2", "Remote start, nobody plugs in")
async def remote_start_times_out(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    station.answers["RemoteStartTransaction"] = {"status": "Accepted"}
    order = await play.order(station, "start_transaction", id_token=token, evse_number=1)
    await station.expect_call("RemoteStartTransaction", idTag=token)
    await order.ends(state="accepted")
    await status(play, station, "Preparing")
    await status(play, station, "Available")
    await play.shows_connector(station, status="Available")


@case("TC_012", "Remote stop")
async def remote_stop(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    number = await charge(play, station, token)
    station.answers["RemoteStopTransaction"] = {"status": "Accepted"}
    order = await play.order(station, "stop_transaction", transaction_id=number)
    await station.expect_call("RemoteStopTransaction", transactionId=number)
    await order.ends(state="accepted")
    await finish(play, station, number, "Remote")


@case("TC_026", "Remote start, the station rejects it")
async def remote_start_rejected(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    order = await play.order(station, "start_transaction", id_token=token, evse_number=1)
    await station.expect_call("RemoteStartTransaction", idTag=token)
    await order.ends(state="rejected", wire_status="Rejected")


@case("TC_028", "Remote stop, the station rejects it")
async def remote_stop_rejected(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    number = await charge(play, station, token)
    order = await play.order(station, "stop_transaction", transaction_id=number)
    await station.expect_call("RemoteStopTransaction", transactionId=number)
    await order.ends(state="rejected", wire_status="Rejected")
    await play.shows_session(station, number, state="active")
    await finish(play, station, number)


# ---- offline


@case("TC_037_1", "Started offline with a valid token")
async def offline_start(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    await station.disconnect()
    await station.connect()
    number = await start(play, station, token, ago=timedelta(minutes=5))
    await status(play, station, "Charging")
    await play.shows_session(station, number, state="active")
    await finish(play, station, number)


@case("TC_037_3", "Started offline with an invalid token, the station stops")
async def offline_start_invalid(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("unknown")
    await station.disconnect()
    await station.connect()
    number = await start(play, station, token, "Invalid", ago=timedelta(minutes=5))
    await stop(play, station, number, "DeAuthorized")
    await play.shows_session(station, number, state="ended", stop_reason="DeAuthorized")


@case("TC_039", "A whole transaction offline")
async def offline_transaction(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    await station.disconnect()
    await station.connect()
    number = await start(play, station, token, ago=timedelta(minutes=30))
    await stop(play, station, number, "Local", token, ago=timedelta(minutes=10))
    await play.shows_session(station, number, state="ended", energy_wh=3500)


# ---- orders


def _reset(mode: str, word: str) -> Any:
    async def reset(play: Play) -> None:
        station = await play.station()
        order = await play.order(station, "reset", mode=mode)
        await station.expect_call("Reset", type=word)
        await order.ends(state="accepted")
        await station.disconnect()
        await station.connect()
        await play.boot(station)
        await status(play, station, "Available")

    return reset


case("TC_013", "Hard reset")(_reset("immediate", "Hard"))
case("TC_014", "Soft reset")(_reset("on_idle", "Soft"))


def _unlock(word: str, state: str, is_charging: bool = False) -> Any:
    async def unlock(play: Play) -> None:
        station = await play.station()
        number = await charge(play, station, await play.driver.token("accepted")) if is_charging else 0
        station.answers["UnlockConnector"] = {"status": word}
        order = await play.order(station, "unlock_connector", evse_number=1, connector_number=1)
        await station.expect_call("UnlockConnector", connectorId=1)
        await order.ends(state=state, wire_status=word)
        if is_charging:
            await finish(play, station, number, "UnlockCommand")

    return unlock


case("TC_017_1", "Unlock, no session, loose cable")(_unlock("Unlocked", "accepted"))
case("TC_017_2", "Unlock, no session, fixed cable")(_unlock("NotSupported", "rejected"))
case("TC_018_1", "Unlock while a session runs")(_unlock("Unlocked", "accepted", is_charging=True))
case("TC_030", "Unlock fails")(_unlock("UnlockFailed", "rejected"))


@case("TC_019_1", "All configuration keys")
async def all_keys(play: Play) -> None:
    station = await play.station()
    order = await play.order(station, "get_variables", variables=[])
    await station.expect_call("GetConfiguration", lambda payload: not payload.get("key"))
    await order.ends(state="accepted")


@case("TC_019_2", "One configuration key")
async def one_key(play: Play) -> None:
    station = await play.station()
    order = await play.order(station, "get_variables", variables=[{"key": "HeartbeatInterval"}])
    await station.expect_call("GetConfiguration", lambda payload: payload.get("key") == ["HeartbeatInterval"])
    await order.ends(state="accepted")


def _configure(word: str, state: str) -> Any:
    async def configure(play: Play) -> None:
        station = await play.station()
        station.answers["ChangeConfiguration"] = {"status": word}
        order = await play.order(
            station, "set_variables", variables=[{"key": "MeterValueSampleInterval", "value": "60"}]
        )
        await station.expect_call("ChangeConfiguration", key="MeterValueSampleInterval", value="60")
        await order.ends(state=state)

    return configure


case("TC_021", "Change the configuration")(_configure("Accepted", "accepted"))
case("TC_040_1", "A configuration key that the station does not have")(_configure("NotSupported", "rejected"))
case("TC_040_2", "A configuration value that the station refuses")(_configure("Rejected", "rejected"))


@case("TC_054", "Trigger messages")
async def trigger(play: Play) -> None:
    station = await play.station()
    station.answers["TriggerMessage"] = {"status": "Accepted"}
    said: dict[str, dict[str, Any]] = {
        "Heartbeat": {},
        "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
        "DiagnosticsStatusNotification": {"status": "Idle"},
        "FirmwareStatusNotification": {"status": "Idle"},
        "MeterValues": {
            "connectorId": 1,
            "meterValue": [{"timestamp": play.now(), "sampledValue": [{"value": "1000"}]}],
        },
        "BootNotification": play.boot_payload(),
    }
    for message, payload in said.items():
        order = await play.order(station, "trigger_message", message=message)
        await station.expect_call("TriggerMessage", requestedMessage=message)
        await order.ends(state="accepted")
        await station.call(message, payload)


@case("TC_055", "Trigger a message, the station rejects it")
async def trigger_rejected(play: Play) -> None:
    station = await play.station()
    station.answers["TriggerMessage"] = {"status": "Rejected"}
    order = await play.order(station, "trigger_message", message="MeterValues", evse_number=1)
    await station.expect_call("TriggerMessage", requestedMessage="MeterValues", connectorId=1)
    await order.ends(state="rejected", wire_status="Rejected")


@case("TC_061", "Clear the cache")
async def clear_cache(play: Play) -> None:
    station = await play.station()
    order = await play.order(station, "clear_cache")
    await station.expect_call("ClearCache")
    await order.ends(state="accepted")


@case("TC_064", "Data transfer to the CSMS")
async def data_transfer(play: Play) -> None:
    station = await play.station()
    answer = await station.call("DataTransfer", {"vendorId": "com.example.nobody", "messageId": "x", "data": "y"})
    expect("answer to DataTransfer", answer, status=("UnknownVendorId", "UnknownMessageId", "Rejected", "Accepted"))


# ---- security


@case("TC_085", "Basic authentication with the right password")
async def right_password(play: Play) -> None:
    station = await play.station()
    await station.call("Heartbeat")


@case("TC_088", "Sub-protocol negotiation")
async def negotiation(play: Play) -> None:
    station = await play.station(is_connected=False)
    try:
        await station.connect(subprotocols="ocpp0.1, ocpp1.6")
    except Refused as refusal:
        raise CaseFailed(f"a station that offers ocpp1.6 too is not let in: {refusal}") from None
    if station.subprotocol != "ocpp1.6":
        raise CaseFailed(f"the CSMS chose {station.subprotocol}, not ocpp1.6")
    await play.boot(station)
