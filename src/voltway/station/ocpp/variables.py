"""The station's settings: one table, seen as configuration keys by OCPP 1.6 and as device-model variables by 2.x."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import Enum, auto
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from voltway.station.ocpp.vocabulary import StationSpec, Verdict


class Access(Enum):
    """What the CSMS may do with a variable."""

    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"
    WRITE_ONLY = "WriteOnly"


class Kind(Enum):
    """How a value is written; the values are OCPP 2.x `dataType` words."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    STRING = "string"
    DECIMAL = "decimal"
    LIST = "MemberList"
    OPTION = "OptionList"


class Where(Enum):
    """Which protocols know a variable."""

    EVERYWHERE = auto()
    OCPP16 = auto()
    OCPP2X = auto()


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting. `key` is its name in 1.6, `component`, `variable` and `instance` are its names in 2.x."""

    name: str
    key: str | None
    component: str | None
    variable: str | None
    value: str
    kind: Kind = Kind.INTEGER
    access: Access = Access.READ_ONLY
    instance: str | None = None
    evse_number: int | None = None
    connector_number: int | None = None
    value_min: int = 0
    live: str = ""
    """What is measured or seen at an EVSE, where the variable is no setting: it can be monitored (`Station.live_value`)."""


MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "SoC",
)
_RW, _RO, _WO = Access.READ_WRITE, Access.READ_ONLY, Access.WRITE_ONLY
_BOOL, _TEXT, _LIST, _INT = Kind.BOOLEAN, Kind.STRING, Kind.LIST, Kind.INTEGER
_COMM, _AUTH, _TX, _SAMPLED = "OCPPCommCtrlr", "AuthCtrlr", "TxCtrlr", "SampledDataCtrlr"

# Source: OCPP 1.6 §9, OCPP 2.0.1 part 2 appendix "Referenced components and variables".
_TABLE = (
    Variable("heartbeat_interval_s", "HeartbeatInterval", _COMM, "HeartbeatInterval", "300", _INT, _RW, value_min=1),
    Variable("network_priority", None, _COMM, "NetworkConfigurationPriority", "1", _TEXT, _RW),
    Variable("network_attempts", None, _COMM, "NetworkProfileConnectionAttempts", "3", _INT, _RW, value_min=1),
    Variable("network_active", None, _COMM, "ActiveNetworkProfile", "1", _INT),
    Variable("sample_interval_s", "MeterValueSampleInterval", _SAMPLED, "TxUpdatedInterval", "60", _INT, _RW),
    Variable(
        "sampled_measurands",
        "MeterValuesSampledData",
        _SAMPLED,
        "TxUpdatedMeasurands",
        ",".join(MEASURANDS),
        _LIST,
        _RW,
    ),
    Variable("aligned_interval_s", "ClockAlignedDataInterval", "AlignedDataCtrlr", "Interval", "0", _INT, _RW),
    Variable(
        "aligned_measurands", "MeterValuesAlignedData", "AlignedDataCtrlr", "Measurands", MEASURANDS[0], _LIST, _RW
    ),
    Variable("stop_sampled", "StopTxnSampledData", _SAMPLED, "TxEndedMeasurands", MEASURANDS[0], _LIST),
    Variable("stop_aligned", "StopTxnAlignedData", "AlignedDataCtrlr", "TxEndedMeasurands", "", _LIST),
    Variable("start_sampled", None, _SAMPLED, "TxStartedMeasurands", MEASURANDS[0], _LIST),
    Variable("connection_timeout_s", "ConnectionTimeOut", _TX, "EVConnectionTimeOut", "120", _INT, _RW, value_min=1),
    Variable("is_remote_authorized", "AuthorizeRemoteTxRequests", _AUTH, "AuthorizeRemoteStart", "true", _BOOL, _RW),
    Variable("is_local_offline", "LocalAuthorizeOffline", _AUTH, "LocalAuthorizeOffline", "true", _BOOL, _RW),
    Variable("is_local_pre", "LocalPreAuthorize", _AUTH, "LocalPreAuthorize", "false", _BOOL, _RW),
    Variable(
        "is_unknown_offline", "AllowOfflineTxForUnknownId", _AUTH, "OfflineTxForUnknownIdEnabled", "true", _BOOL, _RW
    ),
    Variable("is_list_enabled", "LocalAuthListEnabled", "LocalAuthListCtrlr", "Enabled", "true", _BOOL, _RW),
    Variable("list_entries_max", "LocalAuthListMaxLength", None, None, "1000"),
    Variable("list_items_max", "SendLocalListMaxLength", "LocalAuthListCtrlr", "ItemsPerMessage", "200"),
    Variable("is_reservation_enabled", None, "ReservationCtrlr", "Enabled", "true", _BOOL),
    Variable("resumption_timeout_s", None, _TX, "ResumptionTimeout", "0", _INT, _RW),
    Variable("is_cache_enabled", "AuthorizationCacheEnabled", "AuthCacheCtrlr", "Enabled", "true", _BOOL, _RW),
    Variable("is_stop_on_invalid", "StopTransactionOnInvalidId", _TX, "StopTxOnInvalidId", "true", _BOOL, _RW),
    Variable(
        "is_stop_on_disconnect", "StopTransactionOnEVSideDisconnect", _TX, "StopTxOnEVSideDisconnect", "true", _BOOL
    ),
    Variable(
        "is_unlocked_on_disconnect",
        "UnlockConnectorOnEVSideDisconnect",
        _COMM,
        "UnlockOnEVSideDisconnect",
        "true",
        _BOOL,
    ),
    Variable("tx_start_point", None, _TX, "TxStartPoint", "PowerPathClosed", _LIST),
    Variable("tx_stop_point", None, _TX, "TxStopPoint", "PowerPathClosed", _LIST),
    Variable(
        "attempts",
        "TransactionMessageAttempts",
        _COMM,
        "MessageAttempts",
        "3",
        _INT,
        _RW,
        "TransactionEvent",
        value_min=1,
    ),
    Variable(
        "attempt_interval_s",
        "TransactionMessageRetryInterval",
        _COMM,
        "MessageAttemptInterval",
        "60",
        _INT,
        _RW,
        "TransactionEvent",
    ),
    Variable("message_timeout_s", None, _COMM, "MessageTimeout", "30", _INT, _RW, "Default", value_min=1),
    Variable("backoff_minimum_s", None, _COMM, "RetryBackOffWaitMinimum", "2", _INT, _RW),
    Variable("backoff_random_s", None, _COMM, "RetryBackOffRandomRange", "4", _INT, _RW),
    Variable("backoff_repeats", None, _COMM, "RetryBackOffRepeatTimes", "5", _INT, _RW),
    Variable("offline_threshold_s", None, _COMM, "OfflineThreshold", "60", _INT, _RW),
    Variable("reset_retries", "ResetRetries", _COMM, "ResetRetries", "1", _INT, _RW),
    Variable("ping_interval_s", "WebSocketPingInterval", _COMM, "WebSocketPingInterval", "0"),
    Variable("password", "AuthorizationKey", "SecurityCtrlr", "BasicAuthPassword", "", _TEXT, _WO),
    Variable("security_profile", "SecurityProfile", "SecurityCtrlr", "SecurityProfile", "1"),
    Variable("profile_stack_max", "ChargeProfileMaxStackLevel", "SmartChargingCtrlr", "ProfileStackLevel", "9"),
    Variable(
        "schedule_units",
        "ChargingScheduleAllowedChargingRateUnit",
        "SmartChargingCtrlr",
        "RateUnit",
        "A,W",
        _LIST,
    ),
    Variable("schedule_periods_max", "ChargingScheduleMaxPeriods", "SmartChargingCtrlr", "PeriodsPerSchedule", "24"),
    Variable("profiles_max", "MaxChargingProfilesInstalled", "SmartChargingCtrlr", "Entries", "20"),
    Variable("has_dynamic_profiles", None, "SmartChargingCtrlr", "SupportsDynamicProfiles", "true", _BOOL),
    Variable("has_offline_limits", None, "SmartChargingCtrlr", "SupportsMaxOfflineDuration", "true", _BOOL),
    Variable("has_local_time", None, "SmartChargingCtrlr", "SupportsUseLocalTime", "true", _BOOL),
    Variable("has_random_delay", None, "SmartChargingCtrlr", "SupportsRandomizedDelay", "true", _BOOL),
    Variable("time_zone", None, "ClockCtrlr", "TimeZone", "UTC", _TEXT, _RW),
    Variable("phase_rotation", "ConnectorPhaseRotation", None, None, "NotApplicable", _TEXT, _RW),
    # Whether begin and end are signed is decided by whether there is a key, not by the CSMS.
    Variable("sign_readings", "SampledDataSignReadings", "SampledDataCtrlr", "SignReadings", "false", _BOOL),
    Variable("keys_max", "GetConfigurationMaxKeys", None, None, "100"),
    Variable(
        "feature_profiles",
        "SupportedFeatureProfiles",
        None,
        None,
        "Core,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging",
        _LIST,
    ),
    Variable("offline_severity", None, "MonitoringCtrlr", "OfflineQueuingSeverity", "9", _INT, _RW),
    Variable("variables_get_max", None, "DeviceDataCtrlr", "ItemsPerMessage", "100", instance="GetVariables"),
    Variable("variables_set_max", None, "DeviceDataCtrlr", "ItemsPerMessage", "100", instance="SetVariables"),
)


class Settings:
    """A station's variables with their present values."""

    __slots__ = ("_values", "variables")

    def __init__(self, spec: StationSpec) -> None:
        self.variables = (*_TABLE, *_inventory(spec))
        self._values = {"sample_interval_s": str(spec.sample_interval_s)}

    @property
    def values(self) -> dict[str, str]:
        """What differs from the table."""
        return dict(self._values)

    def load(self, values: Mapping[str, str]) -> None:
        """Take up what was kept; names that are not known any more are left out."""
        known = {variable.name for variable in self.variables}
        self._values.update({name: value for name, value in values.items() if name in known})

    def text(self, variable: Variable) -> str:
        return self._values.get(variable.name, variable.value)

    def text_of(self, name: str) -> str:
        return self._find(name)

    def integer(self, name: str) -> int:
        return int(self._find(name))

    def is_true(self, name: str) -> bool:
        return self._find(name) == "true"

    @property
    def zone(self) -> tzinfo:
        """What clocks on the station's wall go by."""
        return zone_of(self._find("time_zone")) or UTC

    def members(self, name: str) -> tuple[str, ...]:
        return tuple(word for word in self._find(name).split(",") if word)

    def store(self, name: str, value: str) -> None:
        """Keep a value that the station itself has learnt, such as the heartbeat interval of the boot's answer."""
        self._values[name] = value

    def write(self, variable: Variable, value: str) -> Verdict:
        """Set a variable at the CSMS's wish, if it may and the value makes sense."""
        if variable.access is Access.READ_ONLY:
            return Verdict.READ_ONLY
        normal = value.strip().lower() if variable.kind is Kind.BOOLEAN else value.strip()
        if not _is_valid(variable, normal):
            return Verdict.REJECTED
        self._values[variable.name] = normal
        return Verdict.ACCEPTED

    def configuration_keys(self) -> Iterator[Variable]:
        """What OCPP 1.6 sees."""
        return (variable for variable in self.variables if variable.key is not None)

    def device_model(self) -> Iterator[Variable]:
        """What OCPP 2.x sees."""
        return (variable for variable in self.variables if variable.component is not None)

    def _find(self, name: str) -> str:
        return self._values[name] if name in self._values else _BY_NAME[name].value


_BY_NAME = {variable.name: variable for variable in _TABLE}


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo | None:
    """The time zone of a name such as Europe/Berlin; None for one that is not known."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _is_valid(variable: Variable, value: str) -> bool:
    match variable.kind:
        case Kind.INTEGER:
            return value.isdecimal() and value.isascii() and len(value) < 10 and int(value) >= variable.value_min
        case Kind.BOOLEAN:
            return value in ("true", "false")
        case Kind.LIST:
            # The one list that may be written is that of the sampled measurands.
            return all(word in MEASURANDS for word in value.split(",") if word)
        case _:
            return 0 < len(value) <= 500


_LIVE = (
    ("EVSE", "AvailabilityState", _TEXT, "state"),
    ("EVSE", "ACCurrent", Kind.DECIMAL, "current_a"),
    ("EVSE", "ACVoltage", Kind.DECIMAL, "voltage_v"),
    ("FiscalMetering", "EnergyImport", _INT, "energy_wh"),
)
"""Component, variable, kind, and which value of the EVSE it is."""


def _inventory(spec: StationSpec) -> Iterator[Variable]:
    """What the station is made of, as read-only variables."""
    yield Variable("connector_count", "NumberOfConnectors", None, None, str(len(spec.evses)))
    text = {"Model": spec.model, "VendorName": spec.vendor, "FirmwareVersion": spec.firmware_version}
    for name, value in text.items():
        yield Variable(f"station.{name}", None, "ChargingStation", name, value, _TEXT)
    for evse_number, evse in enumerate(spec.evses, 1):
        prefix = f"evse{evse_number}"
        phases, power = str(evse.phases or 1), str(evse.power_w_max)
        yield Variable(f"{prefix}.power", None, "EVSE", "Power", power, evse_number=evse_number)
        yield Variable(f"{prefix}.phases", None, "EVSE", "SupplyPhases", phases, evse_number=evse_number)
        for component, name, kind, live in _LIVE:
            yield Variable(f"{prefix}.{live}", None, component, name, "0", kind, evse_number=evse_number, live=live)
        for connector_number, connector in enumerate(evse.connectors, 1):
            yield Variable(
                f"{prefix}.{connector_number}.type",
                None,
                "Connector",
                "ConnectorType",
                connector.kind,
                _TEXT,
                evse_number=evse_number,
                connector_number=connector_number,
            )
