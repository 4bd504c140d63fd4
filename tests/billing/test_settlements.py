"""Settlements and VAT numbers: the rules, and the register that may be asked."""

from __future__ import annotations

import pytest

from builders import MakeRuntime
from voltway.contracts.payments import Company, ValidateVatNumber, VatVerdict
from voltway.kernel.money import Money
from voltway.modules.billing import rules, vat
from voltway.modules.billing.module import MANIFEST


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("12.345", "EUR", Money(1235, "EUR")),
        ("12.5", "JPY", Money(13, "JPY")),
        ("0.0005", "KWD", Money(1, "KWD")),
        ("-3", "EUR", Money(-300, "EUR")),
        ("12.34", None, None),
        ("1E+15", "EUR", None),
        ("1E+400", "EUR", None),
    ],
)
def test_amount_is_rounded_once_from_its_text(text: str, currency: str | None, amount: Money | None) -> None:
    assert rules.settled_amount(text, currency) == amount


def test_what_is_settled_stays_settled() -> None:
    assert rules.changes_settlement("Failed", "Settled")
    assert not rules.changes_settlement("Settled", "Failed")
    assert not rules.changes_settlement("Failed", "Failed")


@pytest.mark.parametrize(
    ("number", "is_valid"),
    [
        ("DE136695976", True),
        ("de 136 695 976", True),
        ("DE136695967", False),
        ("NO995525828MVA", True),
        ("CHE107787577MWST", True),
        ("GB980780684", True),
        ("GB802311781", False),
        ("US123456789", False),
        ("", False),
    ],
)
def test_form_and_check_digits_are_those_of_the_country(number: str, is_valid: bool) -> None:
    assert vat.check(number).is_valid is is_valid


class Register:
    """A register that knows one company, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def find(self, vat_number: str) -> VatVerdict | None:
        self.asked.append(vat_number)
        if vat_number == "DE136695976":
            return VatVerdict(is_valid=True, company=Company(name="Acme", address="Way 1", city="Ulm", country="DE"))
        return None


async def test_register_is_asked_for_well_formed_numbers_only(make_runtime: MakeRuntime) -> None:
    runtime = await make_runtime(MANIFEST)
    register = runtime.state(vat.VatRegisters).register = Register()
    known = await runtime.ask(ValidateVatNumber(vat_number="DE136695976"))
    assert known.company is not None
    assert known.company.name == "Acme"
    assert (await runtime.ask(ValidateVatNumber(vat_number="NL4495445B01"))).is_valid  # the register is silent
    assert not (await runtime.ask(ValidateVatNumber(vat_number="nonsense"))).is_valid
    assert register.asked == ["DE136695976", "NL4495445B01"]
