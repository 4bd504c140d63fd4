"""Reports in parts: when they are whole, whatever order the parts come in."""

from __future__ import annotations

import pytest

from voltway.contracts.station_link import VariableValue
from voltway.modules.gateway.dialects import variables
from voltway.modules.gateway.dialects.base import LinkMemory
from voltway.modules.gateway.dialects.gathering import Gathering


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_a_report_is_whole_when_its_last_part_and_all_before_it_are_there(order: tuple[int, ...]) -> None:
    gathering = Gathering()
    for number in order:
        assert not gathering.whole.is_set() or number == 0
        gathering.take(number, [number], is_last=number == 2)
    assert gathering.whole.is_set()
    assert gathering.items == [0, 1, 2]


def test_a_part_in_the_middle_is_waited_for() -> None:
    gathering = Gathering()
    gathering.take(0, ["a"], is_last=False)
    gathering.take(2, ["c"], is_last=True)
    assert gathering.missing == [1]
    assert not gathering.whole.is_set()


def test_a_station_that_counts_from_one_is_understood() -> None:
    gathering = Gathering()
    gathering.take(1, ["a"], is_last=False)
    gathering.take(2, ["b"], is_last=True)
    assert gathering.whole.is_set()


def test_a_part_that_is_repeated_counts_once() -> None:
    gathering = Gathering()
    gathering.take(0, ["a"], is_last=False)
    gathering.take(0, ["a"], is_last=False)
    gathering.take(1, ["b"], is_last=True)
    assert gathering.items == ["a", "b"]


def limited(variable: str, instance: str, value: int) -> LinkMemory:
    memory = LinkMemory()
    told = VariableValue(component="DeviceDataCtrlr", variable=variable, instance=instance, value=str(value))
    variables.note_limits(memory, [told])
    return memory


def test_items_are_sent_in_portions_of_the_bytes_that_a_station_takes() -> None:
    memory = limited("BytesPerMessage", "SetVariables", 40 + 26)
    items = [{"a": "x" * 4}] * 3 + [{"a": "y" * 90}, {"a": "z"}]
    assert [len(portion) for portion in variables.portions(memory, "SetVariables", items)] == [2, 1, 1, 1]
    assert [len(portion) for portion in variables.portions(memory, "GetVariables", items)] == [5]


def test_both_limits_hold_at_once() -> None:
    memory = limited("BytesPerMessage", "SetVariables", 10_000)
    told = VariableValue(component="DeviceDataCtrlr", variable="ItemsPerMessage", instance="SetVariables", value="2")
    variables.note_limits(memory, [told])
    assert [len(portion) for portion in variables.portions(memory, "SetVariables", [1, 2, 3])] == [2, 1]
