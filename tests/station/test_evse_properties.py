"""Whatever happens, in whatever order, with whatever board: no power where none may be, no open plug under power, no command
without its answer."""

from __future__ import annotations

from math import inf

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from voltway.station.evse import Evse
from voltway.station.evse_timing import OPEN_UNDER_LOAD_S, PHASES_ANSWER_WITHIN_S
from voltway.station.evse_words import (
    Action,
    AllowPower,
    Answer,
    Authorise,
    CableRated,
    Command,
    ContactorConfirmed,
    EvseSettings,
    FaultCame,
    FaultWent,
    Limit,
    LockConfirmed,
    Permit,
    PhasesConfirmed,
    PilotMeasured,
    ResetFaults,
    SelfTest,
    SelfTestDone,
    SetAvailable,
    SetLock,
    SetPilot,
    Stop,
    SwitchPhases,
    Unlock,
    WakeUp,
)
from voltway.station.faults import TABLE, Fault, Reaction
from voltway.station.pilot import X1, Output, Pilot

FAULTS = sorted(Fault)
PILOTS = st.sampled_from([*Pilot, Pilot.B, Pilot.B, Pilot.C, Pilot.C, Pilot.C])


class AnyLife(RuleBasedStateMachine):
    """The test keeps its own account of what it said and what it was told, and judges by that alone."""

    @initialize(
        socket=st.booleans(),
        ventilation=st.booleans(),
        phases=st.booleans(),
        wake_up=st.sampled_from(WakeUp),
    )
    def begin(self, socket: bool, ventilation: bool, phases: bool, wake_up: WakeUp) -> None:
        self.settings = EvseSettings(
            has_socket=socket, has_ventilation=ventilation, can_switch_phases=phases, wake_up=wake_up
        )
        self.evse = Evse(self.settings)
        self.now_s = 0.0
        self.pilot = Pilot.A
        self.output: Output = X1
        self.output_since_s = 0.0
        self.pwm_since_s = -inf
        self.last_pwm: Output | None = None
        self.is_testing = self.tested = False
        self.allowed = self.authorised = False
        self.permitted = True
        self.closed: bool | None = None
        self.locked = self.lock_confirmed = False
        self.causes: set[Fault] = set()
        self.number = 0
        self.unanswered: dict[int, float] = {}
        self.answered: set[int] = set()
        self.said_authorise: set[int] = set()

    # --- What happens.

    def take(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case SetPilot(output):
                    self.check_pilot(output)
                case AllowPower(allowed):
                    self.allowed = allowed
                    if allowed:
                        self.check_closing()
                case SelfTest():
                    self.is_testing, self.tested = True, False
                case SetLock(False):
                    self.check_unlocking()
                    self.locked = False
                case SetLock(True):
                    self.locked = True
                case Answer(number):
                    assert number in self.unanswered, "answered twice, or never asked"
                    del self.unanswered[number]

    def check_pilot(self, output: Output) -> None:
        if output.is_pwm and output != self.last_pwm:
            assert self.now_s - self.pwm_since_s >= 5 - 1e-9, "a duty changed within 5 s"
            self.last_pwm, self.pwm_since_s = output, self.now_s
        self.output, self.output_since_s = output, self.now_s

    def check_closing(self) -> None:
        """The account of the test against the machine's wish to close."""
        assert self.pilot is Pilot.C or (self.pilot is Pilot.D and self.settings.has_ventilation)
        assert self.output.is_pwm
        assert self.authorised
        assert self.permitted
        assert self.closed is False
        assert self.tested, "the detector was not tested"
        assert not [fault for fault in self.causes if TABLE[fault].reaction.blocks]
        assert not self.evse.faults.blocks
        assert self.lock_confirmed or not self.settings.has_socket

    def check_unlocking(self) -> None:
        assert not self.allowed
        assert self.closed is False, "unlocked before the contactor was confirmed open"

    def say(self, kind: type[Command], *arguments: object) -> None:
        self.number += 1
        self.unanswered[self.number] = self.now_s + PHASES_ANSWER_WITHIN_S
        self.take(self.evse.command(kind(self.number, *arguments), self.now_s))

    @rule(pilot=PILOTS)
    def vehicle(self, pilot: Pilot) -> None:
        if pilot is Pilot.A and self.pilot is not Pilot.A:
            self.last_pwm, self.pwm_since_s = None, -inf
            self.authorised = False if self.evse.is_plugged else self.authorised
        self.pilot = pilot
        self.take(self.evse.handle(PilotMeasured(pilot), self.now_s))

    @rule(closed=st.booleans())
    def contactor_says_anything(self, closed: bool) -> None:
        self.closed = closed
        self.take(self.evse.handle(ContactorConfirmed(closed), self.now_s))

    @rule()
    def contactor_follows(self) -> None:
        self.contactor_says_anything(self.allowed)

    @rule()
    def board_follows_in_everything(self) -> None:
        self.contactor_follows()
        self.lock_says_anything(self.locked)
        self.self_test_ends(True)
        self.take(self.evse.handle(CableRated(32.0), self.now_s))

    @rule(locked=st.booleans())
    def lock_says_anything(self, locked: bool) -> None:
        self.lock_confirmed = locked
        self.take(self.evse.handle(LockConfirmed(locked), self.now_s))

    @rule(passed=st.booleans())
    def self_test_ends(self, passed: bool) -> None:
        if self.is_testing:
            self.tested, self.is_testing = passed, False
        self.take(self.evse.handle(SelfTestDone(passed), self.now_s))

    @rule(current_a=st.sampled_from([0.0, 13.0, 20.0, 32.0, 32.0, 63.0]))
    def cable(self, current_a: float) -> None:
        self.take(self.evse.handle(CableRated(current_a), self.now_s))

    @rule(phases=st.sampled_from([1, 3]))
    def phases_confirmed(self, phases: int) -> None:
        self.take(self.evse.handle(PhasesConfirmed(phases), self.now_s))

    @rule(fault=st.sampled_from(FAULTS))
    def fault_comes(self, fault: Fault) -> None:
        self.causes.add(fault)
        self.take(self.evse.handle(FaultCame(fault), self.now_s))

    @precondition(lambda self: self.causes)
    @rule(data=st.data())
    def fault_goes(self, data: st.DataObject) -> None:
        fault = data.draw(st.sampled_from(sorted(self.causes)))
        self.causes.discard(fault)
        self.take(self.evse.handle(FaultWent(fault), self.now_s))

    @rule()
    def all_is_well_again(self) -> None:
        for fault in sorted(self.causes):
            self.causes.discard(fault)
            self.take(self.evse.handle(FaultWent(fault), self.now_s))
        self.say(ResetFaults)

    @rule(seconds=st.sampled_from([0.05, 0.5, 1.0, 3.0, 5.0, 6.0, 16.0, 31.0, 1000.0]))
    def time_passes(self, seconds: float) -> None:
        """The caller ticks only at the machine's own deadlines: a deadline that is missing is found here."""
        end_s = self.now_s + seconds
        for _ in range(200):
            if self.evse.deadline_s > end_s:
                break
            self.now_s = max(self.now_s, self.evse.deadline_s)
            self.take(self.evse.tick(self.now_s))
        else:
            raise AssertionError("the deadline does not move")
        self.now_s = end_s
        self.check_in_time()

    def check_in_time(self) -> None:
        overdue = [number for number, until_s in self.unanswered.items() if until_s < self.now_s]
        assert not overdue, "a command was not answered in time"

    # --- Commands.

    @rule()
    def authorise(self) -> None:
        if not self.evse.faults.blocks and self.evse.is_in_service:
            self.authorised = True
        self.say(Authorise)

    @rule()
    def stop(self) -> None:
        self.authorised = False
        self.say(Stop)

    @rule(is_permitted=st.booleans())
    def permit(self, is_permitted: bool) -> None:
        self.permitted = is_permitted
        self.say(Permit, is_permitted)

    @rule(current_a=st.sampled_from([0.0, 5.9, 6.0, 10.0, 16.0, 32.0, 80.0, float("nan")]))
    def limit(self, current_a: float) -> None:
        self.say(Limit, current_a)

    @rule(phases=st.sampled_from([1, 2, 3]))
    def switch_phases(self, phases: int) -> None:
        self.say(SwitchPhases, phases)

    @rule()
    def unlock(self) -> None:
        if self.settings.has_socket:
            self.authorised = False
        self.say(Unlock)

    @rule(is_available=st.booleans())
    def set_available(self, is_available: bool) -> None:
        self.say(SetAvailable, is_available)

    @rule(lock=st.booleans(), test=st.booleans(), mirror=st.booleans())
    def quick_charge(self, lock: bool = True, test: bool = True, mirror: bool = True) -> None:
        """A whole charge at once, so that deep states are common; with all well, or with one answer of the board missing."""
        if lock + test + mirror < 2:
            lock = test = mirror = True
        self.board_follows_in_everything()
        self.vehicle(Pilot.A)
        self.contactor_follows()
        self.lock_says_anything(False)
        self.cable(32.0)
        self.vehicle(Pilot.B)
        if lock:
            self.lock_says_anything(self.locked)
        self.authorise()
        if test:
            self.self_test_ends(True)
        if not mirror:
            self.contactor_says_anything(True)
        self.vehicle(Pilot.C)
        self.time_passes(0.5)
        self.contactor_follows()

    @rule(lock=st.booleans(), test=st.booleans(), mirror=st.booleans())
    def charge_from_anywhere(self, lock: bool, test: bool, mirror: bool) -> None:
        self.all_is_well_again()
        self.set_available(True)
        self.permit(True)
        self.limit(32.0)
        self.quick_charge(lock, test, mirror)

    @rule(by=st.sampled_from(["stop", "permit", "limit", "unlock"]))
    def charge_and_stop_a_vehicle_that_goes_on_drawing(self, by: str) -> None:
        self.charge_from_anywhere(lock=True, test=True, mirror=True)
        match by:
            case "stop":
                self.stop()
            case "permit":
                self.permit(False)
            case "limit":
                self.limit(0.0)
            case "unlock":
                self.unlock()
        self.time_passes(6.0)

    # --- What must hold at every moment.

    @invariant()
    def power_is_allowed_only_where_it_may_be(self) -> None:
        """Closed without a wish for power: only while the vehicle has its 6 s to stop, and never with a fault that opens."""
        if not self.allowed:
            return
        assert self.pilot is Pilot.C or (self.pilot is Pilot.D and self.settings.has_ventilation)
        assert not [fault for fault in self.causes if TABLE[fault].reaction is Reaction.OPEN]
        wanted = self.authorised and self.permitted and not self.evse.faults.blocks
        if not (wanted and self.output.is_pwm):
            assert self.output == X1, "power without a wish for it, and the vehicle was not told"
            assert self.now_s - self.output_since_s <= OPEN_UNDER_LOAD_S + 1e-9

    @invariant()
    def the_account_of_the_test_is_the_machine_s(self) -> None:
        assert self.evse.is_authorised == self.authorised
        assert self.evse.is_allowed == self.allowed


AnyLife.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestAnyLife = AnyLife.TestCase


def test_the_property_tests_reach_power() -> None:
    """A machine that never closes would pass them all; this one does."""
    life = AnyLife()
    life.begin(socket=True, ventilation=False, phases=True, wake_up=WakeUp.X1)
    life.quick_charge()
    assert life.allowed
    life.time_passes(1000.0)
    assert life.allowed
