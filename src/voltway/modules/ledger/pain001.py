"""A payout batch as a SEPA credit transfer: ISO 20022 pain.001.001.09, the form that banks take since 2023. Pure.

Source: EPC132-08, SEPA Credit Transfer Customer-to-PSP Implementation Guidelines (2023 rulebook).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from xml.etree import ElementTree as ET

from voltway.kernel.money import Money

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
TEXT_MAX, ID_MAX, REMITTANCE_MAX = 70, 35, 140
# EPC217-08: what every bank in SEPA must take; anything else is written as a dot.
_LATIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "&": "+", "_": "-"}
)
_PLAIN = str.maketrans("áàâãåéèêëíìîïóòôõúùûñçÁÀÂÅÉÈÊÍÓÔÚÑÇ", "aaaaaeeeeiiiioooouuuncAAAAEEEIOOUNC")


class Account(NamedTuple):
    """Whose account it is. Without a BIC the bank finds it by the IBAN."""

    name: str
    iban: str
    bic: str | None = None


class Transfer(NamedTuple):
    """What one gets. `reference`: at most 35 characters, its own in the file."""

    reference: str
    to: Account
    amount: Money
    text: str


def pain001(message_id: str, made_at: datetime, pay_on: date, debtor: Account, transfers: Sequence[Transfer]) -> bytes:
    """The file. All amounts are in EUR, and there is at least one; raises ValueError otherwise."""
    if not transfers or any(one.amount.currency != "EUR" or one.amount.minor <= 0 for one in transfers):
        raise ValueError("SEPA pays amounts in EUR, above zero, and at least one")
    total = Money(sum(one.amount.minor for one in transfers), "EUR")
    root = ET.Element("Document", xmlns=NAMESPACE)
    order = ET.SubElement(root, "CstmrCdtTrfInitn")
    header = ET.SubElement(order, "GrpHdr")
    _add(header, "MsgId", message_id[:ID_MAX])
    _add(header, "CreDtTm", made_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(header, "NbOfTxs", str(len(transfers)))
    _add(header, "CtrlSum", decimal_of(total))
    _add(ET.SubElement(header, "InitgPty"), "Nm", latin(debtor.name))
    payment = ET.SubElement(order, "PmtInf")
    _add(payment, "PmtInfId", message_id[:ID_MAX])
    _add(payment, "PmtMtd", "TRF")
    _add(payment, "BtchBookg", "true")
    _add(payment, "NbOfTxs", str(len(transfers)))
    _add(payment, "CtrlSum", decimal_of(total))
    _add(_under(payment, "PmtTpInf", "SvcLvl"), "Cd", "SEPA")
    _add(_under(payment, "ReqdExctnDt"), "Dt", pay_on.isoformat())
    _add(_under(payment, "Dbtr"), "Nm", latin(debtor.name))
    _add(_under(payment, "DbtrAcct", "Id"), "IBAN", debtor.iban)
    _agent(payment, "DbtrAgt", debtor.bic, is_needed=True)
    _add(payment, "ChrgBr", "SLEV")
    for one in transfers:
        transfer = ET.SubElement(payment, "CdtTrfTxInf")
        _add(_under(transfer, "PmtId"), "EndToEndId", one.reference[:ID_MAX])
        amount = _under(transfer, "Amt")
        ET.SubElement(amount, "InstdAmt", Ccy="EUR").text = decimal_of(one.amount)
        _agent(transfer, "CdtrAgt", one.to.bic)
        _add(_under(transfer, "Cdtr"), "Nm", latin(one.to.name))
        _add(_under(transfer, "CdtrAcct", "Id"), "IBAN", one.to.iban)
        _add(_under(transfer, "RmtInf"), "Ustrd", latin(one.text, REMITTANCE_MAX))
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def latin(text: str, length: int = TEXT_MAX) -> str:
    """A text in the letters that every bank takes."""
    return "".join(letter if letter in _LATIN else "." for letter in text.translate(_SPELLED).translate(_PLAIN))[
        :length
    ]


def decimal_of(amount: Money) -> str:
    """An amount as the file has it: `12.30`."""
    return format(amount.to_decimal(), "f")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _under(parent: ET.Element, *names: str) -> ET.Element:
    for name in names:
        parent = ET.SubElement(parent, name)
    return parent


def _agent(parent: ET.Element, name: str, bic: str | None, *, is_needed: bool = False) -> None:
    if bic is not None:
        _add(_under(parent, name, "FinInstnId"), "BICFI", bic)
    elif is_needed:
        _add(_under(parent, name, "FinInstnId", "Othr"), "Id", "NOTPROVIDED")
