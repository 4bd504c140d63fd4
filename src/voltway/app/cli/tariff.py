"""`voltway tariff`: what is odd about a tariff, what drivers read of it, and what a session would cost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel, ValidationError

from voltway.app.errors import Unusable
from voltway.charging.costing import Bill, bill
from voltway.charging.tariff_lint import Finding, lint
from voltway.charging.tariff_text import describe
from voltway.kernel import clock
from voltway.modules.billing.ocpi_schemas import OcpiTariff, Supposition, TimeZone, as_text

File = Annotated[Path, typer.Argument(metavar="FILE", help="A tariff as OCPI 2.2.1 or 2.3.0 writes it, in JSON.")]
ODD = 1
"""The exit code where the tariff has an error."""


class _Zone(BaseModel):
    zone: TimeZone


def tariff(
    file: File,
    energy: Annotated[float, typer.Option(help="kWh of the session to price.")] = 20.0,
    minutes: Annotated[int, typer.Option(help="How long it charges.")] = 40,
    parked: Annotated[int, typer.Option(help="Minutes at the plug after that.")] = 0,
    at: Annotated[
        str, typer.Option(help="When it begins, on the location's clock: 2026-11-28T22:00. Now if left out.")
    ] = "",
    zone: Annotated[str, typer.Option(help="The location's time zone.")] = "UTC",
    locale: Annotated[str, typer.Option(help="Of the drivers' sentence: en, de or zh.")] = "en",
) -> None:
    """Check a tariff and price a session with it: "20 kWh in 40 minutes, on Saturday night"."""
    found = _read(file).tariff()
    findings = lint(found)
    supposed = _suppose(energy, minutes, parked, at, zone)
    for line in [describe(found, locale), "", *map(_odd, findings), *_priced(bill(found, supposed.usage()))]:
        typer.echo(line)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(ODD)


def _read(file: Path) -> OcpiTariff:
    try:
        return OcpiTariff.model_validate_json(file.read_bytes())
    except OSError as error:
        raise Unusable(f"{file} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise Unusable(f"{file} is no tariff: {_first(error)}.") from error


def _suppose(energy: float, minutes: int, parked: int, at: str, zone: str) -> Supposition:
    try:
        place = ZoneInfo(_Zone(zone=zone).zone)
        begins = datetime.fromisoformat(at) if at else clock.now()
        return Supposition(
            starts_at=begins if begins.tzinfo else begins.replace(tzinfo=place),
            time_zone=zone,
            energy_kwh=str(energy),  # type: ignore[arg-type]  # read as it was written
            charging_minutes=minutes,
            parking_minutes=parked,
        )
    except ValidationError as error:
        raise Unusable(f"No such session can be priced: {_first(error)}.") from error
    except ValueError as error:
        raise Unusable(f"{at!r} is no time; write it as 2026-11-28T22:00.") from error


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'the document'}: {first['msg']}"


def _odd(finding: Finding) -> str:
    where = "" if finding.element is None else f" element {finding.element}:"
    return f"{finding.severity}:{where} {finding.text}"


def _priced(made: Bill) -> list[str]:
    lines = [
        f"{line.description:20} {as_text(line.quantity):>12} {line.unit:8} x {as_text(line.unit_price):>8}"
        f" = {as_text(line.amount):>10} {made.currency}"
        for line in made.lines
    ]
    total = (
        f"Total {as_text(made.total.excl_vat)} {made.currency}, {as_text(made.total.incl_vat)} {made.currency} with VAT"
    )
    return [*lines, total, *(f"note: {warning.text}" for warning in made.warnings)]
