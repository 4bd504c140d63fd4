"""The safety of the board: what is measured goes in, whether the contactor may be closed comes out. No hardware in here.

The station's computer only permits. The contactor is driven while ALL of this holds, and is let go in the very step in which
one thing ends: permitted; heartbeat fresh; the vehicle in C (or D with ventilation) with PWM on, or PWM off for less than 6 s;
the residual current detector tested; no fault. After any fault the computer must permit anew.
"""

import protocol as p

# Millivolt around each level of the pilot; IEC 61851-1: +-1 V, and a little for the measurement.
WINDOW_MV = 1100
LEVELS_MV = ((b"A"[0], 12000), (b"B"[0], 9000), (b"C"[0], 6000), (b"D"[0], 3000), (b"E"[0], 0), (b"F"[0], -12000))
A, B, C, D, E, F = (state for state, _ in LEVELS_MV)

STABLE_MS = 250  # a state is believed after this
LEAVE_MS = 25  # but that the vehicle no longer draws, after this: contacts open within 100 ms
OPEN_UNDER_LOAD_MS = 6000
WELDED_MS = 1000
TEST_TRIP_MS = 100  # a detector that is tested trips within this
TEST_RELEASE_MS = 1000
STEP_MS_MAX = (
    10  # a step that took longer was interrupted, perhaps before its decisions were on the pins: it counts as this
)
RESIDUAL_DC_TENTH_MA = 59  # IEC 62955: 6 mA must interrupt
# The computer asks for less from 65 C on and stops the vehicle at 71 C. If it does not, the board opens by itself, until it is cool again.
# A sensor without its wire, or with both of them together, shows the end of its range: that is no temperature.
HOT_TENTH_C, COOL_TENTH_C = 750, 650
SENSOR_TENTH_C = (-450, 2700)
HOLD_MS = 1000  # a fault is told for this long at least, so that the computer cannot miss it

LATCHED = ("rcd_self_test", "contactor_welded")


class Inputs:
    """What is measured in one step; the names are those of the pins."""

    def __init__(self):
        self.high_mv = 12000
        self.low_mv = 12000
        self.mirror = False
        self.lock_feedback = False
        self.rcd_trip = False
        self.emergency_stop = False
        self.ground_lost = False
        self.brown_out = False
        self.residual_tenth_ma = 0
        self.cable_a = 0
        self.temperature_tenth_c = 0


def state_of(high_mv):
    """The pilot's state for a level, or None between the windows."""
    for state, level_mv in LEVELS_MV:
        if abs(high_mv - level_mv) <= WINDOW_MV:
            return state
    return None


class Safety:
    """All that the board remembers, and its one decision."""

    def __init__(self, has_ventilation=False):
        self.has_ventilation = has_ventilation
        self.now_ms = 0
        self.inputs = Inputs()
        self.pilot = A
        self.mode = p.STEADY
        self.duty = 0
        self.phases = 3
        self.allowed = False
        self.closing = False
        self.lock = False
        self.tested = False
        self.test_pin = False
        self.test_result = None
        self.heard_ms = None
        self._test_age_ms = None  # no test
        self._candidate = A
        self._candidate_ms = 0
        self._mode_ms = 0
        self._disagree_ms = 0
        self._diode_ms = None
        self._faults = {}

    # --- What the computer says. Each answers with a result for its ACK.

    def heartbeat(self):
        self.heard_ms = self.now_ms

    def set_pilot(self, mode, duty):
        if mode not in (p.STEADY, p.PWM, p.STATE_E, p.STATE_F):
            return p.REFUSED
        if mode == p.PWM and not (300 <= duty <= 700 or 800 <= duty <= 9700):
            return p.REFUSED
        if mode != self.mode:
            self._mode_ms = self.now_ms
        self.mode, self.duty = mode, duty
        return p.DONE

    def permit(self, allowed):
        if allowed and (self._faults or not self.linked or not self.tested):
            return p.REFUSED
        self.allowed = allowed
        return p.DONE

    def set_lock(self, locked):
        if not locked and (self.closing or self.inputs.mirror):
            return p.REFUSED
        self.lock = locked
        return p.DONE

    def set_phases(self, phases):
        if phases not in (1, 3) or self.closing or self.inputs.mirror:
            return p.REFUSED
        self.phases = phases
        return p.DONE

    def self_test(self):
        if self.closing or self.inputs.mirror or self._test_age_ms is not None:
            return p.REFUSED
        self.tested, self.test_pin, self._test_age_ms = False, True, 0
        self.test_result = None
        return p.DONE

    def reset_faults(self):
        for fault in LATCHED:
            self._faults.pop(fault, None)
        return p.DONE

    # --- What is.

    @property
    def linked(self):
        return self.heard_ms is not None and self.now_ms - self.heard_ms < p.HEARTBEAT_LOST_MS

    @property
    def faults(self):
        return self._faults

    def flags(self):
        flags = 0
        for flag, holds in (
            (p.ALLOWED, self.allowed),
            (p.CLOSING, self.closing),
            (p.CLOSED, self.inputs.mirror),
            (p.LOCKED, self.inputs.lock_feedback),
            (p.LINKED, self.linked),
            (p.TESTED, self.tested),
        ):
            if holds:
                flags |= flag
        return flags

    # --- One step of the loop.

    def step(self, now_ms, inputs):
        """Take in what was measured; afterwards `closing`, `lock`, `test_pin`, `mode` and `duty` say what to drive."""
        passed_ms = now_ms - self.now_ms
        self.now_ms, self.inputs = now_ms, inputs
        self._classify()
        self._run_test(passed_ms)
        self._look_for_faults()
        if self._faults or not self.linked:
            self.allowed = False
        if not self.linked and self.mode == p.PWM:
            self.set_pilot(p.STEADY, 0)  # nobody looks after an offer that nobody made
        may = self.allowed and self.tested and self._vehicle_draws()
        self.closing = may and (self._pwm_on() or (self.closing and self._unloads()))

    def _pwm_on(self):
        return self.mode == p.PWM

    def _unloads(self):
        """PWM has ended and the vehicle has its time to stop."""
        return self.mode == p.STEADY and self.now_ms - self._mode_ms < OPEN_UNDER_LOAD_MS

    def _vehicle_draws(self):
        return self.pilot == C or (self.pilot == D and self.has_ventilation)

    def _classify(self):
        measured = state_of(self.inputs.high_mv)
        if measured != self._candidate:
            self._candidate, self._candidate_ms = measured, self.now_ms
        if measured == self.pilot:
            return
        age_ms = self.now_ms - self._candidate_ms
        drew = self.pilot in (C, D)
        if measured is None:
            if age_ms >= STABLE_MS:
                self._raise("pilot_range")
            if drew and age_ms >= LEAVE_MS:
                self.pilot = B  # what it is will turn out; that it does not draw is certain enough to open
        elif age_ms >= (LEAVE_MS if drew and measured not in (C, D) else STABLE_MS):
            self.pilot = measured
            if measured == A:
                self.tested = False  # the next vehicle is another charge

    def _run_test(self, passed_ms):
        if self._test_age_ms is None:
            return
        self._test_age_ms += min(passed_ms, STEP_MS_MAX)
        if self.test_pin:
            if self.inputs.rcd_trip:
                self.test_pin, self._test_age_ms = False, 0
            elif self._test_age_ms > TEST_TRIP_MS:
                self._end_test(False)
        elif not self.inputs.rcd_trip:
            self._end_test(True)
        elif self._test_age_ms > TEST_RELEASE_MS:
            self._end_test(False)

    def _end_test(self, passed):
        self.test_pin, self._test_age_ms = False, None
        self.tested = self.test_result = passed
        if not passed:
            self._raise("rcd_self_test")

    def _look_for_faults(self):
        seen = self.inputs
        testing = self._test_age_ms is not None
        if seen.rcd_trip and not testing:
            self._raise("residual_ac")
        if seen.residual_tenth_ma > RESIDUAL_DC_TENTH_MA and not testing:
            self._raise("residual_dc")
        if seen.emergency_stop:
            self._raise("emergency_stop")
        if seen.ground_lost:
            self._raise("ground_lost")
        if seen.brown_out:
            self._raise("brown_out")
        self._check_temperature()
        self._check_diode()
        if not seen.mirror or self.closing:
            self._disagree_ms = self.now_ms
        elif self.now_ms - self._disagree_ms >= WELDED_MS:
            self._raise("contactor_welded")
        for fault, at_ms in list(self._faults.items()):
            if fault not in LATCHED and self.now_ms - at_ms >= HOLD_MS:
                del self._faults[fault]

    def _check_temperature(self):
        tenth_c, (least, most) = self.inputs.temperature_tenth_c, SENSOR_TENTH_C
        bound = COOL_TENTH_C if "board_overheated" in self._faults else HOT_TENTH_C
        if tenth_c > bound or not least < tenth_c < most:
            self._raise("board_overheated")

    def _check_diode(self):
        """With PWM on, the negative half wave must be untouched: else there is a resistor and no vehicle."""
        plugged = self.inputs.high_mv < 10000
        settled = self.now_ms - self._mode_ms >= LEAVE_MS
        if self._pwm_on() and settled and plugged and self.inputs.low_mv > -12000 + WINDOW_MV:
            if self._diode_ms is None:
                self._diode_ms = self.now_ms
            elif self.now_ms - self._diode_ms >= LEAVE_MS:
                self._raise("diode")
        else:
            self._diode_ms = None

    def _raise(self, fault):
        self._faults[fault] = self.now_ms
