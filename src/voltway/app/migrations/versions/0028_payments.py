"""Payments: calls to providers, wallets, credit lines, vouchers, the books of the sandbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from voltway.kernel.database import JsonDocument, UtcDateTime

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "payments_calls",
        sa.Column("id", sa.String(length=36), nullable=False, comment="the idempotency key"),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("payment_id", sa.String(length=36), nullable=False),
        sa.Column(
            "open_id", sa.String(length=36), nullable=True, comment="the payment, while the outcome is not known"
        ),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("cdr_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False, comment="sent, done, declined"),
        sa.Column("answer", sa.String(length=40), nullable=True),
        sa.Column("reference", sa.String(length=255), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True, comment="somebody waits for the answer until then"),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_id", name=op.f("uq_payments_calls_open_id")),
    )
    with op.batch_alter_table("payments_calls", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_calls_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "payments_credit_lines",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("credit_limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False, comment="taken and not paid yet"),
        sa.Column("members", JsonDocument(), nullable=False, comment="account id -> cost centre"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("payments_credit_lines", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payments_credit_lines_operator_id_id"), ["operator_id", "id"], unique=False
        )

    op.create_table(
        "payments_disputes",
        sa.Column("id", sa.String(length=120), nullable=False, comment="the provider's"),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("payment_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "payments_moves",
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("purse", sa.String(length=10), nullable=False, comment="wallet, credit, voucher"),
        sa.Column("purse_id", sa.String(length=36), nullable=False),
        sa.Column("payment_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )
    with op.batch_alter_table("payments_moves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_moves_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_moves_purse_id_moved_at"), ["purse_id", "moved_at"], unique=False)

    op.create_table(
        "payments_notices",
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=120), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "event_id"),
    )
    with op.batch_alter_table("payments_notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_notices_received_at"), ["received_at"], unique=False)

    op.create_table(
        "payments_payments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False, comment="charge, top_up"),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=True, comment="what pays, in the provider's words"),
        sa.Column("payer_id", sa.String(length=36), nullable=True, comment="the account; null: a guest"),
        sa.Column("open_key", sa.String(length=64), nullable=True, comment="EVSE and payer, while the payment is open"),
        sa.Column("visit_id", sa.String(length=36), nullable=True),
        sa.Column("station_id", sa.String(length=36), nullable=True),
        sa.Column("location_id", sa.String(length=36), nullable=True),
        sa.Column("evse_number", sa.Integer(), nullable=True),
        sa.Column("id_token", sa.String(length=20), nullable=True, comment="one-time, of this payment alone"),
        sa.Column("tariff", JsonDocument(), nullable=True, comment="as it was shown"),
        sa.Column("wallet_id", sa.String(length=36), nullable=True, comment="of a top-up"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), nullable=False, comment="the most that the payer agreed to"),
        sa.Column("hold_wanted_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("owed_minor", sa.BigInteger(), nullable=True),
        sa.Column("can_hold", sa.Boolean(), nullable=False),
        sa.Column("can_raise", sa.Boolean(), nullable=False),
        sa.Column("hold_step", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("reference", sa.String(length=255), nullable=True, comment="the provider's id"),
        sa.Column("action_url", sa.Text(), nullable=True, comment="where the payer confirms"),
        sa.Column("return_url", sa.String(length=1000), nullable=True),
        sa.Column("start_state", sa.String(length=10), nullable=False),
        sa.Column("start_due_at", UtcDateTime(), nullable=True, comment="when to look what came of the order to start"),
        sa.Column("station_back_at", UtcDateTime(), nullable=True),
        sa.Column("stop_ordered_at", UtcDateTime(), nullable=True),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("session_started_at", UtcDateTime(), nullable=True),
        sa.Column("cdr_id", sa.String(length=36), nullable=True),
        sa.Column("hold_expires_at", UtcDateTime(), nullable=True),
        sa.Column("over_at", UtcDateTime(), nullable=True),
        sa.Column("refund_after", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id_token", name=op.f("uq_payments_payments_id_token")),
        sa.UniqueConstraint("open_key", name=op.f("uq_payments_payments_open_key")),
    )
    with op.batch_alter_table("payments_payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_payments_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_payments_payments_operator_id_id"), ["operator_id", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_payments_payments_provider_reference"),
            ["provider", "reference"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_payments_payments_session_id"), ["session_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_payments_payments_station_id_start_state"), ["station_id", "start_state"], unique=False
        )

    op.create_table(
        "payments_sandbox",
        sa.Column("call_id", sa.String(length=60), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("card", sa.String(length=30), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )
    with op.batch_alter_table("payments_sandbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_sandbox_reference"), ["reference"], unique=False)

    op.create_table(
        "payments_vouchers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="of the code"),
        sa.Column("hint", sa.String(length=8), nullable=False, comment="the last characters of the code"),
        sa.Column("kind", sa.String(length=10), nullable=False, comment="voucher, free, host"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("used_minor", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.String(length=36), nullable=True, comment="only there; null: everywhere"),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("operator_id", "digest", name=op.f("uq_payments_vouchers_operator_id_digest")),
    )
    op.create_table(
        "payments_wallets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("operator_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "auto_top_up",
            JsonDocument(),
            nullable=True,
            comment="method, source, below_minor, amount_minor, month_max_minor",
        ),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("balance_minor >= held_minor AND held_minor >= 0", name="payments_wallets_covered"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "operator_id", "account_id", "currency", name=op.f("uq_payments_wallets_operator_id_account_id_currency")
        ),
    )
