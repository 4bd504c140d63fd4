"""On how many phases a car draws, and how much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from voltway.contracts.sessions import Draw, FindDraws
from voltway.contracts.station_link import ReportTransaction
from voltway.kernel import clock
from voltway.modules.sessions.phases import draw_of, phases_in_use
from voltway.modules.stations.rules import evse_phases

from .builders import a_sample, a_start, a_value  # noqa: TID252  (tests are not installed)
from .conftest import Platform  # noqa: TID252


@pytest.mark.parametrize(
    ("phases", "count"),
    [
        ({"Current.Import": {"L1": 16.0, "L2": 0.1, "L3": 0.0}}, 1),
        ({"Current.Import": {"L1": 16.0, "L2": 15.8, "L3": 0.0}}, 2),
        ({"Current.Import": {"L1-N": 16.0, "L2-N": 15.8, "L3-N": 16.1}}, 3),
        ({"Power.Active.Import": {"L1": 3600.0, "L2": 10.0, "L3": 0.0}}, 1),
        ({"Current.Import": {"L1": 1.0, "L2": 0.0, "L3": 0.0}}, None),  # hardly draws
        ({"Current.Import": {"L1": 16.0}}, None),  # says nothing of the others
        ({"Voltage": {"L1": 230.0, "L2": 230.0}}, None),
        ({"Current.Import": {"N": 9.0, "L1": 9.0}}, None),
        (None, None),
    ],
)
def test_phases_that_carry_the_charge_are_counted(
    phases: dict[str, dict[str, float]] | None, count: int | None
) -> None:
    assert phases_in_use(phases) == count


@pytest.mark.parametrize(
    ("types", "supply", "phases"),
    [
        ({1: ["cType2"]}, {}, {1: 3}),
        ({1: ["cType1"]}, {}, {1: 1}),
        ({1: ["cType1", "cType2"]}, {}, {1: 3}),
        ({1: ["cType2"]}, {1: ["1"]}, {1: 1}),
        ({}, {1: ["3", "2"]}, {1: 2}),
        ({}, {1: ["0"]}, {1: 3}),  # direct current
        ({}, {1: ["many", None]}, {}),
    ],
)
def test_an_evse_has_the_phases_that_feed_it(
    types: dict[int, list[str]], supply: dict[int, list[str | None]], phases: dict[int, int]
) -> None:
    assert evse_phases(types, supply) == phases


async def test_what_a_car_takes_is_what_was_measured_last(platform: Platform) -> None:
    now = clock.now()
    (receipt,) = await platform.record(a_start())

    def value(before_s: float, **told: Any) -> ReportTransaction:
        at = now - timedelta(seconds=before_s)
        sample = msgspec.structs.replace(a_sample(0, 2_000), at=at, **told)
        return a_value(receipt.transaction_id, 0, 0, samples=(sample,), occurred_at=at, received_at=at)

    async def draw() -> Draw | None:
        return (await platform.runtime.ask(FindDraws(session_ids=(str(receipt.session_id),)))).get(
            str(receipt.session_id)
        )

    await platform.record(value(3600, current_a=9.0))
    assert await draw() is None  # too long ago
    await platform.record(
        value(60, current_a=30.0), value(30, power_w=7_000.0, phases={"Current.Import": {"L1": 16.0, "L2": 15.0}})
    )
    latest = await draw()
    assert latest is not None
    assert (latest.power_w, latest.current_a) == (7_000.0, 16.0)
    await platform.record(value(10))  # a register alone says nothing of it
    assert await draw() == latest


def test_power_by_phase_is_added_up() -> None:
    drawn = draw_of(
        datetime(2026, 5, 1, tzinfo=UTC), None, 5.0, {"Power.Active.Import": {"L1": 3_600.0, "L2": 3_500.0}}
    )
    assert (drawn.power_w, drawn.current_a) == (7_100.0, 5.0)
