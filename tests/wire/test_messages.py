"""Every message of every version against its official schema: what it accepts we read and write, what it refuses we refuse."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voltway.wire.ocpp.faults import Fault, Kind
from voltway.wire.ocpp.rpc import codec_for
from voltway.wire.ocpp.shapes import CustomData, Shape

from .schema_strategy import (  # noqa: TID252  (tests are not installed: they have no absolute name)
    SUBPROTOCOLS,
    Mutator,
    example,
    payloads,
    schemas,
    validator,
)

MODULES = {version: importlib.import_module(f"voltway.wire.ocpp.{version}") for version in SUBPROTOCOLS}
MESSAGES = [(version, name) for version in MODULES for name in schemas(version)]
EVERY_MESSAGE = pytest.mark.parametrize(("version", "name"), MESSAGES, ids=lambda value: value)

# Where we and the official schema judge differently, and why: (version, place, change) -> reason. Anything else is a bug.
NO_PAYLOAD = "OCPP-J 4.1.5 allows null for a payload without fields"
DIFFERENCES = [
    *((version, r"\$", "null", NO_PAYLOAD) for version in MODULES),
    ("v16", r".*", "whole float", "JSON Schema draft 4 refuses 1.0 for an integer, draft 6 (2.x) accepts it: so do we"),
    ("v16", r".*\.meterValue\.sampledValue", "empty array", "StopTransaction allows it: one type serves both"),
]

QUICK = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def read(version: str, name: str, payload: Any) -> Shape | Fault:
    kind: type[Shape] = getattr(MODULES[version], name)
    return codec_for(SUBPROTOCOLS[version]).read_payload(kind, json.dumps(payload).encode())  # type: ignore[arg-type]


def written(message: Shape | Fault) -> Any:
    assert isinstance(message, Shape), message
    return json.loads(msgspec.json.encode(message))


@EVERY_MESSAGE
def test_every_message_has_its_struct(version: str, name: str) -> None:
    action = name.removesuffix("Request").removesuffix("Response")
    entry = MODULES[version].ACTIONS[action]
    kind = entry.request if name.endswith("Request") else entry.response
    assert kind is getattr(MODULES[version], name)


@EVERY_MESSAGE
def test_fullest_and_barest_payloads_survive_unchanged(version: str, name: str) -> None:
    schema = schemas(version)[name]
    for full in (True, False):
        payload = example(schema, schema, full=full)
        assert validator(version, name).is_valid(payload)
        assert written(read(version, name, payload)) == payload


@EVERY_MESSAGE
@QUICK
@given(data=st.data())
def test_any_payload_that_the_schema_accepts_survives_unchanged(version: str, name: str, data: st.DataObject) -> None:
    schema = schemas(version)[name]
    payload = data.draw(payloads(schema, schema))
    assert validator(version, name).is_valid(payload)
    back = written(read(version, name, payload))
    assert back == payload
    assert validator(version, name).is_valid(back)


@pytest.mark.parametrize("version", MODULES)
def test_broken_payloads_are_refused_as_the_schema_refuses_them(version: str) -> None:
    used, unexplained, count = set(), [], 0
    for name, schema in schemas(version).items():
        for mutation in Mutator(schema).mutations():
            ours = isinstance(read(version, name, mutation.payload), Shape)
            official = validator(version, name).is_valid(mutation.payload)
            count += 1
            if ours != official:
                reason = explain(version, mutation.place, mutation.change)
                used.add(reason)
                if reason is None:
                    unexplained.append((name, mutation.place, mutation.change, f"schema {official}, we {ours}"))
    assert unexplained == []
    assert used == {reason for of, _, _, reason in DIFFERENCES if of == version}, "a listed difference is none"
    assert count > 800


def explain(version: str, place: str, change: str) -> str | None:
    for of, places, changes, reason in DIFFERENCES:
        if of == version and re.fullmatch(places, place) and changes == change:
            return reason
    return None


@pytest.mark.parametrize(
    ("version", "name", "payload", "kind"),
    [
        ("v16", "StartTransactionRequest", {"meterStart": 2**63}, Kind.VALUE),
        ("v16", "StartTransactionRequest", {"timestamp": "2026-01-01T00:00:00." + "0" * 60 + "Z"}, Kind.VALUE),
        ("v16", "StartTransactionRequest", {"idTag": "a\0"}, Kind.VALUE),
        ("v21", "DataTransferRequest", {"data": json.loads("[" * 40 + "]" * 40)}, Kind.SYNTAX),
        (
            "v21",
            "HeartbeatRequest",
            {"customData": {"vendorId": "x", "a": json.loads("[" * 40 + "]" * 40)}},
            Kind.SYNTAX,
        ),
    ],
    ids=["beyond 64 bits", "endless date-time", "U+0000", "deep data", "deep customData"],
)
def test_we_refuse_what_no_database_holds_though_the_schema_allows_it(
    version: str, name: str, payload: dict[str, Any], kind: Kind
) -> None:
    schema = schemas(version)[name]
    whole = example(schema, schema, full=False) | payload
    assert validator(version, name).is_valid(whole)
    fault = read(version, name, whole)
    assert isinstance(fault, Fault)
    assert fault.kind is kind


@pytest.mark.parametrize(("version", "unit"), [("v16", "Hertz")])
def test_stop_transaction_knows_the_unit_that_its_schema_forgot(version: str, unit: str) -> None:
    sample = {"timestamp": "t", "sampledValue": [{"value": "50", "unit": unit}]}
    payload = {"meterStop": 1, "timestamp": "t", "transactionId": 1, "transactionData": [sample]}
    assert not validator(version, "StopTransactionRequest").is_valid(payload)
    assert written(read(version, "StopTransactionRequest", payload)) == payload


def test_null_data_of_a_data_transfer_reads_as_no_data() -> None:
    message = read("v201", "DataTransferRequest", {"vendorId": "x", "data": None})
    assert written(message) == {"vendorId": "x"}


def test_custom_data_is_kept_whole_and_written_again() -> None:
    payload = {"customData": {"vendorId": "org.example", "anything": [{"a": None}], "évse": 1.5}}
    message = read("v201", "HeartbeatRequest", payload)
    assert written(message) == payload
    custom_data = message.custom_data  # type: ignore[union-attr]
    assert isinstance(custom_data, CustomData)
    assert custom_data.vendor_id == "org.example"


@pytest.mark.parametrize("limit", [0.1, 0.2, 0.3, 7.7, 16, 4_294_967.1, -1.1])
def test_tenths_are_judged_as_decimals(limit: float) -> None:
    payload = {"startPeriod": 0, "limit": limit}
    kind = MODULES["v16"].ChargingSchedulePeriod
    assert msgspec.json.decode(json.dumps(payload), type=kind).limit == limit
    with pytest.raises(ValueError, match=r"multiple of 0\.1"):
        kind(start_period=0, limit=limit + 0.05)


def test_optional_fields_are_none_and_left_out() -> None:
    request = MODULES["v16"].BootNotificationRequest(charge_point_vendor="V", charge_point_model="M", iccid=None)
    assert request.imsi is None
    assert msgspec.json.encode(request) == b'{"chargePointVendor":"V","chargePointModel":"M"}'


def test_who_may_ask() -> None:
    def asked_by(module: ModuleType, sender: str) -> set[str]:
        return {action.name for action in module.ACTIONS.values() if action.sender == sender}

    assert asked_by(MODULES["v16"], "both") == asked_by(MODULES["v21"], "both") == {"DataTransfer"}
    assert asked_by(MODULES["v16"], "station") == {
        *("Authorize", "BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Heartbeat"),
        *("LogStatusNotification", "MeterValues", "SecurityEventNotification", "SignCertificate"),
        *("SignedFirmwareStatusNotification", "StartTransaction", "StatusNotification", "StopTransaction"),
    }
    assert [action.name for action in MODULES["v21"].ACTIONS.values() if action.response is None] == [
        "NotifyPeriodicEventStream"
    ]
    assert [len(module.ACTIONS) for module in MODULES.values()] == [39, 64, 91]


def test_generated_files_are_what_the_generator_writes() -> None:
    generator = Path(__file__).parents[2] / "tools" / "generate_ocpp.py"
    done = subprocess.run([sys.executable, str(generator), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_nothing_of_the_schemas_descriptions_ships() -> None:
    for module in MODULES.values():
        assert module.__file__ is not None
        lines = Path(module.__file__).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if "#" in line or line.count('"""')] == [lines[0]]
