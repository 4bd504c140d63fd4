"""The invoice that software reads: Cross Industry Invoice in the profile EN 16931, and inside the PDF as Factur-X (ZUGFeRD 2).

Source: EN 16931-1:2017 (the business terms, BT-…); UN/CEFACT CII D16B; Factur-X 1.07 / ZUGFeRD 2.3.
"""

from __future__ import annotations

import logging
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from zoneinfo import ZoneInfo

from voltway.charging.pricing import CostLine, net_lines
from voltway.kernel.money import Money, exponent
from voltway.modules.documents.snapshot import Address, Charge, Kind, Snapshot, VatPart

PROFILE = "urn:cen.eu:en16931:2017"
FILE_NAME = "factur-x.xml"
_TYPES = {Kind.INVOICE: "380", Kind.CREDIT_NOTE: "381"}  # UNTDID 1001
_UNITS = {"kWh": "KWH", "min": "MIN", "h": "HUR"}  # UNECE Recommendation 20; else C62, one
_SPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}


def lacking(said: Snapshot) -> str | None:
    """Why there is no electronic invoice of a document; None: there is one."""
    if said.kind not in _TYPES or said.buyer is None:
        return "Only invoices for customers, and what credits them, have one."
    if exponent(said.currency) > 2:
        return "EN 16931 knows amounts of two decimals at most."
    if not said.seller.address.country or not said.buyer.address.country:
        return "It needs the country of the seller and of the buyer."
    if not said.seller.vat_id and not said.seller.tax_number:
        return "It needs the seller's VAT ID or tax number."
    return None


def xml_of(said: Snapshot) -> bytes:
    """An invoice or credit note as CII. Call it where `lacking` finds nothing."""
    for prefix, space in _SPACES.items():
        ElementTree.register_namespace(prefix, space)
    root = Element(_name("rsm:CrossIndustryInvoice"))
    _put(root, "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", PROFILE)
    document = _add(root, "rsm:ExchangedDocument")
    _put(document, "ram:ID", said.number)
    _put(document, "ram:TypeCode", _TYPES[said.kind])
    _put_day(document, "ram:IssueDateTime", said.issued_at, said.time_zone)
    if said.credited is not None:
        _put(_add(document, "ram:IncludedNote"), "ram:Content", said.credited.cause)
    deal = _add(root, "rsm:SupplyChainTradeTransaction")
    number = 0
    for charge in said.charges:
        for line in net_lines(charge.cost):
            number += 1
            _add_line(deal, number, charge, line, said)
    _add_agreement(deal, said)
    _add_delivery(deal, said)
    _add_settlement(deal, said)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def embed(pdf: bytes, said: Snapshot) -> bytes:
    """A PDF with its invoice inside, as Factur-X wants it."""
    from facturx import generate_from_binary  # type: ignore[import-untyped]  # late: with its schemas it is the largest import of the module

    logging.getLogger("factur-x").setLevel(logging.WARNING)
    title = f"{said.kind.value} {said.number}"
    made: bytes = generate_from_binary(
        pdf,
        xml_of(said),
        flavor="factur-x",
        level="en16931",
        check_xsd=True,
        pdf_metadata={"author": said.seller.name, "title": title, "subject": title, "keywords": "Factur-X"},
        lang=said.locale,
        afrelationship="alternative",
    )
    return made


# ---- parts


def _add_line(deal: Element, number: int, charge: Charge, line: CostLine, said: Snapshot) -> None:
    item = _add(deal, "ram:IncludedSupplyChainTradeLineItem")
    _put(item, "ram:AssociatedDocumentLineDocument/ram:LineID", str(number))
    product = _add(item, "ram:SpecifiedTradeProduct")
    _put(product, "ram:Name", line.description)
    place = charge.location_name or charge.station_identity
    day = (
        ""
        if charge.started_at is None
        else f"{charge.started_at.astimezone(ZoneInfo(charge.time_zone)):%Y-%m-%d %H:%M}"
    )
    _put(product, "ram:Description", " · ".join(part for part in (place, day, charge.session_id) if part))
    _put(
        item, "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount", _plain(line.unit_price)
    )
    quantity = _put(item, "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", _plain(line.quantity))
    quantity.set("unitCode", _UNITS.get(line.unit, "C62"))
    settlement = _add(item, "ram:SpecifiedLineTradeSettlement")
    tax = _add(settlement, "ram:ApplicableTradeTax")
    _put(tax, "ram:TypeCode", "VAT")
    _put(tax, "ram:CategoryCode", _category(line.vat_percent))
    _put(tax, "ram:RateApplicablePercent", _plain(line.vat_percent))
    if charge.started_at is not None and charge.ended_at is not None:
        period = _add(settlement, "ram:BillingSpecifiedPeriod")
        _put_day(period, "ram:StartDateTime", charge.started_at, charge.time_zone)
        _put_day(period, "ram:EndDateTime", charge.ended_at, charge.time_zone)
    _put(
        settlement,
        "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
        _amount(line.amount),
    )


def _add_agreement(deal: Element, said: Snapshot) -> None:
    buyer = said.buyer
    agreement = _add(deal, "ram:ApplicableHeaderTradeAgreement")
    if buyer is not None and buyer.reference:
        _put(agreement, "ram:BuyerReference", buyer.reference)
    seller = said.seller
    party = _add(agreement, "ram:SellerTradeParty")
    if not seller.vat_id and seller.tax_number:
        _put(party, "ram:ID", seller.tax_number)  # BR-CO-26: without a VAT ID another one identifies the seller
    _put(party, "ram:Name", seller.name)
    if seller.register_entry:
        _put(party, "ram:Description", seller.register_entry)
    _add_address(party, seller.address)
    if seller.email:
        _add_mail(party, seller.email)
    _add_taxes(party, seller.vat_id, seller.tax_number)
    if buyer is not None:
        party = _add(agreement, "ram:BuyerTradeParty")
        _put(party, "ram:Name", buyer.name)
        _add_address(party, buyer.address)
        _add_taxes(party, buyer.vat_id, None)


def _add_mail(party: Element, address: str) -> None:
    uri = _put(_add(party, "ram:URIUniversalCommunication"), "ram:URIID", address)
    uri.set("schemeID", "EM")


def _add_taxes(party: Element, vat_id: str | None, tax_number: str | None) -> None:
    for scheme, value in (("FC", tax_number), ("VA", vat_id)):
        if value:
            _put(party, "ram:SpecifiedTaxRegistration/ram:ID", value, is_new=True).set("schemeID", scheme)


def _add_address(party: Element, address: Address) -> None:
    found = _add(party, "ram:PostalTradeAddress")
    for name, value in (
        ("PostcodeCode", address.postal_code),
        ("LineOne", address.street),
        ("CityName", address.city),
        ("CountryID", address.country),
    ):
        if value:
            _put(found, f"ram:{name}", value)


def _add_delivery(deal: Element, said: Snapshot) -> None:
    delivery = _add(deal, "ram:ApplicableHeaderTradeDelivery")
    ends = [(charge.ended_at, charge.time_zone) for charge in said.charges if charge.ended_at is not None]
    if ends:
        at, zone = max(ends)
        _put_day(_add(delivery, "ram:ActualDeliverySupplyChainEvent"), "ram:OccurrenceDateTime", at, zone)


def _add_settlement(deal: Element, said: Snapshot) -> None:
    settlement = _add(deal, "ram:ApplicableHeaderTradeSettlement")
    _put(settlement, "ram:PaymentReference", said.number)
    _put(settlement, "ram:InvoiceCurrencyCode", said.currency)
    bank = said.seller.bank
    means = _add(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    _put(means, "ram:TypeCode", "1" if bank is None else "58")  # UNTDID 4461: not defined; SEPA transfer
    if bank is not None:
        _put(means, "ram:PayeePartyCreditorFinancialAccount/ram:IBANID", bank.iban)
        if bank.bic:
            _put(means, "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID", bank.bic)
    for part in said.vat_parts:
        _add_vat(settlement, part)
    if said.period_start_at is not None and said.period_end_at is not None:
        period = _add(settlement, "ram:BillingSpecifiedPeriod")
        _put_day(period, "ram:StartDateTime", said.period_start_at, said.time_zone)
        _put_day(
            period,
            "ram:EndDateTime",
            max(charge.ended_at or said.period_start_at for charge in said.charges),
            said.time_zone,
        )
    if said.due_at is not None:
        _put_day(_add(settlement, "ram:SpecifiedTradePaymentTerms"), "ram:DueDateDateTime", said.due_at, said.time_zone)
    elif said.kind is Kind.INVOICE:
        _put(settlement, "ram:SpecifiedTradePaymentTerms/ram:Description", "-")
    sums = _add(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    _put(sums, "ram:LineTotalAmount", _amount(said.excl_vat))
    _put(sums, "ram:TaxBasisTotalAmount", _amount(said.excl_vat))
    _put(sums, "ram:TaxTotalAmount", _amount(said.vat)).set("currencyID", said.currency)
    _put(sums, "ram:GrandTotalAmount", _amount(said.incl_vat))
    _put(sums, "ram:DuePayableAmount", _amount(said.incl_vat))
    if said.credited is not None:
        _put(settlement, "ram:InvoiceReferencedDocument/ram:IssuerAssignedID", said.credited.number)


def _add_vat(settlement: Element, part: VatPart) -> None:
    tax = _add(settlement, "ram:ApplicableTradeTax")
    _put(tax, "ram:CalculatedAmount", _amount(part.vat))
    _put(tax, "ram:TypeCode", "VAT")
    _put(tax, "ram:BasisAmount", _amount(part.excl_vat))
    _put(tax, "ram:CategoryCode", _category(part.vat_percent))
    _put(tax, "ram:RateApplicablePercent", _plain(part.vat_percent))


# ---- the smallest parts


def _name(prefixed: str) -> str:
    prefix, _, name = prefixed.partition(":")
    return f"{{{_SPACES[prefix]}}}{name}"


def _add(parent: Element, prefixed: str) -> Element:
    return SubElement(parent, _name(prefixed))


def _put(parent: Element, path: str, text: str, *, is_new: bool = False) -> Element:
    """Write a text at a path of elements, which are made."""
    *above, last = path.split("/")
    for step in above:
        found = None if is_new else parent.find(_name(step))
        parent = _add(parent, step) if found is None else found
    element = _add(parent, last)
    # XML 1.0 has no way to write control characters.
    element.text = "".join(character for character in text if character >= " " or character in "\t\n")
    return element


def _put_day(parent: Element, name: str, at: datetime, time_zone: str) -> None:
    day = _add(_add(parent, name), "udt:DateTimeString")
    day.set("format", "102")  # UNTDID 2379: CCYYMMDD
    day.text = f"{at.astimezone(ZoneInfo(time_zone)):%Y%m%d}"


def _category(vat_percent: Decimal) -> str:
    return "S" if vat_percent else "Z"  # UNTDID 5305: standard rate, zero rated


def _plain(value: Decimal) -> str:
    return f"{value.normalize() + 0:f}"


def _amount(money: Money) -> str:
    return f"{money.to_decimal():.2f}" if exponent(money.currency) else f"{money.to_decimal():f}"
