"""What cars take, held against their shares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from builders import MakeRuntime, eventually
from voltway.contracts.sessions import Draw, FindDraws
from voltway.kernel import clock
from voltway.kernel.auth import DEFAULT_OPERATOR_ID
from voltway.kernel.module import Manifest
from voltway.kernel.noticing import Noticed
from voltway.kernel.runtime import Runtime
from voltway.modules.allocation import comparing
from voltway.modules.allocation.comparing import Known, is_above
from voltway.modules.allocation.module import MANIFEST as ALLOCATION
from voltway.modules.allocation.tables import claims

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("unit", "reserved", "power_w", "current_a", "verdict"),
    [
        ("A", 16.0, None, 16.0, False),
        ("A", 16.0, None, 17.2, False),  # meters are not exact
        ("A", 16.0, None, 18.0, True),
        ("A", 0.0, None, 0.3, False),
        ("A", 0.0, None, 6.0, True),
        ("A", 16.0, 11_000.0, None, None),
        ("W", 11_000.0, 11_500.0, None, False),
        ("W", 11_000.0, 12_000.0, 16.0, True),
        ("W", 11_000.0, None, 16.0, None),
    ],
)
def test_more_than_the_share_is_more(
    unit: str, reserved: float, power_w: float | None, current_a: float | None, verdict: bool | None
) -> None:
    draw = Draw(at=LATER, power_w=power_w, current_a=current_a)
    assert is_above(Known(unit, reserved, AT), draw) is verdict


def test_a_station_has_some_seconds_to_follow() -> None:
    taken = Draw(at=AT + timedelta(seconds=14), power_w=None, current_a=32.0)
    assert is_above(Known("A", 16.0, AT), taken) is None
    assert is_above(Known("A", 16.0, AT), None) is None


class Cars:
    """What the sessions module would say."""

    def __init__(self) -> None:
        self.draws: dict[str, Draw] = {}

    async def find(self, runtime: Runtime, request: FindDraws) -> dict[str, Draw]:
        return {name: draw for name, draw in self.draws.items() if name in request.session_ids}

    def take(self, session_id: str, current_a: float) -> None:
        self.draws[session_id] = Draw(at=clock.now() + timedelta(minutes=1), power_w=None, current_a=current_a)


@pytest.fixture
def cars() -> Cars:
    return Cars()


@pytest.fixture
async def runtime(make_runtime: MakeRuntime, cars: Cars) -> Runtime:
    return await make_runtime(ALLOCATION, Manifest("sessions", answers={FindDraws: cars.find}))


Told = list[tuple[str, bool]]


@pytest.fixture
def told(runtime: Runtime) -> Told:
    """What is told: station, whether it took more."""
    found: Told = []

    def hear(event: Any) -> None:
        found.append((event.facts["station_id"], event.facts["is_above"]))

    runtime.events.hear(hear, (Noticed,))
    return found


async def claim(runtime: Runtime, session_id: str, station_id: str, reserved: float | None) -> None:
    row = {
        "session_id": session_id,
        "operator_id": DEFAULT_OPERATOR_ID,
        "station_id": station_id,
        "evse_number": 1,
        "began_at": clock.now(),
        "unit": "A",
        "reserved": reserved,
    }
    async with runtime.database.begin() as tx:
        await tx.execute(sa.insert(claims).values(row))


async def test_what_changes_is_told_and_nothing_else(runtime: Runtime, cars: Cars, told: Told) -> None:
    await claim(runtime, "s-1", "CS-1", 16.0)
    await claim(runtime, "s-2", "CS-2", 16.0)
    await claim(runtime, "s-3", "CS-3", None)  # was told no share
    for session_id in ("s-1", "s-2", "s-3"):
        cars.take(session_id, 16.0)
    await comparing.compare(runtime)
    await eventually(lambda: sorted(told) == [("CS-1", False), ("CS-2", False)])
    cars.take("s-1", 32.0)
    await comparing.compare(runtime)
    await comparing.compare(runtime)
    await eventually(lambda: told[2:] == [("CS-1", True)])  # once: it is nothing new the second time
    cars.take("s-1", 15.0)
    await comparing.compare(runtime)
    await eventually(lambda: told[3:] == [("CS-1", False)])


async def test_a_charge_that_is_over_takes_nothing_more(runtime: Runtime, cars: Cars, told: Told) -> None:
    await claim(runtime, "s-1", "CS-1", 16.0)
    cars.take("s-1", 32.0)
    await comparing.compare(runtime)
    async with runtime.database.begin() as tx:
        await tx.execute(sa.delete(claims))
    await comparing.compare(runtime)
    await comparing.compare(runtime)
    await eventually(lambda: told == [("CS-1", True), ("CS-1", False)])
