"""Each fault of the table: its threshold from both sides, its reaction, its end, and how a backend hears of it."""

from __future__ import annotations

from inspect import getmembers

import ocpp.v201.enums
import pytest

from voltway.station.fault_watch import FaultRegister, FaultWatch, Noticed
from voltway.station.faults import ROWS, TABLE, Fault, Reaction, Recovery, Row, excess_a
from voltway.wire.ocpp import v16

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault.value)

# The identifiers of the list that the research took from ChargeX, and of what has no number.
MREC = {1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 14, 15, 17, 18, 19, 20, 22, 23, 24, 25, 26}


def beyond(row: Row) -> float:
    """A value just beyond the threshold."""
    return row.over + 0.01 if row.over is not None else (row.under or 0) - 0.01


def within(row: Row) -> float:
    """A value just not beyond it."""
    return row.over if row.over is not None else (row.under or 0)


def healthy(row: Row) -> float:
    """A value at which a fault that stands goes."""
    return row.clears_at if row.clears_at is not None else within(row)


def of(row: Row, noticed: list[Noticed]) -> list[bool]:
    return [one.is_present for one in noticed if one.fault is row.fault]


def test_every_fault_has_exactly_one_row() -> None:
    assert len(ROWS) == len(TABLE) == len(Fault)


def test_every_number_of_the_minimum_required_error_codes_is_there() -> None:
    assert {row.mrec for row in ROWS if row.mrec is not None} == MREC


@each_row
def test_at_its_threshold_nothing_is_noticed_and_beyond_it_the_fault_after_its_delay(row: Row) -> None:
    watch = FaultWatch()
    assert of(row, watch.sample({row.measure: within(row)}, 0.0)) == []
    assert of(row, watch.sample({row.measure: within(row)}, 100.0)) == []
    assert of(row, watch.sample({row.measure: beyond(row)}, 200.0)) == ([True] if row.delay_s == 0 else [])
    if row.delay_s:
        assert of(row, watch.sample({row.measure: beyond(row)}, 200.0 + row.delay_s * 0.99)) == []
        assert of(row, watch.sample({row.measure: beyond(row)}, 200.0 + row.delay_s)) == [True]


@each_row
def test_a_value_that_was_back_in_between_begins_its_delay_anew(row: Row) -> None:
    if row.delay_s == 0:
        return
    watch = FaultWatch()
    watch.sample({row.measure: beyond(row)}, 0.0)
    watch.sample({row.measure: within(row)}, row.delay_s * 0.5)
    watch.sample({row.measure: beyond(row)}, row.delay_s * 0.9)
    assert of(row, watch.sample({row.measure: beyond(row)}, row.delay_s * 1.5)) == []


@each_row
def test_its_cause_goes_at_its_own_threshold_and_not_before(row: Row) -> None:
    watch = FaultWatch()
    watch.sample({row.measure: beyond(row)}, 0.0)
    watch.sample({row.measure: beyond(row)}, 20.0)
    if row.clears_at is not None:
        halfway = (within(row) + row.clears_at) / 2
        assert of(row, watch.sample({row.measure: halfway}, 21.0)) == []
    assert of(row, watch.sample({row.measure: healthy(row)}, 22.0)) == [False]


@each_row
def test_a_sensor_that_says_nothing_sensible_is_a_fault(row: Row) -> None:
    watch = FaultWatch()
    watch.sample({row.measure: float("nan")}, 0.0)
    watch.sample({row.measure: float("nan")}, 20.0)
    assert row.fault in watch._present


@each_row
def test_it_ends_by_its_recovery_class_and_by_no_other(row: Row) -> None:
    register = FaultRegister()
    register.come(row.fault, 0.0)
    assert register.blocks == row.reaction.blocks
    assert register.opens == (row.reaction is Reaction.OPEN)
    assert (register.share < 1) == (row.reaction is Reaction.DERATE)

    register.unplugged()
    register.reset()
    assert row.fault in register, "its cause is still there"
    register.come(row.fault, 1.0)
    register.go(row.fault)
    assert (row.fault in register) == (row.recovery is not Recovery.SELF)
    register.unplugged()
    assert (row.fault in register) == (row.recovery is Recovery.LATCHED)
    register.reset()
    assert row.fault not in register


@each_row
def test_a_backend_of_1_6_knows_its_error_code(row: Row) -> None:
    assert row.ocpp16 in {code.value for code in v16.ChargePointErrorCode}
    assert row.ocpp16 != "NoError"


@each_row
def test_a_backend_of_2_x_knows_its_component_and_variable(row: Row) -> None:
    """The list of another library, made from the standard's appendix, knows both."""
    lists = {name.lower(): found for name, found in getmembers(ocpp.v201.enums) if name.endswith("VariableName")}
    assert row.variable in {variable.value for variable in lists[f"{row.component}VariableName".lower()]}


def test_a_residual_current_trip_is_tried_again_four_times_and_then_waits_for_unplugging() -> None:
    register = FaultRegister()
    for attempt in range(5):
        now_s = attempt * 1000.0
        register.come(Fault.RESIDUAL_DC, now_s, closed_for_s=60.0)
        register.go(Fault.RESIDUAL_DC)
        register.tick(now_s + 899)
        assert Fault.RESIDUAL_DC in register
        register.tick(now_s + 900)
        assert (Fault.RESIDUAL_DC in register) == (attempt == 4)
    register.unplugged()
    assert Fault.RESIDUAL_DC not in register


def test_a_trip_right_after_closing_gets_no_other_try() -> None:
    register = FaultRegister()
    register.come(Fault.RESIDUAL_AC, 0.0, closed_for_s=9.9)
    register.go(Fault.RESIDUAL_AC)
    register.tick(1e6)
    assert Fault.RESIDUAL_AC in register


def test_an_unplugging_before_the_cause_is_gone_still_counts_once_it_is() -> None:
    register = FaultRegister()
    register.come(Fault.DIODE, 0.0)
    register.unplugged()
    register.go(Fault.DIODE)
    assert Fault.DIODE not in register


def test_the_excess_over_a_limit_is_what_its_tolerance_does_not_cover() -> None:
    assert excess_a(18.1, 16.0) == pytest.approx(0.0)
    assert excess_a(20.0, 16.0) == pytest.approx(1.9)
