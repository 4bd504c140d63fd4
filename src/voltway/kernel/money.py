"""Money: an integer number of minor units and a currency. Nothing here is a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import msgspec

from voltway.kernel.errors import Problem

# ISO 4217, minor units that are not 2.
_EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


class CurrencyMismatch(Problem):
    """Two amounts of different currencies cannot be added."""

    status = 409
    title = "Amounts are in different currencies"


def exponent(currency: str) -> int:
    """How many decimals a currency's minor unit has: EUR 2, JPY 0, KWD 3. Source: ISO 4217."""
    return _EXPONENTS.get(currency, 2)


class Money(msgspec.Struct, frozen=True, gc=False):
    """A payable amount. `minor` counts the smallest unit of `currency` (ISO 4217 code)."""

    minor: int
    currency: str

    @classmethod
    def round_from(cls, exact: Decimal, currency: str) -> Money:
        """Round an exact amount in major units, half up, away from zero on a tie."""
        quantum = Decimal(1).scaleb(-exponent(currency))
        rounded = exact.quantize(quantum, rounding=ROUND_HALF_UP)
        return cls(int(rounded.scaleb(exponent(currency))), currency)

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be added.")
        return Money(self.minor + other.minor, self.currency)

    def to_decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))
