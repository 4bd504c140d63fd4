"""The times of an EVSE's state machine, in seconds, each with its source."""

CLOSE_AFTER_S = 0.5
"""C must hold this long before the contactor closes (SmartEVSE); the whole may take 3 s (IEC 61851-1 table A.6, sequence 4)."""
CLOSE_WITHIN_S = 3.0
OPEN_WITHIN_S = 0.1
"""From the vehicle leaving C to an open contactor (sequences 2 and 8.1). Measuring and opening belong to the board."""
OPEN_UNDER_LOAD_S = 6.0
"""The vehicle's time to stop drawing after PWM has ended (sequence 10.2)."""
DUTY_CHANGE_S = 5.0
"""The duty is changed no faster: EVerest, IEC_PWM_MAX_UPDATE_INTERVAL."""
STEP_X1_S = 3.0
"""The shortest pause that a vehicle must notice: EVerest, T_STEP_X1."""
STEP_E_S = 4.0
"""ISO 15118-3, T_step_EF."""
X1_AFTER_E_S = 0.75
"""EVerest, STAY_IN_X1_AFTER_TSTEP_EF_MS."""
WAKE_UP_AFTER_S = 30.0
"""EVerest, LEGACY_WAKEUP_TIMEOUT."""
UNLOCK_AFTER_FAULT_S = 5.0
"""EVerest, unlock_in_state_f_timeout."""
PHASES_WAIT_S = 10.0
"""Between the open contactor and the other phases: EVerest, switch_3ph1ph_delay_s."""
CONTACTOR_CONFIRM_S = 1.0
"""OpenEVSE, STUCK_RELAY_DELAY."""

# Our own choices: how long a part may take before it counts as broken, and a command before it counts as failed.
LOCK_CONFIRM_S = 2.0
PHASES_CONFIRM_S = 2.0
PILOT_FOLLOWS_S = 0.5
SELF_TEST_S = 15.0
ANSWER_WITHIN_S = 20.0
PHASES_ANSWER_WITHIN_S = 30.0
