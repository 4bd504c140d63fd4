"""VAT numbers: form and check digits offline; a register that is asked over the network is a port, and off by default."""

from __future__ import annotations

from typing import Protocol

from voltway.charging import vat_numbers
from voltway.contracts.payments import ValidateVatNumber, VatVerdict
from voltway.kernel.runtime import Runtime


class VatRegister(Protocol):
    """A register of VAT numbers, e.g. that of the European Commission."""

    async def find(self, vat_number: str) -> VatVerdict | None:
        """What the register says; None where it cannot be asked now: the offline check holds then."""
        ...


class VatRegisters:
    """The register of this process (Runtime.state); None: none is asked."""

    def __init__(self) -> None:
        self.register: VatRegister | None = None


def check(vat_number: str) -> VatVerdict:
    """Whether a number has the form and the check digits of its country. A number without its country's letters is none."""
    try:
        vat_numbers.check(vat_number)
    except vat_numbers.NoVatNumber as error:
        return VatVerdict(is_valid=False, reason=str(error))
    return VatVerdict(is_valid=True)


async def validate_vat_number(runtime: Runtime, request: ValidateVatNumber) -> VatVerdict:
    """Check a number; what is well-formed is looked up in the register, where there is one."""
    verdict = check(request.vat_number)
    register = runtime.state(VatRegisters).register
    if not verdict.is_valid or register is None:
        return verdict
    found = await register.find(request.vat_number)
    return found if found is not None else verdict
