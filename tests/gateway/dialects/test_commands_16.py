"""OCPP 1.6: what each command says to the station, and what becomes of its answers."""

from __future__ import annotations

from typing import Any

import pytest

from voltway.contracts.station_link import VariableValue
from voltway.contracts.vocabulary import CommandState
from voltway.kernel.errors import InvalidField
from voltway.modules.gateway.dialects import ocpp16_commands
from voltway.modules.gateway.dialects.base import CallFailed, CallTimedOut
from voltway.modules.gateway.errors import CommandNotSupported
from voltway.wire.ocpp import v16

from .builders import DIALECTS, NOT_IMPLEMENTED, ScriptedLink  # noqa: TID252  (tests are not installed)

ACCEPTED, REJECTED = CommandState.ACCEPTED, CommandState.REJECTED
PROFILE = {
    "id": 12,
    "stack_level": 1,
    "charging_profile_purpose": "TxProfile",
    "charging_profile_kind": "Relative",
    "charging_schedule": [
        {
            "id": 1,
            "charging_rate_unit": "A",
            "charging_schedule_period": [{"start_period": 0, "limit": 16.0, "number_phases": 3}],
        }
    ],
}


def a_link(*script: Any, connector_map: dict[int, tuple[int, int]] | None = None) -> ScriptedLink:
    return ScriptedLink("ocpp1.6", *script, connector_map=connector_map)


def check(kind: str, **arguments: Any) -> None:
    DIALECTS["ocpp1.6"].commands[kind].check(arguments)


# What is said, for the commands that are one call with one status.
SAID: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("start_transaction", {"id_token": "CAFE"}, "RemoteStartTransaction", {"idTag": "CAFE"}),
    (
        "start_transaction",
        {"id_token": "CAFE", "evse_number": 2, "connector_number": 1, "charging_profile": PROFILE},
        "RemoteStartTransaction",
        {
            "idTag": "CAFE",
            "connectorId": 2,
            "chargingProfile": {
                "chargingProfileId": 12,
                "stackLevel": 1,
                "chargingProfilePurpose": "TxProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": {
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}],
                },
            },
        },
    ),
    ("stop_transaction", {"transaction_id": "1834"}, "RemoteStopTransaction", {"transactionId": 1834}),
    ("reset", {"mode": "immediate"}, "Reset", {"type": "Hard"}),
    ("reset", {"mode": "on_idle", "evse_number": None}, "Reset", {"type": "Soft"}),
    ("unlock_connector", {"evse_number": 2}, "UnlockConnector", {"connectorId": 2}),
    ("change_availability", {"operative": False}, "ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
    (
        "change_availability",
        {"operative": True, "evse_number": 1, "connector_number": 1},
        "ChangeAvailability",
        {"connectorId": 1, "type": "Operative"},
    ),
    ("trigger_message", {"message": "BootNotification"}, "TriggerMessage", {"requestedMessage": "BootNotification"}),
    (
        "trigger_message",
        {"message": "MeterValues", "evse_number": 1},
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "connectorId": 1},
    ),
    (
        "trigger_message",
        {"message": "LogStatusNotification"},
        "ExtendedTriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
    ),
    (
        "trigger_message",
        {"message": "SignChargingStationCertificate"},
        "ExtendedTriggerMessage",
        {"requestedMessage": "SignChargePointCertificate"},
    ),
    ("clear_cache", {}, "ClearCache", {}),
]


@pytest.mark.parametrize(("kind", "arguments", "action", "payload"), SAID)
async def test_a_command_is_said_in_1_6(
    kind: str, arguments: dict[str, Any], action: str, payload: dict[str, Any]
) -> None:
    link = a_link({"status": "Unlocked" if kind == "unlock_connector" else "Accepted"})
    outcome = await link.run(kind, **arguments)
    assert link.calls == [(action, payload)]
    assert outcome.state is ACCEPTED


OUTCOMES = [
    ("start_transaction", {"id_token": "A"}, "Accepted", ACCEPTED, None),
    ("start_transaction", {"id_token": "A"}, "Rejected", REJECTED, None),
    ("stop_transaction", {"transaction_id": "1"}, "Accepted", ACCEPTED, None),
    ("stop_transaction", {"transaction_id": "1"}, "Rejected", REJECTED, None),
    ("reset", {"mode": "immediate"}, "Accepted", ACCEPTED, None),
    ("reset", {"mode": "immediate"}, "Rejected", REJECTED, None),
    ("unlock_connector", {"evse_number": 1}, "Unlocked", ACCEPTED, "done"),
    ("unlock_connector", {"evse_number": 1}, "UnlockFailed", REJECTED, None),
    ("unlock_connector", {"evse_number": 1}, "NotSupported", REJECTED, None),
    ("change_availability", {"operative": True}, "Accepted", ACCEPTED, "done"),
    ("change_availability", {"operative": True}, "Scheduled", ACCEPTED, "scheduled"),
    ("change_availability", {"operative": True}, "Rejected", REJECTED, None),
    ("trigger_message", {"message": "Heartbeat"}, "Accepted", ACCEPTED, None),
    ("trigger_message", {"message": "Heartbeat"}, "Rejected", REJECTED, None),
    ("trigger_message", {"message": "Heartbeat"}, "NotImplemented", REJECTED, None),
    ("clear_cache", {}, "Accepted", ACCEPTED, "done"),
    ("clear_cache", {}, "Rejected", REJECTED, None),
]


@pytest.mark.parametrize(("kind", "arguments", "status", "state", "effect"), OUTCOMES)
async def test_a_status_is_an_outcome(
    kind: str, arguments: dict[str, Any], status: str, state: CommandState, effect: str | None
) -> None:
    outcome = await a_link({"status": status}).run(kind, **arguments)
    assert (outcome.state, outcome.wire_status, outcome.effect) == (state, status, effect)


def test_every_status_of_these_answers_is_in_the_table() -> None:
    tried = {(kind, status) for kind, _, status, _, _ in OUTCOMES}
    words: dict[str, Any] = {
        "start_transaction": v16.GenericStatus,
        "stop_transaction": v16.GenericStatus,
        "reset": v16.GenericStatus,
        "unlock_connector": v16.UnlockStatus,
        "change_availability": v16.AvailabilityStatus,
        "trigger_message": v16.TriggerMessageStatus,
        "clear_cache": v16.GenericStatus,
    }
    assert tried == {(kind, status.value) for kind, statuses in words.items() for status in statuses}


@pytest.mark.parametrize("failure", [CallFailed("InternalError", "out of order"), CallTimedOut()])
async def test_no_answer_is_for_the_gateway_to_judge(failure: Exception) -> None:
    with pytest.raises(type(failure)):
        await a_link(failure).run("reset", mode="immediate")


# ---- what 1.6 cannot say


def test_a_token_of_21_characters_is_refused_by_name() -> None:
    check("start_transaction", id_token="A" * 20)
    with pytest.raises(InvalidField) as refused:
        check("start_transaction", id_token="A" * 21)
    assert refused.value.context["errors"][0]["path"] == "$.id_token"
    with pytest.raises(InvalidField):
        check("start_transaction", id_token="")


def test_one_evse_cannot_be_reset() -> None:
    with pytest.raises(CommandNotSupported):
        check("reset", mode="immediate", evse_number=1)


def test_messages_of_2_x_cannot_be_triggered_and_nonsense_is_wrong() -> None:
    for message in ("TransactionEvent", "SignV2GCertificate", "PublishFirmwareStatusNotification"):
        with pytest.raises(CommandNotSupported):
            check("trigger_message", message=message)
    with pytest.raises(InvalidField):
        check("trigger_message", message="CoffeeNotification")


def test_a_profile_that_1_6_cannot_say() -> None:
    with pytest.raises(CommandNotSupported):
        check(
            "start_transaction",
            id_token="A",
            charging_profile={**PROFILE, "charging_profile_purpose": "ChargingStationExternalConstraints"},
        )
    for fault in ({"stack_level": "high"}, {"transaction_id": "0b1c-uuid"}):
        with pytest.raises(InvalidField):
            check("start_transaction", id_token="A", charging_profile={**PROFILE, **fault})
    schedule = {"id": 1, "charging_rate_unit": "A", "charging_schedule_period": [{"start_period": 0, "limit": 16.05}]}
    with pytest.raises(InvalidField):
        check("start_transaction", id_token="A", charging_profile={**PROFILE, "charging_schedule": [schedule]})


@pytest.mark.parametrize("transaction_id", [None, "", "0b1c-uuid"])
async def test_a_transaction_without_a_number_cannot_be_stopped(transaction_id: str | None) -> None:
    with pytest.raises(CommandNotSupported):
        await a_link().run("stop_transaction", transaction_id=transaction_id)


# ---- connectors

TWO_PLUGS = {1: (1, 1), 2: (1, 2), 3: (2, 1)}


async def test_an_evse_with_two_plugs_becomes_unavailable_plug_by_plug() -> None:
    link = a_link({"status": "Accepted"}, {"status": "Scheduled"}, connector_map=TWO_PLUGS)
    outcome = await link.run("change_availability", operative=False, evse_number=1)
    assert [payload["connectorId"] for _, payload in link.calls] == [1, 2]
    assert (outcome.state, outcome.wire_status, outcome.effect) == (ACCEPTED, "Scheduled", "scheduled")


@pytest.mark.parametrize(
    ("evse_number", "connector_number", "connector"), [(1, None, 1), (1, 2, 2), (2, None, 3), (2, 1, 3)]
)
async def test_the_map_is_read_both_ways(evse_number: int, connector_number: int | None, connector: int) -> None:
    link = a_link({"status": "Unlocked"}, connector_map=TWO_PLUGS)
    await link.run("unlock_connector", evse_number=evse_number, connector_number=connector_number)
    assert link.calls == [("UnlockConnector", {"connectorId": connector})]


@pytest.mark.parametrize(
    ("connector_map", "evse_number", "connector_number"), [(None, 1, 2), (TWO_PLUGS, 3, None), (TWO_PLUGS, 1, 3)]
)
async def test_a_connector_that_is_not_there_is_refused_and_nothing_is_sent(
    connector_map: dict[int, tuple[int, int]] | None, evse_number: int, connector_number: int | None
) -> None:
    link = a_link(connector_map=connector_map)
    with pytest.raises(CommandNotSupported):
        await link.run("unlock_connector", evse_number=evse_number, connector_number=connector_number)
    assert link.calls == []


# ---- settings

HEARTBEAT = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
SERIAL = {"key": "ardent.Serial", "readonly": True}


async def test_all_settings_are_read_and_recorded() -> None:
    link = a_link({"configurationKey": [HEARTBEAT, SERIAL]})
    outcome = await link.run("read_variables")
    assert link.calls == [("GetConfiguration", {})]
    assert (outcome.state, outcome.effect, outcome.result) == (ACCEPTED, "done", {"count": 2})
    (report,) = link.reports
    assert report.station_id == "station"
    assert report.protocol == "ocpp1.6"
    assert report.variables == (
        VariableValue(variable="HeartbeatInterval", value="300", is_readonly=False),
        VariableValue(variable="ardent.Serial", is_readonly=True),
    )


async def test_a_station_without_settings_has_nothing_to_record() -> None:
    link = a_link({})
    assert (await link.run("read_variables")).state is ACCEPTED
    assert link.reports == []


async def test_settings_are_got_by_either_name() -> None:
    link = a_link({"configurationKey": [HEARTBEAT, {**SERIAL, "key": "ARDENT.serial"}], "unknownKey": ["Nope"]})
    asked = [
        {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"},
        {"key": "ardent.Serial"},
        {"key": "Nope"},
    ]
    outcome = await link.run("get_variables", variables=asked)
    assert link.calls == [("GetConfiguration", {"key": ["HeartbeatInterval", "ardent.Serial", "Nope"]})]
    assert outcome.state is ACCEPTED
    assert outcome.result == [
        {**asked[0], "key": "HeartbeatInterval", "value": "300", "is_readonly": False, "status": "Accepted"},
        {"key": "ardent.Serial", "value": None, "is_readonly": True, "status": "Accepted"},
        {"key": "Nope", "value": None, "is_readonly": None, "status": "UnknownVariable"},
    ]
    assert len(link.reports[0].variables) == 2


async def test_a_setting_that_nobody_knows_is_a_refusal() -> None:
    outcome = await a_link({"unknownKey": ["Nope"]}).run("get_variables", variables=[{"key": "Nope"}])
    assert (outcome.state, outcome.wire_status) == (REJECTED, "UnknownVariable")


async def test_keys_are_asked_for_in_portions_that_the_station_can_take() -> None:
    link = a_link({"configurationKey": [{"key": "GetConfigurationMaxKeys", "readonly": True, "value": "2"}]}, {}, {})
    await DIALECTS["ocpp1.6"].commands["read_variables"].run(link, {})
    await link.run("get_variables", variables=[{"key": "A"}, {"key": "B"}, {"key": "C"}])
    assert [payload for _, payload in link.calls[1:]] == [{"key": ["A", "B"]}, {"key": ["C"]}]


async def test_settings_are_set_one_by_one_and_the_new_values_recorded() -> None:
    link = a_link({"status": "Accepted"}, {"status": "RebootRequired"})
    outcome = await link.run(
        "set_variables",
        variables=[
            {"component": "SampledDataCtrlr", "variable": "TxUpdatedInterval", "value": "30"},
            {"key": "ardent.Mode", "value": "eco"},
        ],
    )
    assert link.calls == [
        ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "30"}),
        ("ChangeConfiguration", {"key": "ardent.Mode", "value": "eco"}),
    ]
    assert (outcome.state, outcome.wire_status, outcome.effect) == (ACCEPTED, "RebootRequired", "reboot_required")
    assert [item["status"] for item in outcome.result] == ["Accepted", "RebootRequired"]
    assert link.reports[0].variables == (
        VariableValue(variable="MeterValueSampleInterval", value="30", is_readonly=False),
    )


@pytest.mark.parametrize("refusal", ["Rejected", "NotSupported"])
async def test_one_refused_setting_makes_the_order_refused_and_names_it(refusal: str) -> None:
    link = a_link({"status": "Accepted"}, {"status": refusal})
    outcome = await link.run("set_variables", variables=[{"key": "A", "value": "1"}, {"key": "B", "value": "2"}])
    assert (outcome.state, outcome.wire_status, outcome.effect) == (REJECTED, refusal, None)
    assert outcome.result == [{"key": "A", "status": "Accepted"}, {"key": "B", "status": refusal}]


async def test_a_setting_that_the_station_chokes_on_does_not_keep_the_next_from_its_turn() -> None:
    link = a_link(NOT_IMPLEMENTED, {"status": "Accepted"})
    outcome = await link.run("set_variables", variables=[{"key": "A", "value": "1"}, {"key": "B", "value": "2"}])
    assert (outcome.state, outcome.wire_status) == (REJECTED, "NotImplemented")
    assert [variable.variable for variable in link.reports[0].variables] == ["B"]


async def test_a_password_is_set_and_never_recorded() -> None:
    link = a_link({"status": "Accepted"})
    outcome = await link.run("set_variables", variables=[{"key": "AuthorizationKey", "value": "geheim"}])
    assert (outcome.state, outcome.effect) == (ACCEPTED, "done")
    assert link.reports == []
    assert "geheim" not in str(outcome)


def test_settings_that_1_6_cannot_name_or_hold() -> None:
    for item in (
        {"component": "Connector", "variable": "ConnectorType"},
        {"component": "OCPPCommCtrlr", "variable": "MessageAttempts", "instance": "Other"},
        {"key": "K" * 51},
        {"key": "A", "value": "v" * 501},
    ):
        with pytest.raises(InvalidField):
            check("set_variables", variables=[{"value": "1", **item}])


# ---- what we make a station send


def test_what_is_triggered_is_known_by_the_name_of_its_message() -> None:
    triggers = ocpp16_commands.TRIGGERS
    boot = v16.TriggerMessageRequest(requested_message=v16.MessageTrigger.BootNotification)
    assert triggers["TriggerMessage"](boot) == ("BootNotification",)
    sign = v16.ExtendedTriggerMessageRequest(requested_message=v16.ExtendedMessageTrigger.SignChargePointCertificate)
    assert triggers["ExtendedTriggerMessage"](sign) == ("SignCertificate",)
    for action, name in triggers.items():
        assert v16.ACTIONS[action].sender != "station"
        if "Trigger" not in action:
            assert set(name(None)) <= set(DIALECTS["ocpp1.6"].reports)


def test_the_configuration_is_read_after_a_boot() -> None:
    for dialect in DIALECTS.values():
        assert dialect.after_boot == ("read_variables",)
        assert set(dialect.after_boot) <= set(dialect.commands)
