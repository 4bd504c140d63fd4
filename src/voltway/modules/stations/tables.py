"""The tables of the stations module. Rows of stations, locations and commands are never deleted."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata


def _station_id(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "station_id", sa.String(36), sa.ForeignKey("stations_stations.id"), primary_key=primary_key, nullable=False
    )


def _operator_id() -> sa.Column[str]:
    return sa.Column("operator_id", sa.String(36), nullable=False)


locations = sa.Table(
    "stations_locations",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    _operator_id(),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("address", sa.String(200)),
    sa.Column("city", sa.String(100)),
    sa.Column("postal_code", sa.String(20)),
    sa.Column("country", sa.String(2)),
    sa.Column("latitude", sa.Double),
    sa.Column("longitude", sa.Double),
    sa.Column("time_zone", sa.String(64), nullable=False),
    # What drivers may know of it
    sa.Column("published_at", UtcDateTime),  # null: nothing
    sa.Column("access", sa.String(16)),  # of Access; null: nobody has said
    sa.Column("opening_hours", JsonDocument),  # of OpeningHourBody; null: always open
    sa.Column("help_phone", sa.String(30)),
    sa.Column("directions", sa.String(500)),
    sa.Column("facilities", JsonDocument),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("retired_at", UtcDateTime),
    sa.Index(None, "operator_id", "id"),
)

stations = sa.Table(
    "stations_stations",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    _operator_id(),
    sa.Column("identity", sa.String(48), nullable=False),
    sa.Column("identity_key", sa.String(48), nullable=False),  # identities compare without case
    # Empty, or the id of a retired record: an identity may be used again, but only once at a time.
    sa.Column("retired_key", sa.String(36), nullable=False),
    sa.Column("retired_at", UtcDateTime),
    sa.Column("name", sa.String(100)),
    sa.Column("location_id", sa.String(36), sa.ForeignKey("stations_locations.id")),
    # Who may connect
    sa.Column("security_profile", sa.SmallInteger, nullable=False),
    sa.Column("secret_hash", sa.LargeBinary(64)),
    sa.Column("candidate_hashes", sa.LargeBinary(200)),  # rules.Candidate: it may have one of these by now
    sa.Column("security_profile_target", sa.SmallInteger),
    sa.Column("is_password_weak", sa.Boolean),  # null: it was set before this was looked at
    sa.Column("has_factory_password", sa.Boolean),  # pending until it has another
    sa.Column("open_until", UtcDateTime),  # profile 0 ends then; null: it does not
    sa.Column("registration", sa.String(16), nullable=False),
    sa.Column("quarantined_at", UtcDateTime),  # it came by itself, and nobody has said yet what is to become of it
    sa.Column("connector_map", JsonDocument),
    # What the station says of itself
    sa.Column("vendor", sa.String(255)),
    sa.Column("model", sa.String(255)),
    sa.Column("serial_number", sa.String(255)),
    sa.Column("firmware_version", sa.String(255)),
    sa.Column("iccid", sa.String(50)),
    sa.Column("imsi", sa.String(50)),
    sa.Column("meter_type", sa.String(255)),
    sa.Column("meter_serial_number", sa.String(255)),
    sa.Column("boot_reason", sa.String(50)),
    sa.Column("booted_at", UtcDateTime),
    sa.Column("boot_level", sa.Double, nullable=False),  # rules.BootPace
    sa.Column("status", sa.String(16)),
    # Its link
    sa.Column("protocol", sa.String(16)),
    sa.Column("is_online", sa.Boolean, nullable=False),
    sa.Column("last_seen_at", UtcDateTime),
    sa.Column("link_epoch", sa.BigInteger, nullable=False),
    sa.Column("link_node_id", sa.String(36)),
    sa.Column("remote_address", sa.String(64)),
    sa.Column("connected_at", UtcDateTime),
    sa.Column("disconnected_at", UtcDateTime),
    sa.Column("close_reason", sa.String(200)),
    sa.Column("version", sa.Integer, nullable=False),  # counts edits by people, not what the station reports
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "identity_key", "retired_key"),
    sa.Index(None, "identity_key"),
    sa.Index(None, "operator_id", "id"),
    sa.Index(None, "location_id"),
    sa.Index(None, "is_online"),
    sa.Index(None, "quarantined_at"),
)

evses = sa.Table(
    "stations_evses",
    metadata,
    _station_id(primary_key=True),
    sa.Column("evse_number", sa.Integer, primary_key=True, autoincrement=False),  # 0: the station itself
    _operator_id(),
    sa.Column("power_w_max", sa.Double),
    sa.Column("charging_state", sa.String(16)),
)

connectors = sa.Table(
    "stations_connectors",
    metadata,
    _station_id(primary_key=True),
    sa.Column("evse_number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("connector_number", sa.Integer, primary_key=True, autoincrement=False),  # 0: the whole EVSE
    _operator_id(),
    sa.Column("type", sa.String(40)),
    sa.Column("status", sa.String(16)),  # null: not reported yet
    sa.Column("wire_status", sa.String(50)),
    sa.Column("error_code", sa.String(50)),
    sa.Column("vendor_error_code", sa.String(100)),
    sa.Column("info", sa.String(500)),
    sa.Column("status_at", UtcDateTime),
)

status_history = sa.Table(
    "stations_status_history",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    _operator_id(),
    _station_id(),
    sa.Column("evse_number", sa.Integer, nullable=False),
    sa.Column("connector_number", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("wire_status", sa.String(50), nullable=False),
    sa.Column("error_code", sa.String(50)),
    sa.Column("vendor_error_code", sa.String(100)),
    sa.Column("info", sa.String(500)),
    sa.Column("occurred_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Index(None, "station_id", "received_at"),
)

variables = sa.Table(
    "stations_variables",
    metadata,
    _station_id(primary_key=True),
    sa.Column("key", sa.String(40), primary_key=True),  # rules.variable_key: the names below in one
    _operator_id(),
    sa.Column("id", sa.String(36), nullable=False),
    sa.Column("component", sa.String(100)),
    sa.Column("component_instance", sa.String(100)),
    sa.Column("evse_number", sa.Integer),
    sa.Column("connector_number", sa.Integer),
    sa.Column("variable", sa.String(100), nullable=False),
    sa.Column("instance", sa.String(100)),
    sa.Column("attribute", sa.String(20), nullable=False),
    sa.Column("value", sa.Text),
    sa.Column("is_readonly", sa.Boolean),
    sa.Column("data_type", sa.String(20)),
    sa.Column("unit", sa.String(40)),
    sa.Column("value_list", sa.Text),
    sa.Column("value_min", sa.Double),
    sa.Column("value_max", sa.Double),
    sa.Column("can_be_monitored", sa.Boolean),
    sa.Column("reported_at", UtcDateTime, nullable=False),
    sa.Index(None, "station_id", "id"),
)

commands = sa.Table(
    "stations_commands",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    _operator_id(),
    _station_id(),
    sa.Column("type", sa.String(40), nullable=False),
    sa.Column("arguments", JsonDocument, nullable=False),  # as given, secrets masked
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("wire_status", sa.String(100)),
    sa.Column("effect", sa.String(20)),
    sa.Column("result", JsonDocument),
    sa.Column("requested_by", sa.String(200), nullable=False),
    sa.Column("requested_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    # Set while the command runs: past this, the process that ran it is dead and what the station did is not known.
    sa.Column("due_at", UtcDateTime),
    # Set while something is still to follow from the command.
    sa.Column("effect_due_at", UtcDateTime),
    sa.Column("remote_start_id", sa.BigInteger),
    sa.Column("transaction_id", sa.String(36)),
    sa.Index(None, "station_id", "id"),
    sa.Index(None, "operator_id", "id"),
    sa.Index(None, "due_at"),
    sa.Index(None, "effect_due_at"),
)

quarantine = sa.Table(
    "stations_quarantine",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    _operator_id(),
    sa.Column("station_id", sa.String(36), nullable=False),  # no foreign key: it may be what is wrong with the report
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("report", JsonDocument, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("quarantined_at", UtcDateTime, nullable=False),
)

# ---- what stations tell of their device model beside settings


def _variable_names() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("component", sa.String(100), nullable=False),
        sa.Column("component_instance", sa.String(100)),
        sa.Column("evse_number", sa.Integer),
        sa.Column("connector_number", sa.Integer),
        sa.Column("variable", sa.String(100), nullable=False),
        sa.Column("instance", sa.String(100)),
    )


monitors = sa.Table(
    "stations_monitors",
    metadata,
    _station_id(primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),  # the station's
    _operator_id(),
    sa.Column("id", sa.String(36), nullable=False),
    *_variable_names(),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("severity", sa.Integer, nullable=False),
    sa.Column("is_in_transaction_only", sa.Boolean, nullable=False),
    sa.Column("origin", sa.String(40)),
    sa.Column("reported_at", UtcDateTime, nullable=False),
    sa.Index(None, "station_id", "id"),
)

station_events = sa.Table(
    "stations_events",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    _operator_id(),
    _station_id(),
    sa.Column("key", sa.String(40), nullable=False),  # a message that is repeated is stored once
    sa.Column("number", sa.BigInteger, nullable=False),  # the station's
    *_variable_names(),
    sa.Column("occurred_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("trigger", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("actual_value", sa.Text, nullable=False),
    sa.Column("severity", sa.Integer),
    sa.Column("cause_number", sa.BigInteger),
    sa.Column("tech_code", sa.String(50)),
    sa.Column("tech_info", sa.String(500)),
    sa.Column("is_cleared", sa.Boolean, nullable=False),
    sa.Column("transaction_id", sa.String(36)),
    sa.Column("monitor_number", sa.BigInteger),
    sa.UniqueConstraint("station_id", "key"),
    sa.Index(None, "station_id", "id"),
)

display_messages = sa.Table(
    "stations_display_messages",
    metadata,
    _station_id(primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),  # ours, or one of the station's own
    _operator_id(),
    sa.Column("id", sa.String(36), nullable=False),
    sa.Column("priority", sa.String(20), nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("format", sa.String(20), nullable=False),
    sa.Column("language", sa.String(8)),
    sa.Column("state", sa.String(20)),
    sa.Column("display", sa.String(50)),
    sa.Column("starts_at", UtcDateTime),
    sa.Column("ends_at", UtcDateTime),
    sa.Column("transaction_id", sa.String(36)),
    sa.Column("reported_at", UtcDateTime, nullable=False),
    sa.Index(None, "station_id", "id"),
)

data_transfers = sa.Table(
    "stations_data_transfers",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    _operator_id(),
    _station_id(),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("vendor_id", sa.String(255), nullable=False),
    sa.Column("vendor_message_id", sa.String(50)),
    sa.Column("data", JsonDocument),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("answer", JsonDocument),
    sa.Index(None, "station_id", "id"),
)
