"""A document as it is read: every text made up in the reader's language, once for the PDF and the page alike. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from voltway.charging import ocmf
from voltway.charging.pricing import CostLine
from voltway.kernel.money import Money
from voltway.modules.documents import formats, texts
from voltway.modules.documents.snapshot import Address, Charge, Kind, Seller, Snapshot

Pair = tuple[str, str]
"""A label and what it says."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A signed value with what came of verifying it. `readings`: what it says, in words."""

    name: str
    verdict: str
    verdict_text: str
    explanation: str
    facts: tuple[Pair, ...]
    text: str
    public_key: str | None


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A charge. `lines`: description, quantity, unit price, VAT, amount."""

    title: str
    facts: tuple[Pair, ...]
    lines: tuple[tuple[str, str, str, str, str], ...]
    tariff: str | None
    checked: tuple[Checked, ...]
    energy_note: str | None
    is_energy_right: bool


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that a reader sees. `labels`: what the layout itself says. `rows`: of a statement."""

    language: str
    kind: str
    title: str
    number: str
    seller: tuple[str, ...]
    seller_line: str
    imprint: tuple[str, ...]
    buyer: tuple[str, ...]
    facts: tuple[Pair, ...]
    sections: tuple[Section, ...]
    sums: tuple[Pair, ...]
    total: Pair
    payments: tuple[Pair, ...]
    rows: tuple[tuple[str, str, str, str, str], ...]
    row_heads: tuple[str, ...]
    notes: tuple[str, ...]
    sha256: str
    link: str
    labels: dict[str, str]


def view_of(said: Snapshot, language: str, *, sha256: str, link: str, payments: Sequence[Any] = ()) -> View:
    """A document in a language. `payments`: rows of what was paid for it since."""
    words = texts.labels_in(language)
    is_credit = said.kind is Kind.CREDIT_NOTE
    return View(
        language=language,
        kind=said.kind.value,
        title=words[said.kind.value],
        number=said.number,
        seller=(said.seller.name, *address_lines(said.seller.address, language)),
        seller_line=" · ".join((said.seller.name, *address_lines(said.seller.address, language))),
        imprint=_imprint(said.seller, language, words),
        buyer=_buyer(said, language, words),
        facts=tuple(_facts(said, language, words)),
        sections=tuple(_section(charge, language, words) for charge in said.charges),
        sums=tuple(_sums(said, language, words)),
        total=(words["gross_credit" if is_credit else "gross"], formats.money(said.incl_vat, language)),
        payments=tuple(_payments(said, payments, language, words)),
        rows=tuple(_rows(said, language, words)),
        row_heads=tuple(words[key] for key in ("issued", "document", "place", "energy", "amount")),
        notes=tuple(_notes(said, words)),
        sha256=sha256,
        link=link,
        labels=dict(words),
    )


def address_lines(address: Address, language: str) -> tuple[str, ...]:
    """An address, line by line."""
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    country = formats.country(address.country, language) if address.country else None
    return tuple(line for line in (address.street, town, country) if line)


def _imprint(seller: Seller, language: str, words: Mapping[str, str]) -> tuple[str, ...]:
    taxes = [
        f"{words[key]} {value}"
        for key, value in (("vat_id", seller.vat_id), ("tax_number", seller.tax_number))
        if value
    ]
    bank = seller.bank
    account = [] if bank is None else [part for part in (bank.name, f"IBAN {_grouped(bank.iban)}", bank.bic) if part]
    lines = (
        [seller.name, *address_lines(seller.address, language)],
        [*taxes, *([seller.register_entry] if seller.register_entry else [])],
        [part for part in (seller.email, seller.phone, seller.website) if part],
        account,
        [seller.footer] if seller.footer else [],
    )
    return tuple(" · ".join(line) for line in lines if line)


def _grouped(iban: str) -> str:
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _buyer(said: Snapshot, language: str, words: Mapping[str, str]) -> tuple[str, ...]:
    buyer = said.buyer
    if buyer is None:
        return ()
    vat = (f"{words['vat_id']} {buyer.vat_id}",) if buyer.vat_id else ()
    return (buyer.name, *address_lines(buyer.address, language), *vat)


def _facts(said: Snapshot, language: str, words: Mapping[str, str]) -> list[Pair]:
    facts = [
        (words["number"], said.number),
        (words["issued"], formats.day(said.issued_at, said.time_zone, language)),
    ]
    if said.period_start_at is not None:
        facts.append((words["period"], formats.month(said.period_start_at, said.time_zone, language)))
    if said.due_at is not None:
        facts.append((words["due"], formats.day(said.due_at, said.time_zone, language)))
    if said.buyer is not None and said.buyer.reference:
        facts.append((words["reference"], said.buyer.reference))
    if said.credited is not None:
        day = formats.day(said.credited.issued_at, said.time_zone, language)
        shown = words["of_day"].format(number=said.credited.number, day=day)
        facts += [(words["credits"], shown), (words["cause"], said.credited.cause)]
    return facts


# ---- charges


def _section(charge: Charge, language: str, words: Mapping[str, str]) -> Section:
    place = charge.location_name or charge.station_identity
    begun = charge.started_at
    day = "" if begun is None else formats.short_day(begun, charge.time_zone, language)
    note, is_right = _energy_note(charge, language, words)
    return Section(
        title=" · ".join(part for part in (words["session"], day, place) if part),
        facts=tuple(_charge_facts(charge, language, words)),
        lines=tuple(_line(line, language, words) for line in charge.cost.lines),
        tariff=charge.tariff_words.get(language) or charge.tariff_words.get("en"),
        checked=tuple(_checked(index, value, charge, language, words) for index, value in enumerate(charge.signed)),
        energy_note=note,
        is_energy_right=is_right,
    )


def _charge_facts(charge: Charge, language: str, words: Mapping[str, str]) -> list[Pair]:
    zone = charge.time_zone
    lines = () if charge.address is None else address_lines(charge.address, language)
    place = ", ".join(part for part in (charge.location_name, *lines) if part)
    station = [charge.station_identity]
    if charge.evse_number is not None:
        station.append(words["evse"].format(number=charge.evse_number))
    if charge.connector_number is not None:
        station.append(words["connector"].format(number=charge.connector_number))
    facts: list[tuple[str, str | None]] = [
        ("place", place),
        ("station", " · ".join(part for part in station if part)),
        ("start", None if charge.started_at is None else formats.instant(charge.started_at, zone, language)),
        ("end", None if charge.ended_at is None else formats.instant(charge.ended_at, zone, language)),
        ("lasted", _lasted(charge, language)),
        ("meter_start", None if charge.meter_start_wh is None else formats.energy(charge.meter_start_wh, language)),
        ("meter_stop", None if charge.meter_stop_wh is None else formats.energy(charge.meter_stop_wh, language)),
        ("energy", None if charge.energy_wh is None else formats.energy(charge.energy_wh, language)),
        ("token", charge.token),
    ]
    return [(words[key], value) for key, value in facts if value]


def _lasted(charge: Charge, language: str) -> str | None:
    if charge.started_at is None or charge.ended_at is None:
        return None
    return formats.duration(int((charge.ended_at - charge.started_at).total_seconds()), language)


def _line(line: CostLine, language: str, words: Mapping[str, str]) -> tuple[str, str, str, str, str]:
    unit = words.get(f"unit_{line.unit}", line.unit)
    return (
        words.get(f"line_{line.description}", line.description),
        f"{formats.number(line.quantity, language)}\u00a0{unit}",
        formats.rate(line.unit_price, line.amount.currency, language),
        formats.percent(line.vat_percent.normalize() + 0, language),
        formats.money(line.amount, language),
    )


def _sums(said: Snapshot, language: str, words: Mapping[str, str]) -> list[Pair]:
    if said.kind is Kind.STATEMENT:
        return []
    parts = [
        (
            words["vat_of"].format(
                rate=formats.percent(part.vat_percent, language), net=formats.money(part.excl_vat, language)
            ),
            formats.money(part.vat, language),
        )
        for part in said.vat_parts
    ]
    return [(words["net"], formats.money(said.excl_vat, language)), *parts]


def _payments(said: Snapshot, rows: Sequence[Any], language: str, words: Mapping[str, str]) -> list[Pair]:
    shown = [(row.at, row.method, row.kind == "captured", Money(row.amount_minor, row.currency)) for row in rows]
    shown += [
        (one.at, one.method, one.amount.minor >= 0, Money(abs(one.amount.minor), one.amount.currency))
        for one in said.settled
    ]
    found = []
    for at, method, is_taken, amount in shown:
        by = words.get(f"by_{method}", method)
        day = formats.short_day(at, said.time_zone, language)
        label = " ".join((words["paid" if is_taken else "refunded"], by, f"({day})"))
        signed = amount if is_taken else Money(-amount.minor, amount.currency)
        found.append((label, formats.money(signed, language)))
    return found


# ---- signed meter data


def _checked(index: int, value: Any, charge: Charge, language: str, words: Mapping[str, str]) -> Checked:
    facts: list[Pair] = []
    try:
        record = ocmf.parse(value.text)
    except ocmf.Unreadable:
        verdict = ocmf.Verdict.UNREADABLE
    else:
        verdict = ocmf.verify(record, value.public_key)
        meter = " ".join(part for part in (record.meter_vendor, record.meter_serial) if part)
        if meter:
            facts.append((words["meter"], meter))
        facts += [_reading(reading, charge, language, words) for reading in record.readings]
    return Checked(
        name=str(index + 1),
        verdict=verdict.value,
        verdict_text=words[f"verdict_{verdict.value}"],
        explanation=words[f"says_{verdict.value}"],
        facts=tuple(facts),
        text=value.text,
        public_key=value.public_key,
    )


def _reading(reading: ocmf.Reading, charge: Charge, language: str, words: Mapping[str, str]) -> Pair:
    name = words["start"] if reading.kind == "B" else words["end"] if reading.kind == "E" else (reading.kind or "")
    at = "" if reading.at is None else formats.instant(reading.at, charge.time_zone, language)
    wh = reading.energy_wh
    said = formats.energy(wh, language) if wh is not None else f"{reading.value or ''} {reading.unit or ''}".strip()
    return " ".join(part for part in (name, at) if part), said


def _energy_note(charge: Charge, language: str, words: Mapping[str, str]) -> tuple[str | None, bool]:
    """What the signed values say of the energy, and whether that is what was billed: to the Wh that the register counts."""
    records = []
    for value in charge.signed:
        try:
            record = ocmf.parse(value.text)
        except ocmf.Unreadable:
            continue
        if ocmf.verify(record, value.public_key) is not ocmf.Verdict.INVALID:
            records.append(record)
    signed = ocmf.energy_between(records)
    if signed is None or charge.energy_wh is None:
        return None, True
    is_right = abs(signed - Decimal(charge.energy_wh)) <= 1
    places = {"energy": formats.energy(signed, language), "billed": formats.energy(charge.energy_wh, language)}
    return words["energy_agrees" if is_right else "energy_differs"].format(**places), is_right


# ---- statements, and what stands below


def _rows(said: Snapshot, language: str, words: Mapping[str, str]) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            formats.short_day(row.issued_at, said.time_zone, language),
            f"{words[row.kind.value]} {row.number}",
            row.location_name or "",
            "" if row.energy_wh is None else formats.energy(row.energy_wh, language),
            formats.money(row.amount, language),
        )
        for row in said.rows
    ]


def _notes(said: Snapshot, words: Mapping[str, str]) -> list[str]:
    if said.kind is Kind.STATEMENT:
        return [words["no_bill"]]
    notes = [words["supply_day"]]
    bank = said.seller.bank
    if said.kind is Kind.INVOICE and bank is not None:
        account = ", ".join(part for part in (bank.name, f"IBAN {_grouped(bank.iban)}", bank.bic) if part)
        notes.append(f"{words['pay_to']} {account} {words['pay_with'].format(number=said.number)}")
    return notes
