"""Signed meter values as they come: do their signatures hold, and do they say what is billed? Pure.

A key that comes with the values proves only that one key signed them all; whether it is the meter's is for the receipt's reader
to compare (nameplate, register). What nobody told a key for, or a form that we cannot verify, is no reason to doubt.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from voltway.charging import ocmf
from voltway.charging.ocmf import Verdict
from voltway.contracts.station_link import ReportTransaction
from voltway.modules.sessions.model import Session
from voltway.modules.sessions.rules import ROUNDING_WH, flag

INVALID = "signed_value_invalid"
DIFFERS = "signed_energy_differs"


class Checked(NamedTuple):
    """What the signed values of one report say. `energy_wh`: from begin to end, where both are told and signed."""

    is_doubtful: bool
    energy_wh: Decimal | None


def check(report: ReportTransaction) -> Checked:
    """Verify the signed values of a report: a tenth of a millisecond each."""
    found = list(_unwrapped(value for sample in report.samples for value in sample.signed or ()))
    told = next((signed.public_key for signed in found if signed.public_key), None)
    records, is_doubtful = [], False
    for signed in found:
        try:
            record = ocmf.parse(signed.text)
        except ocmf.Unreadable:
            is_doubtful |= signed.text.startswith(ocmf.HEADER)  # other forms are not ours to read
            continue
        verdict = ocmf.verify(record, signed.public_key or told)
        is_doubtful |= verdict is Verdict.INVALID
        if verdict is Verdict.VALID:
            records.append(record)
    return Checked(is_doubtful, ocmf.energy_between(records))


def _unwrapped(values: Iterable[Any]) -> Iterable[ocmf.Signed]:
    for value in values:
        signed = ocmf.unwrap(value) if isinstance(value, dict) else None
        if signed is not None:
            yield signed


def judge(session: Session, checked: Checked) -> None:
    """Note on a session what its report's signed values give to doubt."""
    if checked.is_doubtful:
        flag(session, INVALID)
    if session.is_ended and checked.energy_wh is not None and abs(checked.energy_wh - session.energy_wh) > ROUNDING_WH:
        flag(session, DIFFERS)
