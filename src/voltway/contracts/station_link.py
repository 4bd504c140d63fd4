"""What the gateway and the modules say to each other: reports from stations, commands to stations, links and credentials.

Reports go through the kernel's group commit (`runtime.commits.submit`) and are answered after the commit; the rest are asks.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from voltway.contracts.vocabulary import (
    AuthorizationStatus,
    ChargingState,
    CommandState,
    ConnectorStatus,
    IdToken,
    MeterSample,
    Registration,
    SpendingLimit,
)
from voltway.kernel.bus.asks import Ask
from voltway.kernel.bus.event import Event

# ---- reports: what stations say


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all reports. `received_at` is our clock. The station is who the link says, never who the payload says."""

    operator_id: str
    station_id: str
    station_identity: str
    location_id: str | None
    protocol: str
    """ocpp1.6, ocpp2.0.1, ocpp2.1"""
    message_id: str
    received_at: datetime


class ReportLink(Report, frozen=True, kw_only=True, gc=False):
    """A link opened or closed. `epoch` fences: a later link of the same station has a larger one."""

    is_open: bool
    epoch: int
    node_id: str
    remote_address: str
    security_profile: int
    close_reason: str | None = None


class ReportBoot(Report, frozen=True, kw_only=True, gc=False):
    """A station says who it is. Answered by `BootReceipt`."""

    vendor: str
    model: str
    serial_number: str | None = None
    firmware_version: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial_number: str | None = None
    reason: str | None = None


class BootReceipt(msgspec.Struct, frozen=True, gc=False):
    """What to answer a boot: the interval is that of heartbeats, or of the next boot while not accepted."""

    registration: Registration
    interval_s: int


class ReportStatus(Report, frozen=True, kw_only=True, gc=False):
    """The status of a connector; EVSE 0 is the station itself, connector 0 the whole EVSE. Answered by None."""

    evse_number: int
    connector_number: int
    status: ConnectorStatus
    wire_status: str
    """The word on the wire: 1.6 says Preparing, Charging, SuspendedEV, Finishing ... where 2.x says Occupied."""
    charging_state: ChargingState | None = None
    error_code: str | None = None
    vendor_error_code: str | None = None
    info: str | None = None
    occurred_at: datetime | None = None


class Phase(StrEnum):
    """Where in a transaction a report stands. METERED is a MeterValues message, with or without a transaction."""

    STARTED = "started"
    UPDATED = "updated"
    ENDED = "ended"
    METERED = "metered"


class ReportTransaction(Report, frozen=True, kw_only=True, gc=False):
    """What a station says of a transaction, or of its meter. Answered by `TransactionReceipt`.

    2.x has its own `transaction_id` and `sequence_number`; a 1.6 start has neither, we hand the id out. `evse_number` is
    None where the message does not say (1.6 StopTransaction). `clock_offset_s` is our clock minus the station's, measured on
    live messages, 0 up to a minute. `evse_idle_at`: when this link last heard that the EVSE was free, or a boot.
    """

    phase: Phase
    occurred_at: datetime
    clock_offset_s: int = 0
    transaction_id: str | None = None
    sequence_number: int | None = None
    evse_number: int | None = None
    connector_number: int | None = None
    id_token: IdToken | None = None
    charging_state: ChargingState | None = None
    meter_wh: int | None = None
    """1.6 meterStart and meterStop."""
    samples: tuple[MeterSample, ...] = ()
    trigger: str | None = None
    reason: str | None = None
    """Why it ended, in the wire's word."""
    is_offline: bool = False
    reservation_number: int | None = None
    remote_start_id: int | None = None
    evse_idle_at: datetime | None = None
    flags: tuple[str, ...] = ()
    """What the gateway noticed: schema_error, clock_unset, message_id_reused, zone_missing ..."""
    payload: bytes = b""
    """The message's payload as received."""


class Authorization(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The verdict on a token. `group` is the parent token's value."""

    status: AuthorizationStatus
    id_token_id: str | None = None
    group: str | None = None
    expires_at: datetime | None = None
    user_id: str | None = None
    concurrent_max: int | None = None
    language: str | None = None
    """RFC 5646, the driver's."""
    message: str | None = None
    """What the station is to show the driver."""
    energy_transfer_modes: tuple[str, ...] = ()
    """The ways in which the car may transfer energy, in the words of OCPP 2.1; none: the station decides."""
    limit: SpendingLimit | None = None
    """How far a session of the token may go."""
    evse_numbers: tuple[int, ...] = ()
    """The EVSEs of the station at which the token may charge; none: at all of them."""
    is_kept: bool = True
    """Whether a station may keep the verdict for later: that on a prepaid token holds now (2.1 C17.FR.01)."""
    certificate_status: str | None = None
    """What the contract certificate that came with the token is worth, in the words of OCPP 2.x; None: it was not checked."""


class TransactionReceipt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What to answer a transaction report. `transaction_id` as text; `running_cost` in major units incl. VAT, as text."""

    session_id: str | None = None
    transaction_id: str | None = None
    authorization: Authorization | None = None
    running_cost: str | None = None
    limit: SpendingLimit | None = None
    """How far the session may go: told once, with the report that shows its token."""


class VariableValue(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One setting of a station: a 1.6 configuration key (`component` None) or a 2.x device-model variable."""

    variable: str
    component: str | None = None
    component_instance: str | None = None
    evse_number: int | None = None
    connector_number: int | None = None
    instance: str | None = None
    attribute: str = "Actual"
    value: str | None = None
    is_readonly: bool | None = None
    data_type: str | None = None
    unit: str | None = None
    values: str | None = None
    """The list of values it may take, as the station gives it."""
    value_min: float | None = None
    value_max: float | None = None
    can_be_monitored: bool | None = None


class ReportVariables(Report, frozen=True, kw_only=True, gc=False):
    """Settings of a station as it gives them, unasked (NotifyReport) or in answer to us. Answered by None."""

    variables: tuple[VariableValue, ...]
    evses_seen: tuple[tuple[int, int, str | None], ...] = ()
    """(evse_number, connector_number, connector type or None) that the device model tells of."""


# ---- commands: what we say to stations


class CommandOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a command ended at the station. `effect`: done, scheduled, reboot_required, no_session, or None (not known)."""

    state: CommandState
    wire_status: str | None = None
    effect: str | None = None
    result: Any = None


class ExecuteCommand(Ask[CommandOutcome], frozen=True, kw_only=True):
    """Send a command over the station's link and say how it ended. Nobody holding the link: `offline`, at once.

    `arguments` are those of the contract's command table, resolved (a session is named by its `transaction_id`).
    Raises CommandNotSupported where the dialect or the station cannot do it.
    """

    station_id: str
    command_id: str
    type: str
    arguments: dict[str, Any]
    timeout_s: float = 30.0
    report_timeout_s: float = 30.0
    """How long the parts of a report may take that follow the answer."""


class CheckCommand(Ask[None], frozen=True, kw_only=True):
    """Raise CommandNotSupported, with why, if the station's protocol cannot do this; nothing is sent."""

    protocol: str
    type: str
    arguments: dict[str, Any]


class FindUnsayable(Ask[dict[str, str]], frozen=True, kw_only=True):
    """The commands that a protocol has no word for: type -> why. Whether it can say all arguments, CheckCommand tells."""

    protocol: str
    types: tuple[str, ...]


class CallOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a raw call ended: outcome is result, error, timed_out or offline."""

    outcome: str
    payload: Any = None
    error: dict[str, Any] | None = None


class CallStation(Ask[CallOutcome], frozen=True, kw_only=True):
    """Send a raw call in the station's own protocol. Raises InvalidField, with the JSON path, for what its schema refuses."""

    station_id: str
    action: str
    payload: Any
    timeout_s: float = 30.0


class LinkPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Which process holds a station's newest link, and that link's epoch."""

    node_id: str
    epoch: int


class FindLink(Ask[LinkPlace | None], frozen=True, kw_only=True):
    """Where a station is connected, as its record says; None: it is not."""

    station_id: str


# ---- links and credentials

STATION_PASSWORD_PURPOSE = "station-password"
"""`kernel.secrets.derive_key(runtime.secret, STATION_PASSWORD_PURPOSE)` is the key of `StationCredential.secret_hash`."""


class StationCredential(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the gateway must know of a station before it lets it in; kept in memory for every station."""

    station_id: str
    operator_id: str
    operator_slug: str
    identity: str
    location_id: str | None
    security_profile: int
    secret_hash: bytes | None
    """kernel.secrets.hash_secret of the Basic password."""
    registration: Registration
    connector_map: dict[int, tuple[int, int]] | None = None
    """1.6 connector -> (EVSE, connector); None: connector n is EVSE n, connector 1."""
    has_booted: bool = True
    """Whether it has told us its make; one that has not is asked for a BootNotification when it connects."""
    candidate_hashes: tuple[bytes, ...] = ()
    """Passwords that the station may have by now: it was sent them, and has not connected with one yet."""
    security_profile_target: int | None = None
    """The profile that the station was told to take; it holds once the station has connected with it."""
    open_until: datetime | None = None
    """When profile 0 lets nobody in any more; None: it does not end."""
    vendor: str | None = None
    model: str | None = None
    firmware_version: str | None = None
    """Its make, as its last boot has told."""


class ListCredentials(Ask[list[StationCredential]], frozen=True, kw_only=True):
    """Every station that is not retired."""


class FindCredential(Ask[list[StationCredential]], frozen=True, kw_only=True):
    """The stations with this identity (compared without case): one for each operator that uses it."""

    identity: str


class AdmitStation(Ask[StationCredential], frozen=True, kw_only=True):
    """Make a record for a station that nobody has registered, or return the one that is there by now."""

    operator_slug: str
    identity: str
    registration: Registration


class ProveCredential(Ask[None], frozen=True, kw_only=True):
    """A station has connected with what it was told to take: a candidate for its password (by its hash) is the password now,
    or its target is its security profile now. None: nothing to say of it."""

    station_id: str
    secret_hash: bytes | None = None
    security_profile: int | None = None


class CredentialChanged(Event, frozen=True, kw_only=True, gc=False):
    """A station's credential record was made or changed; `is_retired`: it may not connect any more."""

    station_id: str
    identity: str
    is_retired: bool = False

    def key(self) -> str:
        return self.station_id


class LinkOpened(Event, frozen=True, kw_only=True, gc=False):
    """A station is online."""

    station_id: str
    station_identity: str
    protocol: str
    epoch: int

    def key(self) -> str:
        return self.station_id


class ReportNotRecorded(Event, frozen=True, kw_only=True, gc=False):
    """A station's report was answered and could not be recorded: it is shown among what the station does otherwise than its
    protocol says, until somebody has looked. `kind`: of the report, in our words."""

    station_id: str
    kind: str
    message_id: str
    error: str

    def key(self) -> str:
        return self.station_id

    @classmethod
    def of(cls, report: Report, error: Exception) -> ReportNotRecorded:
        """What to publish in `quarantine`."""
        return cls(
            operator_id=report.operator_id,
            at=report.received_at,
            station_id=report.station_id,
            kind=type(report).__name__,
            message_id=report.message_id,
            error=repr(error)[:200],
        )


class LinkClosed(Event, frozen=True, kw_only=True, gc=False):
    """A station's link is gone, and no newer one took its place."""

    station_id: str
    station_identity: str
    epoch: int
    reason: str | None

    def key(self) -> str:
        return self.station_id


class MessagesLogged(Event, frozen=True, kw_only=True, gc=False):
    """There are new rows in a station's message log."""

    durable = False
    station_id: str

    def key(self) -> str:
        return self.station_id
