"""One EVSE at work: the state machine, its board, the time, and whoever commands it.

All that happens goes through one queue, so the machine sees one thing after the other. Its actions are done in their order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from math import inf

import structlog

from voltway.kernel import clock
from voltway.station.evse import Evse
from voltway.station.evse_words import (
    Action,
    Answer,
    Command,
    Event,
    FaultCame,
    FaultChanged,
    FaultWent,
    Outcome,
    ResetFaults,
    StateChanged,
)
from voltway.station.fault_watch import FaultWatch
from voltway.station.faults import TABLE
from voltway.station.hardware.ports import Board

log = structlog.get_logger()


class EvseController:
    """Runs one EVSE until it is cancelled. `on_action` hears of every action after it was done."""

    def __init__(
        self, evse: Evse, board: Board, on_action: Callable[[Action], None] = lambda action: None, number: int = 1
    ) -> None:
        self.evse = evse
        self._board = board
        self._log = log.bind(evse_number=number)
        self._on_action = on_action
        self._inbox: asyncio.Queue[Event | Command] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[Outcome]] = {}
        self._number = 0
        self._watch = FaultWatch()

    async def run(self) -> None:
        """Start the board and work. Raises HardwareLost if the board is not there at the start."""
        await self._board.start(self._inbox.put_nowait)
        try:
            await self._do(self.evse.tick(clock.monotonic()))
            while True:
                await self._turn()
        finally:
            await self._board.close()

    async def _turn(self) -> None:
        wait_s = self.evse.deadline_s - clock.monotonic()
        try:
            # Not `wait_for`: Python 3.11's swallows a cancellation that arrives together with an event.
            async with asyncio.timeout(None if wait_s == inf else max(wait_s, 0)):
                thing = await self._inbox.get()
        except TimeoutError:
            await self._do(self.evse.tick(clock.monotonic()))
            return
        now_s = clock.monotonic()
        if isinstance(thing, Command):
            if isinstance(thing, ResetFaults):
                await self._board.reset_faults()
            await self._do(self.evse.command(thing, now_s))
        else:
            await self._do(self.evse.handle(thing, now_s))

    async def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Answer(number, outcome):
                    if answer := self._answers.pop(number, None):
                        answer.set_result(outcome)
                case StateChanged(state):
                    self._log.info("station_evse.changed", state=state.value)
                case FaultChanged(fault, stands):
                    if stands:
                        self._log.warning("station_fault.came", fault=fault.value, mrec=TABLE[fault].mrec)
                    else:
                        self._log.info("station_fault.went", fault=fault.value)
                case _:
                    if not await self._board.perform(action):
                        self._log.warning("station_board.refused", action=repr(action))
            self._on_action(action)

    async def command(self, kind: Callable[..., Command], *arguments: object) -> Outcome:
        """Give a command by its class and what comes after its number; how it ended."""
        self._number += 1
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._answers[self._number] = answer
        self._inbox.put_nowait(kind(self._number, *arguments))
        return await answer

    def tell(self, event: Event) -> None:
        """Tell of an event that does not come from the board."""
        self._inbox.put_nowait(event)

    def measured(self, values: Mapping[str, float]) -> None:
        """Compare measured values, by the names of the fault table, with its thresholds."""
        for noticed in self._watch.sample(values, clock.monotonic()):
            self._inbox.put_nowait((FaultCame if noticed.is_present else FaultWent)(noticed.fault))
