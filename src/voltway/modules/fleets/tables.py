"""Tables of the fleets module."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import UtcDateTime, metadata

fleets = sa.Table(
    "fleets_fleets",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False, index=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
"""`time_zone`: where its days, weeks and months begin."""

managers = sa.Table(
    "fleets_managers",
    metadata,
    sa.Column("fleet_id", sa.String(36), primary_key=True),
    sa.Column("account_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Index(None, "account_id"),
)
"""Who sees a fleet in the role of a fleet manager: an account, or an API key."""

cost_centres = sa.Table(
    "fleets_cost_centres",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("fleet_id", sa.String(36), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.UniqueConstraint("fleet_id", "code"),
)

vehicles = sa.Table(
    "fleets_vehicles",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("fleet_id", sa.String(36), nullable=False),
    sa.Column("plate", sa.String(20), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("battery_wh", sa.BigInteger),
    sa.Column("cost_centre_id", sa.String(36)),
    sa.UniqueConstraint("fleet_id", "plate"),
)

past_parts = sa.Table(
    "fleets_past_parts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("fleet_id", sa.String(36), nullable=False),
    sa.Column("label", sa.String(40), nullable=False),
)
"""Vehicles and cost centres that were removed, by what their statements called them: the plate, the code."""

members = sa.Table(
    "fleets_members",
    metadata,
    sa.Column("id_token_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("fleet_id", sa.String(36), nullable=False, index=True),
    sa.Column("vehicle_id", sa.String(36)),
    sa.Column("cost_centre_id", sa.String(36)),
)
"""The tokens of a fleet: cards, and the addresses of cars (AutoCharge). A token is in one fleet."""

limits = sa.Table(
    "fleets_limits",
    metadata,
    sa.Column("fleet_id", sa.String(36), primary_key=True),
    sa.Column("kind", sa.String(10), primary_key=True),  # contracts.fleets.LimitKind
    sa.Column("target_id", sa.String(36), primary_key=True),
    sa.Column("span", sa.String(10), primary_key=True),  # contracts.fleets.Span
    sa.Column("unit", sa.String(3), primary_key=True),  # Wh, or a currency
    sa.Column("operator_id", sa.String(36), nullable=False, index=True),
    sa.Column("amount", sa.BigInteger, nullable=False),  # Wh, or minor units
)

sessions = sa.Table(
    "fleets_sessions",
    metadata,
    sa.Column("session_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("fleet_id", sa.String(36), nullable=False),
    sa.Column("id_token_id", sa.String(36), nullable=False),
    sa.Column("vehicle_id", sa.String(36)),
    sa.Column("cost_centre_id", sa.String(36)),
    sa.Column("ended_at", UtcDateTime, nullable=False),
    sa.Column("energy_wh", sa.BigInteger, nullable=False),
    sa.Column("cdr_id", sa.String(36)),
    sa.Column("incl_vat_minor", sa.BigInteger),
    sa.Column("excl_vat_minor", sa.BigInteger),
    sa.Column("currency", sa.String(3)),
    sa.Index(None, "fleet_id", "ended_at"),
    sa.Index(None, "vehicle_id", "ended_at"),
    sa.Index(None, "id_token_id", "ended_at"),
)
"""What sessions of a fleet took and cost, each once, with the vehicle and the cost centre that its token had when it ended. The
amounts are those of the CDR `cdr_id`; without one it is not priced yet, or was credited."""
