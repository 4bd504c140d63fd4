"""Dashboards and alerts speak of figures that the platform has, and alerts say what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from builders import MakeRuntime, app_of
from voltway.app import catalog
from voltway.kernel import housekeeping
from voltway.kernel.latency import BOUNDS_S, Latencies
from voltway.kernel.metrics import count_parked_events

DEPLOY = Path(__file__).parents[2] / "deploy"
OURS = re.compile(r"\b(?:voltway|process)_[a-z_]+\b")
RECORDED = re.compile(r"\bvoltway:[a-z_]+:[a-z0-9]+\b")
LABELS = {"le", "listener", "route", "status", "code", "instance", "job"}
GROUPED = re.compile(r"\bby \(([^)]*)\)")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[tuple[str, dict[str, Any]]]:
    boards = sorted((DEPLOY / "grafana").glob("*.json"))
    assert boards
    return [(board.stem, panel) for board in boards for panel in json.loads(board.read_text())["panels"]]


def expressions() -> dict[str, str]:
    """Every expression, by where it stands."""
    found = {f"alerts: {rule.get('alert') or rule['record']}": rule["expr"] for rule in rules()}
    for board, panel in panels():
        found |= {f"{board}: {panel['title']} {each['refId']}": each["expr"] for each in panel["targets"]}
    return found


async def shown(make_runtime: MakeRuntime) -> str:
    """What /metrics shows of a process with all modules."""
    runtime = await make_runtime(housekeeping.MANIFEST, *catalog.load(), settings={"gateway": {"port": 0}})
    await count_parked_events(runtime)
    transport = httpx.ASGITransport(app_of(runtime), client=("127.0.0.1", 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await client.get("/api/v1/nothing")
        return (await client.get("/metrics")).text


def names_in(text: str) -> set[str]:
    """The names that may stand in an expression."""
    names = set()
    for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE):
        names |= {f"{name}_{end}" for end in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return names


async def test_every_figure_that_dashboards_and_alerts_name_is_in_the_metrics(make_runtime: MakeRuntime) -> None:
    text = await shown(make_runtime)
    known = names_in(text)
    named = {where: set(OURS.findall(expression)) for where, expression in expressions().items()}
    assert len(set().union(*named.values())) > 20
    assert {where: found - known for where, found in named.items() if found - known} == {}
    assert "voltway_ready 1.0" in text
    assert "voltway_events_parked 0.0" in text
    assert 'voltway_commit_latency_seconds_bucket{le="0.25"}' in text  # the objective's bound


def test_expressions_are_whole_and_name_only_labels_and_records_that_there_are() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for where, expression in expressions().items():
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing), where
        assert set(RECORDED.findall(expression)) <= recorded, where
        for labels in GROUPED.findall(expression):
            assert {label.strip() for label in labels.split(",")} <= LABELS, where


def test_alerts_say_how_urgent_they_are_what_is_wrong_and_what_to_do() -> None:
    alerts = [rule for rule in rules() if "alert" in rule]
    assert len({alert["alert"] for alert in alerts}) == len(alerts) > 10
    for alert in alerts:
        assert alert["labels"]["severity"] in ("page", "ticket"), alert
        assert alert["annotations"]["summary"], alert
        assert alert["annotations"]["description"], alert


def test_panels_do_not_lie_upon_each_other_and_have_a_number_of_their_own() -> None:
    boards: dict[str, list[dict[str, Any]]] = {}
    for board, panel in panels():
        boards.setdefault(board, []).append(panel)
    for board, found in boards.items():
        assert len({panel["id"] for panel in found}) == len(found), board
        places = [
            (x, y)
            for panel in found
            for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
            for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
        ]
        assert len(set(places)) == len(places), board
        assert max(x for x, _ in places) < 24, board


@pytest.mark.parametrize(("took_s", "bound"), [(0.0, "0.005"), (0.005, "0.005"), (0.2, "0.25"), (60.0, "+Inf")])
def test_latency_is_counted_at_its_bound_and_all_beyond(took_s: float, bound: str) -> None:
    latencies = Latencies()
    latencies.add([took_s])
    counted = dict(latencies.cumulated())
    bounds = [*map(str, BOUNDS_S), "+Inf"]
    assert [name for name in bounds if counted[name]] == bounds[bounds.index(bound) :]
    assert latencies.sum_s == took_s
