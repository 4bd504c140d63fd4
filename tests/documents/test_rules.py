"""What documents say and how they are numbered, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import samples
from voltway.charging.pricing import Cost, CostLine
from voltway.contracts.sessions import SignedSample
from voltway.kernel.money import Money
from voltway.modules.documents import formats, links, rules
from voltway.modules.documents.snapshot import Kind

SECRET = b"the secret of a test installation"


def test_numbers_sort_as_they_were_given() -> None:
    given_out = [rules.number_of("VW", Kind.RECEIPT, 2026, number) for number in (1, 9, 10, 99_999)]
    assert given_out == sorted(given_out)
    assert given_out[0] == "VW-R-2026-000001"
    assert len({rules.number_of("VW", kind, 2026, 1) for kind in Kind}) == len(Kind)


# ---- VAT

RATES = st.sampled_from([Decimal(0), Decimal("5.5"), Decimal(7), Decimal(19), Decimal("19.0")])


@st.composite
def costs(draw: st.DrawFn) -> Cost:
    """What may come from pricing, with a total that may differ from the lines by rounding."""
    currency = draw(st.sampled_from(["EUR"]))
    lines = tuple(
        CostLine(
            description="Energy",
            quantity=Decimal(1),
            unit="kWh",
            unit_price=Decimal(1),
            vat_percent=rate,
            amount=Money(minor, currency),
        )
        for rate, minor in draw(st.lists(st.tuples(RATES, st.integers(-500, 100_000)), max_size=6))
    )
    excl = sum(line.amount.minor for line in lines) + draw(st.integers(-2, 2))
    vat = draw(st.integers(0, 20_000))
    return Cost(
        lines=lines,
        excl_vat=Money(excl, currency),
        vat=Money(vat, currency),
        incl_vat=Money(excl + vat, currency),
        unrounded_incl_vat=Decimal(0),
    )


@given(st.lists(costs(), min_size=1, max_size=5))
def test_parts_always_add_up_to_what_is_owed(found: list[Cost]) -> None:
    parts = rules.vat_parts(found)
    assert sum(part.excl_vat.minor for part in parts) == sum(cost.excl_vat.minor for cost in found)
    assert sum(part.vat.minor for part in parts) == sum(cost.vat.minor for cost in found)
    rates = [part.vat_percent for part in parts]
    assert rates == sorted(set(rates), reverse=True), "19 and 19.0 are one rate"


def test_a_part_is_what_pricing_says() -> None:
    cost = samples.a_cost()
    (part,) = rules.vat_parts([cost])
    assert (part.vat_percent, part.excl_vat, part.vat) == (Decimal(19), cost.excl_vat, cost.vat)


# ---- months


@pytest.mark.parametrize(
    ("zone", "at", "start", "end"),
    [
        ("Europe/Berlin", "2026-10-31T22:59:59Z", "2026-10-01T00:00+02:00", "2026-11-01T00:00+01:00"),
        ("Europe/Berlin", "2026-10-31T23:00:00Z", "2026-11-01T00:00+01:00", "2026-12-01T00:00+01:00"),
        ("Europe/Berlin", "2026-03-15T12:00:00Z", "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
        ("Asia/Shanghai", "2026-12-31T16:00:00Z", "2027-01-01T00:00+08:00", "2027-02-01T00:00+08:00"),
    ],
)
def test_months_are_those_of_the_wall_clock(zone: str, at: str, start: str, end: str) -> None:
    began = rules.month_start(datetime.fromisoformat(at), zone)
    assert began == datetime.fromisoformat(start)
    assert rules.next_month(began) == datetime.fromisoformat(end)


def test_twelve_months_are_a_year() -> None:
    at = rules.month_start(datetime(2024, 1, 20, tzinfo=UTC), "Europe/Berlin")
    for _ in range(12):
        at = rules.next_month(at)
    assert at == datetime(2025, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))


# ---- charges


def test_a_signed_text_stands_once_and_foreign_values_nowhere() -> None:
    text = samples.ocmf_text("B", samples.STARTED, "1.000")
    said = {"value": text, "format": "SignedData"}
    twice = [SignedSample(at=samples.STARTED, context="x", values=(said, said, {"measurand": "Energy"}, "text", None))]
    (found,) = rules.signed_values([*twice, *twice])
    assert found.text == text


def test_what_nobody_knows_of_a_session_is_left_out() -> None:
    charge = rules.charge_of("c", "s", samples.a_cost(), None, None, "UTC")
    assert (charge.station_identity, charge.started_at, charge.token, charge.signed) == ("", None, None, ())


def test_a_token_is_masked_for_good() -> None:
    text = rules.text_of(samples.a_document())
    assert "***A1B2" in text
    assert "04A1B2" not in text


def test_the_tariffs_words_are_kept_in_every_language() -> None:
    words = rules.words_of(samples.a_tariff(start_fee="0"))
    assert words["en"] == "0.59 EUR per kWh; 0.0238 EUR per minute of charging; " + (
        "0.0238 EUR per minute when the car no longer charges"
    )
    assert set(words) == set(rules.LOCALES)


# ---- addresses and forms


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de-AT", "de"), ("zh_Hans_CN", "zh"), ("DE", "de"), ("fr", "en"), ("", "en"), (None, "en"), ("<x>", "en")],
)
def test_languages(locale: str | None, language: str) -> None:
    assert rules.language_of(locale) == language


@given(st.uuids(), st.integers(0, links.LENGTH - 1), st.sampled_from("abcXYZ019-_"))
def test_a_code_that_is_changed_leads_nowhere(document: object, place: int, other: str) -> None:
    code = links.code_of(SECRET, str(document))
    assert links.document_of(SECRET, code) == str(document)
    changed = code[:place] + other + code[place + 1 :]
    if changed != code:
        # The last character holds two bits that no byte needs: with others there it is the same code.
        assert links.document_of(SECRET, changed) in ({None} if place < links.LENGTH - 1 else {None, str(document)})
    assert links.document_of(b"another secret of another installation", code) is None


@pytest.mark.parametrize("code", ["", "x" * 42, "x" * 43, "ä" * 43, "=" * 43, "x" * 10_000])
def test_what_is_no_code(code: str) -> None:
    assert links.document_of(SECRET, code) is None


@pytest.mark.parametrize(
    ("money", "en", "de", "zh"),
    [
        (Money(123456, "EUR"), "€1,234.56", "1.234,56\u00a0€", "€1,234.56"),
        (Money(-5, "EUR"), "−€0.05", "−0,05\u00a0€", "−€0.05"),
        (Money(1234, "JPY"), "JP¥1,234", "1.234\u00a0¥", "JP¥1,234"),
        (Money(1234, "KWD"), "KWD1.234", "1,234\u00a0KWD", "KWD1.234"),
        (Money(10**15, "CNY"), "CN¥10,000,000,000,000.00", "10.000.000.000.000,00\u00a0CN¥", "¥10,000,000,000,000.00"),
    ],
)
def test_money_has_its_currencys_decimals(money: Money, en: str, de: str, zh: str) -> None:
    shown = [formats.money(money, language).replace("KWD\u00a0", "KWD") for language in rules.LOCALES]
    assert shown == [en, de, zh]


def test_the_two_hours_of_a_night_are_told_apart() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    shown = [formats.instant(first + timedelta(hours=hour), "Europe/Berlin", "en") for hour in (0, 1)]
    assert shown == ["25 Oct 2026, 02:30:00 (UTC+02:00)", "25 Oct 2026, 02:30:00 (UTC+01:00)"]
