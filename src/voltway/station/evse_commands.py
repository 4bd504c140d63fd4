"""The commands to an EVSE that are not answered yet: each is, once, in time."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Protocol

from voltway.station.evse_timing import ANSWER_WITHIN_S, PHASES_ANSWER_WITHIN_S
from voltway.station.evse_words import (
    Action,
    Answer,
    Authorise,
    Command,
    EvseSettings,
    Limit,
    Outcome,
    Permit,
    ResetFaults,
    SetAvailable,
    Stop,
    SwitchPhases,
    Unlock,
)
from voltway.station.fault_watch import FaultRegister


class CommandedEvse(Protocol):
    """What commands need of an EVSE's state machine."""

    settings: EvseSettings
    faults: FaultRegister
    is_in_service: bool
    is_permitted: bool
    is_released: bool
    is_locked: bool | None
    limit_a: float
    phases: int

    @property
    def is_confirmed_open(self) -> bool:
        """Told to open, and open."""

    @property
    def has_phase_step(self) -> bool:
        """Whether a change of phases is under way."""

    def is_told(self) -> bool:
        """Whether the vehicle knows the present offer."""

    def authorise(self) -> None:
        """Begin a charge."""

    def deauthorise(self) -> None:
        """End the charge."""

    def begin_phase_switch(self, phases: int) -> None:
        """Open, wait, choose the phases."""

    def cancel_phase_switch(self) -> None:
        """Go on as it was."""

    def do(self, action: Action) -> None:
        """Add to the actions of this turn."""

    def wake_at(self, at_s: float) -> None:
        """Be called again at this time."""


@dataclass(frozen=True, slots=True)
class _Open:
    command: Command
    until_s: float


class Commands:
    """Takes commands for an EVSE, refuses what cannot be, and answers when it is done or its time is over."""

    def __init__(self, evse: CommandedEvse) -> None:
        self._evse = evse
        self._open: list[_Open] = []
        self._answers: list[Answer] = []

    def take(self, command: Command, now_s: float) -> None:
        """Start a command. `settle` answers it, in this turn or in a later one."""
        if self._refuses(command):
            self._answers.append(Answer(command.number, Outcome.REFUSED))
            return
        self._replace(command)
        self._start(command)
        wait_s = PHASES_ANSWER_WITHIN_S if isinstance(command, SwitchPhases) else ANSWER_WITHIN_S
        self._open.append(_Open(command, now_s + wait_s))

    def _refuses(self, command: Command) -> bool:
        evse = self._evse
        match command:
            case Authorise():
                return evse.faults.blocks or not evse.is_in_service
            case Limit(current_a=current_a):
                return not (isfinite(current_a) and current_a >= 0)
            case SwitchPhases(phases=phases):
                possible = {1, 3} if evse.settings.phases == 3 else {1}
                return not evse.settings.can_switch_phases or phases not in possible or evse.faults.blocks
            case Unlock():
                return not evse.settings.has_socket
        return False

    def _replace(self, command: Command) -> None:
        """A newer limit or number of phases makes the older one pointless."""
        for one in list(self._open):
            if type(one.command) is type(command) and isinstance(command, Limit | SwitchPhases):
                self._end(one, Outcome.REPLACED)

    def _start(self, command: Command) -> None:
        evse = self._evse
        match command:
            case Authorise():
                evse.authorise()
            case Stop():
                evse.deauthorise()
            case Permit(is_permitted=is_permitted):
                evse.is_permitted = is_permitted
            case Limit(current_a=current_a):
                evse.limit_a = current_a
            case SwitchPhases(phases=phases):
                if phases != evse.phases or evse.has_phase_step:
                    evse.begin_phase_switch(phases)
            case Unlock():
                evse.deauthorise()
                evse.is_released = True
            case SetAvailable(is_available=is_available):
                evse.is_in_service = is_available
            case ResetFaults():
                evse.faults.reset()

    def settle(self, now_s: float) -> None:
        """Answer what has ended."""
        for answer in self._answers:
            self._evse.do(answer)
        self._answers.clear()
        for one in list(self._open):
            outcome = self._outcome(one.command)
            if outcome is None and now_s >= one.until_s:
                outcome = Outcome.FAILED
                if isinstance(one.command, SwitchPhases):
                    self._evse.cancel_phase_switch()
            if outcome is not None:
                self._end(one, outcome)
            else:
                self._evse.wake_at(one.until_s)
        for answer in self._answers:
            self._evse.do(answer)
        self._answers.clear()

    def _end(self, one: _Open, outcome: Outcome) -> None:
        self._open.remove(one)
        self._answers.append(Answer(one.command.number, outcome))

    def _outcome(self, command: Command) -> Outcome | None:
        """How a command stands: None while it is under way."""
        evse = self._evse
        match command:
            case Stop():
                return Outcome.DONE if evse.is_confirmed_open else None
            case Limit():
                return Outcome.DONE if evse.is_told() else None
            case SwitchPhases(phases=phases):
                if evse.has_phase_step:
                    return None
                return Outcome.DONE if evse.phases == phases else Outcome.FAILED
            case Unlock():
                return Outcome.DONE if evse.is_confirmed_open and evse.is_locked is False else None
            case ResetFaults():
                return Outcome.FAILED if evse.faults.latched else Outcome.DONE
        return Outcome.DONE
