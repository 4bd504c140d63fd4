"""Locations, stations, commands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "stations_locations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("postal_code", sa.String(length=20), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_stations_locations_operator_id_id"), "stations_locations", ["operator_id", "id"], unique=False
    )
    op.create_table(
        "stations_quarantine",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("report", JsonDocument(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("quarantined_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "stations_stations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("identity", sa.String(length=48), nullable=False),
        sa.Column("identity_key", sa.String(length=48), nullable=False),
        sa.Column("retired_key", sa.String(length=36), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("security_profile", sa.SmallInteger(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=64), nullable=True),
        sa.Column("registration", sa.String(length=16), nullable=False),
        sa.Column("connector_map", JsonDocument(), nullable=True),
        sa.Column("vendor", sa.String(length=255), nullable=True),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("serial_number", sa.String(length=255), nullable=True),
        sa.Column("firmware_version", sa.String(length=255), nullable=True),
        sa.Column("iccid", sa.String(length=50), nullable=True),
        sa.Column("imsi", sa.String(length=50), nullable=True),
        sa.Column("meter_type", sa.String(length=255), nullable=True),
        sa.Column("meter_serial_number", sa.String(length=255), nullable=True),
        sa.Column("boot_reason", sa.String(length=50), nullable=True),
        sa.Column("booted_at", UtcDateTime(), nullable=True),
        sa.Column("boot_level", sa.Double(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("protocol", sa.String(length=16), nullable=True),
        sa.Column("is_online", sa.Boolean(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.Column("link_epoch", sa.BigInteger(), nullable=False),
        sa.Column("link_node_id", sa.String(length=36), nullable=True),
        sa.Column("remote_address", sa.String(length=64), nullable=True),
        sa.Column("connected_at", UtcDateTime(), nullable=True),
        sa.Column("disconnected_at", UtcDateTime(), nullable=True),
        sa.Column("close_reason", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"], ["stations_locations.id"], name=op.f("fk_stations_stations_location_id")
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "operator_id",
            "identity_key",
            "retired_key",
            name=op.f("uq_stations_stations_operator_id_identity_key_retired_key"),
        ),
    )
    op.create_index(op.f("ix_stations_stations_identity_key"), "stations_stations", ["identity_key"], unique=False)
    op.create_index(op.f("ix_stations_stations_is_online"), "stations_stations", ["is_online"], unique=False)
    op.create_index(op.f("ix_stations_stations_location_id"), "stations_stations", ["location_id"], unique=False)
    op.create_index(
        op.f("ix_stations_stations_operator_id_id"), "stations_stations", ["operator_id", "id"], unique=False
    )
    op.create_table(
        "stations_commands",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("arguments", JsonDocument(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("wire_status", sa.String(length=100), nullable=True),
        sa.Column("effect", sa.String(length=20), nullable=True),
        sa.Column("result", JsonDocument(), nullable=True),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("effect_due_at", UtcDateTime(), nullable=True),
        sa.Column("remote_start_id", sa.BigInteger(), nullable=True),
        sa.Column("transaction_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["stations_stations.id"], name=op.f("fk_stations_commands_station_id")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_stations_commands_due_at"), "stations_commands", ["due_at"], unique=False)
    op.create_index(op.f("ix_stations_commands_effect_due_at"), "stations_commands", ["effect_due_at"], unique=False)
    op.create_index(
        op.f("ix_stations_commands_operator_id_id"), "stations_commands", ["operator_id", "id"], unique=False
    )
    op.create_index(op.f("ix_stations_commands_station_id_id"), "stations_commands", ["station_id", "id"], unique=False)
    op.create_table(
        "stations_connectors",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("connector_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("wire_status", sa.String(length=50), nullable=True),
        sa.Column("error_code", sa.String(length=50), nullable=True),
        sa.Column("vendor_error_code", sa.String(length=100), nullable=True),
        sa.Column("info", sa.String(length=500), nullable=True),
        sa.Column("status_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations_stations.id"], name=op.f("fk_stations_connectors_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", "evse_number", "connector_number"),
    )
    op.create_table(
        "stations_evses",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("power_w_max", sa.Double(), nullable=True),
        sa.Column("charging_state", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["station_id"], ["stations_stations.id"], name=op.f("fk_stations_evses_station_id")),
        sa.PrimaryKeyConstraint("station_id", "evse_number"),
    )
    op.create_table(
        "stations_status_history",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("evse_number", sa.Integer(), nullable=False),
        sa.Column("connector_number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("wire_status", sa.String(length=50), nullable=False),
        sa.Column("error_code", sa.String(length=50), nullable=True),
        sa.Column("vendor_error_code", sa.String(length=100), nullable=True),
        sa.Column("info", sa.String(length=500), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations_stations.id"], name=op.f("fk_stations_status_history_station_id")
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_stations_status_history_station_id_received_at"),
        "stations_status_history",
        ["station_id", "received_at"],
        unique=False,
    )
    op.create_table(
        "stations_variables",
        sa.Column("station_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("component", sa.String(length=100), nullable=True),
        sa.Column("component_instance", sa.String(length=100), nullable=True),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("connector_number", sa.Integer(), nullable=True),
        sa.Column("variable", sa.String(length=100), nullable=False),
        sa.Column("instance", sa.String(length=100), nullable=True),
        sa.Column("attribute", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("is_readonly", sa.Boolean(), nullable=True),
        sa.Column("data_type", sa.String(length=20), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("value_list", sa.Text(), nullable=True),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations_stations.id"], name=op.f("fk_stations_variables_station_id")
        ),
        sa.PrimaryKeyConstraint("station_id", "key"),
    )
    op.create_index(
        op.f("ix_stations_variables_station_id_id"), "stations_variables", ["station_id", "id"], unique=False
    )
