"""The cases of OCPP 2.x about the station itself: A, B, C37-38, F, G, P."""

from __future__ import annotations

from typing import Any

from voltway.station.conformance.case import V2, Book, CaseFailed, expect
from voltway.station.conformance.play import Play
from voltway.station.conformance.say_2 import Transaction, authorize, status
from voltway.station.conformance.scripted import Payload, Refused, ScriptedStation

BOOK = Book(V2)
case = BOOK.case


# ---- A: security


@case("TC_A_01", "Basic authentication with the right password", "A00.FR.204", "B01.FR.02")
async def right_password(play: Play) -> None:
    await play.station()


def _not_let_in(**credentials: str) -> Any:
    async def refused(play: Play) -> None:
        station = await play.station(is_connected=False)
        try:
            await station.connect(**credentials)
        except Refused as refusal:
            if refusal.status != 401:
                raise CaseFailed(f"the server answers {refusal.status}, expected 401") from None
            return
        raise CaseFailed("the station is let in")

    return refused


case("TC_A_02", "Basic authentication with another user name", "A00.FR.204")(_not_let_in(user="SOMEBODY-ELSE"))
case("TC_A_03", "Basic authentication with a wrong password", "A00.FR.204")(
    _not_let_in(password="wrong-wrong-wrong-wrong")
)


# ---- B: provisioning


@case("TC_B_01", "Cold boot, accepted", "B01.FR.02")
async def cold_boot(play: Play) -> None:
    station = await play.station(is_booted=False)
    answer = await station.call("BootNotification", play.boot_payload(), status="Accepted")
    if answer["interval"] <= 0:
        raise CaseFailed(f"BootNotification: the interval is {answer['interval']} s")
    for evse_number in (1, 2):
        await status(play, station, "Available", evse_number)
    await station.call("Heartbeat")
    await play.shows_station(station, is_online=True, registration="accepted", protocol=play.protocol)


@case("TC_B_58", "Sub-protocol negotiation", protocols=("ocpp2.1",))
async def negotiation(play: Play) -> None:
    station = await play.station(is_connected=False)
    await station.connect(subprotocols="ocpp0.1, ocpp2.1")
    if station.subprotocol != "ocpp2.1":
        raise CaseFailed(f"the CSMS chose {station.subprotocol}, not ocpp2.1")
    await play.boot(station)


_VARIABLES = (("OCPPCommCtrlr", "OfflineThreshold"), ("AuthCtrlr", "AuthorizeRemoteStart"))


def _answer_variables(kind: str) -> Any:
    def answer(payload: Payload) -> Payload:
        results = []
        for asked in payload[f"{kind}VariableData"]:
            named = {"component": asked["component"], "variable": asked["variable"], "attributeStatus": "Accepted"}
            results.append(named | ({"attributeValue": "true"} if kind == "get" else {}))
        return {f"{kind}VariableResult": results}

    return answer


def _variables(kind: str, count: int) -> Any:
    async def play_variables(play: Play) -> None:
        station = await play.station()
        action = f"{kind.title()}Variables"
        station.answers[action] = _answer_variables(kind)
        named: list[dict[str, Any]] = [{"component": c, "variable": v} for c, v in _VARIABLES[:count]]
        if kind == "set":
            named = [one | {"value": "true"} for one in named]
        order = await play.order(station, f"{kind}_variables", variables=named)
        said: list[tuple[str, str]] = []
        while len(said) < count:
            payload = await station.expect_call(action)
            said += [(one["component"]["name"], one["variable"]["name"]) for one in payload[f"{kind}VariableData"]]
            if kind == "set":
                for one in payload["setVariableData"]:
                    expect(action, one, attributeValue="true")
        if said != list(_VARIABLES[:count]):
            raise CaseFailed(f"{action} names {said}, expected {_VARIABLES[:count]}")
        await order.ends(state="accepted")

    return play_variables


case("TC_B_06", "Get one variable", "B06.FR.01", "B06.FR.10")(_variables("get", 1))
case("TC_B_07", "Get several variables", "B06.FR.01")(_variables("get", 2))
case("TC_B_09", "Set one variable", "B05.FR.01", "B05.FR.10")(_variables("set", 1))
case("TC_B_10", "Set several variables", "B05.FR.01")(_variables("set", 2))


def _reset(word: str, answer: str, *, is_charging: bool, evse_number: int | None = None) -> Any:
    mode = {"OnIdle": "on_idle", "Immediate": "immediate"}[word]

    async def reset(play: Play) -> None:
        station = await play.station()
        transaction = Transaction(play, station)
        if is_charging:
            await transaction.charge(await play.driver.token("accepted"))
        station.answers["Reset"] = {"status": answer}
        where = {} if evse_number is None else {"evse_number": evse_number}
        order = await play.order(station, "reset", mode=mode, **where)
        payload = await station.expect_call("Reset", type=word)
        expect("Reset", payload, evseId=evse_number)
        await order.ends(state="accepted")
        if is_charging:
            reason, trigger = ("ImmediateReset", "ResetCommand") if word == "Immediate" else ("Local", "StopAuthorized")
            await transaction.finish(trigger, reason, "EVConnected")
        if evse_number is None:
            await station.disconnect()
            await station.connect()
            await play.boot(station, "RemoteReset" if word == "Immediate" else "ScheduledReset")
        await status(play, station, "Available")

    return reset


case("TC_B_20", "Reset on idle, nothing charges", "B11.FR.04")(_reset("OnIdle", "Accepted", is_charging=False))
case("TC_B_21", "Reset on idle while a car charges", "B12.FR.01", "B12.FR.03", "E07.FR.03")(
    _reset("OnIdle", "Scheduled", is_charging=True)
)
case("TC_B_22", "Reset at once while a car charges")(_reset("Immediate", "Accepted", is_charging=True))
case("TC_B_25", "Reset at once while a car charges, the transaction ends first")(
    _reset("Immediate", "Accepted", is_charging=True)
)
case("TC_B_26", "Reset an EVSE on idle while a car charges", "B12.FR.07")(
    _reset("OnIdle", "Scheduled", is_charging=True, evse_number=1)
)
case("TC_B_27", "Reset an EVSE at once while a car charges")(
    _reset("Immediate", "Accepted", is_charging=True, evse_number=1)
)


# ---- C: the cache


def _clear_cache(word: str, state: str) -> Any:
    async def clear(play: Play) -> None:
        station = await play.station()
        station.answers["ClearCache"] = {"status": word}
        order = await play.order(station, "clear_cache")
        await station.expect_call("ClearCache")
        await order.ends(state=state, wire_status=word)

    return clear


case("TC_C_37", "Clear the cache, accepted")(_clear_cache("Accepted", "accepted"))
case("TC_C_38", "Clear the cache, rejected")(_clear_cache("Rejected", "rejected"))


# ---- F: remote control


async def _ordered(play: Play, station: ScriptedStation, token: str) -> int:
    """The CSMS orders a start at EVSE 1; the number of the order."""
    station.answers["RequestStartTransaction"] = {"status": "Accepted"}
    order = await play.order(station, "start_transaction", id_token=token, evse_number=1)
    payload = await station.expect_call("RequestStartTransaction", evseId=1, idToken__idToken=token)
    await order.ends(state="accepted")
    return int(payload["remoteStartId"])


@case("TC_F_01", "Remote start, cable first")
async def cable_first(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    await status(play, station, "Occupied")
    transaction = Transaction(play, station)
    await transaction.say("Started", "CablePluggedIn", "EVConnected", wh=1000)
    number = await _ordered(play, station, token)
    await transaction.say("Updated", "RemoteStart", "Charging", token=token, remoteStartId=number)
    await transaction.shows(state="active")
    await transaction.finish()


def _start_first(is_authorized: bool) -> Any:
    async def start_first(play: Play) -> None:
        station, token = await play.station(), await play.driver.token("accepted")
        number = await _ordered(play, station, token)
        if is_authorized:
            await authorize(station, token)
        transaction = Transaction(play, station)
        accepted = {"idTokenInfo__status": "Accepted"}
        await transaction.say(
            "Started", "RemoteStart", "Idle", token=token, wh=1000, wanted=accepted, remoteStartId=number
        )
        await status(play, station, "Occupied")
        await transaction.say("Updated", "CablePluggedIn", "Charging")
        await transaction.finish()

    return start_first


case("TC_F_02", "Remote start first, authorised at the CSMS", "F02.FR.01", "F01.FR.01")(
    _start_first(is_authorized=True)
)
case("TC_F_03", "Remote start first, not asked again", "F02.FR.01", "F01.FR.02")(_start_first(is_authorized=False))


@case("TC_F_04", "Remote start, nobody plugs in", "E03.FR.04", "E03.FR.05")
async def nobody_plugs_in(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("accepted")
    number = await _ordered(play, station, token)
    transaction = Transaction(play, station)
    await transaction.say("Started", "RemoteStart", "Idle", token=token, wh=1000, remoteStartId=number)
    await transaction.say("Ended", "EVConnectTimeout", "Idle", wh=1000, stoppedReason="Timeout")
    await transaction.shows(state="ended", stop_reason="Timeout", energy_wh=0)


@case("TC_F_06", "Unlock, nothing charges")
async def unlock(play: Play) -> None:
    station = await play.station()
    order = await play.order(station, "unlock_connector", evse_number=1, connector_number=1)
    await station.expect_call("UnlockConnector", evseId=1, connectorId=1)
    await order.ends(state="accepted", wire_status="Unlocked")


def _trigger(message: str, evse_number: int | None, payload: Any) -> Any:
    async def trigger(play: Play) -> None:
        station = await play.station()
        transaction = Transaction(play, station)
        if message == "TransactionEvent":
            await transaction.charge(await play.driver.token("accepted"))
        station.answers["TriggerMessage"] = {"status": "Accepted"}
        where = {} if evse_number is None else {"evse_number": evse_number}
        order = await play.order(station, "trigger_message", message=message, **where)
        asked = await station.expect_call("TriggerMessage", requestedMessage=message)
        expect("TriggerMessage", asked, evse__id=evse_number)
        await order.ends(state="accepted")
        if message == "TransactionEvent":
            await transaction.say("Updated", "Trigger", "Charging", wh=2000)
            await transaction.shows(energy_wh=1000)
        else:
            await station.call(message, payload(play))

    return trigger


def _meter(play: Play) -> Payload:
    value = {"value": 1000.0, "context": "Trigger", "measurand": "Energy.Active.Import.Register"}
    return {"evseId": 1, "meterValue": [{"timestamp": play.now(), "sampledValue": [value]}]}


def _status_of(word: str) -> Any:
    return lambda play: {"timestamp": play.now(), "connectorStatus": word, "evseId": 1, "connectorId": 1}


_IDLE = {"status": "Idle"}
case("TC_F_11", "Trigger MeterValues of an EVSE", "F06.FR.01", "F06.FR.02")(_trigger("MeterValues", 1, _meter))
case("TC_F_12", "Trigger MeterValues of all", "F06.FR.01")(_trigger("MeterValues", None, _meter))
case("TC_F_13", "Trigger TransactionEvent of an EVSE", "F06.FR.01", "F06.FR.02")(_trigger("TransactionEvent", 1, None))
case("TC_F_14", "Trigger TransactionEvent of all", "F06.FR.01")(_trigger("TransactionEvent", None, None))
case("TC_F_15", "Trigger LogStatusNotification", "F06.FR.01")(
    _trigger("LogStatusNotification", None, lambda play: _IDLE)
)
case("TC_F_18", "Trigger FirmwareStatusNotification", "F06.FR.01")(
    _trigger("FirmwareStatusNotification", None, lambda play: _IDLE)
)
case("TC_F_20", "Trigger Heartbeat", "F06.FR.01")(_trigger("Heartbeat", None, lambda play: {}))


def _trigger_status(word: str) -> Any:
    async def trigger(play: Play) -> None:
        station = await play.station()
        station.answers["TriggerMessage"] = {"status": "Accepted"}
        order = await play.order(
            station, "trigger_message", message="StatusNotification", evse_number=1, connector_number=1
        )
        asked = await station.expect_call("TriggerMessage", requestedMessage="StatusNotification")
        expect("TriggerMessage", asked, evse__id=1, evse__connectorId=1)  # F06.FR.13
        await order.ends(state="accepted")
        await station.call("StatusNotification", _status_of(word)(play))
        await play.shows_connector(station, status=word)

    return trigger


case("TC_F_23", "Trigger StatusNotification, available", "F06.FR.13")(_trigger_status("Available"))
case("TC_F_24", "Trigger StatusNotification, occupied", "F06.FR.13")(_trigger_status("Occupied"))


@case("TC_F_27", "Trigger StatusNotification, the station does not do it")
async def trigger_not_done(play: Play) -> None:
    station = await play.station()
    order = await play.order(
        station, "trigger_message", message="StatusNotification", evse_number=1, connector_number=1
    )
    await station.expect_call("TriggerMessage", requestedMessage="StatusNotification")
    await order.ends(state="rejected", wire_status="NotImplemented")


# ---- G: availability


def _availability(*, is_operative: bool, place: dict[str, int], is_charging: bool = False) -> Any:
    word = "Operative" if is_operative else "Inoperative"

    async def change(play: Play) -> None:
        station = await play.station()
        transaction = Transaction(play, station)
        if is_charging:
            await transaction.charge(await play.driver.token("accepted"))
        station.answers["ChangeAvailability"] = {"status": "Scheduled" if is_charging else "Accepted"}
        order = await play.order(station, "change_availability", operative=is_operative, **place)
        asked = await station.expect_call("ChangeAvailability", operationalStatus=word)
        expect(
            "ChangeAvailability",
            asked,
            evse__id=place.get("evse_number"),
            evse__connectorId=place.get("connector_number"),
        )
        await order.ends(state="accepted")
        if is_charging:
            await transaction.finish()
        shown = "Available" if is_operative else "Unavailable"
        await status(play, station, shown)
        await play.shows_connector(station, status=shown)

    return change


_EVSE: dict[str, int] = {"evse_number": 1}
_CONNECTOR = {"evse_number": 1, "connector_number": 1}
case("TC_G_03", "An EVSE out of service")(_availability(is_operative=False, place=_EVSE))
case("TC_G_04", "An EVSE back in service")(_availability(is_operative=True, place=_EVSE))
case("TC_G_05", "The station out of service")(_availability(is_operative=False, place={}))
case("TC_G_06", "The station back in service")(_availability(is_operative=True, place={}))
case("TC_G_07", "A connector out of service")(_availability(is_operative=False, place=_CONNECTOR))
case("TC_G_08", "A connector back in service")(_availability(is_operative=True, place=_CONNECTOR))
case("TC_G_11", "An EVSE out of service while a car charges")(
    _availability(is_operative=False, place=_EVSE, is_charging=True)
)
case("TC_G_14", "The station out of service while a car charges")(
    _availability(is_operative=False, place={}, is_charging=True)
)
case("TC_G_17", "A connector out of service while a car charges")(
    _availability(is_operative=False, place=_CONNECTOR, is_charging=True)
)


@case("TC_G_01", "Status notification", protocols=("ocpp2.1",))
async def status_notification(play: Play) -> None:
    station = await play.station()
    for word in ("Available", "Occupied", "Reserved", "Unavailable", "Faulted"):
        await status(play, station, word)
        await play.shows_connector(station, status=word)


# ---- P: data transfer


@case("TC_P_02", "Data transfer that the CSMS does not know", "P02.FR.06", "P02.FR.07")
async def data_transfer(play: Play) -> None:
    station = await play.station()
    unknown = {"vendorId": "com.example.nobody", "messageId": "nothing", "data": {"a": 1}}
    await station.call("DataTransfer", unknown, status=("Rejected", "UnknownVendorId", "UnknownMessageId"))


@case("TC_P_03", "Custom data does not disturb")
async def custom_data(play: Play) -> None:
    station = await play.station()
    vendor = {"customData": {"vendorId": "com.example.nobody", "anything": {"goes": [1, 2]}}}
    await station.call("Heartbeat", vendor)
    await station.call("StatusNotification", _status_of("Available")(play) | vendor)
