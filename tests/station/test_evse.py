"""The state machine of an EVSE: one charge in its parts, each timing, each way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from voltway.station.evse import Evse
from voltway.station.evse_timing import CLOSE_WITHIN_S
from voltway.station.evse_words import (
    Action,
    AllowPower,
    Answer,
    Authorise,
    CableRated,
    Command,
    ContactorConfirmed,
    Event,
    EvseSettings,
    FaultCame,
    FaultWent,
    Limit,
    LockConfirmed,
    Outcome,
    Permit,
    PhasesConfirmed,
    PilotMeasured,
    ResetFaults,
    SelfTest,
    SelfTestDone,
    SetAvailable,
    SetLock,
    SetPhases,
    SetPilot,
    State,
    StateChanged,
    Stop,
    SwitchPhases,
    Unlock,
    WakeUp,
)
from voltway.station.faults import ROWS, Fault, Reaction, Recovery, Row
from voltway.station.pilot import STATE_F, X1, Mode, Output, Pilot, current_of, pwm


@dataclass
class Bench:
    """An EVSE on a bench: a board that does what it is told (unless a test says otherwise), and a clock that the test turns."""

    settings: EvseSettings = field(default_factory=EvseSettings)
    welded: bool = False
    dead_contactor: bool = False
    lock_jammed: bool = False
    self_test: bool | None = True
    phases_work: bool = True

    def __post_init__(self) -> None:
        self.now_s = 0.0
        self.evse = Evse(self.settings)
        self.log: list[tuple[float, Action]] = []
        self._number = 0
        self.event(ContactorConfirmed(False), LockConfirmed(False), PilotMeasured(Pilot.A))

    def event(self, *events: Event) -> None:
        for event in events:
            self._take(self.evse.handle(event, self.now_s))

    def say(self, kind: type[Command], *arguments: object) -> int:
        self._number += 1
        self._take(self.evse.command(kind(self._number, *arguments), self.now_s))
        return self._number

    def pilot(self, pilot: str) -> None:
        self.event(PilotMeasured(Pilot(pilot)))

    def wait(self, seconds: float) -> None:
        """Let time pass, calling only when the machine asked for it."""
        end_s = self.now_s + seconds
        while self.evse.deadline_s <= end_s:
            self.now_s = max(self.now_s, self.evse.deadline_s)
            self._take(self.evse.tick(self.now_s))
        self.now_s = end_s

    def _take(self, actions: list[Action]) -> None:
        for action in actions:
            self.log.append((self.now_s, action))
            match action:
                case AllowPower(True) if not self.dead_contactor:
                    self.event(ContactorConfirmed(True))
                case AllowPower(False) if not self.welded and self.evse.is_closed:
                    self.event(ContactorConfirmed(False))
                case SetLock(locked) if not self.lock_jammed:
                    self.event(LockConfirmed(locked))
                case SetPhases(phases) if self.phases_work:
                    self.event(PhasesConfirmed(phases))
                case SelfTest() if self.self_test is not None:
                    self.event(SelfTestDone(self.self_test))

    def plug(self, cable_a: float = 32.0) -> None:
        self.event(CableRated(cable_a))
        self.pilot("B")

    def charge(self) -> Bench:
        """Plug, authorise, and let the vehicle draw for a minute."""
        self.plug()
        self.say(Authorise)
        self.pilot("C")
        self.wait(60)
        assert self.evse.state is State.CHARGING
        self.log.clear()
        return self

    def all(self, kind: type[Action]) -> list[tuple[float, Action]]:
        return [(at_s, action) for at_s, action in self.log if isinstance(action, kind)]

    def outputs(self) -> list[Output]:
        return [action.output for _, action in self.all(SetPilot) if isinstance(action, SetPilot)]

    def outcome(self, number: int) -> Outcome | None:
        answers = [action.outcome for _, action in self.log if isinstance(action, Answer) and action.number == number]
        assert len(answers) <= 1
        return answers[0] if answers else None

    def states(self) -> list[State]:
        return [action.state for _, action in self.log if isinstance(action, StateChanged)]

    @property
    def is_powered(self) -> bool:
        return self.evse.is_allowed


def test_a_charge_from_plug_to_plug() -> None:
    bench = Bench()
    bench.plug()
    assert bench.evse.state is State.PREPARING
    assert bench.evse.is_locked
    bench.say(Authorise)
    assert bench.evse.output == pwm(32)
    bench.pilot("C")
    bench.wait(5)
    bench.pilot("B")
    bench.wait(5)
    bench.pilot("C")
    bench.wait(5)
    stop = bench.say(Stop)
    bench.wait(1)
    bench.pilot("B")
    assert bench.outcome(stop) is Outcome.DONE
    assert not bench.evse.is_locked
    bench.pilot("A")
    assert bench.states() == [
        State.PREPARING,
        State.SUSPENDED_EV,
        State.CHARGING,
        State.SUSPENDED_EV,
        State.CHARGING,
        State.FINISHING,
        State.AVAILABLE,
    ]


def test_the_contactor_closes_within_3_s_of_the_vehicle_being_ready() -> None:
    bench = Bench()
    bench.plug()
    bench.say(Authorise)
    bench.wait(10)
    bench.pilot("C")
    bench.wait(CLOSE_WITHIN_S)
    [(at_s, _)] = bench.all(AllowPower)
    assert 10 < at_s <= 10 + CLOSE_WITHIN_S


@pytest.mark.parametrize("pilot", ["A", "B", "E", "F"])
def test_the_contactor_is_told_to_open_at_once_when_the_vehicle_leaves_c(pilot: str) -> None:
    bench = Bench().charge()
    bench.pilot(pilot)
    assert bench.all(AllowPower) == [(bench.now_s, AllowPower(False))]


def test_a_vehicle_that_never_leaves_c1_is_cut_after_6_s() -> None:
    bench = Bench().charge()
    begin_s = bench.now_s
    stop = bench.say(Stop)
    assert bench.evse.output == X1
    bench.wait(5.99)
    assert bench.is_powered
    assert bench.outcome(stop) is None
    bench.wait(0.02)
    assert bench.all(AllowPower) == [(pytest.approx(begin_s + 6), AllowPower(False))]
    assert bench.outcome(stop) is Outcome.DONE


def test_a_limit_that_changes_every_second_moves_the_duty_every_5_s_at_most() -> None:
    bench = Bench().charge()
    for limit_a in range(31, 6, -1):
        bench.say(Limit, float(limit_a))
        bench.wait(1)
    times = [at_s for at_s, _ in bench.all(SetPilot)]
    assert len(times) >= 5
    assert all(later - earlier >= 5 for earlier, later in pairwise(times))
    bench.wait(5)
    assert bench.evse.output == pwm(7)


def test_every_limit_is_answered_the_older_ones_as_replaced() -> None:
    bench = Bench().charge()
    first = bench.say(Limit, 20.0)
    second, third = bench.say(Limit, 10.0), bench.say(Limit, 12.0)
    bench.wait(5)
    assert [bench.outcome(number) for number in (first, second, third)] == [
        Outcome.DONE,
        Outcome.REPLACED,
        Outcome.DONE,
    ]
    assert bench.evse.output == pwm(12)


@pytest.mark.parametrize("limit_a", [0.0, 5.99])
def test_below_6_a_it_pauses_and_resumes_after_3_s_of_x1_at_the_earliest(limit_a: float) -> None:
    bench = Bench().charge()
    bench.say(Limit, limit_a)
    assert bench.evse.output == X1
    bench.pilot("B")
    assert bench.evse.state is State.SUSPENDED_EVSE
    bench.wait(1)
    bench.say(Limit, 16.0)
    bench.wait(1.99)
    assert bench.evse.output == X1
    bench.wait(0.02)
    assert bench.evse.output == pwm(16)


@pytest.mark.parametrize("limit_a", [-1.0, float("nan"), float("inf")])
def test_a_limit_that_means_nothing_is_refused(limit_a: float) -> None:
    bench = Bench().charge()
    assert bench.outcome(bench.say(Limit, limit_a)) is Outcome.REFUSED
    assert bench.evse.output == pwm(32)


def test_the_cable_limits_the_offer_and_a_better_reading_during_a_charge_does_not_raise_it() -> None:
    bench = Bench()
    bench.plug(cable_a=13.0)
    bench.say(Authorise)
    assert bench.evse.output == pwm(13)
    bench.event(CableRated(32.0))
    bench.wait(10)
    assert bench.evse.output == pwm(13)
    bench.event(CableRated(6.0))
    assert current_of(bench.evse.output.duty_percent) == pytest.approx(6.0)


def test_a_proximity_pilot_that_is_lost_stops_the_charge() -> None:
    bench = Bench().charge()
    bench.event(CableRated(0.0))
    assert not bench.is_powered
    assert Fault.PROXIMITY in bench.evse.faults


def test_a_fixed_cable_needs_neither_lock_nor_proximity() -> None:
    bench = Bench(EvseSettings(has_socket=False, current_a_max=16.0))
    bench.pilot("B")
    bench.say(Authorise)
    assert bench.evse.output == pwm(16)
    assert bench.all(SetLock) == []
    assert bench.outcome(bench.say(Unlock)) is Outcome.REFUSED


def test_permission_withdrawn_pauses_and_permission_given_resumes() -> None:
    bench = Bench().charge()
    bench.say(Permit, False)
    assert bench.evse.output == X1
    bench.pilot("B")
    assert not bench.is_powered
    bench.wait(4)
    bench.say(Permit, True)
    bench.pilot("C")
    bench.wait(1)
    assert bench.evse.state is State.CHARGING


def test_ventilation_is_given_where_it_is_and_is_a_fault_where_it_is_not() -> None:
    aired, closed = Bench(EvseSettings(has_ventilation=True)), Bench()
    for bench in (aired, closed):
        bench.plug()
        bench.say(Authorise)
        bench.pilot("D")
        bench.wait(2)
    assert aired.is_powered
    assert not closed.is_powered
    assert Fault.VENTILATION in closed.evse.faults
    closed.pilot("C")
    closed.wait(4)
    assert closed.is_powered


def test_unlocking_during_a_charge_opens_first_and_unlocks_when_that_is_confirmed() -> None:
    bench = Bench().charge()
    unlock = bench.say(Unlock)
    assert bench.all(SetLock) == []
    bench.wait(7)
    kinds = [type(action) for _, action in bench.log]
    assert kinds.index(AllowPower) < kinds.index(SetLock)
    assert bench.outcome(unlock) is Outcome.DONE


def test_a_welded_contactor_keeps_the_lock_and_latches() -> None:
    bench = Bench().charge()
    bench.welded = True
    stop = bench.say(Stop)
    bench.wait(60)
    assert Fault.CONTACTOR_WELDED in bench.evse.faults
    assert bench.evse.is_locked
    assert bench.outcome(stop) is Outcome.FAILED
    assert bench.outcome(bench.say(ResetFaults)) is Outcome.FAILED
    bench.event(ContactorConfirmed(False))
    assert bench.evse.is_locked, "latched: it stays until somebody looked"
    assert bench.outcome(bench.say(ResetFaults)) is Outcome.DONE
    assert not bench.evse.is_locked


def test_a_contactor_that_does_not_close_is_a_fault_within_1_s() -> None:
    bench = Bench(dead_contactor=True)
    bench.plug()
    bench.say(Authorise)
    bench.pilot("C")
    bench.wait(1.51)
    assert Fault.CONTACTOR_OPEN in bench.evse.faults
    assert not bench.is_powered


def test_a_lock_that_does_not_close_lets_nothing_be_charged() -> None:
    bench = Bench(lock_jammed=True)
    bench.plug()
    bench.say(Authorise)
    bench.pilot("C")
    bench.wait(30)
    assert bench.all(AllowPower) == []
    assert Fault.CONNECTOR_LOCK in bench.evse.faults


@pytest.mark.parametrize("self_test", [False, None])
def test_a_detector_that_fails_its_test_or_never_answers_latches(self_test: bool | None) -> None:
    bench = Bench(self_test=self_test)
    bench.plug()
    bench.say(Authorise)
    bench.pilot("C")
    bench.wait(20)
    assert bench.all(AllowPower) == []
    assert bench.evse.state is State.FAULTED
    bench.pilot("A")
    assert Fault.RCD_SELF_TEST in bench.evse.faults
    bench.say(ResetFaults)
    assert bench.evse.state is State.AVAILABLE


def test_each_charge_tests_the_detector_before_its_first_closing() -> None:
    bench = Bench().charge()
    bench.say(Stop)
    bench.wait(7)
    bench.say(Authorise)
    bench.wait(7)
    kinds = [type(action) for _, action in bench.log]
    assert kinds.count(SelfTest) == 1
    assert bench.is_powered


@pytest.mark.parametrize("row", [row for row in ROWS if row.reaction.blocks], ids=lambda row: row.fault.value)
@pytest.mark.parametrize("moment", ["before plug-in", "plugged", "charging"])
def test_a_fault_that_blocks_does_so_whenever_it_comes_and_ends_by_its_class(row, moment) -> None:
    bench = Bench()
    if moment == "charging":
        bench.charge()
    elif moment == "plugged":
        bench.plug()
    bench.event(FaultCame(row.fault))
    if moment == "charging":
        assert bench.is_powered == (row.reaction is Reaction.STOP)
        assert (STATE_F in bench.outputs()) == (row.reaction is Reaction.OPEN)
    elif moment == "before plug-in":
        bench.plug()
    bench.say(Authorise)
    bench.pilot("C")
    bench.wait(10)
    assert not bench.is_powered
    assert bench.evse.state is State.FAULTED

    # Its cause goes; then what its class asks for, in that order.
    bench.event(FaultWent(row.fault))
    if row.fault is Fault.BOARD_LOST:
        bench.event(ContactorConfirmed(False))  # a board that is back tells how everything stands
    if row.fault is Fault.CONTACTOR_WELDED:
        assert bench.evse.faults.latched
    assert bench.evse.faults.blocks == (row.recovery is not Recovery.SELF)
    bench.pilot("A")
    assert bench.evse.faults.blocks == (row.recovery is Recovery.LATCHED)
    bench.say(ResetFaults)
    bench.charge()


@pytest.mark.parametrize("row", [row for row in ROWS if row.reaction.blocks], ids=lambda row: row.fault.value)
def test_a_fault_opens_in_its_time_and_the_plug_is_let_go_after_that(row: Row) -> None:
    """The vehicle goes on drawing. Of a board that is lost nobody knows, and behind a weld nothing may be let go."""
    bench = Bench().charge()
    begin_s = bench.now_s
    bench.event(FaultCame(row.fault))
    bench.wait(20)
    done = [action for _, action in bench.log]
    opened_s = bench.log[done.index(AllowPower(False))][0]
    assert opened_s - begin_s == pytest.approx(0 if row.reaction is Reaction.OPEN else 6)
    unlocked_s = [at_s for at_s, action in bench.log if action == SetLock(False)]
    is_held = row.fault in {Fault.BOARD_LOST, Fault.CONTACTOR_WELDED}
    assert unlocked_s == ([] if is_held else [pytest.approx(max(begin_s + 5, opened_s))])
    assert is_held or done.index(AllowPower(False)) < done.index(SetLock(False))
    assert AllowPower(True) not in done


def test_a_fault_that_ends_by_itself_lets_the_charge_go_on() -> None:
    bench = Bench().charge()
    bench.event(FaultCame(Fault.OVERHEATED))
    bench.wait(60)
    assert bench.evse.state is State.FAULTED
    bench.event(FaultWent(Fault.OVERHEATED))
    bench.wait(5)
    assert bench.evse.state is State.CHARGING


def test_heat_halves_the_offer_and_then_quarters_it_but_never_below_6_a() -> None:
    bench = Bench().charge()
    bench.event(FaultCame(Fault.WARM))
    assert bench.evse.output == pwm(16)
    bench.event(FaultCame(Fault.HOT))
    bench.wait(5)
    assert bench.evse.output == pwm(8)
    bench.say(Limit, 7.0)
    bench.wait(5)
    assert bench.evse.output == pwm(7)


def test_after_a_fault_while_charging_state_f_is_shown_for_at_least_300_ms() -> None:
    bench = Bench().charge()
    bench.event(FaultCame(Fault.GROUND_LOST))
    bench.pilot("F")
    bench.wait(1)
    (f_s, f), (x1_s, x1) = bench.all(SetPilot)
    assert (f, x1) == (SetPilot(STATE_F), SetPilot(X1))
    assert x1_s - f_s == pytest.approx(0.3)


def test_after_a_fault_the_plug_is_let_go_after_5_s() -> None:
    bench = Bench().charge()
    bench.event(FaultCame(Fault.GROUND_LOST))
    bench.wait(4.9)
    assert bench.evse.is_locked
    bench.wait(0.2)
    assert not bench.evse.is_locked


def test_a_sleeping_vehicle_is_woken_once_after_30_s() -> None:
    bench = Bench()
    bench.plug()
    bench.say(Authorise)
    bench.log.clear()
    bench.wait(120)
    assert bench.all(SetPilot) == [(30.0, SetPilot(X1)), (33.0, SetPilot(pwm(32)))]


def test_a_vehicle_that_needs_state_e_gets_4_s_of_it_and_750_ms_of_x1() -> None:
    bench = Bench(EvseSettings(wake_up=WakeUp.E))
    bench.plug()
    bench.say(Authorise)
    bench.log.clear()
    bench.wait(31)
    bench.pilot("E")
    bench.wait(3.3)
    bench.pilot("B")
    bench.wait(60)
    assert [(at_s, action.output.mode) for at_s, action in bench.all(SetPilot) if isinstance(action, SetPilot)] == [
        (30.0, Mode.E),
        (34.0, Mode.STEADY),
        (34.75, Mode.PWM),
    ]
    assert not bench.evse.faults.blocks


def test_a_vehicle_that_has_drawn_is_not_woken() -> None:
    bench = Bench().charge()
    bench.pilot("B")
    bench.wait(120)
    assert bench.all(SetPilot) == []


def test_switching_phases_is_refused_unless_the_operator_allows_it() -> None:
    bench = Bench().charge()
    assert bench.outcome(bench.say(SwitchPhases, 1)) is Outcome.REFUSED
    allowed = Bench(EvseSettings(can_switch_phases=True)).charge()
    assert allowed.outcome(allowed.say(SwitchPhases, 2)) is Outcome.REFUSED


def test_phases_are_switched_10_s_after_the_contactor_is_open_and_the_charge_goes_on() -> None:
    bench = Bench(EvseSettings(can_switch_phases=True)).charge()
    number = bench.say(SwitchPhases, 1)
    bench.wait(1)
    bench.pilot("B")
    open_s = bench.now_s
    bench.wait(20)
    assert bench.all(SetPhases) == [(pytest.approx(open_s + 10), SetPhases(1))]
    assert bench.outcome(number) is Outcome.DONE
    bench.pilot("C")
    bench.wait(1)
    assert bench.evse.state is State.CHARGING
    assert bench.evse.phases == 1


def test_phases_that_do_not_change_are_a_failed_command_and_the_charge_goes_on() -> None:
    bench = Bench(EvseSettings(can_switch_phases=True), phases_work=False).charge()
    number = bench.say(SwitchPhases, 1)
    bench.wait(40)
    assert bench.outcome(number) is Outcome.FAILED
    assert bench.evse.state is State.CHARGING


def test_out_of_service_shows_state_f_and_waits_for_the_charge_to_end() -> None:
    bench = Bench().charge()
    bench.say(SetAvailable, False)
    assert bench.evse.state is State.CHARGING
    bench.say(Stop)
    bench.wait(7)
    assert bench.evse.output == STATE_F
    assert bench.outcome(bench.say(Authorise)) is Outcome.REFUSED
    bench.say(SetAvailable, True)
    bench.pilot("B")
    assert bench.evse.output == X1


def test_unplugging_ends_the_authorisation() -> None:
    bench = Bench().charge()
    bench.pilot("A")
    bench.plug()
    bench.pilot("C")
    bench.wait(10)
    assert not bench.is_powered


def test_a_vehicle_that_toggles_every_second_is_followed_within_the_limits() -> None:
    bench = Bench().charge()
    for _ in range(10):
        bench.pilot("B")
        assert not bench.is_powered
        bench.wait(1)
        bench.pilot("C")
        bench.wait(1)
        assert bench.is_powered
    assert not bench.evse.faults.blocks


def test_a_board_that_opened_by_itself_a_moment_before_it_told_why_is_no_broken_contactor() -> None:
    bench = Bench().charge()
    bench.event(ContactorConfirmed(False))
    bench.wait(0.2)
    bench.pilot("B")
    bench.wait(10)
    assert not bench.evse.faults.blocks


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.recovery is Recovery.UNPLUG], ids=lambda row: row.fault.value
)
def test_a_fault_without_a_vehicle_waits_for_none(row) -> None:
    bench = Bench()
    bench.event(FaultCame(row.fault))
    bench.event(FaultWent(row.fault))
    assert bench.evse.state is State.AVAILABLE


def lost_while_charging() -> Bench:
    bench = Bench().charge()
    bench.event(FaultCame(Fault.BOARD_LOST))
    bench.wait(10.0)
    return bench


def test_a_board_that_is_lost_during_a_charge_is_no_welded_contactor() -> None:
    """Its mirror contact cannot be seen: on a slow machine the old word of it has once been taken for a weld, which latches."""
    bench = lost_while_charging()
    assert Fault.CONTACTOR_WELDED not in bench.evse.faults
    assert not bench.evse.is_confirmed_open
    bench.event(FaultWent(Fault.BOARD_LOST), ContactorConfirmed(False))
    bench.wait(10.0)
    assert bench.evse.state is State.CHARGING


def test_a_board_that_comes_back_with_a_welded_contactor_says_so_within_1_s() -> None:
    bench = lost_while_charging()
    bench.welded = True
    bench.event(FaultWent(Fault.BOARD_LOST), ContactorConfirmed(True))
    bench.wait(1.1)
    assert Fault.CONTACTOR_WELDED in bench.evse.faults
