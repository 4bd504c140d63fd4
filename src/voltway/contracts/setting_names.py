"""The names that two protocols have for one setting of a station.

1.6 has configuration keys, 2.x a device model of components and variables. Source: OCPP 1.6 §9 and its security whitepaper;
OCPP 2.0.1 part 2, appendix "Referenced components and variables".
"""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where the device model keeps a setting."""

    component: str
    variable: str
    instance: str | None = None


_COMM, _AUTH, _TX, _SMART = "OCPPCommCtrlr", "AuthCtrlr", "TxCtrlr", "SmartChargingCtrlr"
_SAMPLED, _ALIGNED, _SECURITY, _LIST = "SampledDataCtrlr", "AlignedDataCtrlr", "SecurityCtrlr", "LocalAuthListCtrlr"

PLACES: dict[str, Place] = {
    "AdditionalRootCertificateCheck": Place(_SECURITY, "AdditionalRootCertificateCheck"),
    "AllowOfflineTxForUnknownId": Place(_AUTH, "OfflineTxForUnknownIdEnabled"),
    "AuthorizationCacheEnabled": Place("AuthCacheCtrlr", "Enabled"),
    "AuthorizationKey": Place(_SECURITY, "BasicAuthPassword"),
    "AuthorizeRemoteTxRequests": Place(_AUTH, "AuthorizeRemoteStart"),
    "CertificateStoreMaxLength": Place(_SECURITY, "CertificateEntries"),
    "ChargeProfileMaxStackLevel": Place(_SMART, "ProfileStackLevel"),
    "ChargingScheduleAllowedChargingRateUnit": Place(_SMART, "RateUnit"),
    "ChargingScheduleMaxPeriods": Place(_SMART, "PeriodsPerSchedule"),
    "ClockAlignedDataInterval": Place(_ALIGNED, "Interval"),
    "ConnectionTimeOut": Place(_TX, "EVConnectionTimeOut"),
    "ConnectorSwitch3to1PhaseSupported": Place(_SMART, "Phases3to1"),
    "CpoName": Place(_SECURITY, "OrganizationName"),
    "HeartbeatInterval": Place(_COMM, "HeartbeatInterval"),
    "LocalAuthListEnabled": Place(_LIST, "Enabled"),
    "LocalAuthorizeOffline": Place(_AUTH, "LocalAuthorizeOffline"),
    "LocalPreAuthorize": Place(_AUTH, "LocalPreAuthorize"),
    "MaxChargingProfilesInstalled": Place(_SMART, "Entries", "ChargingProfiles"),
    "MaxEnergyOnInvalidId": Place(_TX, "MaxEnergyOnInvalidId"),
    "MeterValueSampleInterval": Place(_SAMPLED, "TxUpdatedInterval"),
    "MeterValuesAlignedData": Place(_ALIGNED, "Measurands"),
    "MeterValuesSampledData": Place(_SAMPLED, "TxUpdatedMeasurands"),
    "ReserveConnectorZeroSupported": Place("ReservationCtrlr", "NonEvseSpecific"),
    "ResetRetries": Place(_COMM, "ResetRetries"),
    "SecurityProfile": Place(_SECURITY, "SecurityProfile"),
    "SendLocalListMaxLength": Place(_LIST, "ItemsPerMessage"),
    "StopTransactionOnEVSideDisconnect": Place(_TX, "StopTxOnEVSideDisconnect"),
    "StopTransactionOnInvalidId": Place(_TX, "StopTxOnInvalidId"),
    "StopTxnAlignedData": Place(_ALIGNED, "TxEndedMeasurands"),
    "StopTxnSampledData": Place(_SAMPLED, "TxEndedMeasurands"),
    "SupportedFileTransferProtocols": Place(_COMM, "FileTransferProtocols"),
    "TransactionMessageAttempts": Place(_COMM, "MessageAttempts", "TransactionEvent"),
    "TransactionMessageRetryInterval": Place(_COMM, "MessageAttemptInterval", "TransactionEvent"),
    "UnlockConnectorOnEVSideDisconnect": Place(_COMM, "UnlockOnEVSideDisconnect"),
    "WebSocketPingInterval": Place(_COMM, "WebSocketPingInterval"),
}
"""1.6 configuration key -> what 2.x calls it."""

KEYS: dict[Place, str] = {place: key for key, place in PLACES.items()}
