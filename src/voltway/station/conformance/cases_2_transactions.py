"""The cases of OCPP 2.x about charging: C (authorisation), E (transactions), J (meter values)."""

from __future__ import annotations

from typing import Any

from voltway.station.conformance.case import V2, Book, CaseFailed
from voltway.station.conformance.play import Play
from voltway.station.conformance.say_2 import Transaction, authorize, status
from voltway.station.conformance.scripted import ScriptedStation

BOOK = Book(V2)
case = BOOK.case
ACCEPTED = {"idTokenInfo__status": "Accepted"}


async def begin(play: Play) -> tuple[ScriptedStation, str, Transaction]:
    """A station, a token that may charge, a transaction that has not begun."""
    station, token = await play.station(), await play.driver.token("accepted")
    return station, token, Transaction(play, station)


# ---- C: authorisation


def _refused(word: str, *verdicts: str) -> Any:
    async def refused(play: Play) -> None:
        station, token = await play.station(), await play.driver.token(word)
        await status(play, station, "Occupied")
        await authorize(station, token, *verdicts)

    return refused


case("TC_C_02", "A token that nobody knows", "C01.FR.07", "C04.FR.01", "C06.FR.04")(
    _refused("unknown", "Invalid", "Unknown")
)
case("TC_C_06", "A token that is blocked", "C01.FR.07")(_refused("blocked", "Blocked"))
case("TC_C_07", "A token that has expired", "C01.FR.07")(_refused("expired", "Expired"))


@case("TC_C_08", "A token that the cache accepts")
async def cached(play: Play) -> None:
    station, token, transaction = await begin(play)
    await authorize(station, token, "Accepted")
    await status(play, station, "Occupied")
    await transaction.charge(token)
    await transaction.finish()


@case("TC_C_20", "A token that the cache refuses")
async def cached_invalid(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("unknown")
    await status(play, station, "Occupied")
    transaction = Transaction(play, station)
    await transaction.say("Started", "CablePluggedIn", "EVConnected", wh=1000)
    await transaction.say(
        "Updated", "Authorized", "EVConnected", token=token, wanted={"idTokenInfo__status": ("Invalid", "Unknown")}
    )
    await transaction.say("Ended", "EVDeparted", "Idle", wh=1000, stoppedReason="EVDisconnected")
    await transaction.shows(state="ended", energy_wh=0)


@case("TC_C_39", "Another token of the same group stops")
async def group(play: Play) -> None:
    station = await play.station()
    name = f"GROUP{station.identity[-4:]}"
    tokens = [await play.driver.token("accepted", name), await play.driver.token("accepted", name)]
    groups = [(await authorize(station, token, "Accepted"))["idTokenInfo"].get("groupIdToken") for token in tokens]
    if groups[0] is None or groups[0] != groups[1]:
        raise CaseFailed(f"Authorize: the tokens of one group have the groups {groups}")
    transaction = Transaction(play, station)
    await transaction.charge(tokens[0])
    await transaction.say("Updated", "StopAuthorized", "EVConnected", token=tokens[1], wanted=ACCEPTED)
    await transaction.finish("EVDeparted", "Local")


# ---- E: how transactions start


def _started(trigger: str, state: str) -> Any:
    async def started(play: Play) -> None:
        station, token, transaction = await begin(play)
        await status(play, station, "Occupied")
        await authorize(station, token)
        await transaction.say("Started", trigger, state, token=token, wh=1000, wanted=ACCEPTED)
        await transaction.say("Updated", "ChargingStateChanged", "Charging")
        await transaction.shows(state="active", evse_number=1, charging_state="Charging")
        await transaction.finish()

    return started


case("TC_E_01", "Start at the closed power path", "E01.FR.05")(_started("ChargingStateChanged", "Charging"))
case("TC_E_02", "Start at the closed power path, authorised before")(_started("Authorized", "Charging"))
case("TC_E_09", "Start at the plug", "E01.FR.02")(_started("CablePluggedIn", "EVConnected"))
case("TC_E_10", "Start at the token", "E01.FR.03")(_started("Authorized", "Idle"))


def _started_signed(trigger: str, state: str) -> Any:
    async def started(play: Play) -> None:
        _, token, transaction = await begin(play)
        await transaction.say("Started", trigger, state, token=token, wh=1000, wanted=ACCEPTED, signed=True)
        await transaction.shows(state="active", meter_start_wh=1000)
        await transaction.finish()

    return started


case("TC_E_11", "Start at the signed value", "E01.FR.04")(_started_signed("SignedDataReceived", "EVConnected"))
case("TC_E_12", "Start at the signed value, energy flows")(_started_signed("SignedDataReceived", "Charging"))


@case("TC_E_03", "Plug first", "E02.FR.02")
async def plug_first(play: Play) -> None:
    station, token, transaction = await begin(play)
    await status(play, station, "Occupied")
    await transaction.say("Started", "CablePluggedIn", "EVConnected", wh=1000)
    await authorize(station, token)
    await transaction.say("Updated", "Authorized", "EVConnected", token=token, wanted=ACCEPTED)
    await transaction.say("Updated", "ChargingStateChanged", "Charging")
    await transaction.shows(state="active", id_token=(token, token.lower(), token.upper()))
    await transaction.finish()


@case("TC_E_04", "Token first", "E03.FR.02")
async def token_first(play: Play) -> None:
    station, token, transaction = await begin(play)
    await authorize(station, token)
    transaction.evse_number = None
    await transaction.say("Started", "Authorized", "Idle", token=token, wanted=ACCEPTED)
    transaction.evse_number = 1
    await status(play, station, "Occupied")
    await transaction.say("Updated", "CablePluggedIn", "EVConnected", wh=1000, context="Transaction.Begin")
    await transaction.say("Updated", "ChargingStateChanged", "Charging")
    await transaction.shows(state="active", evse_number=1)
    await transaction.finish()


@case("TC_E_38", "The car is not ready")
async def car_not_ready(play: Play) -> None:
    _, token, transaction = await begin(play)
    await transaction.charge(token)
    await transaction.say("Updated", "ChargingStateChanged", "SuspendedEV")
    await transaction.shows(state="active", charging_state="SuspendedEV")
    await transaction.say("Updated", "ChargingStateChanged", "Charging")
    await transaction.shows(charging_state="Charging")
    await transaction.finish()


@case("TC_E_53", "The sequence number begins anew with each transaction", "E01.FR.07")
async def numbers_begin_anew(play: Play) -> None:
    station, token, first = await begin(play)
    await first.charge(token)
    await first.finish()
    second = Transaction(play, station)
    await second.charge(token)
    await second.finish()


# ---- E: how transactions end


def _ended(trigger: str, reason: str, state: str, before: str | None = None) -> Any:
    async def ended(play: Play) -> None:
        station, token, transaction = await begin(play)
        await status(play, station, "Occupied")
        await transaction.charge(token)
        if before is not None:
            await transaction.say("Updated", "ChargingStateChanged", before)
            await transaction.shows(charging_state=before)
        await transaction.finish(trigger, reason, state)
        await status(play, station, "Available")
        await play.shows_connector(station, status="Available")

    return ended


case("TC_E_14", "End at the plug, pulled at the station", "E06.FR.02")(
    _ended("EVCommunicationLost", "EVDisconnected", "Idle", "EVConnected")
)
case("TC_E_20", "End at the plug, pulled at the car", "E06.FR.02")(
    _ended("EVCommunicationLost", "EVDisconnected", "Idle", "SuspendedEV")
)
case("TC_E_07", "End at the open power path, stopped at the station", "E06.FR.06")(
    _ended("StopAuthorized", "Local", "EVConnected")
)
case("TC_E_08", "End when energy stops, stopped by token", "E06.FR.07")(
    _ended("ChargingStateChanged", "Local", "EVConnected")
)
case("TC_E_22", "End when energy stops, suspended by the car", "E06.FR.07")(
    _ended("ChargingStateChanged", "StoppedByEV", "SuspendedEV")
)
case("TC_E_19", "End when the bay is free", "E06.FR.01")(_ended("EVDeparted", "EVDisconnected", "Idle", "EVConnected"))
case("TC_E_17", "End without authorisation, pulled at the car", "E06.FR.04")(
    _ended("EVCommunicationLost", "EVDisconnected", "Idle", "EVConnected")
)


@case("TC_E_15", "End by token at the station", "E06.FR.03")
async def stopped_by_token(play: Play) -> None:
    _, token, transaction = await begin(play)
    await transaction.charge(token)
    await transaction.say(
        "Ended", "StopAuthorized", "EVConnected", token=token, wh=4500, wanted=ACCEPTED, stoppedReason="Local"
    )
    await transaction.shows(state="ended", stop_reason="Local", energy_wh=3500)


@case("TC_E_16", "End without authorisation, the token is invalid", "E06.FR.04", "E01.FR.11", "E01.FR.12")
async def deauthorized(play: Play) -> None:
    station, token = await play.station(), await play.driver.token("unknown")
    transaction = Transaction(play, station)
    refused = {"idTokenInfo__status": ("Invalid", "Unknown")}
    await transaction.say("Started", "Authorized", "Charging", token=token, wh=1000, wanted=refused)
    await transaction.say("Updated", "Deauthorized", "SuspendedEVSE")
    await transaction.finish("Deauthorized", "DeAuthorized", "EVConnected")


@case("TC_E_39", "End without authorisation, nobody plugged in", "E03.FR.04", "E03.FR.05", "E06.FR.04")
async def nobody_plugged_in(play: Play) -> None:
    _, token, transaction = await begin(play)
    await transaction.say("Started", "Authorized", "Idle", token=token, wh=1000, wanted=ACCEPTED)
    await transaction.say("Ended", "EVConnectTimeout", "Idle", wh=1000, stoppedReason="Timeout")
    await transaction.shows(state="ended", stop_reason="Timeout", energy_wh=0)


@case("TC_E_21", "End on order", "E06.FR.03", "F03.FR.01", "F03.FR.09", "F03.FR.10")
async def stopped_on_order(play: Play) -> None:
    station, token, transaction = await begin(play)
    await transaction.charge(token)
    await transaction.shows(state="active")
    station.answers["RequestStopTransaction"] = {"status": "Accepted"}
    order = await play.order(station, "stop_transaction", transaction_id=transaction.transaction_id)
    await station.expect_call("RequestStopTransaction", transactionId=transaction.transaction_id)
    await order.ends(state="accepted")
    await transaction.say("Updated", "RemoteStop", "EVConnected")
    await transaction.finish("EVCommunicationLost", "Remote")


@case("TC_E_26", "The plug is pulled at the car, the transaction goes on", "E10.FR.01")
async def suspended_without_plug(play: Play) -> None:
    _, token, transaction = await begin(play)
    await transaction.charge(token)
    await transaction.say("Updated", "EVCommunicationLost", "Idle")
    await transaction.shows(state="active", charging_state="Idle")
    await transaction.say("Updated", "CablePluggedIn", "EVConnected")
    await transaction.say("Updated", "ChargingStateChanged", "Charging")
    await transaction.shows(charging_state="Charging")
    await transaction.finish()


# ---- J: meter values


async def _metered(play: Play, context: str) -> ScriptedStation:
    station = await play.station()
    value = {"value": 1000.0, "context": context, "measurand": "Energy.Active.Import.Register"}
    request = {"evseId": 1, "meterValue": [{"timestamp": play.now(), "sampledValue": [value]}]}
    await station.call("MeterValues", request)
    return station


@case("TC_J_01", "Clock-aligned values without a transaction", "J01.FR.18")
async def aligned(play: Play) -> None:
    station = await _metered(play, "Sample.Clock")
    await play.shows_meter_value(station, evse_number=1, energy_wh=1000, context="Sample.Clock")


def _aligned_in_transaction(is_beside: bool) -> Any:
    async def metered(play: Play) -> None:
        station, token, transaction = await begin(play)
        await transaction.charge(token)
        if is_beside:
            value = {"value": 2000.0, "context": "Sample.Clock", "measurand": "Energy.Active.Import.Register"}
            request = {"evseId": 1, "meterValue": [{"timestamp": play.now(), "sampledValue": [value]}]}
            await station.call("MeterValues", request)
        else:
            await transaction.say("Updated", "MeterValueClock", "Charging", wh=2000, context="Sample.Clock")
            await transaction.shows(energy_wh=1000)
        await transaction.finish()

    return metered


case("TC_J_02", "Clock-aligned values in a transaction", "J01.FR.18")(_aligned_in_transaction(is_beside=False))
case("TC_J_03", "Clock-aligned values beside a transaction")(_aligned_in_transaction(is_beside=True))


def _sampled(*, signed: bool, trigger: str = "MeterValuePeriodic", context: str = "Sample.Periodic") -> Any:
    async def sampled(play: Play) -> None:
        _, token, transaction = await begin(play)
        await transaction.charge(token)
        for wh in (1500, 2500):
            await transaction.say("Updated", trigger, "Charging", wh=wh, context=context, signed=signed)
        await transaction.shows(energy_wh=1500)
        await transaction.finish()

    return sampled


case("TC_J_04", "Clock-aligned values, signed", "J01.FR.21")(
    _sampled(signed=True, trigger="MeterValueClock", context="Sample.Clock")
)
case("TC_J_09", "Sampled values in updates", "J02.FR.19")(_sampled(signed=False))
case("TC_J_11", "Sampled values, signed", "J02.FR.21")(_sampled(signed=True))


@case("TC_J_07", "Sampled values at the start, the EVSE is known", "J02.FR.19")
async def sampled_at_start(play: Play) -> None:
    _, token, transaction = await begin(play)
    await transaction.charge(token)
    await transaction.shows(meter_start_wh=1000, evse_number=1)
    await transaction.finish()


@case("TC_J_08", "Values of the beginning, the EVSE is known later", "J02.FR.19")
async def sampled_at_start_later(play: Play) -> None:
    _, token, transaction = await begin(play)
    transaction.evse_number = None
    await transaction.say("Started", "Authorized", "Idle", token=token, wanted=ACCEPTED)
    transaction.evse_number = 1
    await transaction.say("Updated", "CablePluggedIn", "EVConnected", wh=1000, context="Transaction.Begin")
    await transaction.shows(meter_start_wh=1000, evse_number=1)
    await transaction.finish()


@case("TC_J_10", "Sampled values at the end", "J02.FR.19")
async def sampled_at_end(play: Play) -> None:
    _, token, transaction = await begin(play)
    await transaction.charge(token)
    await transaction.finish()
    await transaction.shows(meter_stop_wh=4500)
