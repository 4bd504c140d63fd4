"""What documents say and how they are numbered. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from voltway.charging import ocmf, tariff_text
from voltway.charging.pricing import Cost, Tariff, in_elements, net_lines
from voltway.contracts.sessions import SessionDetails, SignedSample
from voltway.contracts.stations import LocationDescription
from voltway.kernel.json import to_json
from voltway.kernel.money import Money
from voltway.kernel.secrets import masked
from voltway.modules.documents.snapshot import Address, Charge, Kind, SignedValue, Snapshot, VatPart

LOCALES = ("en", "de", "zh")
MARKS = {Kind.RECEIPT: "R", Kind.INVOICE: "I", Kind.CREDIT_NOTE: "C", Kind.STATEMENT: "S"}
"""The letter of a kind in its numbers: each kind has a series of its own."""
CADENCES = ("session", "monthly")
_MINUTES_PER_HOUR = 60


def number_of(prefix: str, kind: Kind, year: int, number: int) -> str:
    """`VW-R-2026-000042`. Sorts as text within a year up to a million."""
    return f"{prefix}-{MARKS[kind]}-{year}-{number:06d}"


def language_of(locale: str | None) -> str:
    """The language of ours that is nearest to a locale; English."""
    language = (locale or "").replace("_", "-").partition("-")[0].lower()
    return language if language in LOCALES else LOCALES[0]


def sha256_of(text: str) -> str:
    """The fingerprint of a snapshot's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def text_of(snapshot: Snapshot) -> str:
    """A snapshot as it is kept."""
    return to_json(snapshot)


# ---- sums


def vat_parts(costs: Sequence[Cost]) -> tuple[VatPart, ...]:
    """The sums of charges for each VAT rate, the highest first.

    Each charge was rounded by itself: VAT of a rate is rounded once per charge, and what the charge's own total says differently
    (prices with the tax in them) belongs to its largest part, so that the parts always add up to what is owed.
    """
    found: dict[Decimal, list[Money]] = {}
    for cost in costs:
        for rate, excl, vat in _parts_of(cost):
            sums = found.setdefault(rate, [Money(0, excl.currency), Money(0, excl.currency)])
            sums[0], sums[1] = sums[0] + excl, sums[1] + vat
    return tuple(
        VatPart(vat_percent=rate, excl_vat=excl, vat=vat) for rate, (excl, vat) in sorted(found.items(), reverse=True)
    )


def _parts_of(cost: Cost) -> list[tuple[Decimal, Money, Money]]:
    currency = cost.incl_vat.currency
    nets: dict[Decimal, int] = {}
    for line in net_lines(cost):
        rate = line.vat_percent.normalize() + 0
        nets[rate] = nets.get(rate, 0) + line.amount.minor
    if not nets:
        nets[Decimal(0)] = 0
    largest = max(nets, key=lambda rate: (abs(nets[rate]), rate))
    nets[largest] += cost.excl_vat.minor - sum(nets.values())
    vats = {
        rate: Money.round_from(Money(net, currency).to_decimal() * rate / 100, currency).minor
        for rate, net in nets.items()
    }
    vats[largest] += cost.vat.minor - sum(vats.values())
    return [(rate, Money(net, currency), Money(vats[rate], currency)) for rate, net in nets.items()]


def total(amounts: Iterable[Money], currency: str) -> Money:
    """A sum, of nothing too."""
    return sum(amounts, Money(0, currency))


# ---- a charge


def charge_of(
    cdr_id: str,
    session_id: str,
    cost: Cost,
    details: SessionDetails | None,
    place: LocationDescription | None,
    time_zone: str,
) -> Charge:
    """What a document tells of a session. `details` None: of the session nobody knows anything any more."""
    return Charge(
        session_id=session_id,
        cdr_id=cdr_id,
        station_identity="" if details is None else details.station_identity,
        evse_number=None if details is None else details.evse_number,
        connector_number=None if details is None else details.connector_number,
        location_name=None if place is None else place.name,
        address=None
        if place is None
        else Address(street=place.address, postal_code=place.postal_code, city=place.city, country=place.country),
        time_zone=time_zone if place is None else place.time_zone,
        started_at=None if details is None else details.started_at,
        ended_at=None if details is None else details.ended_at,
        energy_wh=None if details is None else details.energy_wh,
        meter_start_wh=None if details is None else details.meter_start_wh,
        meter_stop_wh=None if details is None else details.meter_stop_wh,
        token=None if details is None or not details.id_token else masked(details.id_token),
        cost=cost,
        tariff_words={} if details is None or details.tariff is None else words_of(details.tariff),
        signed=() if details is None else signed_values(details.signed),
    )


def words_of(tariff: Tariff) -> dict[str, str]:
    """A tariff in the words that a driver reads, in our languages."""
    return {locale: tariff_text.describe(in_elements(tariff), locale) for locale in LOCALES}


def signed_values(samples: Sequence[SignedSample]) -> tuple[SignedValue, ...]:
    """The signed values of samples, each text once. A key that one value tells is that of those that tell none."""
    found: dict[str, SignedValue] = {}
    for sample in samples:
        for value in sample.values:
            signed = ocmf.unwrap(value) if isinstance(value, dict) else None
            if signed is None or signed.text in found:
                continue
            found[signed.text] = SignedValue(
                at=sample.at,
                context=sample.context,
                text=signed.text,
                method=signed.method,
                public_key=signed.public_key,
            )
    return tuple(found.values())


# ---- months


def month_start(at: datetime, time_zone: str) -> datetime:
    """When the month of an instant began, by the clock of a time zone."""
    local = at.astimezone(ZoneInfo(time_zone))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)


def next_month(start: datetime) -> datetime:
    """The beginning of the month after one that begins then; on the wall clock, so that a change of the clock shifts nothing."""
    return (start.replace(tzinfo=None) + timedelta(days=32)).replace(day=1, tzinfo=start.tzinfo)
