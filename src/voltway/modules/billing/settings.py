"""Settings of the billing module."""

from __future__ import annotations

from pydantic import Field, SecretStr

from voltway.kernel.module import Settings


class BillingSettings(Settings):
    """Where receipts are, and where drivers pay."""

    receipt_url: str | None = Field(default=None, max_length=1900, pattern=r"^https?://[^\s]+$")
    """The page of a receipt, `{receipt_id}` in it; told to a station whose terminal gives no receipt of its own."""
    web_payment_url: str | None = Field(default=None, max_length=1000, pattern=r"^https?://[^\s]+$")
    """The page of the payment provider that a valid QR code leads to, with station, evse and limits as query parameters; none:
    the API says what is to be paid for."""
    web_payment_timeout_s: int = Field(default=120, ge=10, le=3600)
    """How long a station keeps the EVSE for somebody who pays (OCPP 2.1 C25.FR.21)."""
    web_payment_secret: SecretStr | None = Field(default=None, min_length=16, max_length=200)
    """What the payment provider signs with when it says that a payment is made; none: nobody can say so."""
    web_payment_plug_s: float = Field(default=180.0, ge=1, le=3600)
    """How long a driver has to plug in after the station has taken the order to start; then the payment is cancelled."""
