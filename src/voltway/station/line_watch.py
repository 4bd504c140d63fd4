"""Digital lines of the computer's own: contacts that are faults, and lamps that show how the station stands.

A contact has the name of the fault that it means (`faults.py`). What must be quick (emergency stop, detector) belongs to the board.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from math import nan

import structlog

from voltway.station.controller import EvseController
from voltway.station.evse_words import State
from voltway.station.faults import Fault
from voltway.station.hardware.ports import HardwareLost, Lines

log = structlog.get_logger()

LOOK_EVERY_S = 0.1
CONTACTS = (
    Fault.TILT,
    Fault.WATER,
    Fault.ENCLOSURE_OPEN,
    Fault.POWER_LOSS,
    Fault.BROKEN_LATCH,
    Fault.CUT_CABLE,
    Fault.PARTIAL_INSERTION,
    Fault.VENDOR_ERROR,
    Fault.VENDOR_WARNING,
)
"""Rows of the table that measure a contact and that nobody else looks at."""
LAMPS = {
    "lamp_ready": frozenset({State.AVAILABLE, State.PREPARING, State.FINISHING}),
    "lamp_charging": frozenset({State.CHARGING}),
    "lamp_fault": frozenset({State.FAULTED}),
}
"""Each is on while an EVSE stands like that."""


class LineWatch:
    """Looks at the contacts for all EVSEs of a station, and drives the lamps."""

    def __init__(
        self, lines: Lines, contacts: Collection[str], lamps: Collection[str], controllers: Sequence[EvseController]
    ) -> None:
        self._lines, self._contacts, self._lamps = lines, contacts, lamps
        self._controllers = controllers
        self._shown: dict[str, bool] = {}
        self._is_lost = False

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._look()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._lines.close()

    def _look(self) -> None:
        try:
            values = {name: float(is_on) for name, is_on in self._lines.read().items()}
            self._show()
            self._is_lost = False
        except HardwareLost as error:
            if not self._is_lost:
                log.warning("station_lines.lost", reason=str(error))
            self._is_lost = True
            values = dict.fromkeys(self._contacts, nan)  # a contact that nobody can read is not a healthy one
        for controller in self._controllers:
            controller.measured(values)

    def _show(self) -> None:
        states = {controller.evse.state for controller in self._controllers}
        for name in self._lamps:
            is_on = not LAMPS[name].isdisjoint(states)
            if self._shown.get(name) is not is_on:
                self._lines.write(name, is_on)
                self._shown[name] = is_on
