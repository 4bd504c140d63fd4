from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from builders import ClientOf, MakeRuntime, a_boot, eventually
from voltway.contracts.sessions import SessionName
from voltway.contracts.station_link import CommandOutcome, VariableValue
from voltway.contracts.stations import CommandChanged, CommandView, SendCommand
from voltway.contracts.vocabulary import CommandState, SessionState
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.errors import InvalidField, Problem
from voltway.kernel.ids import new_id
from voltway.modules.stations import execution
from voltway.modules.stations.errors import StationNotFound
from voltway.modules.stations.module import MANIFEST
from voltway.modules.stations.tables import commands

from .network import ACCEPTED, MakeNetwork, Network, a_link, ended, some_variables, started  # noqa: TID252

FIELDS_OF_THE_CONTRACT = {
    "id",
    "type",
    "arguments",
    "state",
    "wire_status",
    "effect",
    "result",
    "requested_by",
    "requested_at",
    "finished_at",
}


class CannotDo(Problem):
    """A test's refusal."""

    status = 409
    title = "The station cannot do this"


def a_session(station: dict[str, Any], **changes: Any) -> SessionName:
    return SessionName(
        **{
            "session_id": "s-1",
            "operator_id": DEFAULT_OPERATOR_ID,
            "station_id": station["id"],
            "transaction_id": "17",
            "evse_number": 1,
            "connector_number": None,
            "state": SessionState.ACTIVE,
            **changes,
        }
    )


async def effect_of(network: Network, command: dict[str, Any]) -> Any:
    return (await network.client.get(f"/commands/{command['id']}")).json()["effect"]


async def has_effect(network: Network, command: dict[str, Any], effect: str) -> None:
    async def is_there() -> bool:
        return bool(await effect_of(network, command) == effect)

    await eventually(is_there)


# ---- sending


async def test_a_finished_command_reads_as_the_contract_says(network: Network) -> None:
    network.neighbours.outcome = CommandOutcome(
        state=CommandState.ACCEPTED, wire_status="Unlocked", effect="done", result={"a": 1}
    )
    station = await network.station()
    answer = await network.order(station, type="unlock_connector", evse_number=1)
    command = answer.json()
    assert answer.status_code == 200
    assert command.keys() >= FIELDS_OF_THE_CONTRACT
    assert command["type"] == "unlock_connector"
    assert command["arguments"] == {"evse_number": 1}
    assert (command["state"], command["wire_status"], command["effect"]) == ("accepted", "Unlocked", "done")
    assert command["result"] == {"a": 1}
    assert command["requested_by"] == "test operator_admin"
    assert command["requested_at"] <= command["finished_at"]
    assert (await network.client.get(f"/commands/{command['id']}")).json() == command
    listed = (await network.client.get(f"/charging-stations/{station['id']}/commands")).json()["items"]
    assert listed == [command]
    states = [(event.command_id, event.state.value, event.effect) for event in await network.events(CommandChanged)]
    assert states == [
        (command["id"], "pending", None),
        (command["id"], "sent", None),
        (command["id"], "accepted", "done"),
    ]


async def test_who_does_not_wait_gets_the_record_at_once(network: Network) -> None:
    network.neighbours.gate.clear()
    station = await network.station()
    for wait_s in (0, 0.05):
        answer = await network.order(station, type="clear_cache", wait_s=wait_s)
        assert answer.status_code == 202
        assert answer.json()["state"] in ("pending", "sent")
        assert answer.json()["finished_at"] is None
    network.neighbours.gate.set()
    for command in (await network.client.get(f"/charging-stations/{station['id']}/commands")).json()["items"]:

        async def is_accepted(command_id: str = command["id"]) -> bool:
            return bool((await network.client.get(f"/commands/{command_id}")).json()["state"] == "accepted")

        await eventually(is_accepted)


@pytest.mark.parametrize("state", ["rejected", "failed", "timed_out", "offline"])
async def test_how_a_station_takes_it_is_a_state_and_no_error(network: Network, state: str) -> None:
    network.neighbours.outcome = CommandOutcome(state=CommandState(state))
    answer = await network.order(await network.station(), type="clear_cache")
    assert (answer.status_code, answer.json()["state"]) == (200, state)


async def test_what_the_protocol_cannot_do_is_refused_with_why_before_anything_is_recorded(network: Network) -> None:
    network.neighbours.refusal = CannotDo("1.6 stations are reset as a whole.")
    station = await network.station()
    assert (await network.order(station, type="reset", mode="immediate", evse_number=1)).status_code == 200
    assert network.neighbours.checked == []
    await network.say(station, a_link(protocol="ocpp1.6"))
    answer = await network.order(station, type="reset", mode="immediate", evse_number=1)
    assert (answer.status_code, answer.json()["detail"]) == (409, "1.6 stations are reset as a whole.")
    (check,) = network.neighbours.checked
    assert (check.protocol, check.type, check.arguments) == (
        "ocpp1.6",
        "reset",
        {"mode": "immediate", "evse_number": 1},
    )
    assert len(await network.rows(commands)) == 1


async def test_a_refusal_on_the_way_is_told_to_who_waits_and_recorded(network: Network) -> None:
    network.neighbours.outcome = CannotDo("The station has no connector 7.")
    station = await network.station()
    answer = await network.order(station, type="unlock_connector", evse_number=7)
    assert (answer.status_code, answer.json()["detail"]) == (409, "The station has no connector 7.")
    (row,) = await network.rows(commands)
    assert (row.state, row.result["problem"]) == ("failed", "cannot-do")


async def test_a_bug_on_the_way_ends_as_failed(network: Network) -> None:
    network.neighbours.outcome = KeyError("bug")
    answer = await network.order(await network.station(), type="clear_cache")
    assert (answer.status_code, answer.json()["state"]) == (200, "failed")


async def test_without_a_gateway_nobody_holds_the_link(make_runtime: MakeRuntime, client_of: ClientOf) -> None:
    runtime = await make_runtime(MANIFEST)
    alone = Network(runtime, await client_of(runtime))
    answer = await alone.order(await alone.station(), type="clear_cache")
    assert (answer.status_code, answer.json()["state"]) == (200, "offline")


@pytest.mark.parametrize(
    "order",
    [
        {"type": "start_transaction", "id_token": "A", "evse_number": 1, "connector_number": 2},
        {"type": "start_transaction", "id_token": "A", "charging_profile": {"id": 1}},
        {"type": "reset", "mode": "on_idle"},
        {"type": "unlock_connector", "evse_number": 1, "connector_number": 2},
        {"type": "change_availability", "operative": False},
        {"type": "trigger_message", "message": "StatusNotification", "evse_number": 1},
        {
            "type": "get_variables",
            "variables": [{"component": "EVSE", "variable": "Power"}, {"key": "HeartbeatInterval"}],
        },
        {"type": "set_variables", "variables": [{"key": "HeartbeatInterval", "value": "60"}]},
        {"type": "clear_cache"},
    ],
    ids=lambda order: order["type"],
)
async def test_orders_reach_the_gateway_as_they_were_given(network: Network, order: dict[str, Any]) -> None:
    answer = await network.order(await network.station(), **order)
    assert answer.status_code == 200, answer.text
    (sent,) = network.neighbours.sent
    given = {name: value for name, value in order.items() if name != "type"}
    assert answer.json()["arguments"] == given
    assert sent.type == order["type"]
    assert {name: value for name, value in sent.arguments.items() if name != "remote_start_id"} == given
    assert sent.command_id == answer.json()["id"]


@pytest.mark.parametrize(
    ("order", "path"),
    [
        ({}, "$"),
        ({"type": "dance"}, "$"),
        ({"type": "start_transaction"}, "$.id_token"),
        ({"type": "start_transaction", "id_token": ""}, "$.id_token"),
        ({"type": "reset", "mode": "now"}, "$.mode"),
        ({"type": "unlock_connector", "evse_number": 0}, "$.evse_number"),
        ({"type": "clear_cache", "hard": True}, "$.hard"),
        ({"type": "set_variables", "variables": []}, "$.variables"),
    ],
)
async def test_a_wrong_argument_is_named(network: Network, order: dict[str, Any], path: str) -> None:
    answer = await network.order(await network.station(), **order)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path
    assert await network.rows(commands) == []


async def test_get_variables_without_names_reads_all(network: Network) -> None:
    answer = await network.order(await network.station(), type="get_variables")
    assert answer.json()["type"] == "get_variables"
    assert network.neighbours.sent[0].type == "read_variables"


async def test_evse_0_is_the_station(network: Network) -> None:
    await network.order(await network.station(), type="change_availability", operative=True, evse_number=0)
    assert network.neighbours.sent[0].arguments == {"operative": True}


async def test_a_new_password_reaches_the_station_and_is_not_kept(network: Network) -> None:
    station = await network.station()
    variables = [{"key": "ApnPassword", "value": "s3cret-s3cret-s3cret"}]
    answer = await network.order(station, type="set_variables", variables=variables)
    assert network.neighbours.sent[0].arguments == {"variables": variables}
    assert "s3cret" not in answer.text
    (row,) = await network.rows(commands)
    assert "s3cret" not in str(row)


async def test_a_station_that_is_not_accepted_is_not_ordered_about(network: Network) -> None:
    pending = await network.station("pending", registration="pending")
    rejected = await network.station("rejected", registration="rejected")
    assert (await network.order(pending, type="start_transaction", id_token="A")).status_code == 409
    assert (await network.order(pending, type="trigger_message", message="BootNotification")).status_code == 200
    assert (await network.order(rejected, type="trigger_message", message="BootNotification")).status_code == 409


async def test_who_may_not_send_is_refused_and_a_stranger_finds_nothing(
    network: Network, client_of: ClientOf, stranger_id: str
) -> None:
    station = await network.station()
    command = (await network.order(station, type="clear_cache")).json()
    auditor, stranger = (
        await client_of(network.runtime, "auditor"),
        await client_of(network.runtime, operator_id=stranger_id),
    )
    url = f"/charging-stations/{station['id']}/commands"
    assert (await auditor.post(url, json={"type": "clear_cache"})).status_code == 403
    assert (await auditor.get(url)).status_code == 200
    assert (await stranger.post(url, json={"type": "clear_cache"})).status_code == 404
    assert (await stranger.get(url)).status_code == 404
    assert (await stranger.get(f"/commands/{command['id']}")).status_code == 404


async def test_a_retired_station_takes_no_orders(network: Network) -> None:
    station = await network.station()
    await network.client.delete(f"/charging-stations/{station['id']}")
    assert (await network.order(station, type="clear_cache")).status_code == 409


async def test_a_double_click_is_one_command(network: Network) -> None:
    url = f"/charging-stations/{(await network.station())['id']}/commands"
    answers = [
        await network.client.post(url, json={"type": "clear_cache"}, headers={"idempotency-key": "once"}) for _ in "12"
    ]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len(await network.rows(commands)) == 1


async def test_a_retry_after_a_crash_finds_the_first_command(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    station = await network.station()
    url = f"/charging-stations/{station['id']}/commands"

    async def die(*_: object) -> None:
        raise RuntimeError("the process dies here, after the command was saved")

    with monkeypatch.context() as patch:
        patch.setattr(execution, "wait", die)
        first = await network.client.post(url, json={"type": "clear_cache"}, headers={"idempotency-key": "once"})
    assert first.status_code == 500
    retry = await network.client.post(url, json={"type": "clear_cache"}, headers={"idempotency-key": "once"})
    (recorded,) = await network.rows(commands)
    assert (retry.status_code, retry.json()["id"]) == (202, recorded.id)


async def test_lists_are_newest_first_and_filtered(network: Network) -> None:
    station = await network.station()
    for kind in ("clear_cache", "get_variables", "clear_cache"):
        await network.order(station, type=kind)
    url = f"/charging-stations/{station['id']}/commands"
    kinds = [item["type"] for item in (await network.client.get(url)).json()["items"]]
    assert kinds == ["clear_cache", "get_variables", "clear_cache"]
    filtered = (await network.client.get(url, params={"type": "get_variables", "state": "accepted"})).json()["items"]
    assert len(filtered) == 1
    assert (await network.client.get(url, params={"state": "failed"})).json()["items"] == []


# ---- stopping


async def test_a_stop_names_the_transaction_of_the_session(network: Network) -> None:
    station = await network.station()
    network.neighbours.sessions["s-1"] = a_session(station)
    answer = await network.order(station, type="stop_transaction", session_id="s-1")
    assert answer.json()["arguments"] == {"session_id": "s-1"}
    assert network.neighbours.sent[0].arguments == {"session_id": "s-1", "transaction_id": "17", "evse_number": 1}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        (None, 404),
        ({"station_id": "another"}, 404),
        ({"operator_id": "another"}, 404),
        ({"state": SessionState.ENDED}, 409),
        ({"transaction_id": None}, 409),
    ],
)
async def test_a_stop_of_what_cannot_be_stopped_is_refused(
    network: Network, changes: dict[str, Any] | None, status: int
) -> None:
    station = await network.station()
    if changes is not None:
        network.neighbours.sessions["s-1"] = a_session(station, **changes)
    answer = await network.order(station, type="stop_transaction", session_id="s-1")
    assert answer.status_code == status
    assert network.neighbours.sent == []


async def test_a_stop_is_done_when_the_session_has_ended(network: Network) -> None:
    station = await network.station()
    network.neighbours.sessions["s-1"] = a_session(station)
    command = (await network.order(station, type="stop_transaction", session_id="s-1")).json()
    assert command["effect"] is None
    await network.publish(ended(station, session_id="another"), ended(station))
    await has_effect(network, command, "done")
    assert [event.effect for event in await network.events(CommandChanged)][-1] == "done"


# ---- starting


async def test_a_start_is_done_when_the_session_with_its_number_begins(network: Network) -> None:
    station = await network.station()
    orders = [(await network.order(station, type="start_transaction", id_token="A")).json() for _ in "12"]
    numbers = [sent.arguments["remote_start_id"] for sent in network.neighbours.sent]
    assert all(0 < number < 2**31 for number in numbers)
    await network.publish(started(station, remote_start_id=numbers[1], id_token="other"))
    await has_effect(network, orders[1], "done")
    assert await effect_of(network, orders[0]) is None


async def test_a_start_at_a_16_station_is_known_by_token_and_evse(network: Network) -> None:
    station, other = await network.station(), await network.station("other")
    order = {"type": "start_transaction", "id_token": "tag-a", "evse_number": 2}
    command = (await network.order(station, **order)).json()
    elsewhere = (await network.order(other, **order)).json()
    await network.publish(
        started(station, id_token="TAG-B", evse_number=2),
        started(station, id_token="TAG-A", evse_number=1),
        started(station, id_token=None, evse_number=2),
        started(station, id_token="TAG-A", evse_number=2, at=clock.now() - timedelta(hours=1)),
    )
    await network.publish(started(station, id_token="TAG-C"))
    await eventually(lambda: network.runtime.events.backlog() == 0)
    assert await effect_of(network, command) is None
    await network.publish(started(station, id_token="TAG-A", evse_number=2))
    await has_effect(network, command, "done")
    assert await effect_of(network, elsewhere) is None


async def test_one_session_settles_one_of_two_equal_starts(network: Network) -> None:
    station = await network.station()
    first, second = [(await network.order(station, type="start_transaction", id_token="A")).json() for _ in range(2)]
    await network.publish(started(station, id_token="A"))
    await has_effect(network, first, "done")
    assert await effect_of(network, second) is None


async def test_two_sessions_settle_two_equal_starts(network: Network) -> None:
    station = await network.station()
    orders = [(await network.order(station, type="start_transaction", id_token="A")).json() for _ in range(2)]
    await network.publish(started(station, id_token="A"), started(station, id_token="A", session_id="s-2"))
    for order in orders:
        await has_effect(network, order, "done")


async def test_a_session_that_begins_before_the_answer_is_recorded_counts(network: Network) -> None:
    network.neighbours.gate.clear()
    station = await network.station()
    command = (await network.order(station, type="start_transaction", id_token="A", wait_s=0)).json()
    await network.publish(started(station, id_token="A"))
    await has_effect(network, command, "done")
    network.neighbours.gate.set()

    async def is_accepted() -> bool:
        return bool((await network.client.get(f"/commands/{command['id']}")).json()["state"] == "accepted")

    await eventually(is_accepted)
    assert await effect_of(network, command) == "done"


async def test_an_accepted_start_from_which_nothing_follows_has_no_session(make_network: MakeNetwork) -> None:
    network = await make_network(effect_timeout_s=120)
    station = await network.station()
    command = (await network.order(station, type="start_transaction", id_token="A")).json()
    network.neighbours.outcome = CommandOutcome(state=CommandState.REJECTED, wire_status="Rejected")
    refused = (await network.order(station, type="start_transaction", id_token="A")).json()
    now = clock.now()
    with clock.frozen(now + timedelta(seconds=110)):
        await execution.give_up(network.runtime)
    assert await effect_of(network, command) is None
    with clock.frozen(now + timedelta(seconds=130)):
        await execution.give_up(network.runtime)
    assert await effect_of(network, command) == "no_session"
    assert await effect_of(network, refused) is None
    last = (await network.events(CommandChanged))[-1]
    assert (last.command_id, last.effect) == (command["id"], "no_session")


# ---- resetting


async def test_a_reset_is_done_when_the_station_is_back(network: Network) -> None:
    station, other = await network.station(), await network.station("other")
    await network.say(station, a_link(epoch=1, received_at=clock.now()))
    by_link, by_boot = [
        (await network.order(station, type="reset", mode="immediate")).json(),
        (await network.order(other, type="reset", mode="immediate")).json(),
    ]
    assert by_link["effect"] is None
    await network.say(station, a_link(epoch=2, received_at=clock.now()))
    await network.say(other, a_boot(received_at=clock.now()))
    await has_effect(network, by_link, "done")
    await has_effect(network, by_boot, "done")


async def test_a_scheduled_reset_is_done_later(network: Network) -> None:
    network.neighbours.outcome = CommandOutcome(state=CommandState.ACCEPTED, effect="scheduled")
    station = await network.station()
    command = (await network.order(station, type="reset", mode="on_idle")).json()
    assert command["effect"] == "scheduled"
    with clock.frozen(clock.now() + timedelta(hours=1)):
        await execution.give_up(network.runtime)
    assert await effect_of(network, command) == "scheduled"
    await network.say(station, a_boot(received_at=clock.now()))
    await has_effect(network, command, "done")


# ---- processes that die


async def test_the_commands_of_a_dead_process_end_as_timed_out_and_are_not_sent_again(
    network: Network, make_runtime: MakeRuntime
) -> None:
    station = await network.station()
    network.neighbours.gate.clear()
    running = (await network.order(station, type="clear_cache", wait_s=0)).json()
    dead = {
        "id": new_id(),
        "operator_id": DEFAULT_OPERATOR_ID,
        "station_id": station["id"],
        "type": "reset",
        "arguments": {"mode": "immediate"},
        "state": "sent",
        "requested_by": "x",
        "requested_at": clock.now() - timedelta(hours=1),
        "due_at": clock.now() - timedelta(minutes=59),
    }
    async with network.runtime.database.begin() as tx:
        await tx.execute(sa.insert(commands), [dead])
    await make_runtime(MANIFEST)
    states = {row.id: row.state for row in await network.rows(commands)}
    assert states[dead["id"]] == "timed_out"
    assert states[running["id"]] in ("pending", "sent")
    assert [sent.command_id for sent in network.neighbours.sent] == [running["id"]]
    network.neighbours.gate.set()


async def test_an_answer_after_a_command_was_given_up_changes_nothing(network: Network) -> None:
    network.neighbours.gate.clear()
    station = await network.station()
    command = (await network.order(station, type="clear_cache", wait_s=0)).json()
    await eventually(lambda: network.neighbours.sent)
    with clock.frozen(clock.now() + timedelta(hours=1)):
        await execution.give_up(network.runtime)
    network.neighbours.gate.set()
    await eventually(lambda: not network.runtime.state(execution.Executions).tasks)
    assert (await network.client.get(f"/commands/{command['id']}")).json()["state"] == "timed_out"


# ---- other modules


async def test_other_modules_send_commands_too(network: Network, stranger_id: str) -> None:
    station = await network.station()
    fields = {
        "station_id": station["id"],
        "type": "reset",
        "arguments": {"mode": "immediate"},
        "requested_by": "somebody",
        "wait_s": 5,
    }
    view = await network.runtime.ask(SendCommand(operator_id=DEFAULT_OPERATOR_ID, **fields))
    assert view == CommandView(
        command_id=view.command_id,
        station_id=station["id"],
        type="reset",
        state=CommandState.ACCEPTED,
        wire_status=ACCEPTED.wire_status,
    )
    (row,) = await network.rows(commands)
    assert (row.id, row.requested_by) == (view.command_id, "somebody")
    with pytest.raises(StationNotFound):
        await network.runtime.ask(SendCommand(operator_id=stranger_id, **fields))
    with pytest.raises(InvalidField, match="mode"):
        await network.runtime.ask(SendCommand(operator_id=DEFAULT_OPERATOR_ID, **{**fields, "arguments": {}}))


# ---- what a station can be told


async def test_types_of_commands_say_what_a_station_cannot_be_told_and_why(make_network: MakeNetwork) -> None:
    network = await make_network()
    station = await network.station()
    types = await _types_of(network, station)
    assert len(types) > 50
    assert set(types.values()) == {None}  # what it can, nobody knows before it has come

    network.neighbours.unsayable = ("get_base_report",)
    told = some_variables(
        VariableValue(variable="SupportedFeatureProfiles", value="Core,SmartCharging"),
        VariableValue(component="DisplayMessageCtrlr", variable="Available", value="false"),
    )
    await network.say(station, a_boot(), told)
    types = await _types_of(network, station)
    assert types["get_base_report"] == "ocpp1.6 has no get_base_report."
    assert "does not name Reservation" in str(types["reserve_now"])
    assert "DisplayMessageCtrlr is not available" in str(types["set_display_message"])
    assert types["reset"] is None


async def test_a_rejected_station_can_be_told_nothing(make_network: MakeNetwork) -> None:
    network = await make_network()
    station = await network.station()
    answer = await network.client.patch(f"/charging-stations/{station['id']}", json={"registration": "rejected"})
    assert answer.is_success, answer.text
    types = await _types_of(network, station)
    assert all(reason is not None and "rejected" in reason for reason in types.values())


async def _types_of(network: Network, station: dict[str, Any]) -> dict[str, str | None]:
    answer = await network.client.get(f"/charging-stations/{station['id']}/command-types")
    assert answer.status_code == 200, answer.text
    assert all(item["is_possible"] is (item["reason"] is None) for item in answer.json()["items"])
    return {item["type"]: item["reason"] for item in answer.json()["items"]}
