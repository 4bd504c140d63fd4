"""What a station answers to the CSMS's orders, and what it does about them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from voltway.station.ocpp.limits import watts_per_ampere
from voltway.station.ocpp.vocabulary import EvseState, IdToken
from voltway.station.simulator.car import CAR_MODELS
from voltway.station.simulator.control import SimulatedStation as Station
from voltway.station.simulator.evse import PluggedCar

from .fake_csms import SILENCE, FakeCsms, Launch, until  # noqa: TID252  (tests are not installed)

PROTOCOLS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
each_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
each_2x = pytest.mark.parametrize("protocol", PROTOCOLS[1:])


async def online(launch: Launch, protocol: str, *, is_charging: bool = False, speed: float = 50.0) -> Station:
    """A station that has booted, and charges a car if that is wanted."""
    running = await launch(protocol, speed=speed)
    station = running.fleet.stations[0]
    await until(lambda: station.is_online and station.caller.is_idle, "the boot is accepted")
    if is_charging:
        station.evses[0].plug(PluggedCar(CAR_MODELS["saloon"], 20.0))
        station.evses[0].present(IdToken("TOKEN-1"))
        await until(lambda: station.evses[0].state is EvseState.CHARGING and station.caller.is_idle, "it charges")
    return station


def variable(component: str, name: str, instance: str | None = None, **more: object) -> dict[str, object]:
    named = {"name": name} | ({"instance": instance} if instance else {})
    return {"component": {"name": component}, "variable": named, **more}


async def test_configuration_is_read_by_key_or_as_a_whole(csms: FakeCsms, launch: Launch) -> None:
    await online(launch, "ocpp1.6")
    whole = await csms.ask("GetConfiguration", {})
    keys = {one["key"]: one for one in whole["configurationKey"]}
    assert keys["MeterValueSampleInterval"] == {"key": "MeterValueSampleInterval", "readonly": False, "value": "10"}
    assert keys["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "1"}
    assert "value" not in keys["AuthorizationKey"]
    some = await csms.ask("GetConfiguration", {"key": ["heartbeatinterval", "Nonsense"]})
    assert [one["key"] for one in some["configurationKey"]] == ["HeartbeatInterval"]
    assert some["unknownKey"] == ["Nonsense"]


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("MeterValueSampleInterval", "2", "Accepted"),
        ("MeterValueSampleInterval", "-2", "Rejected"),
        ("NumberOfConnectors", "2", "Rejected"),
        ("StopTransactionOnInvalidId", "TRUE", "Accepted"),
        ("StopTransactionOnInvalidId", "maybe", "Rejected"),
        ("MeterValuesSampledData", "Power.Active.Import", "Accepted"),
        ("MeterValuesSampledData", "Moonlight", "Rejected"),
        ("Nonsense", "1", "NotSupported"),
    ],
)
async def test_a_configuration_key_is_changed_only_if_it_makes_sense(
    key: str, value: str, status: str, csms: FakeCsms, launch: Launch
) -> None:
    await online(launch, "ocpp1.6")
    before = await csms.ask("GetConfiguration", {"key": [key]})
    assert (await csms.ask("ChangeConfiguration", {"key": key, "value": value}))["status"] == status
    after = await csms.ask("GetConfiguration", {"key": [key]})
    assert (after != before) is (status == "Accepted" and key != "StopTransactionOnInvalidId")


@each_2x
async def test_variables_are_read_and_set(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    await online(launch, protocol)
    interval = variable("sampleddatactrlr", "TxUpdatedInterval")
    asked = [
        interval,
        variable("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
        variable("SecurityCtrlr", "BasicAuthPassword"),
        variable("Nonsense", "TxUpdatedInterval"),
        variable("TxCtrlr", "Nonsense"),
        variable("TxCtrlr", "EVConnectionTimeOut", attributeType="Target"),
        {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}},
    ]
    results = (await csms.ask("GetVariables", {"getVariableData": asked}))["getVariableResult"]
    assert [(one["attributeStatus"], one.get("attributeValue")) for one in results] == [
        ("Accepted", "10"),
        ("Accepted", "3"),
        ("Rejected", None),
        ("UnknownComponent", None),
        ("UnknownVariable", None),
        ("NotSupportedAttributeType", None),
        ("Accepted", "22080"),
    ]
    wanted = [
        {**interval, "attributeValue": "5"},
        {**variable("TxCtrlr", "TxStartPoint"), "attributeValue": "Authorized"},
    ]
    results = (await csms.ask("SetVariables", {"setVariableData": wanted}))["setVariableResult"]
    assert [one["attributeStatus"] for one in results] == ["Accepted", "Rejected"]
    again = (await csms.ask("GetVariables", {"getVariableData": [interval]}))["getVariableResult"]
    assert again[0]["attributeValue"] == "5"


@each_2x
async def test_a_base_report_comes_in_numbered_parts(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    station = await online(launch, protocol)
    request = {"requestId": 7, "reportBase": "FullInventory"}
    assert (await csms.ask("GetBaseReport", request))["status"] == "Accepted"
    await until(lambda: station.caller.is_idle and csms.payloads("NotifyReport"), "the report is delivered")
    parts = csms.payloads("NotifyReport")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts] == [True] * (len(parts) - 1) + [False]
    assert {part["requestId"] for part in parts} == {7}
    named = {(one["component"]["name"], one["variable"]["name"]) for part in parts for one in part["reportData"]}
    assert {("ChargingStation", "Model"), ("EVSE", "Power"), ("Connector", "ConnectorType")} <= named
    assert (await csms.ask("GetBaseReport", {"requestId": 8, "reportBase": "SummaryInventory"}))[
        "status"
    ] == "NotSupported"


@each_protocol
async def test_a_shorter_interval_brings_more_samples(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    station = await online(launch, protocol, is_charging=True)
    if protocol == "ocpp1.6":
        await csms.ask("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "1"})
    else:
        item = {**variable("SampledDataCtrlr", "TxUpdatedInterval"), "attributeValue": "1"}
        await csms.ask("SetVariables", {"setVariableData": [item]})
    await until(lambda: len(csms.payloads("MeterValues", "TransactionEvent")) > 20, "many samples")
    transaction = station.evses[0].transaction
    assert transaction is not None
    # At the interval of before, twenty samples would have taken 200 s.
    assert (station.clock.now() - transaction.started_at).total_seconds() < 190


@each_protocol
async def test_triggered_messages_are_sent_after_the_answer(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    station = await online(launch, protocol)
    csms.heard.clear()
    where: dict[str, Any] = {"connectorId": 1} if protocol == "ocpp1.6" else {"evse": {"id": 1, "connectorId": 1}}
    for message in ("StatusNotification", "MeterValues", "Heartbeat"):
        answer = await csms.ask("TriggerMessage", {"requestedMessage": message} | where)
        assert answer["status"] == "Accepted"
        await until(lambda message=message: message in csms.actions(), f"{message} is sent")
    assert csms.actions() == ["StatusNotification", "MeterValues", "Heartbeat"]
    elsewhere = {"connectorId": 9} if protocol == "ocpp1.6" else {"evse": {"id": 9}}
    assert (await csms.ask("TriggerMessage", {"requestedMessage": "MeterValues"} | elsewhere))["status"] == "Rejected"
    answer = await csms.ask("TriggerMessage", {"requestedMessage": "FirmwareStatusNotification"})
    assert answer["status"] == "NotImplemented"
    again = await csms.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
    # OCPP 2.0.1 F06.FR.17: not once it has been accepted.
    assert again["status"] == ("Accepted" if protocol == "ocpp1.6" else "Rejected")
    await until(lambda: station.caller.is_idle, "what was asked for is told")


@each_protocol
async def test_a_reset_stops_what_charges_and_boots_anew(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    station = await online(launch, protocol, is_charging=True)
    kind = "Soft" if protocol == "ocpp1.6" else "Immediate"
    assert (await csms.ask("Reset", {"type": kind}))["status"] == "Accepted"
    await until(lambda: csms.actions().count("BootNotification") == 2, "the station boots again")
    await until(lambda: station.is_online and station.caller.is_idle, "the boot is accepted")
    last = csms.payloads("StopTransaction", "TransactionEvent")[-1]
    if protocol == "ocpp1.6":
        assert last["reason"] == "SoftReset"
    else:
        assert (last["triggerReason"], last["transactionInfo"]["stoppedReason"]) == ("ResetCommand", "ImmediateReset")
        assert csms.payloads("BootNotification")[-1]["reason"] == "RemoteReset"


@each_2x
async def test_a_reset_on_idle_waits_for_the_transaction(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    station = await online(launch, protocol, is_charging=True)
    assert (await csms.ask("Reset", {"type": "OnIdle"}))["status"] == "Scheduled"
    assert (await csms.ask("Reset", {"type": "Immediate", "evseId": 1}))["status"] == "Rejected"
    assert station.evses[0].transaction is not None
    station.evses[0].unplug()
    await until(lambda: csms.actions().count("BootNotification") == 2, "the station boots again")


@each_protocol
async def test_an_evse_leaves_service_when_its_transaction_has_ended(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    station = await online(launch, protocol, is_charging=True)

    def order(is_operative: bool, number: int = 1) -> dict[str, Any]:
        word = "Operative" if is_operative else "Inoperative"
        if protocol == "ocpp1.6":
            return {"connectorId": number, "type": word}
        return {"operationalStatus": word} | ({"evse": {"id": number}} if number else {})

    assert (await csms.ask("ChangeAvailability", order(False)))["status"] == "Scheduled"
    assert (await csms.ask("ChangeAvailability", order(False, 9)))["status"] == "Rejected"
    assert station.evses[0].transaction is not None
    station.evses[0].unplug()
    await until(lambda: station.caller.is_idle, "the end is told")
    said = csms.payloads("StatusNotification")[-1]
    assert (said.get("status") or said["connectorStatus"]) == "Unavailable"
    assert (await csms.ask("ChangeAvailability", order(True, 0)))["status"] == "Accepted"
    await until(lambda: station.evses[0].state is EvseState.AVAILABLE, "it is back in service")


@each_protocol
async def test_unlocking_respects_what_each_protocol_says_of_transactions(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    station = await online(launch, protocol, is_charging=True)
    if protocol == "ocpp1.6":
        assert (await csms.ask("UnlockConnector", {"connectorId": 1}))["status"] == "Unlocked"
        await until(lambda: csms.payloads("StopTransaction"), "the transaction is ended")
        assert csms.payloads("StopTransaction")[0]["reason"] == "UnlockCommand"
        assert (await csms.ask("UnlockConnector", {"connectorId": 4}))["status"] == "NotSupported"
    else:
        where = {"evseId": 1, "connectorId": 1}
        assert (await csms.ask("UnlockConnector", where))["status"] == "OngoingAuthorizedTransaction"
        assert (await csms.ask("UnlockConnector", where | {"connectorId": 2}))["status"] == "UnknownConnector"
        station.evses[0].unplug()
        assert (await csms.ask("UnlockConnector", where))["status"] == "Unlocked"


def profile(protocol: str, limit: float, **more: Any) -> dict[str, Any]:
    """An order to set a limit for all transactions."""
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    terms = {"stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative"} | more
    if protocol == "ocpp1.6":
        return {"connectorId": 0, "csChargingProfiles": {"chargingProfileId": 1, "chargingSchedule": schedule} | terms}
    return {"evseId": 0, "chargingProfile": {"id": 1, "chargingSchedule": [{"id": 1} | schedule]} | terms}


@each_protocol
async def test_a_charging_profile_limits_the_power_until_it_is_cleared(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    station = await online(launch, protocol, is_charging=True)
    hardware = station.evses[0].hardware
    assert hardware.power_w == pytest.approx(16 * 3 * 230, rel=1e-3)  # a duty has steps
    assert (await csms.ask("SetChargingProfile", profile(protocol, 10)))["status"] == "Accepted"
    hardware.advance(station.clock.now())
    assert hardware.power_w == pytest.approx(10 * 3 * 230, rel=1e-3)  # a duty has steps
    assert (await csms.ask("SetChargingProfile", profile(protocol, 0)))["status"] == "Accepted"
    await until(lambda: station.evses[0].state is EvseState.SUSPENDED_EVSE, "a limit of nothing suspends")
    assert (await csms.ask("ClearChargingProfile", {}))["status"] == "Accepted"
    await until(lambda: station.evses[0].state is EvseState.CHARGING, "it charges again")
    assert (await csms.ask("ClearChargingProfile", {}))["status"] == "Unknown"


@each_protocol
async def test_a_recurring_profile_is_obeyed_day_by_day(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    station = await online(launch, protocol, is_charging=True)
    order = profile(protocol, 10, chargingProfileKind="Recurring", recurrencyKind="Daily")
    schedule = (order.get("csChargingProfiles") or order["chargingProfile"])["chargingSchedule"]
    schedule = schedule if isinstance(schedule, dict) else schedule[0]
    began = station.clock.now() - timedelta(days=3, seconds=30)  # its run of today began half a minute ago
    schedule |= {"startSchedule": began.isoformat().replace("+00:00", "Z"), "duration": 3600}
    schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": 8}, {"startPeriod": 1800, "limit": 12}]
    assert (await csms.ask("SetChargingProfile", order))["status"] == "Accepted"
    hardware = station.evses[0].hardware
    hardware.advance(station.clock.now())
    assert hardware.power_w == pytest.approx(8 * 3 * 230, rel=1e-3)  # a duty has steps


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_of_several_schedules_a_car_that_cannot_choose_takes_the_first(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    station = await online(launch, protocol, is_charging=True)
    order = profile(protocol, 10)
    (first,) = order["chargingProfile"]["chargingSchedule"]
    others = [{**first, "id": number, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]} for number in (2, 3)]
    order["chargingProfile"]["chargingSchedule"] = [first, *others]
    assert (await csms.ask("SetChargingProfile", order))["status"] == "Accepted"
    hardware = station.evses[0].hardware
    hardware.advance(station.clock.now())
    assert hardware.power_w == pytest.approx(10 * 3 * 230, rel=1e-3)  # a duty has steps
    others[1]["chargingSchedulePeriod"] = [{"startPeriod": 5, "limit": 6}]
    assert (await csms.ask("SetChargingProfile", order))["status"] == "Rejected"


@each_protocol
@pytest.mark.parametrize(
    "more",
    [
        {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"},
        {"chargingProfileKind": "Absolute"},  # without a start
        {"chargingProfilePurpose": "TxProfile"},  # without a transaction
    ],
)
async def test_a_profile_that_cannot_be_obeyed_is_rejected(
    protocol: str, more: dict[str, Any], csms: FakeCsms, launch: Launch
) -> None:
    station = await online(launch, protocol)
    assert (await csms.ask("SetChargingProfile", profile(protocol, 10, **more)))["status"] == "Rejected"
    assert station.limits == ()


@each_protocol
async def test_orders_that_the_station_does_not_know_get_the_right_error(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    await online(launch, protocol)
    unknown = (
        ("GetDiagnostics", {"location": "ftp://x"})
        if protocol == "ocpp1.6"
        else ("UnpublishFirmware", {"checksum": "x"})
    )
    assert await csms.ask(*unknown) == "NotSupported"
    assert await csms.ask("MakeCoffee", {}) == "NotImplemented"
    assert await csms.ask("DataTransfer", {}) == (
        "ProtocolError" if protocol == "ocpp1.6" else "OccurrenceConstraintViolation"
    )
    assert (await csms.ask("DataTransfer", {"vendorId": "com.example"}))["status"] == "UnknownVendorId"
    assert (await csms.ask("ClearCache", {}))["status"] == "Accepted"


@each_2x
async def test_the_status_of_a_transaction_is_told(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    station = await online(launch, protocol, is_charging=True, speed=1.0)
    transaction = station.evses[0].transaction
    assert transaction is not None
    asked = {"transactionId": transaction.transaction_id}
    assert await csms.ask("GetTransactionStatus", asked) == {"messagesInQueue": False, "ongoingIndicator": True}
    station.evses[0].unplug()
    await until(lambda: station.caller.is_idle, "the end is told")
    assert await csms.ask("GetTransactionStatus", asked) == {"messagesInQueue": False, "ongoingIndicator": False}


@each_protocol
async def test_a_new_password_is_used_at_once(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    station = await online(launch, protocol)
    old = csms.links["S1"]
    if protocol == "ocpp1.6":
        order = ("ChangeConfiguration", {"key": "AuthorizationKey", "value": b"a-long-new-password".hex()})
    else:
        item = {**variable("SecurityCtrlr", "BasicAuthPassword"), "attributeValue": "a-long-new-password"}
        order = ("SetVariables", {"setVariableData": [item]})
    await csms.ask(*order)
    await until(lambda: csms.links["S1"] is not old, "the station connects anew")
    request = csms.links["S1"].request
    assert request is not None
    assert request.headers["Authorization"] == "Basic UzE6YS1sb25nLW5ldy1wYXNzd29yZA=="
    await until(lambda: station.is_online and station.caller.is_idle, "the station is online")
    assert csms.actions().count("BootNotification") == 1


@each_protocol
async def test_after_a_reset_reports_wait_for_the_boot(protocol: str, csms: FakeCsms, launch: Launch) -> None:
    station = await online(launch, protocol, is_charging=True)
    ends: list[int] = []

    def lose_the_first_end(identity: str, payload: dict[str, Any]) -> object:
        if payload.get("eventType") in ("Started", "Updated"):
            return None
        ends.append(len(csms.heard))
        return SILENCE if len(ends) == 1 else None

    csms.answers["StopTransaction"] = csms.answers["TransactionEvent"] = lose_the_first_end
    await csms.ask("Reset", {"type": "Soft" if protocol == "ocpp1.6" else "Immediate"})
    await until(lambda: len(ends) == 2 and station.caller.is_idle, "the end is delivered")
    boots = [number for number, action in enumerate(csms.actions(), 1) if action == "BootNotification"]
    assert len(boots) == 2
    assert ends[0] < boots[1] < ends[1]


async def test_what_only_2_1_has_and_this_station_has_not_is_answered_as_the_protocol_says_it(
    csms: FakeCsms, launch: Launch
) -> None:
    await online(launch, "ocpp2.1")
    no_der = {"status": "NotSupported"}
    assert await csms.ask("GetDERControl", {"requestId": 1}) == no_der
    assert await csms.ask("ClearDERControl", {"isDefault": True}) == no_der
    enter = {"priority": 1, "highVoltage": 253, "lowVoltage": 207, "highFreq": 50.2, "lowFreq": 49.8}
    setting = {"isDefault": True, "controlId": "c", "controlType": "EnterService", "enterService": enter}
    assert await csms.ask("SetDERControl", setting) == no_der
    rejected = {"status": "Rejected"}
    assert await csms.ask("AFRRSignal", {"timestamp": "2026-05-01T12:00:00Z", "signal": 1}) == rejected
    assert await csms.ask("AdjustPeriodicEventStream", {"id": 1, "params": {}}) == rejected
    swap = {"requestId": 1, "idToken": {"idToken": "T", "type": "Central"}}
    assert await csms.ask("RequestBatterySwap", swap) == rejected
    allowed = {"transactionId": "t", "allowedEnergyTransfer": ["AC_BPT"]}
    assert await csms.ask("NotifyAllowedEnergyTransfer", allowed) == rejected
    assert await csms.ask("GetPeriodicEventStream", {}) == {}
    assert await csms.ask("NotifyWebPaymentStarted", {"evseId": 1, "timeout": 60}) == {}


@each_protocol
async def test_the_composite_schedule_is_what_the_limits_amount_to(
    protocol: str, csms: FakeCsms, launch: Launch
) -> None:
    station = await online(launch, protocol, is_charging=True)
    where = "connectorId" if protocol == "ocpp1.6" else "evseId"

    async def told(evse_number: int, unit: str) -> list[tuple[int, float]]:
        answer = await csms.ask("GetCompositeSchedule", {where: evse_number, "duration": 900, "chargingRateUnit": unit})
        assert answer["status"] == "Accepted"
        schedule = answer["chargingSchedule"] if protocol == "ocpp1.6" else answer["schedule"]
        assert (schedule["duration"], schedule["chargingRateUnit"]) == (900, unit)
        return [(period["startPeriod"], period["limit"]) for period in schedule["chargingSchedulePeriod"]]

    assert await told(1, "A") == [(0, 32)]  # what the hardware can
    assert (await csms.ask("SetChargingProfile", profile(protocol, 10)))["status"] == "Accepted"
    assert await told(1, "A") == [(0, 10)]
    assert await told(1, "W") == [(0, 6_900)]
    total_w = sum(10 * watts_per_ampere(evse) for evse in station.spec.evses)
    assert await told(0, "W") == [(0, total_w)]
    unknown = await csms.ask("GetCompositeSchedule", {where: 9, "duration": 900})
    assert unknown == {"status": "Rejected"}
