"""Tables of the payments module. Amounts are minor units of the currency beside them."""

from __future__ import annotations

import sqlalchemy as sa

from voltway.kernel.database import JsonDocument, UtcDateTime, metadata

payments = sa.Table(
    "payments_payments",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("purpose", sa.String(10), nullable=False, comment="charge, top_up"),
    sa.Column("provider", sa.String(20), nullable=False),
    sa.Column("method", sa.String(20), nullable=False),
    sa.Column("source", sa.String(255), comment="what pays, in the provider's words"),
    sa.Column("payer_id", sa.String(36), comment="the account; null: a guest"),
    sa.Column("open_key", sa.String(64), unique=True, comment="EVSE and payer, while the payment is open"),
    sa.Column("payer_key", sa.String(64), index=True, comment="EVSE and payer, for good"),
    sa.Column("visit_id", sa.String(36)),
    sa.Column("station_id", sa.String(36)),
    sa.Column("location_id", sa.String(36)),
    sa.Column("evse_number", sa.Integer),
    sa.Column("id_token", sa.String(20), unique=True, comment="one-time, of this payment alone"),
    sa.Column("tariff", JsonDocument, comment="as it was shown"),
    sa.Column("wallet_id", sa.String(36), comment="of a top-up"),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("limit_minor", sa.BigInteger, nullable=False, comment="the most that the payer agreed to"),
    sa.Column("hold_wanted_minor", sa.BigInteger, nullable=False),
    sa.Column("held_minor", sa.BigInteger, nullable=False),
    sa.Column("captured_minor", sa.BigInteger, nullable=False),
    sa.Column("refunded_minor", sa.BigInteger, nullable=False),
    sa.Column("owed_minor", sa.BigInteger),
    sa.Column("can_hold", sa.Boolean, nullable=False),
    sa.Column("can_raise", sa.Boolean, nullable=False),
    sa.Column("is_payer_away", sa.Boolean),
    sa.Column("hold_step", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(40)),
    sa.Column("reference", sa.String(255), comment="the provider's id"),
    sa.Column("action_url", sa.Text, comment="where the payer confirms"),
    sa.Column("return_url", sa.String(1000)),
    sa.Column("start_state", sa.String(10), nullable=False),
    sa.Column("start_due_at", UtcDateTime, comment="when to look what came of the order to start"),
    sa.Column("station_back_at", UtcDateTime),
    sa.Column("stop_ordered_at", UtcDateTime),
    sa.Column("session_id", sa.String(36), index=True),
    sa.Column("session_started_at", UtcDateTime),
    sa.Column("idle_told_at", UtcDateTime, comment="when the payer was told that staying soon costs something"),
    sa.Column("cdr_id", sa.String(36)),
    sa.Column("hold_expires_at", UtcDateTime),
    sa.Column("over_at", UtcDateTime),
    sa.Column("refund_after", UtcDateTime),
    sa.Column("due_at", UtcDateTime, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Index(None, "operator_id", "id"),
    sa.Index(None, "provider", "reference"),
    sa.Index(None, "station_id", "start_state"),
)
"""One row per payment. `due_at`: when the job looks at it next; null: not before something happens."""

calls = sa.Table(
    "payments_calls",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True, comment="the idempotency key"),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("payment_id", sa.String(36), nullable=False, index=True),
    sa.Column("open_id", sa.String(36), unique=True, comment="the payment, while the outcome is not known"),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(40)),
    sa.Column("cdr_id", sa.String(36)),
    sa.Column("state", sa.String(10), nullable=False, comment="sent, done, declined"),
    sa.Column("answer", sa.String(40)),
    sa.Column("reference", sa.String(255)),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("leased_until", UtcDateTime, comment="somebody waits for the answer until then"),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("settled_at", UtcDateTime),
)
"""One row per call to a provider, saved before it is sent."""

notices = sa.Table(
    "payments_notices",
    metadata,
    sa.Column("provider", sa.String(20), primary_key=True),
    sa.Column("event_id", sa.String(120), primary_key=True),
    sa.Column("received_at", UtcDateTime, nullable=False, index=True),
)
"""Webhooks that were taken: one that comes again changes nothing."""

disputes = sa.Table(
    "payments_disputes",
    metadata,
    sa.Column("id", sa.String(120), primary_key=True, comment="the provider's"),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("payment_id", sa.String(36), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)

movements = sa.Table(
    "payments_movements",
    metadata,
    sa.Column("provider", sa.String(20), primary_key=True),
    sa.Column("id", sa.String(120), primary_key=True, comment="of the entry in the provider's books"),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False, comment="capture, refund, payout"),
    sa.Column(
        "subject", sa.String(255), nullable=False, comment="our id of it; the provider's where it is none of ours"
    ),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("fee_minor", sa.BigInteger, comment="in the currency of the provider's account"),
    sa.Column("fee_currency", sa.String(3)),
    sa.Column("moved_at", UtcDateTime, nullable=False),
    sa.Index(None, "operator_id", "moved_at"),
)
"""What providers' own books say, as far as they were read."""

readings = sa.Table(
    "payments_readings",
    metadata,
    sa.Column("provider", sa.String(20), primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
)
"""From when until when a provider's books were read."""

wallets = sa.Table(
    "payments_wallets",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("account_id", sa.String(36), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("balance_minor", sa.BigInteger, nullable=False),
    sa.Column("held_minor", sa.BigInteger, nullable=False),
    sa.Column("auto_top_up", JsonDocument, comment="method, source, below_minor, amount_minor, month_max_minor"),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "account_id", "currency"),
    sa.CheckConstraint("balance_minor >= held_minor AND held_minor >= 0", name="payments_wallets_covered"),
)
"""Prepaid balances. What is held is part of the balance and cannot be spent again."""

credits_ = sa.Table(
    "payments_credit_lines",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("credit_limit_minor", sa.BigInteger, nullable=False),
    sa.Column("held_minor", sa.BigInteger, nullable=False),
    sa.Column("open_minor", sa.BigInteger, nullable=False, comment="taken and not paid yet"),
    sa.Column("members", JsonDocument, nullable=False, comment="account id -> cost centre"),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Index(None, "operator_id", "id"),
)
"""Who pays by invoice, and how much they may owe."""

vouchers = sa.Table(
    "payments_vouchers",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, comment="of the code"),
    sa.Column("hint", sa.String(8), nullable=False, comment="the last characters of the code"),
    sa.Column("kind", sa.String(10), nullable=False, comment="voucher, free, host"),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("held_minor", sa.BigInteger, nullable=False),
    sa.Column("used_minor", sa.BigInteger, nullable=False),
    sa.Column("location_id", sa.String(36), comment="only there; null: everywhere"),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("operator_id", "digest"),
)
"""What pays without the driver: vouchers with an amount; budgets of an operator (free vend) or of a host."""

moves = sa.Table(
    "payments_moves",
    metadata,
    sa.Column("call_id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("purse", sa.String(10), nullable=False, comment="wallet, credit, voucher"),
    sa.Column("purse_id", sa.String(36), nullable=False),
    sa.Column("payment_id", sa.String(36), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(40)),
    sa.Column("moved_at", UtcDateTime, nullable=False),
    sa.Index(None, "purse_id", "moved_at"),
    sa.Index(None, "payment_id"),
)
"""What purses of our own did, once per call: the answer that `query` gives."""

sandbox = sa.Table(
    "payments_sandbox",
    metadata,
    sa.Column("call_id", sa.String(60), primary_key=True),
    sa.Column("reference", sa.String(40), nullable=False, index=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("card", sa.String(30), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(40)),
    sa.Column("done_at", UtcDateTime, nullable=False),
)
"""The books of the embedded test provider: one row per key that reached it."""

# ---- cards that are kept

customers = sa.Table(
    "payments_customers",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True, comment="the idempotency key"),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("account_id", sa.String(36), nullable=False),
    sa.Column("provider", sa.String(20), nullable=False),
    sa.Column("reference", sa.String(120), comment="the provider's id; null: not made yet"),
    sa.UniqueConstraint("account_id", "operator_id", "provider"),
)
"""Accounts as a provider knows them that keeps their cards."""

cards = sa.Table(
    "payments_cards",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True, comment="the idempotency key"),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("account_id", sa.String(36), nullable=False),
    sa.Column("provider", sa.String(20), nullable=False),
    sa.Column("customer", sa.String(120), nullable=False, comment="the provider's id"),
    sa.Column("setup", sa.String(120), comment="the provider's id of how it came to be kept"),
    sa.Column("source", sa.String(255), comment="until it is kept: the card as the payer gave it"),
    sa.Column("reference", sa.String(120), comment="by which the provider charges it"),
    sa.Column("state", sa.String(10), nullable=False, comment="adding, kept, failed"),
    sa.Column("reason", sa.String(40)),
    sa.Column("brand", sa.String(20)),
    sa.Column("last_four", sa.String(4)),
    sa.Column("exp_month", sa.Integer),
    sa.Column("exp_year", sa.Integer),
    sa.Column("chosen_at", UtcDateTime, comment="when it was made the default"),
    sa.Column("action_url", sa.Text, comment="where the payer confirms"),
    sa.Column("return_url", sa.String(1000)),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due_at", UtcDateTime, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index(None, "account_id", "operator_id"),
)
"""Cards that drivers have had kept: what a provider calls them, and what may be shown of them. Never a number."""

removals = sa.Table(
    "payments_removals",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("operator_id", sa.String(36), nullable=False),
    sa.Column("provider", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False, comment="card, customer, setup"),
    sa.Column("reference", sa.String(120), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False, index=True),
)
"""What a provider shall keep no longer, until it has said so."""

sandbox_cards = sa.Table(
    "payments_sandbox_cards",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("customer", sa.String(120), nullable=False, index=True),
    sa.Column("card", sa.String(30), nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("return_url", sa.String(1000)),
)
"""The cards that the embedded test provider keeps."""
