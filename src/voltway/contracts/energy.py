"""What stations say of charging profiles, of limits from outside, and of what cars want.

Documents (profiles, schedules) have the shape of OCPP 2.x with its names in snake_case, the same that orders take.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from voltway.contracts.station_link import Report
from voltway.kernel.bus.asks import Ask

# ---- charging profiles that stations have


class InstalledProfile(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A profile that a station has. EVSE 0 is the station as a whole; `source` is who set it, in the word of OCPP (CSO: we)."""

    charging_profile_id: int
    evse_number: int
    source: str
    purpose: str
    kind: str
    stack_level: int
    transaction_id: str | None = None
    document: dict[str, Any]


class ProfileFilter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which profiles are meant: those that meet all conditions that are given."""

    evse_number: int | None = None
    charging_profile_ids: tuple[int, ...] = ()
    purpose: str | None = None
    stack_level: int | None = None
    sources: tuple[str, ...] = ()


class ReportProfiles(Report, frozen=True, kw_only=True, gc=False):
    """Profiles that a station has told of. Answered by None.

    `complete_since`: these end a report that was asked for then with `asked`; what fits it and was not told of since is not
    there any more.
    """

    profiles: tuple[InstalledProfile, ...] = ()
    asked: ProfileFilter = ProfileFilter()
    complete_since: datetime | None = None


class ReportProfileSet(Report, frozen=True, kw_only=True, gc=False):
    """A station has accepted a profile from us. It takes the place of the one with its id, and with `replaces_level` of the
    one at its stack level too. Answered by None."""

    profile: InstalledProfile
    replaces_level: bool = False


class ReportProfilesCleared(Report, frozen=True, kw_only=True, gc=False):
    """A station has removed profiles by our order, or has none that fit. Answered by None."""

    cleared: ProfileFilter


# ---- limits from outside


class ReportChargingLimit(Report, frozen=True, kw_only=True, gc=False):
    """Somebody beside us limits a station, or an EVSE of it. Answered by None. Without schedules the station does not say
    to how much."""

    evse_number: int
    source: str
    is_grid_critical: bool | None = None
    is_local_generation: bool | None = None
    schedules: tuple[dict[str, Any], ...] = ()


class ReportChargingLimitCleared(Report, frozen=True, kw_only=True, gc=False):
    """A limit from outside is gone: at one EVSE, or wherever this source has set one. Answered by None."""

    source: str
    evse_number: int | None = None


# ---- what cars want


class NeedsStatus(StrEnum):
    """What we say to a car's needs: the words of OCPP 2.1."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    PROCESSING = "Processing"
    NO_CHARGING_PROFILE = "NoChargingProfile"


class CarNeeds(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a car wants and can. `transfer_mode` and `control_mode` in the words of OCPP 2.1; `periods_max` is how many
    periods it takes in one schedule (maxScheduleTuples); `power_w_max` what it can take of a direct current, or both ways."""

    transfer_mode: str
    control_mode: str | None = None
    departure_at: datetime | None = None
    periods_max: int | None = None
    energy_wh: int | None = None
    current_a_min: float | None = None
    current_a_max: float | None = None
    power_w_max: float | None = None
    discharge_power_w_max: float | None = None
    soc_percent: float | None = None
    document: dict[str, Any]


class ReportChargingNeeds(Report, frozen=True, kw_only=True, gc=False):
    """A car says what it needs. Answered by `NeedsReceipt`."""

    evse_number: int
    needs: CarNeeds


class FindBatterySizes(Ask[dict[str, int]], frozen=True, kw_only=True):
    """How much the batteries of cars hold, in Wh, by session, where a car has told (direct current, ISO 15118)."""

    session_ids: tuple[str, ...]


class NeedsReceipt(msgspec.Struct, frozen=True, gc=False):
    """What to answer."""

    status: NeedsStatus = NeedsStatus.REJECTED


class ReportCarSchedule(Report, frozen=True, kw_only=True, gc=False):
    """How a car means to charge. Answered by `CarScheduleReceipt`. Its periods count from `time_base_at`."""

    evse_number: int
    time_base_at: datetime
    selected_schedule_id: int | None = None
    schedule: dict[str, Any]


class CarScheduleReceipt(msgspec.Struct, frozen=True, gc=False):
    """Whether that is within what we have allowed."""

    is_within_limits: bool = True


# ---- OCPP 2.1: dynamic profiles, priority charging


class ReportScheduleUpdated(Report, frozen=True, kw_only=True, gc=False):
    """A station has taken new values for its dynamic profile. Answered by None."""

    charging_profile_id: int
    values: dict[str, float]


class ReportSchedulePull(Report, frozen=True, kw_only=True, gc=False):
    """A station asks for the values of a dynamic profile. Answered by `ScheduleValues`."""

    charging_profile_id: int


class ScheduleValues(msgspec.Struct, frozen=True, gc=False):
    """The values, None where there is no such dynamic profile."""

    values: dict[str, float] | None = None


class ReportPriorityCharging(Report, frozen=True, kw_only=True, gc=False):
    """A transaction charges with priority, or does not any more: by our order, or by the driver's at the station.
    Answered by None."""

    transaction_id: str
    is_active: bool
    is_ordered: bool = False
