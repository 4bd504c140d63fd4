"""GPIO lines: against a chip where the machine has one, and what is said where it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from voltway.station.hardware.gpio import GpioLines, Line
from voltway.station.hardware.ports import HardwareLost

CHIPS = sorted(Path("/dev").glob("gpiochip*"))


def test_a_chip_that_is_not_there_is_said_to_be_lost() -> None:
    with pytest.raises(HardwareLost, match="no-such-chip"):
        GpioLines("/dev/no-such-chip", {"door": Line(0)})


@pytest.mark.skipif(not CHIPS, reason="this machine has no GPIO chip (the kernel module gpio-sim makes one)")
def test_lines_are_read_and_written_by_name() -> None:
    lines = GpioLines(str(CHIPS[0]), {"door": Line(0), "lamp": Line(1, is_output=True)})
    assert set(lines.read()) == {"door"}
    lines.write("lamp", True)
    with pytest.raises(KeyError):
        lines.write("door", True)
    lines.close()
