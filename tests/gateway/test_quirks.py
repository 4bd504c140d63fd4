"""Stations of makes that are known to deviate: their frames as they have been shown in public, and what we make of them.

tests/gateway/frames/*.json: a make's boot, what it says then, and a snapshot of the answers, the reports and the deviations.
`VOLTWAY_SNAPSHOT=1 pytest tests/gateway/test_quirks.py` writes the snapshots anew: read the difference before you keep it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders import ClientOf, eventually
from voltway.contracts.station_link import Report, ReportLink
from voltway.kernel.errors import StartUpError
from voltway.modules.gateway.dialects import quirks
from voltway.modules.gateway.dialects.quirks import CORRECTIONS, QUIRKS, Make, Quirk, corrections_for, mend
from voltway.modules.gateway.gateway import quirks_of
from voltway.modules.gateway.settings import GatewaySettings

from .conftest import Network, StartNetwork  # noqa: TID252  (tests are not installed)
from .raw_station import RawStation  # noqa: TID252

FRAMES = sorted((Path(__file__).parent / "frames").glob("*.json"))
NOT_SHOWN = {
    "operator_id",
    "station_id",
    "station_identity",
    "location_id",
    "received_at",
    "message_id",
    "evse_idle_at",
}


def plain(report: Report) -> dict[str, Any]:
    """What a report says, without what differs from run to run."""
    said = msgspec.to_builtins(report, builtin_types=(bytes,))
    kept = {name: value for name, value in said.items() if name not in NOT_SHOWN and value not in (None, (), [])}
    if isinstance(kept.get("payload"), bytes):
        kept["payload"] = json.loads(kept["payload"])
    if kept.get("occurred_at") == said["received_at"]:
        kept["occurred_at"] = "when it came"
    return {"report": type(report).__name__, **kept}


async def said_by(station: RawStation, frame: str) -> Any:
    station.say(frame)
    while (message := await station.heard())[0] == 2:
        pass  # an order of ours, which follows a boot
    return message


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def write(path: Path, recorded: dict[str, Any]) -> None:
    path.write_text(json.dumps(recorded, indent=2, ensure_ascii=False) + "\n")


def reports_of(network: Network) -> list[Report]:
    return [report for report in network.neighbours.reports if not isinstance(report, ReportLink)]


@pytest.mark.parametrize("path", FRAMES, ids=[path.stem for path in FRAMES])
async def test_recorded_frames(start_network: StartNetwork, path: Path) -> None:
    recorded = read(path)
    network = await start_network()
    station = await network.connect("CS1")
    answers = [await said_by(station, frame) for frame in recorded["frames"]]
    neighbour = await network.connect("CS2")
    assert (await said_by(neighbour, '[2,"h","Heartbeat",{}]'))[0] == 3
    noticed = sorted(name for _, name in network.gateway.deviations._unwritten)
    now_shown = [
        [message[0], message[1], *([message[2]] if message[0] == 4 else [sorted(message[2])])] for message in answers
    ]
    snapshot = {
        "answers": now_shown,
        "reports": [plain(report) for report in reports_of(network)],
        "deviations": noticed,
    }
    if os.environ.get("VOLTWAY_SNAPSHOT"):
        write(path, recorded | snapshot)
        return
    assert {name: recorded[name] for name in snapshot} == json.loads(json.dumps(snapshot))
    assert all(message[0] == 3 for message in answers)


def test_there_are_frames_of_ten_makes_and_each_make_of_the_table_has_some() -> None:
    makes = [quirks.make_in(json.loads(path.read_text())["frames"][0].encode()) for path in FRAMES]
    assert len({make.vendor for make in makes if make is not None}) >= 10
    for quirk in QUIRKS:
        assert any(make and set(quirk.corrections) <= {each.name for each in corrections_for(make)} for make in makes)


BROKEN: dict[str, tuple[str, dict[str, Any] | str, dict[str, Any]]] = {
    "empty_transaction_id": (
        "MeterValues",
        '{"connectorId":1,"transactionId":,"meterValue":[]}',
        {"connectorId": 1, "meterValue": []},
    ),
    "leading_comma": (
        "MeterValues",
        '{"connectorId":1,"meterValue":[{"timestamp":"t","sampledValue":[,{"value":"1"}]}]}',
        {"connectorId": 1, "meterValue": [{"timestamp": "t", "sampledValue": [{"value": "1"}]}]},
    ),
    "control_characters": (
        "StopTransaction",
        '{"transactionId":1,"idTag":"04A1\x00\x1f","meterStop":2}',
        {"transactionId": 1, "idTag": "04A1", "meterStop": 2},
    ),
    "model_long": ("BootNotification", {"chargePointModel": "m" * 21}, {"chargePointModel": "m" * 20}),
    "object_for_array": ("MeterValues", {"meterValue": {"timestamp": "t"}}, {"meterValue": [{"timestamp": "t"}]}),
    "numbers_for_texts": (
        "MeterValues",
        {"meterValue": [{"timestamp": "t", "sampledValue": [{"value": 1.5}, {"value": True}]}]},
        {"meterValue": [{"timestamp": "t", "sampledValue": [{"value": "1.5"}, {"value": True}]}]},
    ),
    "context_unknown": (
        "MeterValues",
        {"meterValue": [{"timestamp": "t", "sampledValue": [{"value": "1", "context": "CurrentMax"}]}]},
        {"meterValue": [{"timestamp": "t", "sampledValue": [{"value": "1"}]}]},
    ),
    "unit_hertz": (
        "StopTransaction",
        {"transactionData": [{"timestamp": "t", "sampledValue": [{"value": "50", "unit": "Hz"}]}]},
        {"transactionData": [{"timestamp": "t", "sampledValue": [{"value": "50", "unit": "Hertz"}]}]},
    ),
    "error_code_unknown": ("StatusNotification", {"errorCode": "Error"}, {"errorCode": "OtherError"}),
    "serial_number_long": (
        "BootNotification",
        {"chargeBoxSerialNumber": "9" * 33},
        {"chargeBoxSerialNumber": "9" * 25},
    ),
    "info_long": ("StatusNotification", {"info": "x" * 51}, {"info": "x" * 50}),
    "firmware_version_long": ("BootNotification", {"firmwareVersion": "v" * 60}, {"firmwareVersion": "v" * 50}),
    "fraction_of_wh": ("StopTransaction", {"meterStop": 26008.6}, {"meterStop": 26009}),
    "timestamp_zero": ("StatusNotification", {"timestamp": 0, "status": "x"}, {"status": "x"}),
    "nulls": ("StatusNotification", {"info": None, "status": "x"}, {"status": "x"}),
}


@pytest.mark.parametrize("name", sorted(CORRECTIONS))
def test_correction_mends_its_deviation_and_nothing_else(name: str) -> None:
    action, broken, whole = BROKEN[name]
    correction = CORRECTIONS[name]
    text = broken if isinstance(broken, str) else json.dumps(broken)
    mended, used = mend((correction,), f'[2,"1","{action}",{text}]'.encode())
    assert (json.loads(mended), used) == ([2, "1", action, whole], [name])
    right = json.dumps([2, "1", action, whole]).encode()
    assert mend((correction,), right) == (right, [])
    other = f'[2,"1","Heartbeat",{text}]'.encode()
    assert mend((correction,), other) == (other, [])


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"[2", b'[2,"1","MeterValues",7]', b'[2,"1","MeterValues",{"meterValue":[7]}]']
)
def test_what_is_no_message_stays_as_it_is(raw: bytes) -> None:
    assert mend(tuple(CORRECTIONS.values()), raw) == (raw, [])


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (Make("Schneider Electric", "EVlink Pro"), ["serial_number_long"]),
        (Make(" schneider electric ", "evlink"), ["serial_number_long"]),
        (Make("Schneider Electric", "other"), []),
        (Make("OpenEVSE", "", "4.1.2"), ["numbers_for_texts", "fraction_of_wh"]),
        (Make("OpenEVSE", "", "v4.2.0-rc1"), []),
        (Make("OpenEVSE", "", "nobody knows"), ["numbers_for_texts", "fraction_of_wh"]),
        (Make("A good one", "7"), []),
    ],
)
def test_corrections_hold_for_a_make(make: Make, expected: list[str]) -> None:
    assert [correction.name for correction in corrections_for(make)] == expected


def test_settings_add_makes_and_a_correction_that_does_not_exist_is_told() -> None:
    added = quirks_of(GatewaySettings(quirks=[{"vendor": "Acme", "corrections": ["info_long"]}]))  # type: ignore[arg-type]
    assert added == (Quirk("Acme", "", ("info_long",)),)
    assert [each.name for each in corrections_for(Make("ACME GmbH"), added)] == ["info_long"]
    with pytest.raises(StartUpError, match="info_short"):
        quirks_of(GatewaySettings(quirks=[{"vendor": "Acme", "corrections": ["info_short"]}]))  # type: ignore[arg-type]


LONG_INFO = '[2,"2","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available","info":"%s"}]' % (
    "x" * 80
)
BOOT = '[2,"1","BootNotification",{"chargePointVendor":"Acme","chargePointModel":"One"}]'


async def test_a_deviation_is_corrected_for_its_make_only(start_network: StartNetwork) -> None:
    network = await start_network(quirks=[{"vendor": "Acme", "corrections": ["info_long"]}])
    station = await network.connect("CS1")
    assert (await said_by(station, LONG_INFO))[:3] == [4, "2", "PropertyConstraintViolation"]
    assert (await said_by(station, BOOT))[0] == 3
    assert await said_by(station, LONG_INFO) == [3, "2", {}]
    other = await network.connect("CS2")
    assert (await said_by(other, LONG_INFO))[:3] == [4, "2", "PropertyConstraintViolation"]


async def test_a_make_is_known_also_without_a_boot(start_network: StartNetwork) -> None:
    network = await start_network(
        stations={"CS1": {"vendor": "Acme", "model": "One"}}, quirks=[{"vendor": "Acme", "corrections": ["info_long"]}]
    )
    assert await said_by(await network.connect("CS1"), LONG_INFO) == [3, "2", {}]


async def test_what_a_station_did_is_counted_and_shown(start_network: StartNetwork, client_of: ClientOf) -> None:
    network = await start_network(stations={"CS1": {}, "CS2": {}})
    station = await network.connect("CS1")
    record = next(each for each in network.neighbours.records.values() if each.identity == "CS1")
    client = await client_of(network.runtime, operator_id=record.operator_id)
    path = f"/charging-stations/{record.station_id}/quirks"
    assert (await client.get(path)).json()["deviations"] == []
    for _ in range(3):
        assert (await said_by(station, LONG_INFO))[0] == 4
    await network.gateway.write_deviations()
    assert (await said_by(station, LONG_INFO))[0] == 4
    await network.gateway.write_deviations()

    async def is_shown() -> bool:
        (shown,) = (await client.get(path)).json()["deviations"]
        assert shown["first_at"] <= shown["last_at"]
        assert "StatusNotification" in shown["last_detail"]
        return (shown["name"], shown["count"]) == ("refused", 4)

    await eventually(is_shown)
    other = next(each for each in network.neighbours.records.values() if each.identity == "CS2")
    assert (await client.get(f"/charging-stations/{other.station_id}/quirks")).json()["deviations"] == []
    assert (await client.get("/charging-stations/nobody/quirks")).status_code == 404
