"""Documents for tests: a charge in Munich with signed values, and whoever sells it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from voltway.charging.pricing import Cost, Tariff, price
from voltway.modules.documents import rules
from voltway.modules.documents.snapshot import (
    Address,
    Bank,
    Buyer,
    Charge,
    Credited,
    Kind,
    Row,
    Seller,
    Settled,
    SignedValue,
    Snapshot,
)

STARTED = datetime(2026, 11, 3, 17, 4, 12, tzinfo=UTC)
ENERGY_WH, DURATION_S = 31_415, 2_718
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_KEY = (
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo).hex()
)


def a_tariff(currency: str = "EUR", **changes: Any) -> Tariff:
    prices = {"start_fee": "0.50", "price_per_kwh": "0.4958", "price_per_minute": "0.02", "vat_percent": "19"}
    values = {name: Decimal(value) for name, value in {**prices, **changes}.items()}
    return Tariff(tariff_id="t-1", version=1, name="Day", currency=currency, **values)


def a_cost(currency: str = "EUR", **changes: Any) -> Cost:
    return price(a_tariff(currency, **changes), energy_wh=ENERGY_WH, duration_s=DURATION_S)


def ocmf_text(kind: str, at: datetime, kwh: str) -> str:
    """What a meter signs."""
    reading = {
        "TM": f"{at:%Y-%m-%dT%H:%M:%S},000+0000 S",
        "TX": kind,
        "RV": 0,
        "RI": "1-b:1.8.0",
        "RU": "kWh",
        "ST": "G",
    }
    payload = {"FV": "1.0", "GS": "808829900001", "PG": "T1", "MV": "Acme", "MS": "BQ27400330016", "RD": [reading]}
    text = json.dumps(payload).replace('"RV": 0', f'"RV": {kwh}')
    signature = KEY.sign(text.encode(), ec.ECDSA(hashes.SHA256())).hex()
    return f"OCMF|{text}|{json.dumps({'SA': 'ECDSA-secp256r1-SHA256', 'SD': signature})}"


def signed_values() -> tuple[SignedValue, ...]:
    ended = STARTED + timedelta(seconds=DURATION_S)
    return (
        SignedValue(
            at=STARTED,
            context="Transaction.Begin",
            text=ocmf_text("B", STARTED, "2935.600"),
            method="OCMF",
            public_key=PUBLIC_KEY,
        ),
        SignedValue(
            at=ended,
            context="Transaction.End",
            text=ocmf_text("E", ended, "2967.015"),
            method="OCMF",
            public_key=PUBLIC_KEY,
        ),
    )


def a_charge(**changes: Any) -> Charge:
    values: dict[str, Any] = {
        "session_id": "0193a5d0-0000-7000-8000-0000000000d1",
        "cdr_id": "0193a5d0-0000-7000-8000-0000000000c1",
        "station_identity": "DE-MUC-0042",
        "evse_number": 1,
        "connector_number": 2,
        "location_name": "Stadtwerke Parkhaus Süd",
        "address": Address(street="Ludwigstraße 12", postal_code="80539", city="München", country="DE"),
        "time_zone": "Europe/Berlin",
        "started_at": STARTED,
        "ended_at": STARTED + timedelta(seconds=DURATION_S),
        "energy_wh": ENERGY_WH,
        "meter_start_wh": 2_935_600,
        "meter_stop_wh": 2_967_015,
        "token": "***A1B2",
        "cost": a_cost(),
        "tariff_words": rules.words_of(a_tariff()),
        "signed": signed_values(),
    }
    return Charge(**{**values, **changes})


SELLER = Seller(
    entity_id="e-1",
    name="Voltway Ladenetz GmbH",
    address=Address(street="Lindenallee 7", postal_code="20259", city="Hamburg", country="DE"),
    vat_id="DE136695976",
    register_entry="Amtsgericht Hamburg, HRB 12345",
    email="rechnung@example.org",
    phone="+49 40 123456",
    website="example.org",
    bank=Bank(iban="DE89370400440532013000", bic="COBADEFFXXX", name="Beispielbank"),
)
BUYER = Buyer(
    customer_id="c-1",
    name="Kurier & Söhne Logistik AG",
    address=Address(street="Hafenstraße 99", postal_code="28195", city="Bremen", country="DE"),
    vat_id="DE129273398",
    reference="PO-4711",
)


def a_document(kind: Kind = Kind.RECEIPT, charges: tuple[Charge, ...] | None = None, **changes: Any) -> Snapshot:
    """A snapshot whose sums are those of its charges."""
    charges = (a_charge(),) if charges is None else charges
    currency = charges[0].cost.incl_vat.currency
    parts = rules.vat_parts([charge.cost for charge in charges])
    values: dict[str, Any] = {
        "kind": kind,
        "number": rules.number_of("VW", kind, 2026, 42),
        "issued_at": STARTED + timedelta(hours=1),
        "locale": "de",
        "time_zone": "Europe/Berlin",
        "currency": currency,
        "seller": SELLER,
        "charges": charges,
        "vat_parts": parts,
        "excl_vat": rules.total((part.excl_vat for part in parts), currency),
        "vat": rules.total((part.vat for part in parts), currency),
        "incl_vat": rules.total((charge.cost.incl_vat for charge in charges), currency),
    }
    if kind is Kind.INVOICE:
        values |= {"buyer": BUYER, "due_at": STARTED + timedelta(days=14)}
    if kind is Kind.CREDIT_NOTE:
        credited = Credited(
            document_id="d-1",
            kind=Kind.INVOICE,
            number="VW-I-2026-000041",
            issued_at=STARTED,
            cause="Station was faulty",
        )
        values |= {"buyer": BUYER, "credited": credited}
    return Snapshot(**{**values, **changes})


def a_statement() -> Snapshot:
    """A month with a receipt and a credit note."""
    bought = a_cost().incl_vat
    back = type(bought)(-bought.minor, bought.currency)
    rows = tuple(
        Row(
            issued_at=STARTED + timedelta(days=day),
            kind=kind,
            number=rules.number_of("VW", kind, 2026, day + 1),
            location_name="Stadtwerke Parkhaus Süd",
            energy_wh=energy_wh,
            amount=amount,
        )
        for day, kind, energy_wh, amount in (
            (0, Kind.RECEIPT, ENERGY_WH, bought),
            (3, Kind.RECEIPT, ENERGY_WH, bought),
            (9, Kind.CREDIT_NOTE, -ENERGY_WH, back),
        )
    )
    return Snapshot(
        kind=Kind.STATEMENT,
        number="VW-S-2026-000007",
        issued_at=STARTED + timedelta(days=30),
        locale="de",
        time_zone="Europe/Berlin",
        currency="EUR",
        seller=SELLER,
        period_start_at=datetime(2026, 10, 31, 23, tzinfo=UTC),
        period_end_at=datetime(2026, 11, 30, 23, tzinfo=UTC),
        excl_vat=a_cost().excl_vat,
        vat=a_cost().vat,
        incl_vat=bought,
        rows=rows,
        settled=(Settled(at=STARTED, method="card", amount=bought),),
    )
