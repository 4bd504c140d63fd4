"""Every fault that the controller knows, as data: how it is noticed, what it does, how it ends, how it is told to a backend.

A row's threshold stands on one measured quantity; a digital signal measures 0 or 1. Who notices differs: the microcontroller
decides by itself about everything that must be quick (`on_board`), and tells; the rest is watched here (`fault_watch.py`).
MREC numbers are those of the ChargeX consortium's Minimum Required Error Codes. Components and variables are the standardized
ones of OCPP 2.0.1, part 2, appendix 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """A fault's name, the same in logs, in files and in the settings."""

    CONNECTOR_LOCK = "connector_lock"
    GROUND_LOST = "ground_lost"
    RESIDUAL_AC = "residual_ac"
    RESIDUAL_DC = "residual_dc"
    RCD_SELF_TEST = "rcd_self_test"
    WARM = "warm"
    HOT = "hot"
    OVERHEATED = "overheated"
    BOARD_OVERHEATED = "board_overheated"
    CABLE_HOT = "cable_hot"
    CABLE_OVERHEATED = "cable_overheated"
    OVER_CURRENT = "over_current"
    OVER_CURRENT_BOARD = "over_current_board"
    OVER_VOLTAGE = "over_voltage"
    UNDER_VOLTAGE = "under_voltage"
    DC_OVER_VOLTAGE = "dc_over_voltage"
    EMERGENCY_STOP = "emergency_stop"
    AUTHORIZATION_TIMEOUT = "authorization_timeout"
    INVALID_VEHICLE_MODE = "invalid_vehicle_mode"
    CABLE_CHECK = "cable_check"
    PILOT_SHORT = "pilot_short"
    PILOT_RANGE = "pilot_range"
    DIODE = "diode"
    VENTILATION = "ventilation"
    POWER_LOSS = "power_loss"
    BROWN_OUT = "brown_out"
    CONTACTOR_WELDED = "contactor_welded"
    CONTACTOR_OPEN = "contactor_open"
    PARTIAL_INSERTION = "partial_insertion"
    RESISTANCE = "resistance"
    PROXIMITY = "proximity"
    CONNECTOR_VOLTAGE = "connector_voltage"
    BROKEN_LATCH = "broken_latch"
    CUT_CABLE = "cut_cable"
    METER_LOST = "meter_lost"
    BOARD_LOST = "board_lost"
    ENERGY_MANAGEMENT = "energy_management"
    PERMANENT = "permanent"
    TILT = "tilt"
    WATER = "water"
    ENCLOSURE_OPEN = "enclosure_open"
    READER = "reader"
    VENDOR_ERROR = "vendor_error"
    VENDOR_WARNING = "vendor_warning"


class Reaction(StrEnum):
    """What a fault does to the charge."""

    OPEN = "open"  # open at once, close no more
    STOP = "stop"  # ask the vehicle to stop (X1), open after 6 s at the latest, close no more
    DERATE = "derate"  # offer less
    WARN = "warn"  # tell, nothing else

    @property
    def blocks(self) -> bool:
        """Whether no contactor may be closed while the fault stands."""
        return self in {Reaction.OPEN, Reaction.STOP}


class Recovery(StrEnum):
    """What ends a fault, once its cause is gone."""

    SELF = "self"  # nothing else is needed
    UNPLUG = "unplug"  # the vehicle must be unplugged
    LATCHED = "latched"  # an operator must reset it


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a fault that waits for unplugging is given another try by itself, and when it is not."""

    attempts: int
    after_s: float
    not_within_s: float
    """A fault so soon after closing is no accident: it gets no further try until the vehicle was unplugged."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault. `over` or `under` is the threshold of `measure`; it must hold for `delay_s`."""

    fault: Fault
    measure: str
    reaction: Reaction
    recovery: Recovery
    ocpp16: str
    component: str
    variable: str
    mrec: int | None = None
    over: float | None = None
    under: float | None = None
    delay_s: float = 0.0
    clears_at: float | None = None
    """Hysteresis: once raised it stands until the measure is back beyond this."""
    derate: float = 1.0
    """The share of the station's current that is left, for the reaction DERATE."""
    retry: Retry | None = None
    on_board: bool = False

    def is_beyond(self, value: float, *, is_raised: bool) -> bool:
        """Whether a value is one of the fault. NaN is: a broken sensor is not a healthy one."""
        if value != value:
            return True
        if self.over is not None:
            return value > (self.clears_at if is_raised and self.clears_at is not None else self.over)
        assert self.under is not None, self.fault
        return value < (self.clears_at if is_raised and self.clears_at is not None else self.under)


_OPEN, _STOP, _DERATE, _WARN = Reaction.OPEN, Reaction.STOP, Reaction.DERATE, Reaction.WARN
_SELF, _UNPLUG, _LATCHED = Recovery.SELF, Recovery.UNPLUG, Recovery.LATCHED
# Tesla Wall Connector manual: 15 min, 4 tries; within the first 10 s of a charge it locks out until replugged.
_RCD_RETRY = Retry(attempts=4, after_s=900, not_within_s=10)


def _signal(
    fault: Fault,
    reaction: Reaction,
    recovery: Recovery,
    ocpp16: str,
    component: str,
    variable: str = "Problem",
    *,
    mrec: int | None = None,
    delay_s: float = 0.0,
    on_board: bool = False,
) -> Row:
    """A row whose measure is a digital signal with the fault's own name."""
    return Row(
        fault,
        fault.value,
        reaction,
        recovery,
        ocpp16,
        component,
        variable,
        mrec=mrec,
        over=0.5,
        delay_s=delay_s,
        on_board=on_board,
    )


ROWS: tuple[Row, ...] = (
    _signal(
        Fault.CONNECTOR_LOCK, _OPEN, _UNPLUG, "ConnectorLockFailure", "ConnectorPlugRetentionLock", mrec=1
    ),  # feedback open while locked
    # OpenEVSE: looked at 1 s after closing.
    _signal(
        Fault.GROUND_LOST,
        _OPEN,
        _UNPLUG,
        "GroundFailure",
        "GroundIsolationProtection",
        mrec=2,
        delay_s=1.0,
        on_board=True,
    ),
    # IEC: type A, 30 mA. A standard RCD upstream trips by itself; this one sees it as well.
    Row(
        Fault.RESIDUAL_AC,
        "residual_ac_ma",
        _OPEN,
        _UNPLUG,
        "GroundFailure",
        "RCD",
        "Tripped",
        mrec=2,
        over=30.0,
        retry=_RCD_RETRY,
        on_board=True,
    ),
    # IEC 62955 (RDC-DD): 6 mA of smooth direct current must interrupt; 5.9 keeps the measurement on the safe side.
    Row(
        Fault.RESIDUAL_DC,
        "residual_dc_ma",
        _OPEN,
        _UNPLUG,
        "GroundFailure",
        "RCD",
        "Tripped",
        mrec=2,
        over=5.9,
        retry=_RCD_RETRY,
        on_board=True,
    ),
    _signal(Fault.RCD_SELF_TEST, _OPEN, _LATCHED, "GroundFailure", "EVSE", on_board=True),
    # OpenEVSE: half from 65 C until below 62 C, a quarter from 68 C, stop at 71 C.
    Row(
        Fault.WARM,
        "ambient_c",
        _DERATE,
        _SELF,
        "HighTemperature",
        "TemperatureSensor",
        "Problem",
        mrec=3,
        over=65.0,
        clears_at=62.0,
        derate=0.5,
    ),
    Row(
        Fault.HOT,
        "ambient_c",
        _DERATE,
        _SELF,
        "HighTemperature",
        "TemperatureSensor",
        "Problem",
        mrec=3,
        over=68.0,
        clears_at=65.0,
        derate=0.25,
    ),
    Row(
        Fault.OVERHEATED,
        "ambient_c",
        _STOP,
        _SELF,
        "HighTemperature",
        "TemperatureSensor",
        "Problem",
        mrec=3,
        over=71.0,
        clears_at=65.0,
    ),
    # The last step, which the board takes by itself if the computer has not stopped the vehicle at 71 C: SmartEVSE's and OpenEVSE's 75 C.
    # A sensor that is off or shorted is at the end of its range: that counts as hot.
    Row(
        Fault.BOARD_OVERHEATED,
        "board_c",
        _OPEN,
        _SELF,
        "HighTemperature",
        "TemperatureSensor",
        "Problem",
        mrec=3,
        over=75.0,
        clears_at=65.0,
        on_board=True,
    ),
    # OpenEVSE, infra-red spot: 65, 70, 75 C.
    Row(
        Fault.CABLE_HOT,
        "cable_c",
        _DERATE,
        _SELF,
        "HighTemperature",
        "Connector",
        "Problem",
        mrec=18,
        over=65.0,
        clears_at=60.0,
        derate=0.5,
    ),
    Row(
        Fault.CABLE_OVERHEATED,
        "cable_c",
        _OPEN,
        _SELF,
        "HighTemperature",
        "Connector",
        "Problem",
        mrec=19,
        over=75.0,
        clears_at=60.0,
    ),
    # EVerest: limit x 1.10 + 0.5 A for 7 s, at least 6; the measure is what is above that, per phase.
    Row(
        Fault.OVER_CURRENT,
        "excess_a",
        _STOP,
        _UNPLUG,
        "OverCurrentFailure",
        "OverCurrentProtection",
        "Operated",
        mrec=4,
        over=0.0,
        delay_s=7.0,
    ),
    # OpenEVSE: 5 A above the limit for 10 s. The board has no sensor of its own for it: the meter's currents are looked at.
    Row(
        Fault.OVER_CURRENT_BOARD,
        "board_excess_a",
        _OPEN,
        _UNPLUG,
        "OverCurrentFailure",
        "OverCurrentProtection",
        "Operated",
        mrec=4,
        over=5.0,
        delay_s=10.0,
    ),
    # EN 50160: 230 V +-10 %; a second, as mains dips do no harm.
    Row(
        Fault.OVER_VOLTAGE,
        "voltage_v",
        _STOP,
        _SELF,
        "OverVoltage",
        "ElectricalFeed",
        "Problem",
        mrec=5,
        over=253.0,
        delay_s=1.0,
        clears_at=250.0,
    ),
    Row(
        Fault.UNDER_VOLTAGE,
        "voltage_v",
        _STOP,
        _SELF,
        "UnderVoltage",
        "ElectricalFeed",
        "Problem",
        mrec=6,
        under=207.0,
        delay_s=1.0,
        clears_at=210.0,
    ),
    # EVerest: over the limit for 400 ms. The measure is what is above the limit.
    Row(
        Fault.DC_OVER_VOLTAGE,
        "dc_excess_v",
        _OPEN,
        _LATCHED,
        "OverVoltage",
        "AcDcConverter",
        "Problem",
        mrec=5,
        over=0.0,
        delay_s=0.4,
    ),
    _signal(
        Fault.EMERGENCY_STOP, _OPEN, _LATCHED, "OtherError", "EmergencyStopSensor", "Active", mrec=8, on_board=True
    ),
    _signal(Fault.AUTHORIZATION_TIMEOUT, _WARN, _UNPLUG, "OtherError", "EVSE", mrec=9),
    _signal(
        Fault.INVALID_VEHICLE_MODE,
        _OPEN,
        _UNPLUG,
        "EVCommunicationError",
        "ConnectedEV",
        "ChargingSystemError",
        mrec=10,
    ),
    _signal(Fault.CABLE_CHECK, _OPEN, _LATCHED, "GroundFailure", "GroundIsolationProtection", mrec=11),
    _signal(Fault.PILOT_SHORT, _OPEN, _UNPLUG, "EVCommunicationError", "CPPWMController", mrec=14),
    # In no window for longer than the debounce of 250 ms.
    _signal(
        Fault.PILOT_RANGE,
        _OPEN,
        _UNPLUG,
        "EVCommunicationError",
        "CPPWMController",
        mrec=14,
        delay_s=0.25,
        on_board=True,
    ),
    _signal(Fault.DIODE, _OPEN, _UNPLUG, "EVCommunicationError", "CPPWMController", mrec=14, on_board=True),
    _signal(Fault.VENTILATION, _OPEN, _SELF, "OtherError", "AreaVentilation"),
    _signal(Fault.POWER_LOSS, _OPEN, _SELF, "UnderVoltage", "ElectricalFeed", mrec=15),
    _signal(Fault.BROWN_OUT, _OPEN, _SELF, "UnderVoltage", "Controller", on_board=True),
    # OpenEVSE: still closed 1 s after it was told to open.
    _signal(
        Fault.CONTACTOR_WELDED,
        _OPEN,
        _LATCHED,
        "PowerSwitchFailure",
        "PowerContactor",
        mrec=17,
        delay_s=1.0,
        on_board=True,
    ),
    _signal(Fault.CONTACTOR_OPEN, _OPEN, _UNPLUG, "PowerSwitchFailure", "PowerContactor", mrec=17, delay_s=1.0),
    _signal(Fault.PARTIAL_INSERTION, _OPEN, _UNPLUG, "OtherError", "Connector", mrec=20),
    _signal(Fault.RESISTANCE, _OPEN, _LATCHED, "GroundFailure", "GroundIsolationProtection", mrec=22),
    _signal(Fault.PROXIMITY, _OPEN, _UNPLUG, "OtherError", "Connector", mrec=23),
    _signal(Fault.CONNECTOR_VOLTAGE, _OPEN, _LATCHED, "OverVoltage", "Connector", mrec=24),
    _signal(Fault.BROKEN_LATCH, _OPEN, _LATCHED, "ConnectorLockFailure", "ConnectorPlugRetentionLock", mrec=25),
    _signal(Fault.CUT_CABLE, _OPEN, _LATCHED, "OtherError", "CableBreakawaySensor", "Tripped", mrec=26),
    _signal(Fault.METER_LOST, _STOP, _SELF, "PowerMeterFailure", "FiscalMetering"),
    _signal(Fault.BOARD_LOST, _OPEN, _SELF, "InternalError", "Controller"),
    _signal(Fault.ENERGY_MANAGEMENT, _STOP, _SELF, "OtherError", "EVSE"),
    _signal(Fault.PERMANENT, _OPEN, _LATCHED, "InternalError", "EVSE"),
    _signal(Fault.TILT, _OPEN, _LATCHED, "OtherError", "TiltSensor", "Active"),
    _signal(Fault.WATER, _OPEN, _LATCHED, "OtherError", "FloodSensor", "Active"),
    _signal(Fault.ENCLOSURE_OPEN, _OPEN, _SELF, "OtherError", "CaseAccessSensor", "Active"),
    _signal(Fault.READER, _WARN, _SELF, "ReaderFailure", "TokenReader"),
    _signal(Fault.VENDOR_ERROR, _OPEN, _SELF, "InternalError", "EVSE"),
    _signal(Fault.VENDOR_WARNING, _WARN, _SELF, "OtherError", "EVSE"),
)

TABLE: dict[Fault, Row] = {row.fault: row for row in ROWS}


def excess_a(current_a: float, limit_a: float) -> float:
    """How much a phase's current is above what a limit tolerates (the measure of OVER_CURRENT), in A."""
    return current_a - (limit_a * 1.10 + 0.5)
