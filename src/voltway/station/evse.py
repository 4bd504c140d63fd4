"""The state machine of one EVSE (IEC 61851-1, AC): events, commands and time go in, actions come out. No I/O, no clock.

It keeps what it knows and, after every change, settles what should be: pilot, contactor, lock, answers. So there is one place
for each rule, whatever the order of events. The board below it decides by itself in any danger; this machine permits power,
and takes the permission back.

The contactor is told to close only with the vehicle in C2 (or D2 with ventilation), authorised, permitted, an offer of 6 A at
least, the detector tested, the plug locked and no fault that blocks. When power is no longer wanted, PWM ends first and the
vehicle has 6 s to stop drawing; a fault that opens does not wait. The plug is unlocked only after the contactor was confirmed
open. Timings are those that EVerest takes from the tables A.5 and A.6 of IEC 61851-1, and OpenEVSE's, as noted.
"""

from __future__ import annotations

from math import inf

from voltway.station.evse_commands import Commands
from voltway.station.evse_timing import (
    CLOSE_AFTER_S,
    CONTACTOR_CONFIRM_S,
    DUTY_CHANGE_S,
    LOCK_CONFIRM_S,
    OPEN_UNDER_LOAD_S,
    PHASES_CONFIRM_S,
    PHASES_WAIT_S,
    PILOT_FOLLOWS_S,
    SELF_TEST_S,
    STEP_E_S,
    STEP_X1_S,
    UNLOCK_AFTER_FAULT_S,
    WAKE_UP_AFTER_S,
    X1_AFTER_E_S,
)
from voltway.station.evse_words import (
    Action,
    AllowPower,
    CableRated,
    Command,
    ContactorConfirmed,
    Event,
    EvseSettings,
    FaultCame,
    FaultChanged,
    FaultWent,
    LockConfirmed,
    PhasesConfirmed,
    PilotMeasured,
    SelfTest,
    SelfTestDone,
    SetLock,
    SetPhases,
    SetPilot,
    State,
    StateChanged,
    WakeUp,
)
from voltway.station.fault_watch import FaultRegister
from voltway.station.faults import Fault
from voltway.station.pilot import (
    CONNECTED,
    CURRENT_A_MIN,
    DRAWING,
    STATE_E,
    STATE_F,
    X1,
    Mode,
    Output,
    Pilot,
    pwm,
)

TURNS_MAX = 8
"""How often one event may lead to something that leads to something; three is what happens."""


class Evse:
    """One EVSE. Give it what happens with `handle` and `command`, and the time with `tick`, at the latest at `deadline_s`."""

    def __init__(self, settings: EvseSettings, now_s: float = 0.0) -> None:
        self.settings = settings
        self.faults = FaultRegister()
        self.commands = Commands(self)
        self.state = State.AVAILABLE
        self.deadline_s = inf
        """When `tick` must come at the latest, on the caller's clock; inf when only an event can change something."""

        self.pilot = Pilot.A
        self.pilot_since_s = now_s
        self.output = X1
        self.output_since_s = now_s
        self.is_plugged = False
        self.is_authorised = False
        self.is_finished = False
        self.is_permitted = True
        self.is_in_service = True
        self.limit_a = settings.current_a_max
        self.phases = settings.phases

        self.is_allowed = False
        self.allowed_since_s = now_s
        self.is_closed: bool | None = None
        """What the mirror contact says; None until it said something, and while the board is lost."""
        self.mirror_since_s = now_s
        self.is_lock_wanted: bool | None = None
        self.lock_since_s = now_s
        self.is_locked: bool | None = None
        self.is_released = False
        """Somebody wants the cable back: it is not locked again before the next charge."""

        self._cable_a: float | None = None
        self._duty: Output | None = None
        self._duty_since_s = -inf
        self._tested: bool | None = None
        self._test_since_s: float | None = None
        self._pause_over_s = -inf
        self._fault_f_until_s = -inf
        self._blocked_since_s: float | None = None
        self._drew = False
        self._woken = False
        self._step: list[tuple[Output, float]] = []
        self._step_until_s = -inf
        self._phases_wanted: int | None = None
        self._phases_at_s: float | None = None
        self._phases_sent_s: float | None = None
        self._reported: set[Fault] = set()
        self._told: set[Fault] = set()
        self._actions: list[Action] = []

    # --- What goes in.

    def handle(self, event: Event, now_s: float) -> list[Action]:
        """What an event of the hardware leads to."""
        match event:
            case PilotMeasured(pilot):
                self._measured(pilot, now_s)
            case ContactorConfirmed(is_closed):
                if is_closed is not self.is_closed:
                    self.is_closed, self.mirror_since_s = is_closed, now_s
                    if not is_closed:
                        self._lift(Fault.CONTACTOR_WELDED)
            case LockConfirmed(is_locked):
                self.is_locked = is_locked
            case CableRated(current_a):
                self._rated(current_a, now_s)
            case PhasesConfirmed(phases):
                self.phases = phases
            case SelfTestDone(passed):
                self._self_tested(passed, now_s)
            case FaultCame(fault):
                self._reported.add(fault)
                self.raise_fault(fault, now_s)
                if fault is Fault.BOARD_LOST:
                    # Nobody tells what the mirror contact says: what it said last is no knowledge, above all not of a weld.
                    self.is_closed, self.mirror_since_s = None, now_s
            case FaultWent(fault):
                self._reported.discard(fault)
                self.faults.go(fault)
                if self.pilot is Pilot.A:
                    self.faults.unplugged()  # there is no vehicle to wait for
        return self._settle(now_s)

    def command(self, command: Command, now_s: float) -> list[Action]:
        """What a command leads to; its answer is among these actions or among later ones."""
        self.commands.take(command, now_s)
        return self._settle(now_s)

    def tick(self, now_s: float) -> list[Action]:
        """What the passing of time leads to."""
        return self._settle(now_s)

    # --- What is known.

    @property
    def offer_a(self) -> float:
        """The current per phase that may be offered now; below 6 A: none."""
        most_a = min(self.settings.current_a_max, self.limit_a)
        if self.settings.has_socket:
            most_a = min(most_a, self._cable_a or 0.0)
        share = self.faults.share
        # A hot station still gives the least there is: what must stop does so by its own row.
        return most_a if share == 1.0 else min(most_a, max(CURRENT_A_MIN, self.settings.current_a_max * share))

    @property
    def is_confirmed_open(self) -> bool:
        """Whether the contactor was told to open and the mirror contact says that it is."""
        return not self.is_allowed and self.is_closed is False

    @property
    def has_phase_step(self) -> bool:
        """Whether a change of phases is under way."""
        return self._phases_wanted is not None

    def is_told(self) -> bool:
        """Whether the vehicle knows the present offer, or there is nothing to tell."""
        return not self.output.is_pwm or self.output == self._offered()

    def _offered(self) -> Output:
        return pwm(self.offer_a) if self.offer_a >= CURRENT_A_MIN else X1

    def _is_ready(self) -> bool:
        """Everything but the vehicle's wish: whether a current may be offered."""
        return (
            self.is_plugged
            and self.is_authorised
            and self.is_permitted
            and self.offer_a >= CURRENT_A_MIN
            and self._tested is True
            and (self.is_locked is True or not self.settings.has_socket)
            and not self.faults.blocks
            and not self._step
            and not self.has_phase_step
        )

    def _may_close(self) -> bool:
        return self._is_ready() and self.output.is_pwm and self._draws()

    def _draws(self) -> bool:
        return self.pilot is Pilot.C or (self.pilot is Pilot.D and self.settings.has_ventilation)

    # --- What happened.

    def raise_fault(self, fault: Fault, now_s: float) -> None:
        """A fault's cause is there."""
        self.faults.come(fault, now_s, closed_for_s=now_s - self.mirror_since_s if self.is_closed else None)

    def _lift(self, fault: Fault) -> None:
        """The cause that this machine saw is gone; one that somebody else reported stays until they say so."""
        if fault not in self._reported:
            self.faults.go(fault)

    def _measured(self, pilot: Pilot, now_s: float) -> None:
        if pilot is self.pilot:
            return
        if self.pilot is Pilot.D:
            self._lift(Fault.VENTILATION)
        self.pilot, self.pilot_since_s = pilot, now_s
        if pilot in DRAWING:
            self._drew = True
        if pilot in CONNECTED and not self.is_plugged:
            self.is_plugged = True
        elif pilot is Pilot.A:
            self._unplugged()

    def _unplugged(self) -> None:
        if self.is_plugged:
            self.is_authorised = False
        self.is_plugged = self.is_finished = self.is_released = self._drew = self._woken = False
        self._cable_a, self._tested, self._test_since_s = None, None, None
        self._duty, self._duty_since_s, self._step = None, -inf, []
        for fault in (
            Fault.PILOT_SHORT,
            Fault.PILOT_RANGE,
            Fault.PROXIMITY,
            Fault.CONTACTOR_OPEN,
            Fault.CONNECTOR_LOCK,
        ):
            self._lift(fault)
        self.faults.unplugged()

    def _rated(self, current_a: float, now_s: float) -> None:
        """The cable's rating is read at plug-in and never rises while the vehicle is plugged."""
        if current_a > 0:
            self._cable_a = current_a if self._cable_a is None else min(self._cable_a, current_a)
        elif self.settings.has_socket and self._cable_a is not None and self.is_plugged:
            self.raise_fault(Fault.PROXIMITY, now_s)

    def _self_tested(self, passed: bool, now_s: float) -> None:
        if self._test_since_s is None:
            return  # nobody asked: a late answer of an earlier vehicle's test says nothing about this one
        self._tested, self._test_since_s = passed, None
        if not passed:
            self.raise_fault(Fault.RCD_SELF_TEST, now_s)
            self._lift(Fault.RCD_SELF_TEST)  # latched: it stands until somebody resets it

    def begin_phase_switch(self, phases: int) -> None:
        """Open, wait, choose the phases, go on."""
        self._phases_wanted, self._phases_at_s, self._phases_sent_s = phases, None, None

    def cancel_phase_switch(self) -> None:
        """It took too long: go on as it was."""
        self._phases_wanted = None

    def authorise(self) -> None:
        """A new charge: the detector is tested anew, the plug locked again."""
        if not self.is_authorised:
            self.is_authorised, self.is_finished, self.is_released = True, False, False
            self._tested, self._test_since_s, self._woken, self._drew = None, None, False, False

    def deauthorise(self) -> None:
        """The charge ends, the vehicle stays."""
        if self.is_authorised:
            self.is_authorised, self.is_finished, self.is_released = False, self.is_plugged, True

    # --- What should be.

    def _settle(self, now_s: float) -> list[Action]:
        self._actions = []
        for _ in range(TURNS_MAX):
            done = len(self._actions)
            self._settle_once(now_s)
            if len(self._actions) == done:
                break  # nothing follows from what was done, and every wait has set the deadline
        return self._actions

    def _settle_once(self, now_s: float) -> None:
        self.deadline_s = inf
        self.faults.tick(now_s)
        if (retry_s := self.faults.next_retry_s) is not None:
            self.wake_at(retry_s)
        self._watch_hardware(now_s)
        self._note_blocking(now_s)
        self._run_self_test(now_s)
        self._run_steps(now_s)
        self._open_if_due(now_s)
        self._drive_pilot(now_s)
        self._close_if_due(now_s)
        self._drive_lock(now_s)
        self.commands.settle(now_s)
        self._tell()

    def do(self, action: Action) -> None:
        """Add to the actions of this turn."""
        self._actions.append(action)

    def wake_at(self, at_s: float) -> None:
        """Have `tick` called at this time at the latest."""
        self.deadline_s = min(self.deadline_s, at_s)

    def _is_over(self, since_s: float, wait_s: float, now_s: float) -> bool:
        """Whether a wait is over; if not, the deadline is set for its end."""
        if now_s >= since_s + wait_s:
            return True
        self.wake_at(since_s + wait_s)
        return False

    def _watch_hardware(self, now_s: float) -> None:
        """Notice what should have happened and did not."""
        # From the later of the two: the board may have opened by itself, and the reason arrives a moment after it.
        disagree_since_s = max(self.allowed_since_s, self.mirror_since_s)
        if self.is_closed and not self.is_allowed and self._is_over(disagree_since_s, CONTACTOR_CONFIRM_S, now_s):
            self.raise_fault(Fault.CONTACTOR_WELDED, now_s)
        if self.is_allowed and not self.is_closed and self._is_over(disagree_since_s, CONTACTOR_CONFIRM_S, now_s):
            self.raise_fault(Fault.CONTACTOR_OPEN, now_s)
        if self.is_lock_wanted and not self.is_locked and self._is_over(self.lock_since_s, LOCK_CONFIRM_S, now_s):
            self.raise_fault(Fault.CONNECTOR_LOCK, now_s)
        if self.pilot is Pilot.D and not self.settings.has_ventilation:
            self.raise_fault(Fault.VENTILATION, now_s)
        # What this machine itself puts out, and its echo shortly after, is no fault of the vehicle.
        if self.pilot in {Pilot.E, Pilot.F} and self.output.mode not in {Mode.E, Mode.F}:
            since_s = max(self.pilot_since_s, self.output_since_s)
            if self._is_over(since_s, PILOT_FOLLOWS_S, now_s):
                self.raise_fault(Fault.PILOT_SHORT if self.pilot is Pilot.E else Fault.PILOT_RANGE, now_s)

    def _note_blocking(self, now_s: float) -> None:
        if not self.faults.blocks:
            self._blocked_since_s = None
        elif self._blocked_since_s is None:
            self._blocked_since_s = now_s
            if self.is_allowed and self.faults.opens:
                self._fault_f_until_s = now_s + self.settings.fault_f_s

    def _run_self_test(self, now_s: float) -> None:
        wanted = self.is_plugged and self.is_authorised and self._tested is None and not self.faults.blocks
        if wanted and self._test_since_s is None and self.is_confirmed_open:
            self._test_since_s = now_s
            self.do(SelfTest())
        if self._test_since_s is not None and self._is_over(self._test_since_s, SELF_TEST_S, now_s):
            self._self_tested(False, now_s)
            self._note_blocking(now_s)

    def _run_steps(self, now_s: float) -> None:
        """Wake-up sequences, and the change of phases."""
        while self._step and self._is_over(self._step_until_s, 0.0, now_s):
            self._step.pop(0)
            self._step_until_s = self._pause_over_s = now_s + (self._step[0][1] if self._step else 0.0)
        if self.faults.blocks or not (self.is_authorised and self.is_permitted):
            self._step = []
        asleep = self.output.is_pwm and self.pilot is Pilot.B and not self._drew and not self._woken
        if asleep and self.settings.wake_up is not WakeUp.NONE and not self._step:
            since_s = max(self.output_since_s, self.pilot_since_s)
            if self._is_over(since_s, WAKE_UP_AFTER_S, now_s):
                self._woken = True
                by_x1 = self.settings.wake_up is WakeUp.X1
                self._step = [(X1, STEP_X1_S)] if by_x1 else [(STATE_E, STEP_E_S), (X1, X1_AFTER_E_S)]
                self._step_until_s = now_s + self._step[0][1]
                self.wake_at(self._step_until_s)
        if self._phases_wanted is not None:
            self._switch_phases(self._phases_wanted, now_s)

    def _switch_phases(self, phases: int, now_s: float) -> None:
        if self._phases_sent_s is not None:
            if self.phases == phases or self._is_over(self._phases_sent_s, PHASES_CONFIRM_S, now_s):
                self._phases_wanted = None
            return
        if not self.is_confirmed_open or self.output.is_pwm:
            self._phases_at_s = None
        elif self._phases_at_s is None:
            self._phases_at_s = now_s
        if self._phases_at_s is not None and self._is_over(self._phases_at_s, PHASES_WAIT_S, now_s):
            self._phases_sent_s = now_s
            self.wake_at(now_s + PHASES_CONFIRM_S)
            self.do(SetPhases(phases))

    def _drive_pilot(self, now_s: float) -> None:
        wanted = self._wanted_output(now_s)
        if wanted == self.output:
            return
        if wanted.is_pwm:
            # The vehicle has 5 s to follow a duty. After a pause it waits for the new one, or it would draw by the old.
            if self._duty not in {None, wanted} and not self._is_over(self._duty_since_s, DUTY_CHANGE_S, now_s):
                return
            if not self.output.is_pwm and not self._is_over(self._pause_over_s, 0.0, now_s):
                return
            if wanted != self._duty:
                self._duty, self._duty_since_s = wanted, now_s
        elif self.output.is_pwm:
            self._pause_over_s = now_s + STEP_X1_S  # or the vehicle might not notice it
        self.output, self.output_since_s = wanted, now_s
        self.do(SetPilot(wanted))

    def _wanted_output(self, now_s: float) -> Output:
        in_use = self.is_authorised or self.is_allowed
        if self.faults.latched or not (self.is_in_service or in_use):
            return STATE_F
        if not self._is_over(self._fault_f_until_s, 0.0, now_s):
            return STATE_F
        if self._step:
            return self._step[0][0]
        return self._offered() if self._is_ready() else X1

    def _close_if_due(self, now_s: float) -> None:
        if self.is_allowed or not self._may_close() or self.is_closed is not False:
            return
        if self._is_over(max(self.pilot_since_s, self.output_since_s), CLOSE_AFTER_S, now_s):
            self._allow(True, now_s)

    def _open_if_due(self, now_s: float) -> None:
        if not self.is_allowed:
            return
        if (
            self.faults.opens
            or not self._draws()
            or self.output.mode in {Mode.E, Mode.F}
            or (not self.output.is_pwm and self._is_over(self.output_since_s, OPEN_UNDER_LOAD_S, now_s))
        ):
            self._allow(False, now_s)

    def _allow(self, is_allowed: bool, now_s: float) -> None:
        self.is_allowed, self.allowed_since_s = is_allowed, now_s
        self.wake_at(now_s + CONTACTOR_CONFIRM_S)
        self.do(AllowPower(is_allowed))

    def _drive_lock(self, now_s: float) -> None:
        if not self.settings.has_socket:
            return
        wanted = self.is_plugged and not self.is_released
        if wanted and self._blocked_since_s is not None and Fault.CONTACTOR_WELDED not in self.faults:
            wanted = not self._is_over(self._blocked_since_s, UNLOCK_AFTER_FAULT_S, now_s)
        if not wanted and not (self.is_confirmed_open and Fault.CONTACTOR_WELDED not in self.faults):
            return  # live, or perhaps live: as it is
        if wanted != self.is_lock_wanted:
            self.is_lock_wanted, self.lock_since_s = wanted, now_s
            self.wake_at(now_s + LOCK_CONFIRM_S)
            self.do(SetLock(wanted))

    # --- What is told.

    def _tell(self) -> None:
        standing = set(self.faults)
        for fault in sorted(standing ^ self._told):
            self.do(FaultChanged(fault, fault in standing))
        self._told = standing
        if (state := self._state()) is not self.state:
            self.state = state
            self.do(StateChanged(state))

    def _state(self) -> State:
        if self.faults.blocks:
            return State.FAULTED
        if self.output == STATE_F and not self.is_in_service:
            return State.UNAVAILABLE
        if not self.is_authorised:
            if self.is_allowed or self.is_finished:
                return State.FINISHING
            return State.PREPARING if self.is_plugged else State.AVAILABLE
        if self.is_allowed and self.is_closed and self.output.is_pwm:
            return State.CHARGING
        if self._duty is None:
            return State.PREPARING
        return State.SUSPENDED_EV if self.output.is_pwm else State.SUSPENDED_EVSE
