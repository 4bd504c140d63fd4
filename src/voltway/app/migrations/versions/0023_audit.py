"""The audit log: a chain of entries for each operator, which the database refuses to change or shorten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("act_id", sa.String(length=36), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("target_kind", sa.String(length=40), nullable=False),
        sa.Column("target_id", sa.String(length=100), nullable=False),
        sa.Column("was", JsonDocument(), nullable=True),
        sa.Column("became", JsonDocument(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", "number"),
        sa.UniqueConstraint("act_id", name=op.f("uq_audit_entries_act_id")),
    )
    for columns in (
        ["operator_id", "actor_id", "number"],
        ["operator_id", "at"],
        ["operator_id", "target_id", "number"],
    ):
        op.create_index(op.f(f"ix_audit_entries_{'_'.join(columns)}"), "audit_entries", columns, unique=False)
    op.create_table(
        "audit_heads",
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("operator_id"),
    )
    _refuse_changes()


_SAYS = "entries of the audit log are never changed or removed"
_NOT_TRUSTED = "1419"
"""MariaDB with a binary log lets only its administrators make triggers, unless log_bin_trust_function_creators is set."""


def _refuse_changes() -> None:
    """A wall against mistakes and the lazy; who may alter tables can take it down, and is found by the chain."""
    dialect = op.get_context().dialect.name
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_SAYS}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
        return
    refuse = (
        f"SELECT RAISE(ABORT, '{_SAYS}');"
        if dialect == "sqlite"
        else f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{_SAYS}';"
    )
    for act in ("UPDATE", "DELETE"):
        name = f"audit_entries_stay_{act.lower()}"
        try:
            op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON audit_entries FOR EACH ROW BEGIN {refuse} END")
        except DBAPIError as error:
            if _NOT_TRUSTED not in str(error.orig):
                raise
