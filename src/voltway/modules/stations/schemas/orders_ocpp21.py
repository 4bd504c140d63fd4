"""Orders that only an OCPP 2.1 station can carry out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from voltway.modules.stations.schemas.order import Order, StationOrEvse, Text
from voltway.modules.stations.schemas.stations import Number

INTEGER_MAX = 2**31 - 1
TARIFFS_MAX = 100

Id36 = Annotated[str, Field(min_length=1, max_length=36)]
Count = Annotated[int, Field(ge=0, le=INTEGER_MAX)]

DerControlType = Literal[
    "EnterService",
    "FreqDroop",
    "FreqWatt",
    "FixedPFAbsorb",
    "FixedPFInject",
    "FixedVar",
    "Gradients",
    "HFMustTrip",
    "HFMayTrip",
    "HVMustTrip",
    "HVMomCess",
    "HVMayTrip",
    "LimitMaxDischarge",
    "LFMustTrip",
    "LVMustTrip",
    "LVMomCess",
    "LVMayTrip",
    "PowerMonitoringMustTrip",
    "VoltVar",
    "VoltWatt",
    "WattPF",
    "WattVar",
]
EnergyTransferMode = Literal[
    "AC_single_phase",
    "AC_two_phase",
    "AC_three_phase",
    "DC",
    "AC_BPT",
    "AC_BPT_DER",
    "AC_DER",
    "DC_BPT",
    "DC_ACDP",
    "DC_ACDP_BPT",
    "WPT",
]


class SetDerControl(Order):
    """Set how the station behaves towards the grid. What it has is in /charging-stations/{station_id}/der-controls."""

    type: Literal["set_der_control"]
    control_id: Id36
    control_type: DerControlType
    is_default: bool
    control: dict[str, Any] = Field(description="the setting as OCPP 2.1 writes it for this type, e.g. a curve")


class GetDerControl(Order):
    """Have the station tell of its DER controls: one by its id, those of a type, or all."""

    type: Literal["get_der_control"]
    control_id: Id36 | None = None
    control_type: DerControlType | None = None
    is_default: bool | None = None


class ClearDerControl(Order):
    """Have the station remove DER controls: one by its id, those of a type, or all that are default, or scheduled."""

    type: Literal["clear_der_control"]
    is_default: bool
    control_id: Id36 | None = None
    control_type: DerControlType | None = None


class AfrrSignal(Order):
    """Pass on a signal for frequency restoration (aFRR); the station knows by its charging profile what it means."""

    type: Literal["afrr_signal"]
    signal: int = Field(ge=-INTEGER_MAX, le=INTEGER_MAX)


class RequestBatterySwap(Order):
    """Begin to swap batteries, for this token."""

    type: Literal["request_battery_swap"]
    id_token: Text
    id_token_kind: Annotated[str, Field(min_length=1, max_length=20)] | None = None


class SetDefaultTariff(Order):
    """Give the station, or one EVSE of it, the tariff by which it computes costs for drivers without one of their own."""

    type: Literal["set_default_tariff"]
    tariff_id: Id36
    evse_number: StationOrEvse | None = None


class GetTariffs(Order):
    """Ask which tariffs the station, or one EVSE of it, has."""

    type: Literal["get_tariffs"]
    evse_number: StationOrEvse | None = None


class ClearTariffs(Order):
    """Have the station forget tariffs: the named ones, or all."""

    type: Literal["clear_tariffs"]
    tariff_ids: list[Annotated[str, Field(min_length=1, max_length=60)]] | None = Field(
        default=None, min_length=1, max_length=TARIFFS_MAX
    )
    evse_number: StationOrEvse | None = None


class ChangeTransactionTariff(Order):
    """Have the station compute a running transaction's cost by another tariff."""

    type: Literal["change_transaction_tariff"]
    session_id: Id36
    tariff_id: Id36


class AdjustPeriodicEventStream(Order):
    """Change how often a stream sends what it has: after so many seconds, or so many values."""

    type: Literal["adjust_periodic_event_stream"]
    stream_number: Count
    interval_s: Count | None = None
    values: Count | None = None


class GetPeriodicEventStreams(Order):
    """Ask which streams the station has open."""

    type: Literal["get_periodic_event_streams"]


class NotifyAllowedEnergyTransfer(Order):
    """Tell the station in which ways the car of a session may transfer energy, for example also from the car (BPT)."""

    type: Literal["notify_allowed_energy_transfer"]
    session_id: Id36
    energy_transfer_modes: list[EnergyTransferMode] = Field(min_length=1, max_length=11)


class NotifyWebPaymentStarted(Order):
    """Tell the station that somebody is paying for this EVSE on the web: it shows that, and waits for so long."""

    type: Literal["notify_web_payment_started"]
    evse_number: Number
    timeout_s: Annotated[int, Field(ge=1, le=INTEGER_MAX)]


class SetUpWebPayment(Order):
    """Have the station show a QR code for payment on the web. `url` is a template: `{chargingstationid}`, `{evse}`, `{totp}` and
    `{version}` in it are filled in by the station; it leads to /web-payments here, or to a page that passes it on."""

    type: Literal["set_up_web_payment"]
    url: Annotated[str, Field(min_length=10, max_length=1000, pattern=r"^https?://[^\s]+$")]
    evse_number: StationOrEvse | None = None

    @field_validator("url")
    @classmethod
    def _names_what_it_must(cls, url: str) -> str:
        """C25.FR.50."""
        missing = [name for name in ("{chargingstationid}", "{totp}", "{version}") if name not in url]
        if missing:
            raise ValueError(f"The address should contain {' and '.join(missing)}")
        return url


AnyOrder21 = (
    SetDerControl
    | GetDerControl
    | ClearDerControl
    | AfrrSignal
    | RequestBatterySwap
    | SetDefaultTariff
    | GetTariffs
    | ClearTariffs
    | ChangeTransactionTariff
    | AdjustPeriodicEventStream
    | GetPeriodicEventStreams
    | NotifyAllowedEnergyTransfer
    | NotifyWebPaymentStarted
    | SetUpWebPayment
)
