"""Cases of OCPP 2.1 that no older version has: DER control, battery swaps, event streams, tariffs at the station, payment.

Each drives a real socket against the whole platform and looks at what the API shows. Named after the certification cases.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from builders import ClientOf, MakeRuntime, eventually
from voltway.kernel import clock
from voltway.modules.grid import handlers

from .network21 import (  # noqa: TID252  (tests are not installed)
    AT,
    CURVE,
    LATER,
    TOKEN,
    Platform21,
    Station,
    event,
    open_stream,
    platform_21,
    session_of,
    settlement,
)

TARIFF = {
    "name": "Day",
    "currency": "EUR",
    "start_fee": "1.50",
    "price_per_kwh": "0.4999",
    "price_per_minute": "0.02",
    "vat_percent": "19",
}


@pytest.fixture
async def platform(make_runtime: MakeRuntime, client_of: ClientOf) -> AsyncIterator[Platform21]:
    settings = {
        "billing": {"receipt_url": "https://receipts.example.com/{receipt_id}"},
        "grid": {"streams_max": 2},
    }
    async with platform_21(make_runtime, client_of, settings) as made:
        yield made


@pytest.fixture
async def station(platform: Platform21) -> Station:
    return await platform.station()


# ---- R: DER control


async def test_tc_r_107_configure_der_control_settings(station: Station) -> None:
    control = {"control_id": "c1", "control_type": "FreqWatt", "is_default": True, "control": CURVE}
    payload, command = await station.ordered("set_der_control", "SetDERControl", {"status": "Accepted"}, **control)
    assert payload == {"isDefault": True, "controlId": "c1", "controlType": "FreqWatt", "curve": CURVE}
    assert (command["state"], command["effect"]) == ("accepted", "done")
    (shown,) = await station.items("der-controls")
    assert (shown["control_id"], shown["control_type"], shown["document"]) == ("c1", "FreqWatt", CURVE)
    # A stronger setting puts the first one aside.
    answer = {"status": "Accepted", "supersededIds": ["c1"]}
    _, command = await station.ordered("set_der_control", "SetDERControl", answer, **{**control, "control_id": "c2"})
    assert command["result"] == {"superseded_ids": ["c1"]}
    shown = {one["control_id"]: one["is_superseded"] for one in await station.items("der-controls")}
    assert shown == {"c1": True, "c2": False}


async def test_tc_r_107_report_in_parts_is_joined_and_replaces_what_is_gone(station: Station) -> None:
    control = {"control_id": "gone", "control_type": "FreqWatt", "is_default": True, "control": CURVE}
    await station.ordered("set_der_control", "SetDERControl", {"status": "Accepted"}, **control)
    order = station.order("get_der_control")
    request = await station.heard("GetDERControl", {"status": "Accepted"})
    told = {"id": "k1", "curveType": "VoltVar", "isDefault": False, "isSuperseded": False, "curve": CURVE}
    pf = {"priority": 0, "displacement": 0.95, "excitation": True}
    fixed = {"id": "k2", "isDefault": True, "isSuperseded": True, "fixedPF": pf}
    await station.say("ReportDERControl", {"requestId": request["requestId"], "tbc": True, "curve": [told]})
    assert not order.done()
    await station.say("ReportDERControl", {"requestId": request["requestId"], "fixedPFAbsorb": [fixed]})
    command = (await order).json()
    assert command["result"]["is_complete"] is True
    assert [one["control_id"] for one in command["result"]["controls"]] == ["k1", "k2"]
    shown = {one["control_id"]: one for one in await station.items("der-controls")}
    assert set(shown) == {"k1", "k2"}
    assert (shown["k2"]["control_type"], shown["k2"]["is_superseded"]) == ("FixedPFAbsorb", True)
    assert shown["k2"]["document"] == pf
    await station.ordered("clear_der_control", "ClearDERControl", {"status": "Accepted"}, is_default=False)
    assert [one["control_id"] for one in await station.items("der-controls")] == ["k2"]


async def test_tc_r_107_station_without_der_control_is_a_conflict_that_says_why(station: Station) -> None:
    order = station.order("get_der_control")
    await station.heard("GetDERControl", {"status": "NotSupported"})
    answer = await order
    assert answer.status_code == 409
    assert "NotSupported" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"control": {"priority": 1}}, "$.control"),
        ({"control": {**CURVE, "startTime": AT, "duration": 60}}, "$.control"),
        ({"control_type": "Gradients", "is_default": False, "control": CURVE}, "$.control"),
        ({"control_type": "Sideways"}, "$.control_type"),
    ],
)
async def test_der_setting_that_is_none_of_its_type_is_refused_before_it_is_sent(
    station: Station, change: dict[str, Any], path: str
) -> None:
    control = {"control_id": "c1", "control_type": "FreqWatt", "is_default": True, "control": CURVE, **change}
    answer = await station.order("set_der_control", **control)
    assert answer.status_code == 422
    assert path in answer.text


async def test_tc_r_108_der_event_is_shown_from_its_beginning_to_its_end(station: Station) -> None:
    alarm = {"controlType": "LVMustTrip", "gridEventFault": "UnderVoltage", "timestamp": AT, "extraInfo": "L1"}
    for _ in range(2):  # said again, it is the same alarm
        assert await station.say("NotifyDERAlarm", alarm) == {}
    (shown,) = await station.items("der-alarms")
    assert (shown["grid_fault"], shown["started_at"], shown["ended_at"]) == ("UnderVoltage", AT, None)
    over = {"controlType": "LVMustTrip", "timestamp": LATER, "alarmEnded": True}
    for _ in range(2):
        await station.say("NotifyDERAlarm", over)
    (shown,) = await station.items("der-alarms")
    assert (shown["started_at"], shown["ended_at"]) == (AT, LATER)
    assert await station.items("der-alarms", is_open=True) == []


async def test_tc_r_108_control_that_starts_and_stops(station: Station) -> None:
    start = {"controlId": "c9", "started": True, "timestamp": AT}
    assert await station.say("NotifyDERStartStop", start) == {}
    (shown,) = await station.items("der-controls")
    assert (shown["is_active"], shown["started_at"], shown["control_type"]) == (True, AT, None)
    await station.say("NotifyDERStartStop", {"controlId": "c9", "started": False, "timestamp": LATER})
    (shown,) = await station.items("der-controls")
    assert (shown["is_active"], shown["stopped_at"]) == (False, LATER)


# ---- S: battery swap


async def test_tc_s_102_not_enough_batteries(station: Station) -> None:
    answer = {"status": "Rejected", "statusInfo": {"reasonCode": "NoBatteryAvailable"}}
    payload, command = await station.ordered(
        "request_battery_swap", "RequestBatterySwap", answer, id_token="04A1B2C3", id_token_kind="ISO14443"
    )
    assert payload["idToken"] == TOKEN
    assert command["state"] == "rejected"
    assert command["result"]["reason_code"] == "NoBatteryAvailable"


async def test_tc_s_103_batteries_in_and_out_with_the_verdict_on_the_token(
    platform: Platform21, station: Station
) -> None:
    await platform.post("/id-tokens", {"value": "04A1B2C3"})
    payload, command = await station.ordered(
        "request_battery_swap", "RequestBatterySwap", {"status": "Accepted"}, id_token="04A1B2C3"
    )
    number = payload["requestId"]
    assert command["result"] == {"request_number": number}
    battery = {"evseId": 1, "serialNumber": "B-1", "soC": 12.5, "soH": 97}
    swap = {"eventType": "BatteryIn", "requestId": number, "idToken": TOKEN, "batteryData": [battery]}
    for _ in range(2):
        assert await station.say("BatterySwap", swap) == {}
    await station.say(
        "BatterySwap",
        {**swap, "eventType": "BatteryOut", "batteryData": [{**battery, "serialNumber": "B-2", "soC": 99}]},
    )
    await station.say("BatterySwap", {**swap, "requestId": 5, "idToken": {"idToken": "NOBODY", "type": "ISO14443"}})
    unknown, taken, given = await station.items("battery-swaps")
    assert (given["step"], given["request_number"], given["verdict"]) == ("battery_in", number, "Accepted")
    assert given["batteries"][0]["serial_number"] == "B-1"
    assert given["batteries"][0]["soc_percent"] == 12.5
    assert (taken["step"], taken["batteries"][0]["serial_number"]) == ("battery_out", "B-2")
    assert unknown["verdict"] == "Invalid"


# ---- N: periodic event streams


async def test_tc_n_107_periodic_event_streams(station: Station) -> None:
    assert (await station.say("OpenPeriodicEventStream", open_stream(1)))["status"] == "Accepted"
    values = {"id": 1, "pending": 3, "basetime": AT, "data": [{"t": 0, "v": "230.1"}, {"t": 1.5, "v": "229.9"}]}
    station.send("NotifyPeriodicEventStream", values)
    await eventually(lambda: station.items("event-streams/1/values"))
    newest, oldest = await station.items("event-streams/1/values")
    assert (oldest["at"], oldest["value"]) == (AT, "230.1")
    assert (newest["at"], newest["value"]) == ("2026-05-01T12:00:01.500Z", "229.9")
    (shown,) = await station.items("event-streams")
    assert (shown["monitor_number"], shown["interval_s"], shown["batch_size"], shown["pending"]) == (7, 10, 5, 3)
    # What the station has open now counts: stream 2, and stream 1 no longer.
    answer = {"constantStreamData": [open_stream(2, 8)["constantStreamData"]]}
    _, command = await station.ordered("get_periodic_event_streams", "GetPeriodicEventStream", answer)
    assert command["result"] == [{"stream_number": 2, "monitor_number": 8, "interval_s": 10, "values": 5}]
    assert {one["stream_number"]: one["is_open"] for one in await station.items("event-streams")} == {1: False, 2: True}
    payload, _ = await station.ordered(
        "adjust_periodic_event_stream",
        "AdjustPeriodicEventStream",
        {"status": "Accepted"},
        stream_number=2,
        interval_s=60,
    )
    assert payload == {"id": 2, "params": {"interval": 60}}
    shown = {one["stream_number"]: one for one in await station.items("event-streams")}[2]
    assert (shown["interval_s"], shown["monitor_number"]) == (60, 8)
    assert await station.say("ClosePeriodicEventStream", {"id": 2}) == {}
    assert not any(one["is_open"] for one in await station.items("event-streams"))


async def test_stream_beyond_the_limit_is_rejected_and_values_of_a_closed_one_are_let_go(station: Station) -> None:
    for number in (1, 2, 2):
        assert (await station.say("OpenPeriodicEventStream", open_stream(number)))["status"] == "Accepted"
    assert (await station.say("OpenPeriodicEventStream", open_stream(3)))["status"] == "Rejected"
    station.send("NotifyPeriodicEventStream", {"id": 3, "pending": 0, "basetime": AT, "data": [{"t": 0, "v": "1"}]})
    station.send("NotifyPeriodicEventStream", {"id": 1, "pending": 0, "basetime": AT, "data": [{"t": 0, "v": "2"}]})
    await eventually(lambda: station.items("event-streams/1/values"))
    assert sorted(one["stream_number"] for one in await station.items("event-streams")) == [1, 2]
    await station.say("ClosePeriodicEventStream", {"id": 1})
    assert (await station.say("OpenPeriodicEventStream", open_stream(3)))["status"] == "Accepted"


async def test_values_of_streams_are_forgotten_after_their_days(
    station: Station,
) -> None:
    await station.say("OpenPeriodicEventStream", open_stream(1))
    station.send("NotifyPeriodicEventStream", {"id": 1, "pending": 0, "basetime": AT, "data": [{"t": 0, "v": "2"}]})
    await eventually(lambda: station.items("event-streams/1/values"))
    await handlers.forget_values(station.runtime)
    assert len(await station.items("event-streams/1/values")) == 1
    with clock.frozen(clock.now() + timedelta(days=31)):
        await handlers.forget_values(station.runtime)
    assert await station.items("event-streams/1/values") == []


# ---- I: tariffs at the station


async def test_tc_i_101_default_tariff_is_our_tariff_exactly(platform: Platform21, station: Station) -> None:
    tariff = await platform.post("/tariffs", TARIFF)
    payload, command = await station.ordered(
        "set_default_tariff", "SetDefaultTariff", {"status": "Accepted"}, tariff_id=tariff["id"], evse_number=0
    )
    vat = [{"type": "VAT", "tax": 19.0}]
    minutes = {"prices": [{"priceMinute": 0.02}], "taxRates": vat}
    assert payload == {
        "evseId": 0,
        "tariff": {
            "tariffId": tariff["id"],
            "currency": "EUR",
            "description": [{"format": "UTF8", "content": "Day"}],
            "energy": {"prices": [{"priceKwh": 0.4999}], "taxRates": vat},
            "chargingTime": minutes,
            "idleTime": minutes,
            "fixedFee": {"prices": [{"priceFixed": 1.5}], "taxRates": vat},
        },
    }
    assert (command["state"], command["effect"]) == ("accepted", "done")


@pytest.mark.parametrize(
    "status",
    [
        pytest.param("TooManyElements", id="tc_i_102"),
        pytest.param("ConditionNotSupported", id="tc_i_105"),
        pytest.param("DuplicateTariffId", id="tc_i_106"),
    ],
)
async def test_tc_i_102_tc_i_105_tc_i_106_refused_default_tariff_is_a_rejected_command(
    platform: Platform21, station: Station, status: str
) -> None:
    tariff = await platform.post("/tariffs", TARIFF)
    _, command = await station.ordered(
        "set_default_tariff", "SetDefaultTariff", {"status": status}, tariff_id=tariff["id"]
    )
    assert (command["state"], command["wire_status"]) == ("rejected", status)


async def test_station_that_takes_no_tariffs_is_not_sent_one(platform: Platform21, station: Station) -> None:
    tariff = await platform.post("/tariffs", TARIFF)
    assert (await station.order("set_default_tariff", tariff_id="another")).status_code == 404
    await station.tells_variables(("TariffCostCtrlr", "Currency", None, "CHF"))
    answer = await station.order("set_default_tariff", tariff_id=tariff["id"])
    assert (answer.status_code, "CHF" in answer.json()["detail"]) == (409, True)
    await station.tells_variables(("TariffCostCtrlr", "Available", "Tariff", "false"))
    answer = await station.order("get_tariffs")
    assert (answer.status_code, "TariffCostCtrlr" in answer.json()["detail"]) == (409, True)


async def test_tc_i_109_driver_tariff_goes_with_the_verdict(platform: Platform21, station: Station) -> None:
    await platform.post("/id-tokens", {"value": "04A1B2C3"})
    tariff = await platform.post("/tariffs", TARIFF)
    await platform.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
    assert "tariff" not in await station.say("Authorize", {"idToken": TOKEN})
    await station.tells_variables(("TariffCostCtrlr", "Enabled", "Cost", "true"))
    answer = await station.say("Authorize", {"idToken": TOKEN})
    assert answer["idTokenInfo"]["status"] == "Accepted"
    assert (answer["tariff"]["tariffId"], answer["tariff"]["currency"]) == (tariff["id"], "EUR")
    refused = await station.say("Authorize", {"idToken": {"idToken": "NOBODY", "type": "ISO14443"}})
    assert (refused["idTokenInfo"]["status"], "tariff" in refused) == ("Invalid", False)


async def test_tc_i_110_clear_tariffs(station: Station) -> None:
    answer: dict[str, Any] = {"clearTariffsResult": [{"status": "Accepted", "tariffId": "a"}, {"status": "NoTariff"}]}
    payload, command = await station.ordered("clear_tariffs", "ClearTariffs", answer, tariff_ids=["a", "b"])
    assert payload == {"tariffIds": ["a", "b"]}
    assert command["state"] == "accepted"
    assert [one["status"] for one in command["result"]] == ["Accepted", "NoTariff"]
    answer = {"clearTariffsResult": [{"status": "Rejected"}]}
    _, command = await station.ordered("clear_tariffs", "ClearTariffs", answer)
    assert command["state"] == "rejected"
    told = {"tariffId": "a", "tariffKind": "DefaultTariff", "evseIds": [1, 2]}
    _, command = await station.ordered("get_tariffs", "GetTariffs", {"status": "Accepted", "tariffAssignments": [told]})
    assert command["result"][0]["evse_numbers"] == [1, 2]
    _, command = await station.ordered("get_tariffs", "GetTariffs", {"status": "NoTariff"})
    assert (command["state"], command["result"]) == ("accepted", [])


@pytest.mark.parametrize(
    ("status", "state"),
    [
        pytest.param("TooManyElements", "rejected", id="tc_i_113"),
        pytest.param("ConditionNotSupported", "rejected", id="tc_i_114"),
        pytest.param("Accepted", "accepted", id="tc_i_115"),
    ],
)
async def test_tc_i_113_tc_i_114_tc_i_115_change_transaction_tariff(
    platform: Platform21, station: Station, status: str, state: str
) -> None:
    tariff = await platform.post("/tariffs", TARIFF)
    await station.say("TransactionEvent", event("Started", 0, idToken=TOKEN))
    payload, command = await station.ordered(
        "change_transaction_tariff",
        "ChangeTransactionTariff",
        {"status": status},
        session_id=await session_of(platform),
        tariff_id=tariff["id"],
    )
    assert (payload["transactionId"], payload["tariff"]["tariffId"]) == ("T-1", tariff["id"])
    assert (command["state"], command["wire_status"]) == (state, status)


async def test_tc_i_122_cost_details_of_a_transaction(platform: Platform21, station: Station) -> None:
    details = {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "total": {"exclTax": 1.5, "inclTax": 1.79}},
        "totalUsage": {"energy": 1.2, "chargingTime": 60, "idleTime": 0},
    }
    limited = {"transactionLimit": {"maxCost": 20.0}, "tariffId": "t-1", "operationMode": "CentralSetpoint"}
    await station.say("TransactionEvent", event("Started", 0, idToken=TOKEN, transactionInfo=limited))
    early = {**details, "totalUsage": {"energy": 0.1, "chargingTime": 6, "idleTime": 0}}
    await station.say("TransactionEvent", event("Updated", 1, costDetails=early, evseSleep=True))
    await station.say("TransactionEvent", event("Updated", 3, costDetails=details, evseSleep=False))
    await station.say("TransactionEvent", event("Updated", 2, costDetails=early, offline=True))
    session_id = await session_of(platform)
    shown = (await platform.client.get(f"/sessions/{session_id}/cost-details")).json()
    assert shown["cost_details"] == details
    assert shown["transaction_limit"] == {"maxCost": 20.0}
    assert (shown["tariff_id"], shown["operation_mode"], shown["is_evse_asleep"]) == ("t-1", "CentralSetpoint", False)


# ---- C: payment at the station


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("DE136695976", "Accepted"),
        ("DE136695978", "Rejected"),
        ("NL4495445B01", "Accepted"),
        ("CHE-107.787.577 IVA", "Accepted"),
        ("GB 980 7806 84", "Accepted"),
        ("136695976", "Rejected"),
        ("hello", "Rejected"),
    ],
)
async def test_tc_c_108_vat_number_validation(station: Station, number: str, status: str) -> None:
    answer = await station.say("VatNumberValidation", {"vatNumber": number, "evseId": 1})
    assert answer == {"vatNumber": number, "evseId": 1, "status": status}


async def test_tc_c_117_receipt_by_csms(platform: Platform21, station: Station) -> None:
    await station.tells_variables(("TariffCostCtrlr", "Currency", None, "EUR"))
    answer = await station.say("NotifySettlement", settlement())
    assert answer["receiptUrl"] == f"https://receipts.example.com/{answer['receiptId']}"
    (shown,) = (await platform.client.get("/settlements")).json()["items"]
    assert (shown["receipt_id"], shown["receipt_url"]) == (answer["receiptId"], answer["receiptUrl"])
    assert (await station.say("NotifySettlement", settlement())) == answer
    assert len((await platform.client.get("/settlements")).json()["items"]) == 1


async def test_tc_c_118_settled_by_the_station_is_kept_exactly_and_once(platform: Platform21, station: Station) -> None:
    tariff = await platform.post("/tariffs", TARIFF)
    await platform.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
    await station.say("TransactionEvent", event("Started", 0, idToken=TOKEN))
    company = {"name": "Acme", "address1": "Way 1", "city": "Ulm", "country": "DE"}
    told = settlement(receiptId="R-1", receiptUrl="https://psp.example.com/R-1", vatCompany=company)
    # 0.285 is no float: 28.5 cents are rounded from what was written.
    station.link.say(json.dumps([2, "m1", "NotifySettlement", told]).replace("12.34", "0.285"))
    assert (await station.link.heard())[2] == {}
    await station.say("NotifySettlement", settlement(settlementAmount=99))
    (shown,) = (await platform.client.get("/settlements", params={"psp_reference": "PSP-1"})).json()["items"]
    assert shown["amount"] == {"minor": 29, "currency": "EUR"}
    assert shown["amount_text"] == "0.285"
    assert shown["session_id"] == await session_of(platform)
    assert (shown["receipt_id"], shown["vat_company"]["city"]) == ("R-1", "Ulm")
    one = await platform.client.get(f"/settlements/{shown['id']}")
    assert one.json() == shown


@pytest.mark.parametrize("status", [pytest.param("Failed", id="tc_c_119"), pytest.param("Rejected", id="tc_c_120")])
async def test_tc_c_119_tc_c_120_settlement_that_fails_is_kept_and_may_be_settled_later(
    platform: Platform21, station: Station, status: str
) -> None:
    assert await station.say("NotifySettlement", settlement(status=status, statusInfo="no funds")) == {}
    (shown,) = (await platform.client.get("/settlements")).json()["items"]
    assert (shown["status"], shown["remark"], shown["receipt_id"]) == (status, "no funds", None)
    assert (shown["amount"], shown["amount_text"]) == (None, "12.34")  # nobody has said in which currency
    await station.say("NotifySettlement", settlement())
    (shown,) = (await platform.client.get("/settlements")).json()["items"]
    assert shown["status"] == "Settled"


async def test_tc_c_113_canceled_after_the_start(platform: Platform21, station: Station) -> None:
    await station.say("NotifySettlement", settlement(status="Canceled", settlementAmount=0))
    (shown,) = (await platform.client.get("/settlements")).json()["items"]
    assert (shown["status"], shown["amount_text"]) == ("Canceled", "0")


async def test_tc_c_125_payment_at_a_terminal_needs_no_record_of_its_token(
    platform: Platform21, station: Station
) -> None:
    paid = {"idToken": "PSP-REF-1", "type": "DirectPayment"}
    assert (await station.say("Authorize", {"idToken": paid}))["idTokenInfo"]["status"] == "Accepted"
    await platform.post("/id-tokens", {"value": "PSP-REF-1", "kind": "DirectPayment", "status": "blocked"})
    assert (await station.say("Authorize", {"idToken": paid}))["idTokenInfo"]["status"] == "Blocked"


async def test_tc_c_126_payment_at_a_terminal_with_local_cost_gets_the_tariff(
    platform: Platform21, station: Station
) -> None:
    tariff = await platform.post("/tariffs", TARIFF)
    await platform.client.put(f"/tariffs/{tariff['id']}/assignments", json={"targets": [{"kind": "operator"}]})
    await station.tells_variables(("TariffCostCtrlr", "Enabled", "Cost", "true"))
    answer = await station.say("Authorize", {"idToken": {"idToken": "PSP-REF-1", "type": "DirectPayment"}})
    assert answer["tariff"]["tariffId"] == tariff["id"]


async def test_tc_c_131_web_payment_started_is_told_to_the_station(station: Station) -> None:
    payload, command = await station.ordered(
        "notify_web_payment_started", "NotifyWebPaymentStarted", {}, evse_number=1, timeout_s=120
    )
    assert payload == {"evseId": 1, "timeout": 120}
    assert command["state"] == "accepted"


# ---- Q: bidirectional power transfer


async def test_tc_q_107_allowed_energy_transfer_is_told_during_the_transaction(
    platform: Platform21, station: Station
) -> None:
    await station.say("TransactionEvent", event("Started", 0, idToken=TOKEN))
    modes = ["AC_BPT", "AC_three_phase"]
    payload, command = await station.ordered(
        "notify_allowed_energy_transfer",
        "NotifyAllowedEnergyTransfer",
        {"status": "Accepted"},
        session_id=await session_of(platform),
        energy_transfer_modes=modes,
    )
    assert payload == {"transactionId": "T-1", "allowedEnergyTransfer": modes}
    assert command["state"] == "accepted"


async def test_tc_q_120_afrr_signal(station: Station) -> None:
    payload, command = await station.ordered("afrr_signal", "AFRRSignal", {"status": "Accepted"}, signal=-40)
    assert payload["signal"] == -40
    assert payload["timestamp"].endswith("Z")
    assert command["state"] == "accepted"


async def test_tc_q_102_allowed_energy_transfer_comes_with_the_verdict(platform: Platform21, station: Station) -> None:
    token = await platform.post("/id-tokens", {"value": "04A1B2C3", "energy_transfer_modes": ["AC_BPT", "DC_BPT"]})
    answer = await station.say("Authorize", {"idToken": TOKEN})
    assert answer == {"idTokenInfo": {"status": "Accepted"}, "allowedEnergyTransfer": ["AC_BPT", "DC_BPT"]}
    await platform.client.patch(f"/id-tokens/{token['id']}", json={"energy_transfer_modes": None})
    assert await station.say("Authorize", {"idToken": TOKEN}) == {"idTokenInfo": {"status": "Accepted"}}


# ---- E: limits and states that the station tells


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param({"maxEnergy": 5000.0}, id="tc_e_106"),
        pytest.param({"maxTime": 600}, id="tc_e_107"),
        pytest.param({"maxCost": 20.0}, id="tc_e_108"),
    ],
)
async def test_tc_e_106_tc_e_107_tc_e_108_limit_of_a_transaction_is_shown(
    platform: Platform21, station: Station, limit: dict[str, Any]
) -> None:
    await station.say("TransactionEvent", event("Started", 0, idToken=TOKEN))
    session_id = await session_of(platform)
    url = f"/sessions/{session_id}/cost-details"
    assert (await platform.client.get(url)).json()["transaction_limit"] is None
    await station.say("TransactionEvent", event("Updated", 1, transactionInfo={"transactionLimit": limit}))
    await station.say("TransactionEvent", event("Ended", 2, triggerReason="EnergyLimitReached"))
    assert (await platform.client.get(url)).json()["transaction_limit"] == limit
