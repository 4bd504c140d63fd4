"""OCPP 2.0.1 and 2.1: what each command says to the station, and what becomes of its answers."""

from __future__ import annotations

from typing import Any

import pytest

from voltway.contracts.station_link import VariableValue
from voltway.contracts.vocabulary import CommandState
from voltway.kernel.errors import InvalidField
from voltway.modules.gateway.dialects import ocpp201_commands
from voltway.modules.gateway.dialects.variables import KEYS, PLACES
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v21, v201

from .builders import DIALECTS, ScriptedLink  # noqa: TID252  (tests are not installed)

ACCEPTED, REJECTED = CommandState.ACCEPTED, CommandState.REJECTED
VERSIONS = {"ocpp2.0.1": v201, "ocpp2.1": v21}
both = pytest.mark.parametrize("protocol", VERSIONS)
PROFILE = {
    "id": 12,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": [
        {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000.0}]}
    ],
}

SAID: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "start_transaction",
        {"id_token": "CAFE", "remote_start_id": 9},
        "RequestStartTransaction",
        {"idToken": {"idToken": "CAFE", "type": "Central"}, "remoteStartId": 9},
    ),
    (
        "start_transaction",
        {
            "id_token": "CAFE",
            "id_token_kind": "ISO14443",
            "evse_number": 2,
            "connector_number": 1,
            "remote_start_id": 9,
            "charging_profile": PROFILE,
        },
        "RequestStartTransaction",
        {
            "idToken": {"idToken": "CAFE", "type": "ISO14443"},
            "remoteStartId": 9,
            "evseId": 2,
            "chargingProfile": PROFILE,
        },
    ),
    ("stop_transaction", {"transaction_id": "t-1"}, "RequestStopTransaction", {"transactionId": "t-1"}),
    ("reset", {"mode": "immediate"}, "Reset", {"type": "Immediate"}),
    ("reset", {"mode": "on_idle", "evse_number": 2}, "Reset", {"type": "OnIdle", "evseId": 2}),
    ("unlock_connector", {"evse_number": 2}, "UnlockConnector", {"evseId": 2, "connectorId": 1}),
    (
        "unlock_connector",
        {"evse_number": 1, "connector_number": 2},
        "UnlockConnector",
        {"evseId": 1, "connectorId": 2},
    ),
    ("change_availability", {"operative": True}, "ChangeAvailability", {"operationalStatus": "Operative"}),
    (
        "change_availability",
        {"operative": False, "evse_number": 1, "connector_number": 2},
        "ChangeAvailability",
        {"operationalStatus": "Inoperative", "evse": {"id": 1, "connectorId": 2}},
    ),
    ("trigger_message", {"message": "BootNotification"}, "TriggerMessage", {"requestedMessage": "BootNotification"}),
    (
        "trigger_message",
        {"message": "MeterValues", "evse_number": 1},
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "evse": {"id": 1}},
    ),
    (
        "trigger_message",
        {"message": "StatusNotification", "evse_number": 1},
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}},
    ),
    ("clear_cache", {}, "ClearCache", {}),
    ("read_variables", {}, "GetBaseReport", {"reportBase": "FullInventory"}),
]


@both
@pytest.mark.parametrize(("kind", "arguments", "action", "payload"), SAID)
async def test_a_command_is_said_in_2_x(
    protocol: str, kind: str, arguments: dict[str, Any], action: str, payload: dict[str, Any]
) -> None:
    link = ScriptedLink(protocol, {"status": "Unlocked" if kind == "unlock_connector" else "Accepted"})
    outcome = await link.run(kind, **arguments)
    ((called, said),) = link.calls
    if kind == "read_variables":
        assert 0 < said.pop("requestId") < 2**31
    assert (called, said) == (action, payload)
    assert outcome.state is ACCEPTED


OUTCOMES = [
    ("start_transaction", {"id_token": "A"}, "Accepted", ACCEPTED, None),
    ("start_transaction", {"id_token": "A"}, "Rejected", REJECTED, None),
    ("stop_transaction", {"transaction_id": "1"}, "Accepted", ACCEPTED, None),
    ("stop_transaction", {"transaction_id": "1"}, "Rejected", REJECTED, None),
    ("reset", {"mode": "on_idle"}, "Accepted", ACCEPTED, None),
    ("reset", {"mode": "on_idle"}, "Scheduled", ACCEPTED, "scheduled"),
    ("reset", {"mode": "on_idle"}, "Rejected", REJECTED, None),
    ("unlock_connector", {"evse_number": 1}, "Unlocked", ACCEPTED, "done"),
    ("unlock_connector", {"evse_number": 1}, "UnlockFailed", REJECTED, None),
    ("unlock_connector", {"evse_number": 1}, "OngoingAuthorizedTransaction", REJECTED, None),
    ("unlock_connector", {"evse_number": 1}, "UnknownConnector", REJECTED, None),
    ("change_availability", {"operative": True}, "Accepted", ACCEPTED, "done"),
    ("change_availability", {"operative": True}, "Scheduled", ACCEPTED, "scheduled"),
    ("change_availability", {"operative": True}, "Rejected", REJECTED, None),
    ("trigger_message", {"message": "Heartbeat"}, "Accepted", ACCEPTED, None),
    ("trigger_message", {"message": "Heartbeat"}, "Rejected", REJECTED, None),
    ("trigger_message", {"message": "Heartbeat"}, "NotImplemented", REJECTED, None),
    ("clear_cache", {}, "Accepted", ACCEPTED, "done"),
    ("clear_cache", {}, "Rejected", REJECTED, None),
    ("read_variables", {}, "Accepted", ACCEPTED, None),
    ("read_variables", {}, "Rejected", REJECTED, None),
    ("read_variables", {}, "EmptyResultSet", REJECTED, None),
]


@both
@pytest.mark.parametrize(("kind", "arguments", "status", "state", "effect"), OUTCOMES)
async def test_a_status_is_an_outcome(
    protocol: str, kind: str, arguments: dict[str, Any], status: str, state: CommandState, effect: str | None
) -> None:
    outcome = await ScriptedLink(protocol, {"status": status}).run(kind, **arguments)
    assert (outcome.state, outcome.wire_status, outcome.effect) == (state, status, effect)


@both
def test_every_status_of_these_answers_is_in_the_table(protocol: str) -> None:
    tried = {(kind, status) for kind, _, status, _, _ in OUTCOMES} | {("read_variables", "NotSupported")}
    messages = VERSIONS[protocol]
    words: dict[str, Any] = {
        "start_transaction": messages.RequestStartStopStatusEnum,
        "stop_transaction": messages.RequestStartStopStatusEnum,
        "reset": messages.ResetStatusEnum,
        "unlock_connector": messages.UnlockStatusEnum,
        "change_availability": messages.ChangeAvailabilityStatusEnum,
        "trigger_message": messages.TriggerMessageStatusEnum,
        "clear_cache": messages.ClearCacheStatusEnum,
        "read_variables": messages.GenericDeviceModelStatusEnum,
    }
    assert tried == {(kind, status.value) for kind, statuses in words.items() for status in statuses}


async def test_a_start_is_known_by_its_number_from_then_on() -> None:
    link = ScriptedLink("ocpp2.0.1", {"status": "Accepted", "transactionId": "t-1"})
    outcome = await link.run("start_transaction", id_token="CAFE")
    number = link.calls[0][1]["remoteStartId"]
    assert 0 < number < 2**31
    assert outcome.result == {"remote_start_id": number, "transaction_id": "t-1"}


async def test_what_a_station_says_beside_its_status_is_kept() -> None:
    said = {"reasonCode": "TxInProgress", "additionalInfo": "EVSE 2"}
    outcome = await ScriptedLink("ocpp2.1", {"status": "Rejected", "statusInfo": said}).run("reset", mode="immediate")
    assert outcome.result == {"reason_code": "TxInProgress", "additional_info": "EVSE 2"}


# ---- what a version cannot say


@pytest.mark.parametrize(("protocol", "longest"), [("ocpp2.0.1", 36), ("ocpp2.1", 255)])
def test_a_token_has_its_longest_length(protocol: str, longest: int) -> None:
    check = DIALECTS[protocol].commands["start_transaction"].check
    check({"id_token": "A" * longest})
    with pytest.raises(InvalidField):
        check({"id_token": "A" * (longest + 1)})


def test_kinds_of_tokens_are_free_in_2_1_only() -> None:
    arguments = {"id_token": "A", "id_token_kind": "DirectPayment"}
    DIALECTS["ocpp2.1"].commands["start_transaction"].check(arguments)
    with pytest.raises(InvalidField):
        DIALECTS["ocpp2.0.1"].commands["start_transaction"].check(arguments)


@both
def test_a_profile_is_checked_before_anything_is_sent(protocol: str) -> None:
    with pytest.raises(InvalidField):
        DIALECTS[protocol].commands["start_transaction"].check(
            {"id_token": "A", "charging_profile": {**PROFILE, "chargingProfileKind": "Sometimes"}}
        )


@both
async def test_a_transaction_that_is_not_known_cannot_be_stopped(protocol: str) -> None:
    with pytest.raises(CommandNotSupported):
        await ScriptedLink(protocol).run("stop_transaction", transaction_id=None)


@both
def test_messages_that_cannot_be_triggered(protocol: str) -> None:
    check = DIALECTS[protocol].commands["trigger_message"].check
    for word in VERSIONS[protocol].MessageTriggerEnum:
        if word != "CustomTrigger":
            check({"message": word.value})
    with pytest.raises(CommandNotSupported):
        check({"message": "DiagnosticsStatusNotification"})
    for message in ("CustomTrigger", "CoffeeNotification"):
        with pytest.raises(InvalidField):
            check({"message": message})


# ---- settings

INTERVAL = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedInterval"}}


@both
async def test_a_station_without_a_full_inventory_is_asked_for_its_configuration(protocol: str) -> None:
    link = ScriptedLink(protocol, {"status": "NotSupported"}, {"status": "Accepted"})
    assert (await link.run("read_variables")).state is ACCEPTED
    assert [said["reportBase"] for _, said in link.calls] == ["FullInventory", "ConfigurationInventory"]


@both
async def test_a_station_without_any_inventory_is_let_be(protocol: str) -> None:
    link = ScriptedLink(protocol, {"status": "NotSupported"}, {"status": "NotSupported"})
    outcome = await link.run("read_variables")
    assert (outcome.state, outcome.wire_status) == (REJECTED, "NotSupported")


@both
async def test_settings_are_got_by_either_name(protocol: str) -> None:
    power = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}, "attributeType": "MaxSet"}
    link = ScriptedLink(
        protocol,
        {
            "getVariableResult": [
                {**INTERVAL, "attributeStatus": "Accepted", "attributeValue": "60"},
                {**power, "attributeStatus": "NotSupportedAttributeType"},
            ]
        },
    )
    outcome = await link.run(
        "get_variables",
        variables=[
            {"key": "MeterValueSampleInterval"},
            {"component": "EVSE", "variable": "Power", "evse_number": 1, "attribute": "MaxSet"},
        ],
    )
    assert link.calls == [("GetVariables", {"getVariableData": [INTERVAL, power]})]
    assert outcome.state is ACCEPTED
    shared = {"component_instance": None, "connector_number": None, "instance": None}
    assert outcome.result == [
        {
            "component": "SampledDataCtrlr",
            "variable": "TxUpdatedInterval",
            "evse_number": None,
            "attribute": "Actual",
            "value": "60",
            "status": "Accepted",
            **shared,
        },
        {
            "component": "EVSE",
            "variable": "Power",
            "evse_number": 1,
            "attribute": "MaxSet",
            "value": None,
            "status": "NotSupportedAttributeType",
            **shared,
        },
    ]
    assert link.reports[0].variables == (
        VariableValue(component="SampledDataCtrlr", variable="TxUpdatedInterval", value="60"),
    )


async def test_settings_that_nobody_knows_are_a_refusal() -> None:
    link = ScriptedLink("ocpp2.0.1", {"getVariableResult": [{**INTERVAL, "attributeStatus": "UnknownComponent"}]})
    outcome = await link.run("get_variables", variables=[{"key": "MeterValueSampleInterval"}])
    assert (outcome.state, outcome.wire_status) == (REJECTED, "UnknownComponent")
    assert link.reports == []


async def test_settings_are_asked_for_in_portions_that_the_station_can_take() -> None:
    limit = {
        "component": {"name": "DeviceDataCtrlr"},
        "variable": {"name": "ItemsPerMessage", "instance": "GetVariables"},
        "attributeStatus": "Accepted",
        "attributeValue": "2",
    }
    asked = {"component": "A", "variable": "B"}
    got = {"component": {"name": "A"}, "variable": {"name": "B"}, "attributeStatus": "Accepted", "attributeValue": "1"}
    link = ScriptedLink("ocpp2.1", {"getVariableResult": [limit]}, *[{"getVariableResult": [got]}] * 2)
    first = {"component": "DeviceDataCtrlr", "variable": "ItemsPerMessage", "instance": "GetVariables"}
    await DIALECTS["ocpp2.1"].commands["get_variables"].run(link, {"variables": [first]})
    await link.run("get_variables", variables=[asked] * 3)
    assert [len(said["getVariableData"]) for _, said in link.calls] == [1, 2, 1]


@pytest.mark.parametrize(
    ("statuses", "state", "wire_status", "effect"),
    [
        (["Accepted", "Accepted"], ACCEPTED, "Accepted", "done"),
        (["Accepted", "RebootRequired"], ACCEPTED, "RebootRequired", "reboot_required"),
        (["RebootRequired", "UnknownVariable"], REJECTED, "UnknownVariable", None),
        (["Rejected", "Accepted"], REJECTED, "Rejected", None),
    ],
)
async def test_settings_are_set_in_one_message(
    statuses: list[str], state: CommandState, wire_status: str, effect: str | None
) -> None:
    password = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    link = ScriptedLink(
        "ocpp2.0.1",
        {
            "setVariableResult": [
                {**INTERVAL, "attributeStatus": statuses[0]},
                {**password, "attributeStatus": statuses[1]},
            ]
        },
    )
    outcome = await link.run(
        "set_variables",
        variables=[
            {"key": "MeterValueSampleInterval", "value": "30"},
            {"component": "SecurityCtrlr", "variable": "BasicAuthPassword", "value": "geheimgeheim1234"},
        ],
    )
    assert link.calls == [
        (
            "SetVariables",
            {
                "setVariableData": [
                    {"attributeValue": "30", **INTERVAL},
                    {"attributeValue": "geheimgeheim1234", **password},
                ]
            },
        )
    ]
    assert (outcome.state, outcome.wire_status, outcome.effect) == (state, wire_status, effect)
    assert "geheim" not in str(outcome)
    recorded = [variable for report in link.reports for variable in report.variables]
    expected = VariableValue(component="SampledDataCtrlr", variable="TxUpdatedInterval", value="30", is_readonly=False)
    assert recorded == ([expected] if statuses[0] == "Accepted" else [])


@both
def test_settings_that_2_x_cannot_name_or_hold(protocol: str) -> None:
    check = DIALECTS[protocol].commands["set_variables"].check
    for item in (
        {"key": "ardent.Mode"},
        {"component": "C" * 51, "variable": "V"},
        {"component": "C", "variable": "V", "attribute": "Wanted"},
        {"component": "C", "variable": "V", "value": "v" * 1001},
    ):
        with pytest.raises(InvalidField):
            check({"variables": [{"value": "1", **item}]})


def test_each_setting_has_one_name_in_each_protocol() -> None:
    assert len(KEYS) == len(PLACES)


# ---- what we make a station send


@both
def test_what_is_triggered_is_known_by_the_name_of_its_message(protocol: str) -> None:
    reports, triggers = DIALECTS[protocol].reports, ocpp201_commands.TRIGGERS
    for word in VERSIONS[protocol].MessageTriggerEnum:
        if word != "CustomTrigger":
            request = VERSIONS[protocol].TriggerMessageRequest(requested_message=word)
            assert set(triggers["TriggerMessage"](request)) <= set(reports)
    for action, named in triggers.items():
        assert VERSIONS[protocol].ACTIONS[action].sender == "csms"
        if action != "TriggerMessage":
            assert set(named(None)) <= set(reports)
