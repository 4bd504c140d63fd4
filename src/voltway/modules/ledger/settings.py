"""Settings of the ledger module."""

from __future__ import annotations

from pydantic import Field, field_validator
from stdnum import iban

from voltway.kernel.module import Settings


class LedgerSettings(Settings):
    """`ledger.…`"""

    country: str = Field(default="ZZ", pattern="^[A-Z]{2}$")
    """Whose VAT is owed for a location that says no country (ISO 3166-1); ZZ: not known."""
    debtor_name: str | None = Field(default=None, max_length=70)
    """Whose account hosts are paid from."""
    debtor_iban: str | None = None
    """The account that hosts are paid from."""
    debtor_bic: str | None = Field(default=None, pattern="^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$")
    """The bank of that account; none: the bank finds it by the IBAN."""
    reconcile_days: int = Field(default=35, ge=1, le=400)
    """So many days back the daily reconciliation looks."""
    settle_days: int = Field(default=3, ge=0, le=60)
    """A session or a hold that is not paid or let go after so many days is a difference."""

    @field_validator("debtor_iban")
    @classmethod
    def _is_iban(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not iban.is_valid(value):
            raise ValueError("is not an IBAN")
        return str(iban.compact(value))
