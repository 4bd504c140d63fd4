"""`voltway simulate` against the running platform: scenarios, makes with their own ways, and both books equal to the Wh."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from e2e.server_process import VOLTWAY, ServerProcess, clean_environment
from e2e.test_charge import TARIFF

PATIENCE_S = 30.0
TOKEN = "FLEET-CARD"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, on_database: dict[str, str]) -> Iterator[ServerProcess]:
    settings = {"VOLTWAY_GATEWAY__UNKNOWN_STATIONS": "accept"}
    server = ServerProcess(tmp_path_factory.mktemp("simulate") / "data", environment=on_database | settings)
    server.start()
    yield server
    assert server.stop() == 0
    assert '"level": "error"' not in server.log


def simulated(server: ServerProcess, key: str, *options: str) -> str:
    """What `voltway simulate` prints; it must have found both books equal."""
    done = subprocess.run(
        [VOLTWAY, "simulate", "--url", server.stations_url, "--api", server.api, "--id-token", TOKEN, *options],
        capture_output=True,
        text=True,
        env=clean_environment() | {"VOLTWAY_API_KEY": key, "COLUMNS": "160"},
        timeout=180,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    return output


@pytest.fixture(scope="module")
def key(server: ServerProcess) -> str:
    key = server.make_key()
    headers = {"Authorization": f"Bearer {key}"}
    answer = httpx.post(f"{server.api}/id-tokens", json={"value": TOKEN}, headers=headers, trust_env=False)
    assert answer.status_code == 201, answer.text
    return key


# A network that breaks every few minutes does so every few milliseconds at a high speed, and the gateway holds such stations off.
@pytest.mark.parametrize(
    ("scenario", "speed"),
    [("commuter-depot", 1800), ("highway", 600), ("storm", 300), ("flaky-network", 150), ("day-in-the-life", 1200)],
)
def test_after_every_scenario_the_platform_and_the_stations_agree(
    scenario: str, speed: int, server: ServerProcess, key: str, tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    fleet = ["--scenario", scenario, "--stations", "4", "--speed", str(speed), "--sessions", "1", "--seed", "11"]
    names = ["--id-template", f"{scenario.upper()}-{{n}}", "--report", str(file)]
    output = simulated(server, key, *fleet, *names)
    report = json.loads(file.read_text())
    assert report["agrees"] is True, output
    totals, platform = report["totals"], report["platform"]
    assert totals["undelivered_reports"] == totals["still_charging"] == 0, output
    assert totals["sessions"] == platform["sessions"] > 0
    assert totals["energy_wh"] == platform["energy_wh"] > 0


def test_what_a_station_has_signed_is_verified_on_the_page_of_the_receipt(server: ServerProcess, key: str) -> None:
    with httpx.Client(base_url=server.api, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as api:
        tariff = api.post("/tariffs", json=TARIFF).json()
        targets = {"targets": [{"kind": "operator", "id": ""}]}
        assert api.put(f"/tariffs/{tariff['id']}/assignments", json=targets).is_success
        fleet = ["--make", "post-duo", "--scenario", "one-charge", "--stations", "3", "--speed", "300", "--seed", "2"]
        simulated(server, key, *fleet, "--id-template", "SIGNED-{n}")
        protocols = set()
        for number in (1, 2, 3):
            (station,) = api.get("/charging-stations", params={"identity": f"SIGNED-{number}"}).json()["items"]
            protocols.add(station["protocol"])
            for session in api.get("/sessions", params={"station_identity": f"SIGNED-{number}"}).json()["items"]:
                document = until_issued(api, session["id"])
                (charge,) = api.get(f"/documents/{document['id']}/content").json()["charges"]
                assert len(charge["signed"]) == 2
                page = httpx.get(server.api.removesuffix("/api/v1") + urlsplit(document["link"]).path, trust_env=False)
                assert page.text.count("Verified") == 2, page.text
        assert len(protocols) == 3


def until_issued(api: httpx.Client, session_id: str) -> dict[str, Any]:
    """The receipt of a session, which is written after the CDR."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if items := api.get("/documents", params={"session_id": session_id}).json()["items"]:
            return dict(items[0])
        time.sleep(0.1)
    raise AssertionError("no receipt was written")
