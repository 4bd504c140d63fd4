"""Which pin is what, for the boards that are known. Change a number here and nowhere else.

Inputs are active high with the board's pull-downs, and so wired that a wire that is off reads as the safe case: an emergency stop
is normally closed and reads 1 when it is NOT pressed (`INVERTED`).
"""

RP2040 = {
    "pilot_pwm": 2,  # 1 kHz into the +-12 V driver
    "pilot_negative": 3,  # 1: the driver gives -12 V whatever the PWM says (state F)
    "pilot_short": 4,  # 1: pulls the pilot to 0 V (state E)
    "contactor": 6,  # coil, phase 1 and neutral
    "contactor_3": 7,  # coil, phases 2 and 3
    "mirror": 8,  # 1: the contactor is closed
    "lock": 9,
    "lock_feedback": 10,
    "rcd_test": 11,
    "rcd_trip": 12,
    "emergency_stop": 13,  # 0: pressed, or the wire is off
    "ground_lost": 14,
    "brown_out": 15,
    "pilot_adc": 26,
    "proximity_adc": 27,
    "residual_adc": 28,
    "temperature_adc": 29,
    "uart": 0,
    "uart_tx": 0,
    "uart_rx": 1,
}

ESP32 = {
    "pilot_pwm": 25,
    "pilot_negative": 26,
    "pilot_short": 27,
    "contactor": 18,
    "contactor_3": 19,
    "mirror": 21,
    "lock": 22,
    "lock_feedback": 23,
    "rcd_test": 13,
    "rcd_trip": 14,
    "emergency_stop": 4,
    "ground_lost": 5,
    "brown_out": 15,
    "pilot_adc": 32,  # ADC1: the second converter does not work beside the radio
    "proximity_adc": 33,
    "residual_adc": 34,
    "temperature_adc": 35,
    "uart": 2,
    "uart_tx": 17,
    "uart_rx": 16,
}

INVERTED = ("emergency_stop",)

# How the analogue front end scales: 0 and 65535 of the converter.
PILOT_MV = (-15000, 15000)
RESIDUAL_TENTH_MA = (0, 1000)
TEMPERATURE_TENTH_C = (-500, 2800)
PROXIMITY_PULL_UP_OHM = 1000

CURRENT_A_MIN = 6
CURRENT_A_MAX = 32
PHASES = 3
HAS_VENTILATION = False


def of_this_board():
    """The map of the board this runs on."""
    import sys

    return ESP32 if sys.platform == "esp32" else RP2040
