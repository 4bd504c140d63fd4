"""Every message of every version, broken in every place, on a real socket: the right code, the link stays, nobody else notices.

The payloads are made from the official schemas: the fullest one of each message with one thing changed, through all its types
(tests/wire/schema_strategy.py). What the schema accepts must be answered; what it refuses gets the code that the version has
for it, unless it is a transaction message, which gets a second, lenient reading first.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from voltway.contracts.station_link import ReportLink, ReportTransaction
from voltway.contracts.vocabulary import Registration
from voltway.kernel.ids import new_id
from voltway.modules.gateway.dialects.base import Dialect
from voltway.wire.ocpp.rpc import codec_for
from wire.schema_strategy import SUBPROTOCOLS, Mutator, example, schemas, validator

from .conftest import Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .raw_station import RawStation  # noqa: TID252

MODULES = {version: importlib.import_module(f"voltway.wire.ocpp.{version}") for version in SUBPROTOCOLS}
EACH_VERSION = pytest.mark.parametrize("version", SUBPROTOCOLS)
WINDOW = 16
"""Frames that are under way at one time."""
UNLIMITED = {"messages_per_s": 1e6, "messages_burst": 10**6, "faults_per_minute": 10**6}
INSIDE = "$"

# OCPP-J 1.6 §4.2.3 with the spellings of its errata; OCPP-J 2.0.1 §4.3. By what was done to the payload.
CODES_16 = {
    "drop required": "ProtocolError",
    "extra field": "FormationViolation",
    "null": "TypeConstraintViolation",
    "wrong type": "TypeConstraintViolation",
    "fraction": "TypeConstraintViolation",
    "true": "TypeConstraintViolation",
    "unknown word": "PropertyConstraintViolation",
    "too long": "PropertyConstraintViolation",
    "too small": "PropertyConstraintViolation",
    "too large": "PropertyConstraintViolation",
    "no multiple": "PropertyConstraintViolation",
    "empty array": "OccurenceConstraintViolation",
    "too many items": "OccurenceConstraintViolation",
}
CODES_2 = CODES_16 | {
    "drop required": "OccurrenceConstraintViolation",
    "extra field": "ProtocolError",
    "empty array": "OccurrenceConstraintViolation",
    "too many items": "OccurrenceConstraintViolation",
}
NOT_AN_OBJECT = {"v16": "FormationViolation", "v201": "ProtocolError", "v21": "ProtocolError"}


class Bad(NamedTuple):
    """A frame to send, and the codes that may answer it; no code: it must be answered like any other."""

    action: str
    place: str
    change: str
    payload: Any
    code: str | None
    may_be_repaired: bool


def dialect_of(version: str) -> Dialect:
    name = {"v16": "ocpp16", "v201": "ocpp201", "v21": "ocpp21"}[version]
    found: Dialect = importlib.import_module(f"voltway.modules.gateway.dialects.{name}").DIALECT
    return found


def calls_of(version: str) -> list[str]:
    """What a station may ask."""
    return [
        action.name
        for action in MODULES[version].ACTIONS.values()
        if action.sender in ("station", "both") and action.response is not None
    ]


def bad_calls(version: str) -> Iterator[Bad]:
    rows = dialect_of(version).reports
    for action in calls_of(version):
        name = f"{action}Request"
        schema = schemas(version)[name]
        is_transaction = action in rows and rows[action].is_transaction
        for full in (True, False):
            yield Bad(action, INSIDE, "valid", example(schema, schema, full=full), None, False)
        reads = codec_for(SUBPROTOCOLS[version]).read_payload  # type: ignore[arg-type]
        kind = MODULES[version].ACTIONS[action].request
        for one in Mutator(schema).mutations():
            payload = one.payload if one.change in ("too long", "too many items") else shortened(one.payload)
            # Where we are more patient than the schema (tests/wire/test_messages.py lists where), we must be so here too.
            is_valid = validator(version, name).is_valid(payload) or isinstance(
                reads(kind, json.dumps(payload).encode()), kind
            )
            code = code_for(version, one.place, one.change) if not is_valid else None
            yield Bad(action, one.place, one.change, payload, code, is_transaction)


def shortened(value: Any) -> Any:
    """The same with short texts and one item in each array: thousands of fullest frames would take minutes."""
    if isinstance(value, dict):
        return {name: shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shortened(inner) for inner in value[:1]]
    return value[:64] if isinstance(value, str) else value


def code_for(version: str, place: str, change: str) -> str:
    codes = CODES_16 if version == "v16" else CODES_2
    if place == INSIDE and change == "wrong type":
        return NOT_AN_OBJECT[version]
    # OCPP-J §4.1.5: null stands for a payload without fields.
    return codes["drop required" if place == INSIDE and change == "null" else change]


async def answers_to(station: RawStation, frames: list[tuple[str, Any]]) -> list[Any]:
    """Send them, some at a time; the answers, in order. What we are asked meanwhile is not answered."""
    answers: list[Any] = []
    for first in range(0, len(frames), WINDOW):
        window = {new_id(): frame for frame in frames[first : first + WINDOW]}
        for message_id, (action, payload) in window.items():
            station.call(message_id, action, payload)
        heard: dict[str, Any] = {}
        while len(heard) < len(window):
            frame = await station.heard()
            if frame[0] == 2:
                station.orders.append(frame)
            else:
                heard[frame[1]] = frame  # a refusal overtakes an answer that waits for its commit
        answers += [heard[message_id] for message_id in window]
    return answers


async def a_network(start_network: StartNetwork, version: str) -> tuple[Network, RawStation, RawStation]:
    network = await start_network(
        modules=("security", "billing", "reservations", "grid", "energy", "files"), **UNLIMITED
    )
    station = await network.connect("CS1", SUBPROTOCOLS[version])
    return network, station, await network.connect("CS2", SUBPROTOCOLS[version])


@EACH_VERSION
async def test_every_broken_message_gets_its_code_and_disturbs_nobody(
    start_network: StartNetwork, version: str
) -> None:
    tried = list(bad_calls(version))  # before the server runs: this holds the event loop for seconds
    network, station, bystander = await a_network(start_network, version)
    wrong: list[str] = []
    for first in range(0, len(tried), 500):
        part = tried[first : first + 500]
        for bad, answer in zip(part, await answers_to(station, [(b.action, b.payload) for b in part]), strict=True):
            said = "result" if answer[0] == 3 else answer[2]
            is_ours = bad.action in dialect_of(version).reports
            allowed = {bad.code or ("result" if is_ours else "NotSupported")} | (
                {"result"} if bad.may_be_repaired else set()
            )
            if said not in allowed:
                wrong.append(f"{bad.action} {bad.place}: {bad.change}: {said}, expected {' or '.join(sorted(allowed))}")
        assert (await bystander.exchange(new_id(), "Heartbeat", {}))[0] == 3
    assert not wrong, "\n".join(wrong)
    assert len(tried) > 300
    assert sum(bad.code is not None for bad in tried) > 200
    assert (await station.exchange("at the end", "Heartbeat", {}))[:2] == [3, "at the end"]
    reports = network.neighbours.reports
    assert {one.station_identity for one in reports if not isinstance(one, ReportLink)} == {"CS1"}
    assert network.gateway.counts.closed == {}


@EACH_VERSION
async def test_every_message_that_only_we_may_send_is_not_supported(start_network: StartNetwork, version: str) -> None:
    _, station, _ = await a_network(start_network, version)
    ours = [action.name for action in MODULES[version].ACTIONS.values() if action.sender == "csms"]
    frames = []
    for action in ours:
        schema = schemas(version)[f"{action}Request"]
        frames.append((action, example(schema, schema, full=False)))
    answers = await answers_to(station, frames)
    assert {answer[2] for answer in answers} == {"NotSupported"}
    assert len(answers) == len(ours) > 20


@EACH_VERSION
async def test_unknown_action_is_not_implemented(start_network: StartNetwork, version: str) -> None:
    _, station, _ = await a_network(start_network, version)
    actions = ["NoSuchAction", "bootnotification", "", "A" * 300, "Böot"]
    answers = await answers_to(station, [(action, {}) for action in actions])
    assert [answer[2] for answer in answers] == ["NotImplemented"] * len(actions)


@EACH_VERSION
async def test_transaction_message_that_can_be_repaired_is_kept_with_its_flag(
    start_network: StartNetwork, version: str
) -> None:
    """The second reading is reached on the socket, for each transaction message of the version."""
    network, station, _ = await a_network(start_network, version)
    rows = dialect_of(version).reports
    for action in (name for name in calls_of(version) if name in rows and rows[name].is_transaction):
        schema = schemas(version)[f"{action}Request"]
        payload = example(schema, schema, full=True) | {"surplusField": 1}
        answer = (await answers_to(station, [(action, payload)]))[0]
        assert answer[0] == 3, (action, answer)
        assert "schema_error" in network.neighbours.reports[-1].flags


async def test_send_that_is_broken_is_dropped_without_an_answer(start_network: StartNetwork) -> None:
    _, station, bystander = await a_network(start_network, "v21")
    schema = schemas("v21")["NotifyPeriodicEventStreamRequest"]
    for one in Mutator(schema).mutations():
        station.say(json.dumps([6, new_id(), "NotifyPeriodicEventStream", one.payload]))
    assert (await station.exchange("after", "Heartbeat", {}))[:2] == [3, "after"]
    assert (await bystander.exchange("after", "Heartbeat", {}))[:2] == [3, "after"]


async def test_every_transaction_message_of_1_6_is_kept_before_acceptance(start_network: StartNetwork) -> None:
    network = await start_network({"CS1": {"registration": Registration.PENDING}})
    station = await network.connect("CS1")
    rows = dialect_of("v16").reports
    actions = [name for name in calls_of("v16") if name in rows and rows[name].is_transaction]
    schema = {name: schemas("v16")[f"{name}Request"] for name in actions}
    answers = await answers_to(station, [(name, example(schema[name], schema[name], full=True)) for name in actions])
    assert [answer[0] for answer in answers] == [3, 3, 3], answers
    assert len(network.neighbours.of(ReportTransaction)) == 3
