"""Settings of the billing module."""

from __future__ import annotations

from pydantic import Field

from voltway.kernel.module import Settings


class BillingSettings(Settings):
    """Where receipts are."""

    receipt_url: str | None = Field(default=None, max_length=1900, pattern=r"^https?://[^\s]+$")
    """The page of a receipt, `{receipt_id}` in it; told to a station whose terminal gives no receipt of its own."""
