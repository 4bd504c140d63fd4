"""Tables of the energy module: profiles, limits and needs that stations tell of."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata


def _of_station() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("operator_id", sa.String(36), nullable=False),
        sa.Column("station_id", sa.String(36), nullable=False),
    )


profiles = sa.Table(
    "energy_profiles",
    metadata,
    *_of_station(),
    sa.Column("charging_profile_id", sa.BigInteger, nullable=False),
    sa.Column("evse_number", sa.Integer, nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("purpose", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("stack_level", sa.BigInteger, nullable=False),
    sa.Column("transaction_id", sa.String(36)),
    sa.Column("document", JsonDocument, nullable=False),
    sa.Column("is_confirmed", sa.Boolean, nullable=False),
    sa.Column("pulled_at", UtcDateTime),
    sa.Column("told_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("station_id", "charging_profile_id", "evse_number"),
)
"""One row per profile of a station. `is_confirmed`: the station itself has reported it; else it has accepted it from us."""

limits = sa.Table(
    "energy_limits",
    metadata,
    *_of_station(),
    sa.Column("evse_number", sa.Integer, nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("is_grid_critical", sa.Boolean),
    sa.Column("is_local_generation", sa.Boolean),
    sa.Column("schedules", JsonDocument, nullable=False),
    sa.Column("began_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_energy_limits_station", "station_id", "id"),
)
"""One row per limit from outside, from when it was told of to when it was changed or cleared."""

needs = sa.Table(
    "energy_needs",
    metadata,
    *_of_station(),
    sa.Column("message_id", sa.String(36), nullable=False),
    sa.Column("evse_number", sa.Integer, nullable=False),
    sa.Column("session_id", sa.String(36)),
    sa.Column("transfer_mode", sa.String(20), nullable=False),
    sa.Column("control_mode", sa.String(20)),
    sa.Column("departure_at", UtcDateTime),
    sa.Column("periods_max", sa.BigInteger),
    sa.Column("energy_wh", sa.BigInteger),
    sa.Column("current_a_min", sa.Double),
    sa.Column("current_a_max", sa.Double),
    sa.Column("power_w_max", sa.Double),
    sa.Column("discharge_power_w_max", sa.Double),
    sa.Column("soc_percent", sa.Double),
    sa.Column("document", JsonDocument, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("is_current", sa.Boolean, nullable=False),
    sa.Column("due_at", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("plan", JsonDocument),
    sa.Column("plan_status", sa.String(50)),
    sa.Column("planned_at", UtcDateTime),
    sa.Index("ix_energy_needs_station", "station_id", "id"),
    sa.Index("ix_energy_needs_due", "due_at"),
    sa.Index("ix_energy_needs_session", "session_id"),
)
"""What a car wanted, and the profile that it was given for it (`plan`). `is_current`: nothing newer is known of this EVSE;
`due_at`: when a plan is to be made and sent."""

car_schedules = sa.Table(
    "energy_car_schedules",
    metadata,
    *_of_station(),
    sa.Column("evse_number", sa.Integer, nullable=False),
    sa.Column("time_base_at", UtcDateTime, nullable=False),
    sa.Column("selected_schedule_id", sa.BigInteger),
    sa.Column("document", JsonDocument, nullable=False),
    sa.Column("is_within_limits", sa.Boolean, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Index("ix_energy_car_schedules_station", "station_id", "id"),
)
"""How cars meant to charge, as they said."""

priorities = sa.Table(
    "energy_priorities",
    metadata,
    *_of_station(),
    sa.Column("transaction_id", sa.String(36), nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("is_ordered", sa.Boolean, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("station_id", "transaction_id"),
)
"""One row per transaction that charged with priority. `is_ordered`: by our order; else somebody chose it at the station."""
