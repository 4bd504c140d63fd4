"""VAT numbers of the EU, Switzerland, Norway and the United Kingdom, by their form and check digits (python-stdnum)."""

from __future__ import annotations

from importlib import import_module

from stdnum.exceptions import ValidationError

# Countries whose numbers begin with a word of their own, or that are no members of the EU.
_OTHERS = {"CHE": "ch.vat", "GB": "gb.vat", "NO": "no.mva"}


class NoVatNumber(ValueError):
    """A text is no VAT number of a country that is known here."""


def check(text: str) -> str:
    """The number without blanks, in capitals. Raises NoVatNumber, also for one without its country's letters."""
    number = "".join(text.split()).upper()
    name = next((name for prefix, name in _OTHERS.items() if number.startswith(prefix)), "eu.vat")
    try:
        import_module(f"stdnum.{name}").validate(number if name != "gb.vat" else number.removeprefix("GB"))
    except ValidationError as error:
        raise NoVatNumber(str(error)) from error
    return number
