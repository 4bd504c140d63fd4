"""Settings of the payments module: VOLTWAY_PAYMENTS__PROVIDERS and so on."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, SecretStr, model_validator

from voltway.kernel.module import Settings

ProviderName = Literal["stripe", "sandbox", "wallet", "invoice", "voucher", "terminal"]


class PaymentsSettings(Settings):
    """Who takes the money, and how much is held."""

    providers: tuple[ProviderName, ...] = Field(default=("wallet", "invoice", "voucher", "terminal"), max_length=6)
    """The first that takes a method gets it. `sandbox` takes cards that do not exist: for demonstrations and tests only."""
    hold: Decimal = Field(default=Decimal(15), gt=0, le=10_000)
    """Held at first where a hold can be raised, and by how much it is raised; major units of the tariff's currency."""
    limit: Decimal = Field(default=Decimal(60), gt=0, le=10_000)
    """What a visit may cost where the payer names no limit; held at once where a hold cannot be raised."""
    limit_max: Decimal = Field(default=Decimal(300), gt=0, le=100_000)
    plug_s: float = Field(default=180.0, ge=1, le=3600)
    """How long a driver has to plug in after the station has taken the order to start."""
    retry_s: float = Field(default=20.0, ge=0, le=600)
    """How long a hold is kept after a start that failed, for the driver to read why, and to try again with it. They can let it go at once."""
    quiet_s: float = Field(default=30.0, ge=0, le=3600)
    """How long a station that has come back has to tell of what it did alone."""
    confirm_s: float = Field(default=900.0, ge=10, le=86_400)
    """How long a payer has to confirm (3-D Secure)."""
    credit_wait_s: float = Field(default=60.0, ge=0, le=86_400)
    """How long a credit waits for the CDR that takes its place, so that only the difference goes back."""
    idle_notice_minutes: int = Field(default=10, ge=0, le=120)
    """So long before staying begins to cost something the payer's devices are told; 0: they are not."""
    sample_interval_s: float = Field(default=60.0, gt=0, le=3600)
    latency_s: float = Field(default=15.0, ge=0, le=600)
    """How long it takes from a sample to the stop of a session: with the interval, the margin below a hold."""
    call_timeout_s: float = Field(default=20.0, gt=0, le=120)
    """How long an answer of a provider is waited for."""
    lease_s: float = Field(default=30.0, gt=0, le=600)
    """How long a call that was cut short is left alone; longer than `call_timeout_s`."""
    terminal_hours: float = Field(default=48.0, gt=0, le=24 * 30)
    """How long what a card terminal has authorised holds, unless its backend says otherwise."""
    cards_max: int = Field(default=10, ge=0, le=100)
    """How many cards an account may keep; 0: none, cards are entered each time."""
    top_up_max: Decimal = Field(default=Decimal(250), gt=0, le=100_000)
    balance_max: Decimal = Field(default=Decimal(1000), gt=0, le=1_000_000)
    page_url: str = Field(default="", max_length=500, pattern=r"^(https?://\S+)?$")
    """Where drivers reach this API, without a slash at the end; empty: the process's own address."""
    stripe_key: SecretStr | None = Field(default=None, min_length=8, max_length=255)
    stripe_publishable_key: str = Field(default="", max_length=255)
    """By which the driver app loads Stripe's fields for cards; without it no card is taken there."""
    stripe_webhook_secret: SecretStr | None = Field(default=None, min_length=8, max_length=255)
    stripe_url: str = Field(default="", max_length=500, pattern=r"^(https?://\S+)?$")
    """Another address than Stripe's own, for tests."""
    stripe_incremental: bool = False
    """Whether the account has incremental authorisation."""

    @model_validator(mode="after")
    def _whole(self) -> PaymentsSettings:
        if "stripe" in self.providers and self.stripe_key is None:
            raise ValueError("the provider stripe needs stripe_key")
        if self.lease_s <= self.call_timeout_s:
            raise ValueError("lease_s must be longer than call_timeout_s")
        return self
