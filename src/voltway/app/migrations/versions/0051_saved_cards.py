"""Cards that are kept for later, and what a provider shall keep no longer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import UtcDateTime

revision = "0051"
down_revision = "0050"
keeps_older = True


def upgrade() -> None:
    op.add_column("payments_payments", sa.Column("is_payer_away", sa.Boolean(), nullable=True))
    op.create_table(
        "payments_customers",
        sa.Column("id", sa.String(length=36), nullable=False, comment="the idempotency key"),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=True, comment="the provider's id; null: not made yet"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "account_id", "operator_id", "provider", name="uq_payments_customers_account_id_operator_id_provider"
        ),
    )
    op.create_table(
        "payments_cards",
        sa.Column("id", sa.String(length=36), nullable=False, comment="the idempotency key"),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("customer", sa.String(length=120), nullable=False, comment="the provider's id"),
        sa.Column("setup", sa.String(length=120), nullable=True, comment="the provider's id of how it came to be kept"),
        sa.Column(
            "source", sa.String(length=255), nullable=True, comment="until it is kept: the card as the payer gave it"
        ),
        sa.Column("reference", sa.String(length=120), nullable=True, comment="by which the provider charges it"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="adding, kept, failed"),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("brand", sa.String(length=20), nullable=True),
        sa.Column("last_four", sa.String(length=4), nullable=True),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column("chosen_at", UtcDateTime(), nullable=True, comment="when it was made the default"),
        sa.Column("action_url", sa.Text(), nullable=True, comment="where the payer confirms"),
        sa.Column("return_url", sa.String(length=1000), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_payments_cards_account_id_operator_id", "payments_cards", ["account_id", "operator_id"])
    op.create_index("ix_payments_cards_due_at", "payments_cards", ["due_at"])
    op.create_table(
        "payments_removals",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="card, customer, setup"),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_payments_removals_due_at", "payments_removals", ["due_at"])
    op.create_table(
        "payments_sandbox_cards",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("customer", sa.String(length=120), nullable=False),
        sa.Column("card", sa.String(length=30), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("return_url", sa.String(length=1000), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_payments_sandbox_cards_customer", "payments_sandbox_cards", ["customer"])
