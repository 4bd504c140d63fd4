"""The settings of a station: names that two protocols have for one thing, limits, and what we record of them.

1.6 has configuration keys, 2.x a device model of components and variables. A command may name a setting either way; the
table says what the other protocol calls it. Source: OCPP 1.6 §9 and its security whitepaper; OCPP 2.0.1 part 2, appendix
"Referenced components and variables".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from voltway.contracts.station_link import ReportVariables, VariableValue
from voltway.kernel import clock
from voltway.kernel.ids import new_id
from voltway.modules.gateway.dialects.base import CommandLink, LinkMemory

T = TypeVar("T")


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

_LIMITS, _BYTES = "items_max", "bytes_max"
_LIMITING = ("ItemsPerMessage", "BytesPerMessage")
_FRAME_BYTES = 40  # {"setMonitoringData":[...]}, the longest frame around the items of such a payload
_SECRET = ("password", "authorizationkey", "secret")


def key_of(item: Mapping[str, Any]) -> str | None:
    """The configuration key of a setting that is named either way; None where 1.6 has none that we know."""
    if (key := item.get("key")) is not None:
        return str(key)
    return KEYS.get(Place(item["component"], item["variable"], item.get("instance")))


def place_of(item: Mapping[str, Any]) -> Place | None:
    """Where 2.x keeps a setting that is named either way; None for a key that we do not know there."""
    if (key := item.get("key")) is not None:
        return PLACES.get(key)
    return Place(item["component"], item["variable"], item.get("instance"))


def is_secret(name: str) -> bool:
    """Whether a setting's value is for the station only, and never recorded."""
    return any(word in name.casefold() for word in _SECRET)


def note_limits(memory: LinkMemory, variables: Iterable[VariableValue]) -> None:
    """Learn how many settings the station takes in one message, where it says so."""
    for variable in variables:
        if variable.variable == "GetConfigurationMaxKeys" and variable.component is None:
            action: str | None = "GetConfiguration"
        elif variable.variable in _LIMITING and variable.component in ("DeviceDataCtrlr", "MonitoringCtrlr"):
            action = variable.instance
        else:
            continue
        if action and variable.value and variable.value.isdecimal() and int(variable.value) > 0:
            limits = _BYTES if variable.variable == "BytesPerMessage" else _LIMITS
            memory.scratch.setdefault(limits, {})[action] = int(variable.value)


def portions(memory: LinkMemory, action: str, items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in as many messages as the station's limit asks for; one, where no limit is known."""
    size = memory.scratch.get(_LIMITS, {}).get(action) or len(items) or 1
    bytes_max = memory.scratch.get(_BYTES, {}).get(action)
    for start in range(0, len(items), size):
        portion = items[start : start + size]
        if bytes_max is None:
            yield portion
        else:
            yield from _by_bytes(portion, bytes_max - _FRAME_BYTES)


def _by_bytes(items: Sequence[T], bytes_max: int) -> Iterator[Sequence[T]]:
    """The items in portions of at most so many bytes of JSON; one that is larger by itself goes alone."""
    start, used = 0, 0
    for index, item in enumerate(items):
        size = len(msgspec.json.encode(item)) + 1
        if index > start and used + size > bytes_max:
            yield items[start:index]
            start, used = index, 0
        used += size
    yield items[start:]


async def record(link: CommandLink, variables: Sequence[VariableValue]) -> None:
    """Keep what the station told us of its settings."""
    if not variables:
        return
    credential = link.credential
    note_limits(link.memory, variables)
    await link.report(
        ReportVariables(
            operator_id=credential.operator_id,
            station_id=credential.station_id,
            station_identity=credential.identity,
            location_id=credential.location_id,
            protocol=link.protocol,
            message_id=new_id(),
            received_at=clock.now(),
            variables=tuple(variables),
        )
    )
