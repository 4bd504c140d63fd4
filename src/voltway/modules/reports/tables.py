"""Tables of the reports module: facts as events told them, the sums made of them, and what people add."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata


def _id(name: str, *, is_key: bool = False, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(36), primary_key=is_key, nullable=nullable and not is_key)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


sessions = sa.Table(
    "reports_sessions",
    metadata,
    _id("session_id", is_key=True),
    _id("operator_id"),
    _id("location_id", nullable=True),
    _id("station_id"),
    sa.Column("station_identity", sa.String(48), nullable=False),
    sa.Column("evse_number", sa.Integer, nullable=False, comment="0: the station did not say"),
    _id("id_token_id", nullable=True),
    _id("driver_id", nullable=True),
    sa.Column("token_group", sa.String(255)),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime, nullable=False),
    _number("energy_wh"),
    _number("duration_s"),
    sa.Column("told_at", UtcDateTime, nullable=False, comment="of the newest event that told of it"),
    sa.Column("day_on", sa.String(10), comment="when it ended, in the location's zone; null: not rolled up yet"),
    sa.Column("operator_day_on", sa.String(10), comment="the same in the operator's zone"),
    _number("busy_s"),
    sa.Column("cause", sa.String(30), comment="why it is no success; null: it is one"),
    sa.Index("ix_reports_sessions_day", "operator_id", "day_on"),
    sa.Index("ix_reports_sessions_operator_day", "operator_id", "operator_day_on"),
    sa.Index("ix_reports_sessions_station_day", "station_id", "day_on"),
)
"""A session that has ended. `busy_s`: the part of it on its own day, in the location's zone; the rest is in `spills`."""

spills = sa.Table(
    "reports_spills",
    metadata,
    _id("session_id", is_key=True),
    sa.Column("day_on", sa.String(10), primary_key=True),
    _id("operator_id"),
    _id("station_id"),
    sa.Column("evse_number", sa.Integer, nullable=False),
    _number("busy_s"),
    sa.Index("ix_reports_spills_station_day", "station_id", "day_on"),
)
"""What a session took of days before the one on which it ended."""

cdrs = sa.Table(
    "reports_cdrs",
    metadata,
    _id("cdr_id", is_key=True),
    _id("operator_id"),
    _id("session_id"),
    sa.Column("currency", sa.String(3), nullable=False),
    _number("excl_minor"),
    _number("vat_minor"),
    _number("incl_minor"),
    sa.Column("made_on", sa.String(10), nullable=False, comment="in the operator's zone"),
    sa.Index("ix_reports_cdrs_session", "session_id"),
    sa.Index("ix_reports_cdrs_made", "operator_id", "made_on"),
)
taxes = sa.Table(
    "reports_taxes",
    metadata,
    _id("cdr_id", is_key=True),
    sa.Column("vat_percent", sa.String(12), primary_key=True),
    _id("operator_id"),
    _id("session_id"),
    sa.Column("currency", sa.String(3), nullable=False),
    _number("net_minor"),
    _number("vat_minor"),
    sa.Column("made_on", sa.String(10), nullable=False),
    sa.Index("ix_reports_taxes_made", "operator_id", "made_on"),
)
"""What of a CDR belongs to which rate of VAT."""

credits = sa.Table(
    "reports_credits",
    metadata,
    _id("cdr_id", is_key=True),
    _id("operator_id"),
    _id("session_id"),
    _id("credit_id"),
    sa.Column("currency", sa.String(3), nullable=False),
    _number("excl_minor"),
    _number("incl_minor"),
    sa.Column("made_on", sa.String(10), nullable=False),
    sa.Index("ix_reports_credits_session", "session_id"),
    sa.Index("ix_reports_credits_made", "operator_id", "made_on"),
)
"""A CDR is credited whole, once; the two may be told in either order."""

starts = sa.Table(
    "reports_starts",
    metadata,
    _id("command_id", is_key=True),
    _id("operator_id"),
    _id("station_id"),
    _id("location_id", nullable=True),
    sa.Column("cause", sa.String(30), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("day_on", sa.String(10), comment="null: not rolled up yet"),
    sa.Column("operator_day_on", sa.String(10), comment="the same in the operator's zone"),
    sa.Index("ix_reports_starts_day", "operator_id", "day_on"),
    sa.Index("ix_reports_starts_station_day", "station_id", "day_on"),
)
"""An order to start from which no session came."""

money = sa.Table(
    "reports_money",
    metadata,
    sa.Column("kind", sa.String(12), primary_key=True),
    sa.Column("fact_id", sa.String(200), primary_key=True),
    _id("operator_id"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("day_on", sa.String(10), nullable=False, comment="in the operator's zone"),
    sa.Column("provider", sa.String(40), nullable=False),
    sa.Column("method", sa.String(40), nullable=False),
    sa.Column("state", sa.String(40), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    _number("minor"),
    _number("fee_minor"),
    sa.Column("payer_id", sa.String(64)),
    _id("session_id", nullable=True),
    sa.Index("ix_reports_money_day", "operator_id", "kind", "day_on"),
    sa.Index("ix_reports_money_session", "session_id"),
)
"""Money facts as they were told, each once. `kind`: held, released, captured, refunded, disputed, topped_up, paid_out."""

days = sa.Table(
    "reports_days",
    metadata,
    _id("operator_id"),
    _id("station_id", is_key=True),
    sa.Column("evse_number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("day_on", sa.String(10), primary_key=True),
    sa.Column("currency", sa.String(3), primary_key=True, comment="empty: what is not money"),
    sa.Column("location_id", sa.String(36), primary_key=True, comment="empty: none"),
    *map(
        _number,
        (
            "sessions",
            "energy_wh",
            "duration_s",
            "busy_s",
            "completed",
            "failed",
            "cdrs",
            "excl_minor",
            "vat_minor",
            "incl_minor",
            "credited_minor",
        ),
    ),
    sa.Index("ix_reports_days_day", "operator_id", "day_on"),
)
"""The sums of a day of an EVSE, made anew from the facts whenever one of them changes."""

stale = sa.Table(
    "reports_stale",
    metadata,
    _id("id", is_key=True),
    _id("operator_id"),
    _id("station_id"),
    sa.Column("day_on", sa.String(10), nullable=False),
)
"""Days of stations whose sums are to be made anew."""

evses = sa.Table(
    "reports_evses",
    metadata,
    _id("station_id", is_key=True),
    sa.Column("evse_number", sa.Integer, primary_key=True, autoincrement=False),
    _id("operator_id"),
    sa.Column("station_identity", sa.String(48), nullable=False),
    _id("location_id", nullable=True),
    sa.Column("is_placed", sa.Boolean, nullable=False),
    sa.Index("ix_reports_evses_operator", "operator_id"),
)
"""EVSEs that have told a status or had a session; where their station stands, once that was asked."""

changes = sa.Table(
    "reports_changes",
    metadata,
    _id("station_id", is_key=True),
    sa.Column("evse_number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("connector_number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", UtcDateTime, primary_key=True),
    sa.Column("state", sa.String(12), primary_key=True),
    _id("operator_id"),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("error_code", sa.String(100)),
    sa.Index("ix_reports_changes_at", "station_id", "at"),
)
"""The status ledger as it was told; connector -1 is the station's link. Intervals are made of it when they are asked for."""

excluded_times = sa.Table(
    "reports_excluded_times",
    metadata,
    _id("id", is_key=True),
    _id("operator_id"),
    _id("location_id", nullable=True),
    _id("station_id", nullable=True),
    sa.Column("evse_number", sa.Integer),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("evidence_url", sa.String(1000)),
    sa.Column("recorded_by", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_reports_excluded_operator", "operator_id", "id"),
)
"""Times that may be excluded: of a location, a station, or one EVSE."""

places = sa.Table(
    "reports_places",
    metadata,
    _id("location_id", is_key=True),
    _id("operator_id"),
    sa.Column("co2_g_per_kwh", sa.Integer),
    sa.Column("opening_hours", JsonDocument, comment="null: always open"),
)
"""What reports must know of a location and nobody else keeps."""

schedules = sa.Table(
    "reports_schedules",
    metadata,
    _id("id", is_key=True),
    _id("operator_id"),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("period", sa.String(10), nullable=False),
    sa.Column("group_by", JsonDocument, nullable=False),
    sa.Column("filters", JsonDocument, nullable=False),
    sa.Column("emails", JsonDocument, nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Index("ix_reports_schedules_next", "next_at"),
)
"""Reports that are mailed when their period is over."""
