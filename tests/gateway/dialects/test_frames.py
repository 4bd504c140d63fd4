"""Frames as stations send them, and the reports they become: frames/<protocol>.json. A bug in the field adds a frame first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .builders import DIALECTS, NOON, Station, told  # noqa: TID252  (tests are not installed)

FRAMES = Path(__file__).parent / "frames"
CASES = [
    pytest.param(protocol, case, id=f"{protocol}: {case['name']}")
    for protocol in DIALECTS
    for case in json.loads((FRAMES / f"{protocol}.json").read_text())
]


@pytest.mark.parametrize(("protocol", "case"), CASES)
def test_a_frame_becomes_its_report(protocol: str, case: dict[str, Any]) -> None:
    assert told(Station(protocol).says(case["action"], case["payload"])) == case["report"]


@pytest.mark.parametrize("protocol", DIALECTS)
def test_a_report_says_who_when_and_what_was_received(protocol: str) -> None:
    payload = {
        **({"connectorId": 1} if protocol == "ocpp1.6" else {"evseId": 1}),
        "meterValue": [
            {
                "timestamp": "2026-03-01T12:00:00Z",
                "sampledValue": [{"value": "1" if protocol == "ocpp1.6" else 1}],
            }
        ],
    }
    report = Station(protocol).says("MeterValues", payload)
    assert (report.operator_id, report.station_id, report.station_identity) == ("operator", "station", "CS-1")
    assert (report.location_id, report.protocol, report.message_id) == ("location", protocol, "m-1")
    assert report.received_at == NOON
    assert json.loads(report.payload) == payload
