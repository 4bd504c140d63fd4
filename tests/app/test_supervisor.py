"""What `voltway cluster` runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from voltway.app import settings
from voltway.app.catalog import MODULES
from voltway.app.settings import Configuration, Flags
from voltway.app.supervisor import Plan
from voltway.kernel.errors import StartUpError


def configuration(tmp_path: Path, **environment: str) -> Configuration:
    return settings.read(Flags(tmp_path), MODULES, environment)


def test_workers_start_first_and_every_module_runs(tmp_path: Path) -> None:
    plan = Plan.of(configuration(tmp_path, VOLTWAY_GATEWAY__DRAIN_SPREAD_S="60"), gateways=2, workers=2)
    assert [member.name for member in plan.members] == ["worker-1", "worker-2", "gateway-1", "gateway-2"]
    assert {name for member in plan.members for name in member.modules} == set(MODULES)
    assert all("gateway" not in member.modules for member in plan.members[:2])
    assert plan.stops_within_s > 60


def test_its_settings_are_those_of_the_processes(tmp_path: Path) -> None:
    given = configuration(tmp_path, VOLTWAY_HTTP__PORT="8181", VOLTWAY_GATEWAY__PORT="9191")
    for member in Plan.of(given, gateways=1, workers=1).members:
        theirs = settings.read(Flags(tmp_path), member.modules, dict(member.environment))
        assert theirs.http.port == (8181 if member.name == "worker-1" else 0)
        assert theirs.http.also_serves == (("gateway",) if member.name == "worker-1" else ())


@pytest.mark.parametrize(
    ("name", "says"), [("VOLTWAY_GATEWAY__PORT", "--ocpp HOST:PORT"), ("VOLTWAY_HTTP__PORT", "--http HOST:PORT")]
)
def test_a_shared_port_needs_a_number(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(StartUpError, match=says):
        Plan.of(configuration(tmp_path, **{name: "0"}), gateways=2, workers=2)
