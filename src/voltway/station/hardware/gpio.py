"""Digital inputs and outputs of a Linux board by its GPIO character device (libgpiod)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import gpiod
from gpiod.line import Bias, Direction, Value

from voltway.station.hardware.ports import HardwareLost


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chip. An input is a contact to ground: pulled up, so that one that is open, or whose wire is off, is high."""

    offset: int
    is_output: bool = False
    is_active_low: bool = False


class GpioLines:
    """Lines of one chip, by name. Outputs are off at first."""

    def __init__(self, chip: str, lines: Mapping[str, Line]) -> None:
        """Raises HardwareLost if there is no such chip, or a line is in use."""
        self._lines = dict(lines)
        settings: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None] = {
            line.offset: gpiod.LineSettings(
                direction=Direction.OUTPUT if line.is_output else Direction.INPUT,
                bias=Bias.AS_IS if line.is_output else Bias.PULL_UP,
                active_low=line.is_active_low,
                output_value=Value.INACTIVE,
            )
            for line in lines.values()
        }
        try:
            self._request = gpiod.request_lines(chip, consumer="voltway", config=settings)
        except (OSError, ValueError) as error:
            raise HardwareLost(f"the lines of {chip} cannot be had: {error}") from error

    def read(self) -> dict[str, bool]:
        """All inputs. Raises HardwareLost."""
        inputs = {name: line.offset for name, line in self._lines.items() if not line.is_output}
        try:
            values = self._request.get_values(list(inputs.values()))
        except OSError as error:
            raise HardwareLost(f"the inputs cannot be read: {error}") from error
        return {name: value is Value.ACTIVE for name, value in zip(inputs, values, strict=True)}

    def write(self, name: str, is_on: bool) -> None:
        """One output. Raises HardwareLost; KeyError if there is none of that name."""
        line = self._lines[name]
        if not line.is_output:
            raise KeyError(name)
        try:
            self._request.set_value(line.offset, Value.ACTIVE if is_on else Value.INACTIVE)
        except OSError as error:
            raise HardwareLost(f"the output {name} cannot be set: {error}") from error

    def close(self) -> None:
        """Let them go."""
        self._request.release()
