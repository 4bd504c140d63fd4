"""Documents as paper, as a page and as an electronic invoice: read back from what was made."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import facturx  # type: ignore[import-untyped]
import msgspec
import pypdf
import pytest

from documents import samples
from voltway.charging.pricing import price
from voltway.kernel.json import to_struct
from voltway.modules.documents import einvoice, page, presenting, printing, rules
from voltway.modules.documents.snapshot import Address, Kind, Seller, Snapshot

LINK = "https://charging.example.org/r/" + "x" * 43
HOSTILE = '<script>alert("1")</script>&<img src=x onerror=alert(1)>"\'#eval("x")$x$ *b* _i_ @a ../ \\ `raw`'


def view(said: Snapshot, language: str = "en", **more: Any) -> presenting.View:
    return presenting.view_of(said, language, sha256=rules.sha256_of(rules.text_of(said)), link=LINK, **more)


@pytest.fixture(scope="module")
def printer() -> printing.Printer:
    return printing.Printer()


def text_of(pdf: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return re.sub(r"[\s\u200b]+", " ", " ".join(each.extract_text() for each in reader.pages))


# ---- paper


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("language", rules.LOCALES)
def test_every_kind_in_every_language(printer: printing.Printer, kind: Kind, language: str) -> None:
    said = samples.a_statement() if kind is Kind.STATEMENT else samples.a_document(kind)
    shown = view(said, language)
    pdf = printer._draw(shown, said)
    text = text_of(pdf)
    assert said.number in text
    for wanted in (shown.title, shown.total[0], shown.total[1], *(value for _, value in shown.facts)):
        assert re.sub(r"\s+", "", wanted) in text.replace(" ", ""), wanted
    root: Any = pypdf.PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    metadata = root["/Metadata"]
    assert re.search(rb"pdfaid:part(>|=.)3", metadata.get_data())


def test_a_receipt_says_everything(printer: printing.Printer) -> None:
    said = samples.a_document()
    text = text_of(printer._draw(view(said), said)).replace("\u00a0", " ")
    for wanted in (
        "3 Nov 2026, 18:04:12 (UTC+01:00)",
        "2,935.600 kWh",
        "2,967.015 kWh",
        "31.415 kWh",
        "€0.4958",
        "19%",
        "€16.99",
        "€3.23",
        "€20.22",
        "0.59 EUR per kWh",
        "***A1B2",
        "DE136695976",
        "DE89 3704 0044 0532 0130 00",
    ):
        assert wanted in text, wanted


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "¥"), ("KWD", "KWD"), ("CNY", "CN¥")])
def test_currencies_without_cents_and_with_three(printer: printing.Printer, currency: str, shown: str) -> None:
    cost = samples.a_cost(currency, price_per_kwh="49.5", start_fee="0")
    said = samples.a_document(charges=(samples.a_charge(cost=cost),))
    text = text_of(printer._draw(view(said), said))
    assert shown in text
    digits = {"JPY": 0, "KWD": 3}.get(currency, 2)
    amounts = re.findall(rf"{re.escape(shown)}\s?([\d,]+(?:\.\d+)?)", text)
    assert len(amounts[-1].partition(".")[2]) == digits, amounts


def test_nothing_runs_off_the_paper(printer: printing.Printer) -> None:
    """Long names without a space, many charges: every page's text lies inside its margins."""
    long = "W" * 200
    seller = msgspec.structs.replace(samples.SELLER, name=long, address=Address(street=long, city=long, country="DE"))
    charges = tuple(samples.a_charge(location_name=long, station_identity="S" * 48) for _ in range(12))
    said = samples.a_document(Kind.INVOICE, charges=charges, seller=seller, buyer=samples.BUYER)
    pdf = printer._draw(view(said, "de"), said)
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) > 4
    furthest = 0.0

    def look(text: str, _cm: Any, tm: Any, _font: Any, size: float) -> None:
        nonlocal furthest
        if text.strip():
            furthest = max(furthest, tm[4])

    for each in reader.pages:
        each.extract_text(visitor_text=look)
        assert furthest < float(each.mediabox.width)
    assert f"Seite {len(reader.pages)} von {len(reader.pages)}" in text_of(pdf)


def test_what_no_font_has_makes_a_plain_pdf_and_no_failure(printer: printing.Printer) -> None:
    said = samples.a_document(charges=(samples.a_charge(location_name="🚗 مرحبا Ğ Привет"),))
    text = text_of(printer._draw(view(said), said))
    assert "Ğ" in text
    assert "Привет" in text.replace(" ", "")


def test_nothing_in_a_text_is_taken_for_markup(printer: printing.Printer) -> None:
    said = samples.a_document(charges=(samples.a_charge(location_name=HOSTILE),))
    text = text_of(printer._draw(view(said), said)).replace(" ", "")
    assert '#eval("x")$x$*b*_i_@a' in text


async def test_a_pdf_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    printer, said, drawn = printing.Printer(), samples.a_document(), [0]

    def draw(view: presenting.View, said: Snapshot) -> bytes:
        drawn[0] += 1
        return b"%d" % drawn[0]

    monkeypatch.setattr(printer, "_draw", draw)
    for key in ("a", "a", "b", "c", "a"):
        await printer.print((key,), view(said), said, 2)
    assert drawn == [4], "of two that are kept, the one that was asked for longest ago goes"


# ---- the electronic invoice

RAM = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}


def values(xml: bytes, name: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(xml).iterfind(f".//ram:{name}", RAM)]


@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.CREDIT_NOTE])
def test_the_invoice_inside_is_what_the_paper_says(printer: printing.Printer, kind: Kind) -> None:
    said = samples.a_document(kind, charges=(samples.a_charge(), samples.a_charge()))
    pdf = printer._draw(view(said, "de"), said)
    name, xml = facturx.get_xml_from_pdf(pdf)
    assert name == "factur-x.xml"
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    assert values(xml, "GrandTotalAmount") == [f"{said.incl_vat.to_decimal():.2f}"]
    assert values(xml, "TaxTotalAmount") == [f"{said.vat.to_decimal():.2f}"]
    lines = [Decimal(each) for each in values(xml, "LineTotalAmount")]
    assert len(lines) == 7
    assert sum(lines[:-1]) == lines[-1] == said.excl_vat.to_decimal()
    assert {"DE136695976", "DE129273398"} <= set(values(xml, "ID"))


def test_amounts_agree_line_by_line() -> None:
    """EN 16931, BR-CO-10, -13, -14, -15, -16, -17 on an invoice of two rates."""
    tariff = samples.a_tariff(vat_percent="7")
    cost = price(tariff, energy_wh=12_345, duration_s=777)
    said = samples.a_document(Kind.INVOICE, charges=(samples.a_charge(), samples.a_charge(cost=cost)))
    xml = einvoice.xml_of(said)
    basis, taxes = ([Decimal(each) for each in values(xml, name)] for name in ("BasisAmount", "CalculatedAmount"))
    assert sum(basis) == Decimal(values(xml, "TaxBasisTotalAmount")[0])
    assert sum(taxes) == Decimal(values(xml, "TaxTotalAmount")[0])
    for rate, net, vat in zip((19, 7), basis, taxes, strict=True):
        assert abs(net * rate / 100 - vat) <= Decimal("0.01")
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")


def test_hostile_names_stay_texts() -> None:
    buyer = msgspec.structs.replace(samples.BUYER, name=HOSTILE + "\x00\x0b]]>")
    xml = einvoice.xml_of(samples.a_document(Kind.INVOICE, buyer=buyer))
    assert HOSTILE + "]]>" in values(xml, "Name")


@pytest.mark.parametrize(
    ("changes", "has_one"),
    [
        ({}, True),
        ({"kind": Kind.RECEIPT, "buyer": None}, False),
        ({"buyer": None}, False),
        ({"currency": "KWD"}, False),
        ({"seller": Seller(entity_id="e", name="x", address=Address(country="DE"))}, False),
        ({"seller": msgspec.structs.replace(samples.SELLER, address=Address())}, False),
    ],
)
def test_who_gets_one(changes: Mapping[str, Any], has_one: bool) -> None:
    said = msgspec.structs.replace(samples.a_document(Kind.INVOICE), **changes)
    assert (einvoice.lacking(said) is None) is has_one


# ---- the page


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.attributes: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("kind", list(Kind))
def test_the_page_runs_nothing(kind: Kind) -> None:
    names = {"location_name": HOSTILE, "station_identity": HOSTILE, "tariff_words": {"en": HOSTILE}}
    charge = samples.a_charge(**names, token=HOSTILE)
    seller = msgspec.structs.replace(samples.SELLER, name=HOSTILE, footer=HOSTILE)
    plain = samples.a_statement() if kind is Kind.STATEMENT else samples.a_document(kind, charges=(charge,))
    shown = page.page_of(view(msgspec.structs.replace(plain, seller=seller)), path="/r/x", has_xml=True)
    tags = Tags()
    tags.feed(shown)
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(tags.found)
    assert not [name for name in tags.attributes if name.startswith("on") or name == "style"]
    assert HOSTILE in tags.text


def test_signed_values_are_verified_and_held_against_the_bill() -> None:
    shown = view(samples.a_document())
    (section,) = shown.sections
    assert [one.verdict for one in section.checked] == ["valid", "valid"]
    assert section.is_energy_right
    assert "✓ Verified" in page.page_of(shown, path="/r/x", has_xml=False)
    assert ("Start 3 Nov 2026, 18:04:12 (UTC+01:00)", "2,935.600\u00a0kWh") in section.checked[0].facts


def test_a_bill_that_differs_from_the_meter_is_told() -> None:
    (section,) = view(samples.a_document(charges=(samples.a_charge(energy_wh=40_000),))).sections
    assert not section.is_energy_right
    assert section.energy_note == "Energy by the signed values: 31.415\u00a0kWh. Billed: 40.000\u00a0kWh."


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"public_key": None}, "no_key"),
        ({"text": "ALFEN;1;x"}, "unreadable"),
        ({"public_key": "00"}, "invalid"),
    ],
)
def test_what_does_not_verify_says_so(change: dict[str, Any], verdict: str) -> None:
    value = msgspec.structs.replace(samples.signed_values()[0], **change)
    (section,) = view(samples.a_document(charges=(samples.a_charge(signed=(value,)),))).sections
    assert section.checked[0].verdict == verdict


def test_a_snapshot_reads_back_as_it_was() -> None:
    for said in (samples.a_statement(), *(samples.a_document(kind) for kind in Kind if kind is not Kind.STATEMENT)):
        text = rules.text_of(said)
        assert to_struct(text, Snapshot) == said
        assert rules.text_of(to_struct(text, Snapshot)) == text


def test_hours_of_a_charge_are_those_of_its_place() -> None:
    charge = samples.a_charge(time_zone="Asia/Shanghai", ended_at=samples.STARTED + timedelta(hours=26, minutes=1))
    (section,) = view(samples.a_document(charges=(charge,))).sections
    said = dict(section.facts)
    assert said["Start"] == "4 Nov 2026, 01:04:12 (UTC+08:00)"
    assert said["Duration"] == "26:01:00 h"
