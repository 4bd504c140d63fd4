"""Charging profiles as OCPP 2.x writes them, in the station's own words."""

from __future__ import annotations

from datetime import datetime

from voltway.charging.profiles import Recurrency
from voltway.station.ocpp.dialects.values import instant, wall_instant
from voltway.station.ocpp.limits import Limit, Purpose, schedule_of
from voltway.wire.ocpp import v201

PURPOSES = {
    "ChargingStationMaxProfile": Purpose.STATION_MAX,
    "TxDefaultProfile": Purpose.TX_DEFAULT,
    "TxProfile": Purpose.TX,
}


def read_limit(profile: v201.ChargingProfile, evse_id: int) -> Limit | None:
    """A profile in our own words, or None if it is of a sort that this station does not follow."""
    purpose = PURPOSES.get(profile.charging_profile_purpose)
    kind, (schedule, *others) = profile.charging_profile_kind, profile.charging_schedule
    is_known = kind in ("Relative", "Absolute", "Recurring") and (kind == "Recurring") is bool(profile.recurrency_kind)
    if purpose is None or not is_known or (kind == "Relative") != (schedule.start_schedule is None):
        return None
    periods = [period for one in profile.charging_schedule for period in one.charging_schedule_period]
    if any(period.phase_to_use is not None for period in periods):
        return None  # K01.FR.20: one phase is the first here, nobody chooses
    return Limit(
        profile_id=profile.id,
        purpose=purpose,
        stack_level=profile.stack_level,
        evse_number=evse_id,
        is_ampere=schedule.charging_rate_unit == "A",
        periods=tuple((period.start_period, period.limit) for period in schedule.charging_schedule_period),
        number_phases=tuple(period.number_phases for period in schedule.charging_schedule_period),
        starts_at=_begin(schedule),
        is_local=_is_local(schedule),
        delay_s_max=_delay_s(schedule),
        duration_s=schedule.duration,
        valid_from=instant(profile.valid_from),
        valid_to=instant(profile.valid_to),
        transaction_id=profile.transaction_id,
        recurrency=Recurrency(profile.recurrency_kind) if profile.recurrency_kind else None,
        offline_s_max=getattr(profile, "max_offline_duration", None),  # 2.1
        is_gone_offline=bool(getattr(profile, "invalid_after_offline_duration", None)),
        others=tuple(
            schedule_of(
                other.charging_rate_unit,
                [(one.start_period, one.limit, one.number_phases) for one in other.charging_schedule_period],
                _begin(other),
                other.duration,
                other.id,
                is_local=_is_local(other),
                delay_s_max=_delay_s(other),
            )
            for other in others
        ),
    )


def _is_local(schedule: v201.ChargingSchedule) -> bool:
    return bool(getattr(schedule, "use_local_time", None))  # 2.1


def _delay_s(schedule: v201.ChargingSchedule) -> int:
    return getattr(schedule, "randomized_delay", None) or 0  # 2.1


def _begin(schedule: v201.ChargingSchedule) -> datetime | None:
    return wall_instant(schedule.start_schedule, is_local=_is_local(schedule))
