"""What becomes of what stations say of the grid: which streams may be open, which alarms are over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from voltway.contracts.grid import ReportDerAlarm, Stream
from voltway.modules.grid import rules

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
STEP = timedelta(minutes=1)


@dataclass(frozen=True)
class Alarm:
    """A row of grid_der_alarms."""

    control_type: str = "LVMustTrip"
    grid_fault: str = "UnderVoltage"
    started_at: datetime | None = NOON
    ended_at: datetime | None = None


def an_end(at: datetime = NOON + STEP, control_type: str = "LVMustTrip", fault: str | None = None) -> ReportDerAlarm:
    return ReportDerAlarm(
        operator_id="o",
        station_id="s",
        station_identity="CS-1",
        location_id=None,
        protocol="ocpp2.1",
        message_id="m",
        received_at=NOON,
        control_type=control_type,
        grid_fault=fault,
        is_ended=True,
        occurred_at=at,
    )


@pytest.mark.parametrize(
    ("numbers", "open_numbers", "streams_max", "admitted"),
    [
        ([1, 2, 3], [], 2, [1, 2]),
        ([3], [1, 2], 2, []),
        ([2], [1, 2], 2, [2]),  # one that is open may say other parameters
        ([3, 3], [1], 2, [3, 3]),
        ([1], [], 0, []),
    ],
)
def test_station_has_room_for_so_many_streams(
    numbers: list[int], open_numbers: list[int], streams_max: int, admitted: list[int]
) -> None:
    streams = [Stream(stream_number=number) for number in numbers]
    assert [one.stream_number for one in rules.admitted(streams, open_numbers, streams_max)] == admitted


def test_end_of_an_alarm_means_those_of_its_control_that_began_before_it() -> None:
    assert rules.ends(Alarm(), an_end())
    assert rules.ends(Alarm(), an_end(fault="UnderVoltage"))
    assert not rules.ends(Alarm(), an_end(fault="OverVoltage"))
    assert not rules.ends(Alarm(), an_end(control_type="HVMustTrip"))
    assert not rules.ends(Alarm(), an_end(at=NOON - STEP))
    assert not rules.ends(replace(Alarm(), ended_at=NOON), an_end())
