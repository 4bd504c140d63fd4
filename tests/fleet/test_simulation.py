"""Seeds of the deterministic simulator. A seed that has shown a bug stays in KEPT, with what it was.

`make faults` runs many more (VOLTWAY_FAULT_SEEDS) and writes what they came to (VOLTWAY_FAULT_RESULTS).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.simulation.network import CALM
from fleet.simulation.world import Outcome, Plan, simulate

CALM_PLAN = Plan(
    seed=1, weather=CALM, crashes=0, full_disks=0, outages=0, partitions=0, clock_jumps=0, shuffles=0, looks=2
)
KEPT: dict[int, str] = {
    2: "a clock set back in mid-session: the session waits for a person, and nothing is billed twice",
    4612: "the first one, for whoever wants to see the simulator run",
}
SEEDS = int(os.environ.get("VOLTWAY_FAULT_SEEDS", "20"))
RESULTS = os.environ.get("VOLTWAY_FAULT_RESULTS", "")


def told(outcome: Outcome) -> str:
    return f"seed {outcome.seed}: {outcome.findings[:10]}"


def test_calm_day_has_no_findings_and_charges_were_made() -> None:
    outcome = simulate(replace(CALM_PLAN, stations=6, days=0.5))
    assert not outcome.findings, told(outcome)
    assert outcome.charges > 6
    assert outcome.facts > 2 * outcome.charges


def test_one_seed_is_one_story() -> None:
    plan = Plan(seed=7, stations=6, days=0.3)
    first, again, other = simulate(plan), simulate(plan), simulate(replace(plan, seed=8))
    assert (first.trace, first.counts, first.commits) == (again.trace, again.counts, again.commits)
    assert first.trace != other.trace


@pytest.mark.parametrize("seed", KEPT)
def test_f01_f02_f23_f24_f37_f40_f63_whatever_happens_nothing_is_lost_and_all_comes_to_rest(seed: int) -> None:
    """Crashes at any step, lost answers, repeats, half-open links, full disks, wrong clocks, mixed queues."""
    outcome = simulate(Plan(seed=seed, stations=9, days=1))
    assert not outcome.findings, told(outcome)
    assert outcome.counts["crashes"]
    assert outcome.counts["connections lost"]


@pytest.mark.long
def test_f49_days_of_queued_reports_come_in_together_and_are_all_counted_once() -> None:
    """Thirty stations that nobody could reach for days, with hundreds of reports each; then all come back within a minute."""
    outcome = simulate(replace(CALM_PLAN, stations=30, days=3, partitions=3, partition_s=86_400.0))
    assert not outcome.findings, told(outcome)
    assert outcome.counts["partitions"]


@pytest.mark.long
def test_many_seeds() -> None:
    failed: dict[int, str] = {}
    total: Counter[str] = Counter()
    for seed in range(1000, 1000 + SEEDS):
        outcome = simulate(Plan(seed=seed, stations=24, days=1))
        total.update(outcome.counts)
        total.update(charges=outcome.charges, reports=outcome.facts, commits=outcome.commits)
        total["station-days"] += int(outcome.station_days)
        if outcome.findings:
            failed[seed] = told(outcome)
    if RESULTS:
        result = {"seeds": SEEDS, "failed": sorted(failed), "counts": dict(sorted(total.items()))}
        Path(RESULTS).write_text(json.dumps(result, indent=2) + "\n")
    assert not failed, "\n".join(failed.values())
