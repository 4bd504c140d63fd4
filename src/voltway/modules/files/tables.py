"""Tables of the files module."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

images = sa.Table(
    "files_images",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("vendor", sa.String(50), nullable=False),
    sa.Column("model", sa.String(50), nullable=False),
    sa.Column("version", sa.String(50), nullable=False),
    sa.Column("file_name", sa.String(255), nullable=False),
    sa.Column("wanted_sha256", sa.String(64)),
    sa.Column("size_bytes", sa.BigInteger),
    sa.Column("sha256", sa.String(64)),
    sa.Column("md5", sa.String(32)),
    sa.Column("signature", sa.String(800)),
    sa.Column("signing_certificate", sa.Text),
    sa.Column("is_own_signature", sa.Boolean, nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("complete_at", UtcDateTime),
    sa.Index("ix_files_images_operator_id_id", "operator_id", "id"),
)
"""Firmware. An image is described first, then its content comes, once; a file of the name `id` holds it."""

makers = sa.Table(
    "files_makers",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("vendor", sa.String(50), nullable=False),
    sa.Column("subject", sa.String(500), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("certificate", sa.Text, nullable=False),
    sa.Column("valid_to", UtcDateTime, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "vendor", "fingerprint"),
)
"""Certificates by which the signatures of makers on firmware are checked."""

jobs = sa.Table(
    "files_jobs",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("station_identity", sa.String(48), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("log_kind", sa.String(20)),
    sa.Column("image_id", sa.String(36)),
    sa.Column("is_signed", sa.Boolean, nullable=False),
    sa.Column("request_number", sa.BigInteger, nullable=False),
    sa.Column("answer", sa.String(100)),
    sa.Column("status", sa.String(50)),
    sa.Column("outcome", sa.String(20)),
    sa.Column("file_name", sa.String(255)),
    sa.Column("file_id", sa.String(36)),
    sa.Column("token_hash", sa.String(64), unique=True),
    sa.Column("login_hash", sa.String(64)),
    sa.Column("requested_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("station_id", "request_number"),
    sa.Index("ix_files_jobs_station_id_id", "station_id", "id"),
)
"""One order about a file. `status` is the station's last word, `outcome` how it ended (none: it goes on). An address of ours
is known by the hash of its token; an order to another place has none."""

statuses = sa.Table(
    "files_statuses",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("job_id", sa.String(36)),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("request_number", sa.BigInteger),
    sa.Column("status", sa.String(50), nullable=False),
    sa.Column("is_expected", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(50)),
    sa.Column("locations", JsonDocument),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Index("ix_files_statuses_job_id_id", "job_id", "id"),
    sa.Index("ix_files_statuses_station_id_id", "station_id", "id"),
)
"""Every status as it came; without a job where none is meant by it."""

uploads = sa.Table(
    "files_uploads",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("station_id", sa.String(36), nullable=False),
    sa.Column("job_id", sa.String(36), nullable=False, unique=True),
    sa.Column("log_kind", sa.String(20), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Index("ix_files_uploads_station_id_id", "station_id", "id"),
)
"""What stations have brought, once for a job; a file of the name `id` holds it. The name is the station's, and no path."""
