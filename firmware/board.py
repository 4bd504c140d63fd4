"""The hardware under the safety loop, by MicroPython's `machine`: reads all inputs, drives all outputs."""

import time

import pins
import protocol as p
from machine import ADC, PWM, UART, WDT, Pin
from safety import Inputs

WATCHDOG_MS = 2000
SAMPLE_US = 1100
"""How long the pilot is looked at in one go: more than one period of 1 kHz, so that the highest reading is the positive half
wave and the lowest the negative one, whatever the duty and however fast the chip."""
PAUSE_US = 200
LOOKS_MAX = 4
"""Between two readings no more than this passes, but when the interpreter pauses (it collects garbage). A look with a pause in it may have
missed a half wave: it is begun anew, so often at most."""

INPUTS = ("mirror", "lock_feedback", "rcd_trip", "emergency_stop", "ground_lost", "brown_out")
OUTPUTS = ("pilot_negative", "pilot_short", "contactor", "contactor_3", "lock", "rcd_test")
# Ohm of the proximity pilot below which a cable carries so much; below 75 it is a short, above 2200 there is no cable.
CABLES = ((75, 0), (150, 63), (330, 32), (1000, 20), (2200, 13))


def scaled(raw, limits):
    """A converter's reading between what 0 and 65535 mean."""
    low, high = limits
    return low + (high - low) * raw // 65535


def cable_current(raw):
    """What the cable may carry in A, by the reading of the proximity pilot."""
    if raw >= 65535:
        return 0
    ohm = pins.PROXIMITY_PULL_UP_OHM * raw // (65535 - raw)
    for limit_ohm, current_a in CABLES:
        if ohm < limit_ohm:
            return current_a
    return 0


class Board:
    """The pins of one board. Everything is off until the first `drive`."""

    def __init__(self, numbers):
        self._outputs = {name: Pin(numbers[name], Pin.OUT, value=0) for name in OUTPUTS}
        self._inputs = {name: Pin(numbers[name], Pin.IN, Pin.PULL_DOWN) for name in INPUTS}
        self._pwm = PWM(Pin(numbers["pilot_pwm"]), freq=1000, duty_u16=65535)
        self._pilot = ADC(Pin(numbers["pilot_adc"]))
        self._proximity = ADC(Pin(numbers["proximity_adc"]))
        self._residual = ADC(Pin(numbers["residual_adc"]))
        self._temperature = ADC(Pin(numbers["temperature_adc"]))
        self.uart = UART(numbers["uart"], 115200, tx=Pin(numbers["uart_tx"]), rx=Pin(numbers["uart_rx"]))
        self._watchdog = WDT(timeout=WATCHDOG_MS)

    def read(self):
        """One look at everything. Feeds the watchdog: a loop that does not look has no business with a contactor."""
        seen = Inputs()
        read = self._pilot.read_u16
        high = low = read()
        begin = last = time.ticks_us()
        looks = 1
        while time.ticks_diff(last, begin) < SAMPLE_US:
            raw = read()
            now = time.ticks_us()
            if time.ticks_diff(now, last) > PAUSE_US and looks < LOOKS_MAX:
                begin = now
                looks += 1
            last = now
            if raw > high:
                high = raw
            elif raw < low:
                low = raw
        seen.high_mv, seen.low_mv = scaled(high, pins.PILOT_MV), scaled(low, pins.PILOT_MV)
        for name, pin in self._inputs.items():
            setattr(seen, name, bool(pin.value()) != (name in pins.INVERTED))
        seen.residual_tenth_ma = scaled(self._residual.read_u16(), pins.RESIDUAL_TENTH_MA)
        seen.temperature_tenth_c = scaled(self._temperature.read_u16(), pins.TEMPERATURE_TENTH_C)
        seen.cable_a = cable_current(self._proximity.read_u16())
        self._watchdog.feed()
        return seen

    def drive(self, safety):
        """Put the decisions on the pins, the contactor first."""
        self._outputs["contactor"].value(safety.closing)
        self._outputs["contactor_3"].value(safety.closing and safety.phases == 3)
        self._outputs["lock"].value(safety.lock)
        self._outputs["rcd_test"].value(safety.test_pin)
        self._outputs["pilot_negative"].value(safety.mode == p.STATE_F)
        self._outputs["pilot_short"].value(safety.mode == p.STATE_E)
        self._pwm.duty_u16(safety.duty * 65535 // 10000 if safety.mode == p.PWM else 65535)
