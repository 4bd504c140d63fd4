"""What sessions of fleets took, added up for their limits, and a fleet's statement as a file. Pure."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from voltway.kernel.money import Money

ENERGY = "Wh"
"""The unit of a limit that is not of money."""
COLUMNS = ("month", "cost_centre", "vehicle", "sessions", "energy_kwh", "currency", "excl_vat", "incl_vat")


def add_up(sums: Iterable[Any]) -> Counter[tuple[str, str, str]]:
    """What was taken, by what limits are of: kind (`LimitKind`), whose it is, unit (Wh, or a currency: minor units).

    `sums`: of sessions, by `fleet_id` and `currency`, perhaps by `vehicle_id` and `id_token_id` as well: `energy_wh` and
    `incl_vat_minor`, which is none where nothing is priced yet.
    """
    found: Counter[tuple[str, str, str]] = Counter()
    for one in sums:
        of = {
            "fleet": one.fleet_id,
            "vehicle": getattr(one, "vehicle_id", None),
            "member": getattr(one, "id_token_id", None),
        }
        for kind, target_id in of.items():
            if target_id is None:
                continue
            found[kind, target_id, ENERGY] += int(one.energy_wh)
            if one.currency is not None:
                found[kind, target_id, one.currency] += int(one.incl_vat_minor or 0)
    return found


def as_csv(month: str, lines: Iterable[Any]) -> str:
    """The lines of a statement, energy in kWh and amounts in major units; empty where nothing is priced."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in lines:
        amounts = [_amount(minor, line.currency) for minor in (line.excl_vat_minor, line.incl_vat_minor)]
        energy_kwh = format(Decimal(int(line.energy_wh)) / 1000, "f")
        names = [_cell(line.cost_centre), _cell(line.plate)]
        writer.writerow([month, *names, line.sessions, energy_kwh, line.currency or "", *amounts])
    return text.getvalue()


def _amount(minor: int | None, currency: str | None) -> str:
    return "" if minor is None or currency is None else format(Money(int(minor), currency).to_decimal(), "f")


def _cell(value: str | None) -> str:
    """Codes and plates are typed by people: one that a spreadsheet would compute is marked as text."""
    return f"'{value}" if value and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value or ""
